"""From a question about the size of a model to the calls that answer it: memory, serving, where to host it, training. Code only.

What the question (`question.py`) does not say comes from the workload; what nobody said is left to the tool's own default, or asked for
where the tool has none. Runs nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from agent.billed_machine import MISSING, what_runs_now
from agent.question import LENGTHS, RATES, Question, is_same
from agent.reading.price_words import currency_named
from agent.reading.serving_asked import Asks
from agent.reading.serving_words import is_api_only
from agent.state import PlannedCall
from knowledge.catalog import cpu_machines, find_accelerator, find_api_model, instances, models
from knowledge.catalog.providers import providers
from knowledge.schemas import ModelArchitecture
from tools.contracts.tool import Session, Statement
from tools.contracts.workload import Workload
from tools.estimation.hosting.audited import month
from tools.registry import tool

NO_SESSION = Session()
_COUNTS = (1, 2, 4, 8)
MOST_GPUS = 3  # accelerators, or formats on them, compared in one answer
#: Tool -> key in its `terms` -> what it is called here.
_TERMS: Mapping[str, Mapping[str, str]] = {
    "estimate_serving": {
        "kv": "kv_precision",
        "cached": "cached_share",
        "draft": "draft_tokens",
        "accept": "acceptance",
        "draft_model": "draft_model",
        "data": "data_parallel",
        "expert": "expert_parallel",
        "link": "interconnect",
        "peak": "peak_over_mean",
        "provider": "provider",
        "region": "region",
        "basis": "basis",
    },
    "choose_hosting": {
        "provider": "provider",
        "region": "region",
        "quality": "quality_floor",
        "peak": "peak_over_mean",
        "cached": "cached_share",
        "running": "running_usd",
        "moving": "moving_usd",
        "usage": "usage",
        "gpu": "gpu",
    },
}
TYPICAL = Statement(text="How long a request is was not said, so usual lengths are taken; with yours the answer is about your traffic.")
AT_ONCE = (
    "{words} is how many are there, not how often they ask: say the requests a second at the peak (for users who ask once a minute, "
    "their number over sixty)."
)
BELOW_ZERO = "{words} is below zero: give a number above it."
NO_TARGET = (
    '{words} was not held against anything: say "first token within {words}" or "{words} per token". Means are estimated, not the slowest '
    "few of a hundred."
)
IN_USD = "The figures are in US dollars: what is sized is not converted to {currency}."
SPOT = "Machines that can be taken away (spot) are ranked apart, where their price is known: nothing that must answer rests on them alone."
WHICH_MODEL = "What {gpus} can serve depends on the model: name one, and I say how many requests a second it answers there."
API_ONLY = "{model} is sold as an API alone: its weights are not to be had, so it runs on no machine of yours. Name an open model to size."


def _published(model: str) -> ModelArchitecture | None:
    found = models().resolve(model)
    return None if found is None else found.model


def _native(model: str) -> str:
    """The format that a model was published in, where it is not the tool's own default."""
    shape = _published(model)
    return "" if shape is None or shape.native_precision == "bf16" else shape.native_precision


def _writes(model: str) -> bool:
    """Whether a model writes token by token, as far as the catalogue knows it."""
    shape = _published(model)
    return shape is None or shape.kind == "decoder"


def is_open(model: str) -> bool:
    """Whether the catalogue knows the weights."""
    return models().resolve(model) is not None


@dataclass(frozen=True)
class Sizing:
    """The calls that answer a question, or the field it waits for."""

    question: Question
    calls: tuple[PlannedCall, ...] = ()
    statements: tuple[Statement, ...] = ()


def sized(asked: Question, text: str, work: Workload, session: Session = NO_SESSION) -> Sizing | None:
    """How a question is answered; None where it is about no model that is known or could be asked for.

    `session`: its audit counts what an API model in use was sent.
    """
    if "below_zero" in asked.said:
        return Sizing(asked, (), (Statement(text=BELOW_ZERO, names={"words": str(asked.said["below_zero"])}),))
    found = _sized(asked, work, session)
    if found is None:
        return None
    machine = str(asked.said.get("billed_machine", ""))
    now = [*what_runs_now(machine, session), *([Statement(text=MISSING)] if machine and found.question.waits_for in RATES else [])]
    return replace(found, statements=(*now, *found.statements, *_beside(found, text)))


def _beside(found: Sizing, text: str) -> list[Statement]:
    """What the words hold that no tool takes."""
    said, currency = found.question.said, currency_named(text)
    notes = []
    if "at_once" in said and not any(name in said for name in RATES):
        notes.append(Statement(text=AT_ONCE, names={"words": str(said["at_once"])}))
    if "latency" in said and any(call["tool"] == "estimate_serving" for call in found.calls):
        notes.append(Statement(text=NO_TARGET, names={"words": str(said["latency"])}))
    if currency and any(call["tool"] != "estimate_memory" for call in found.calls):
        notes.append(Statement(text=IN_USD, names={"currency": currency}))
    if said.get("basis") == "spot" and any(call["tool"] == "choose_hosting" for call in found.calls):
        notes.append(Statement(text=SPOT))
    if found.question.waits_for == "model" and said.get("gpus"):
        notes.append(Statement(text=WHICH_MODEL, names={"gpus": ", ".join(said["gpus"])}))
    return notes


def _sized(asked: Question, work: Workload, session: Session) -> Sizing | None:
    if asked.asks is Asks.TRAINING:
        call = _training(work, asked.said)
        return None if call is None else Sizing(asked, (call,))
    known = _known(asked, work)
    if "model" not in known:
        named = asked.asks is Asks.HOSTING or any(name in asked.said for name in ("gpus", *RATES))
        return _waiting(asked, "model") if named else None
    if is_api_only(str(known["model"])):  # it is what is weighed; the API of an earlier question is no part of this one
        known.pop("api_model", None)
    knows_rate = any(name in known for name in RATES)
    if asked.asks is Asks.HOSTING or (asked.asks is Asks.SPEED and not known["gpus"] and knows_rate):
        if (found := _as_billed(asked, known, session)) is not None:
            return found
        return _hosting(asked, known) if knows_rate else _waiting(asked, "requests_per_month")
    if is_api_only(str(known["model"])):
        return Sizing(asked, (), (Statement(text=API_ONLY, names={"model": str(known["model"])}),))
    if asked.asks is Asks.MEMORY:
        return Sizing(asked, tuple(_memory(known, gpu) for gpu in _gpus(known)))
    if not known["gpus"]:
        return _waiting(asked, "hardware")
    formats = known.get("formats") or (known.get("precision", ""),)
    ways = [(gpu, precision) for gpu in _gpus(known) for precision in formats][:MOST_GPUS]
    calls = tuple(_call("estimate_serving", {**known, "gpu": gpu, **({"precision": how} if how else {})}) for gpu, how in ways)
    missing = next((name for name in LENGTHS if name not in known), "") if _writes(str(known["model"])) else ""
    return Sizing(replace(asked, waits_for=missing), calls)


def _hosting(asked: Question, known: dict[str, Any]) -> Sizing:
    if known.get("api_model"):
        known = {**known, "model": known["api_model"], "open_model": known["model"]}
    if len(known["gpus"]) == 1 and find_accelerator(known["gpus"][0]) is not None:
        count = known.get("gpu_count")
        known = {**known, "gpu": f"{count} x {known['gpus'][0]}" if count in _COUNTS else known["gpus"][0]}
    missing = next((name for name in LENGTHS if name not in known), "")
    if any(name in asked.said for name in RATES):
        asked = replace(asked, said={"traffic_of": str(known["model"]), **asked.said})
    return Sizing(replace(asked, waits_for=missing), (_call("choose_hosting", known),), (TYPICAL,) if missing else ())


def _as_billed(asked: Question, known: dict[str, Any], session: Session) -> Sizing | None:
    """What is asked of an API model whose tokens an audit counted; None where none did, or where the words say all of the traffic.

    The requests that were first said are those of the bill; more of them, if only supposed, are that many times its tokens.
    """
    used = str(known.get("api_model") or known["model"])
    if asked.said.get("traffic_of", used) != used:  # traffic said of another API model: this one's own is on the bill
        known = {name: value for name, value in known.items() if name not in (*RATES, *LENGTHS)}
        gone = (*RATES, *LENGTHS, "times", "billed_requests")
        asked = replace(asked, said={name: value for name, value in asked.said.items() if name not in gone})
    said_all = any(name in known for name in RATES) and any(name in known for name in LENGTHS)
    if said_all or "requests_per_second" in known or not is_api_only(used) or month(session, find_api_model(used)) is None:
        return None
    rate, before = known.get("requests_per_month"), asked.said.get("billed_requests")
    times = asked.said.get("times", 1.0)
    billed = before if asked.supposes and before else None if rate is None else rate / times
    if rate is not None and billed is not None:
        times = rate / billed
    said = {**asked.said, **({"billed_requests": billed} if billed else {})}
    named = {**known, "usage": f"{times:.6g}", **({"requests_per_month": billed} if billed else {})}
    found = _hosting(replace(asked, said=said), named)
    return replace(found, question=replace(found.question, waits_for="" if billed else "requests_per_month"), statements=())


def _waiting(asked: Question, name: str) -> Sizing:
    return Sizing(replace(asked, waits_for=name))


def _gpus(known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(known["gpus"][:MOST_GPUS]) or ("",)


def _accelerators(named: Iterable[str]) -> tuple[str, ...]:
    """Accelerators as the catalogue may know them: of an instance the one that it holds, of a computer its chip; a processor is none."""
    found = []
    for name in named:
        instance = instances().find(name)
        chip = re.search(r"(?i)\bm[1-9](?: pro| max| ultra)?\b", name) if find_accelerator(name) is None else None
        if name != "CPU" and cpu_machines().find(name) is None:
            found.append(instance.accelerator if instance is not None else chip.group() if chip else name)
    return tuple(dict.fromkeys(found))


def _known(asked: Question, work: Workload) -> dict[str, Any]:
    """What was said, and from the workload what was not."""
    said = dict(asked.said)
    is_own = "model" not in said or (work.model is not None and is_same(str(said["model"]), work.model))
    facts: dict[str, Any] = {
        "model": work.model,
        "gpus": (work.hardware,) if work.hardware and asked.asks is not Asks.HOSTING else (),
        "cards": work.gpu_count if "gpus" not in said else None,
        "precision": work.precision if is_own else None,
        "input_tokens": work.input_tokens,
        "output_tokens": work.output_tokens,
        "cached_share": work.cached_share,
        "provider": work.provider,
        "region": work.region,
    }
    if not any(name in said for name in RATES) and work.monthly_requests:
        facts["requests_per_month"] = work.monthly_requests
        if not is_own and work.model and is_api_only(work.model):
            facts["api_model"] = work.model
    known = {**{name: value for name, value in facts.items() if value is not None}, **said}
    if said.get("cards") == 1:  # one card is split no further; of several nobody said how
        known.setdefault("gpu_count", 1)
    known["gpus"] = _accelerators(known["gpus"])
    known["provider"] = _seller(str(known.get("provider", "")))
    if not known["provider"] and "region" not in said:
        known.pop("region", None)
    for name in RATES:
        if name in known:
            known[name] = known[name] * known.get("times", 1.0)
    return {name: value for name, value in known.items() if value not in (None, "")}


def _seller(name: str) -> str:
    """The catalogue's name of a seller of machines; "" for a vendor of an API alone."""
    known = providers().get(name.strip().lower(), "")
    return known if known in {one.provider for one in instances().entries.values()} else ""


def _call(name: str, known: Mapping[str, Any]) -> PlannedCall:
    """The call with those of the known facts that the tool takes."""
    takes = tool(name).args.model_fields
    args = {key: value for key, value in known.items() if key in takes}
    terms = {key: known[called] for key, called in _TERMS[name].items() if called in known}
    if terms:
        args["terms"] = ", ".join(f"{key}={value}" for key, value in terms.items())
    return PlannedCall(tool=name, args=args, subject=str(known["model"]))


def _memory(known: Mapping[str, Any], gpu: str, mode: str = "inference") -> PlannedCall:
    args: dict[str, Any] = {"model": known["model"], "mode": "full" if mode == "pretrain" else mode}
    if gpu:
        args["gpu"] = gpu
        count = known.get("cards") or known.get("gpu_count")
        if count in _COUNTS:
            args["gpu_count"] = count
    takes = get_args(tool("estimate_memory").args.model_fields["precision"].annotation)
    precision = known.get("precision") or (_native(str(known["model"])) if mode == "inference" else "")
    if precision in takes and (mode == "inference" or precision in ("fp32", "bf16", "fp16")):
        args["precision"] = precision
    args |= {name: known[name] for name in ("context", "batch", "kv_precision") if name in known}
    return PlannedCall(tool="estimate_memory", args=args, subject=str(known["model"]))


def _training(work: Workload, said: Mapping[str, Any]) -> PlannedCall | None:
    """What a training costs where its rows are known, else the memory that it takes; None where no model with weights is known."""
    known = _known(Question(Asks.TRAINING, said), work)
    if "model" not in known or is_api_only(str(known["model"])):
        return None
    method, rows, gpu = known.get("method") or "lora", known.get("rows") or work.dataset_rows, _gpus(known)[0]
    if not rows:
        return _memory(known, gpu, method)
    args: dict[str, Any] = {"model": known["model"], "method": method, "rows": rows, **({"gpu": gpu} if gpu else {})}
    args |= {name: known[name] for name in ("tokens_per_row", "epochs", "provider", "region") if name in known}
    if known.get("cards") in _COUNTS:
        args["gpu_count"] = known["cards"]
    return PlannedCall(tool="estimate_training", args=args, subject=str(known["model"]))
