"""From a question about the size of a model to the calls that answer it: memory, serving, where to host it, training. Code only.

`Question` is what was asked with what was said, so that "and on an L40S instead?" changes one word of it. What the message does not
say comes from the workload; what nobody said is left to the tool's own default, or asked for where the tool has none. Runs nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from agent.reading.price_words import currency_named
from agent.reading.serving_asked import Asks, asks, goes_on, is_against_api, scale_in
from agent.reading.serving_words import is_api_only, serving_words
from agent.reading.training_words import batch_in, context_in, epochs_in, method_in, rows_in, tokens_per_row
from agent.state import PlannedCall
from knowledge.catalog import cpu_machines, find_accelerator, instances, models
from knowledge.catalog.providers import providers
from knowledge.schemas import ModelArchitecture
from tools.contracts.tool import Statement
from tools.contracts.workload import Workload
from tools.registry import tool

_COUNTS = (1, 2, 4, 8)
MOST_GPUS = 3  # accelerators, or formats on them, compared in one answer
_LENGTHS = ("input_tokens", "output_tokens")
_RATES = ("requests_per_second", "requests_per_month")
#: What a question may suppose, and no fact of the workload.
_SUPPOSED = ("peak_over_mean", "running_usd", "moving_usd")
_LOAD = (*_RATES, *_LENGTHS, *_SUPPOSED, "ttft_ms", "tpot_ms")
MOST_WORDS = 18  # of a message that only says more of the same
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
    },
}
#: What holds for one accelerator or one model only, and goes with it.
_OF_GPU = ("gpus", "cards", "gpu_count", "data_parallel", "expert_parallel", "interconnect", "gpu_memory")
_OF_MODEL = ("precision", "formats", "draft_model", "draft_tokens", "acceptance", "gpu_count")
TYPICAL = Statement(text="How long a request is was not said, so usual lengths are taken; with yours the answer is about your traffic.")
AT_ONCE = (
    "{words} is how many are there, not how often they ask: say the requests a second at the peak (for users who ask once a minute, "
    "their number over sixty)."
)
BELOW_ZERO = "{words} is below zero: give a number above it."
IN_USD = "The figures are in US dollars: what is sized is not converted to {currency}."
SPOT = "Machines that can be taken away (spot) are ranked apart, where their price is known: nothing that must answer rests on them alone."
WHICH_MODEL = "What {gpus} can serve depends on the model: name one, and I say how many requests a second it answers there."
API_ONLY = "{model} is sold as an API alone: its weights are not to be had, so it runs on no machine of yours. Name an open model to size."


@dataclass(frozen=True)
class Question:
    """What is asked, with what was said, by argument name. `waits_for` is the workload field it cannot be answered without."""

    asks: Asks
    said: Mapping[str, Any] = field(default_factory=dict)
    waits_for: str = ""
    supposes: bool = False  # a "what if" on the question before: what it says is no fact of the workload

    def as_dict(self) -> dict[str, Any]:
        """For the conversation's state."""
        return {"asks": self.asks.value, "said": dict(self.said), "waits_for": self.waits_for}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Question | None":
        """From the conversation's state."""
        if not kept:
            return None
        said = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["said"].items()}
        return cls(Asks(kept["asks"]), said, kept["waits_for"])


def question_in(text: str, before: Question | None, slots: Mapping[str, Any] | None = None) -> Question | None:
    """The sizing question of a message; `before` is that of an earlier turn, which a short one goes on with."""
    said = said_in(text, slots)
    kind = asks(text, said)
    if before is not None and before.waits_for in (slots or {}) and before.waits_for != "hardware":
        said.setdefault(before.waits_for, (slots or {})[before.waits_for])
    if kind is Asks.TRAINING:
        return Question(kind, said)
    if before is not None and _answers(before, said, text):
        return Question(before.asks, _merged(before.said, said), supposes=any(name in said for name in _SUPPOSED))
    if before is not None and goes_on(text) and kind in (None, before.asks) and before.asks is not Asks.TRAINING:
        factor = scale_in(text)
        if factor is not None and not any(name in said for name in (*_RATES, "peak_over_mean")):
            said["times"] = factor
        if said:
            return Question(_kind(before.asks, said), _merged(before.said, said), supposes=True)
    if kind is None:
        return None
    if before is not None and "model" not in said and "model" in before.said and not is_against_api(text):
        kept = {name: value for name, value in before.said.items() if kind is not Asks.HOSTING or name not in _OF_GPU}
        return Question(kind, _merged(kept, said))
    return Question(kind, said)


def said_in(text: str, slots: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the message states about a model to be sized."""
    of_memory = {"context": context_in(text), "batch": batch_in(text)}
    return {**serving_words(text, slots), **{name: value for name, value in of_memory.items() if value is not None}}


def _answers(before: Question, said: Mapping[str, Any], text: str) -> bool:
    """Whether the message states what the question before waits for, or more of its traffic, and asks nothing."""
    if "?" in text or before.asks is Asks.TRAINING:
        return False
    waits_for = {"hardware": ("gpus",), "requests_per_month": _RATES}.get(before.waits_for, (before.waits_for,))
    is_more = not {"model", "gpus", "provider"} & set(said) and any(name in said for name in _LOAD) and len(text.split()) <= MOST_WORDS
    return is_more or any(name in said for name in waits_for)


def _kind(before: Asks, said: Mapping[str, Any]) -> Asks:
    return Asks.SPEED if before is Asks.HOSTING and said.get("gpus") else before


def _merged(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said before and now; what is said anew replaces what it rules out."""
    dropped = {"below_zero"}
    for names, rules_out in ((("gpus",), _OF_GPU), (("model",), _OF_MODEL), (("precision",), ("formats",)), (_RATES, (*_RATES, "times"))):
        if any(name in said for name in names):
            dropped.update(rules_out)
    merged = {**{name: value for name, value in before.items() if name not in dropped}, **said}
    if "times" in said:
        merged["times"] = said["times"] * before.get("times", 1.0)
    return merged


def is_about_another(asked: Question, work: Workload) -> bool:
    """Whether the question is about something that the workload does not run: what it says is then no fact of the workload."""
    if work.model is None:
        return False
    named = asked.said.get("model")
    if named is not None:
        return not _same(str(named), work.model)
    return asked.asks is not Asks.HOSTING and is_api_only(work.model)  # where an API's own traffic could be served is about it


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


def _same(one: str, other: str) -> bool:
    known = [models().resolve(name) for name in (one, other)]
    if None not in known:
        return known[0].model.name == known[1].model.name  # type: ignore[union-attr]
    return one.strip().lower() == other.strip().lower()


@dataclass(frozen=True)
class Sizing:
    """The calls that answer a question, or the field it waits for."""

    question: Question
    calls: tuple[PlannedCall, ...] = ()
    statements: tuple[Statement, ...] = ()


def sized(asked: Question, text: str, work: Workload) -> Sizing | None:
    """How a question is answered; None where it is about no model that is known or could be asked for."""
    if "below_zero" in asked.said:
        return Sizing(asked, (), (Statement(text=BELOW_ZERO, names={"words": str(asked.said["below_zero"])}),))
    found = _sized(asked, text, work)
    return None if found is None else replace(found, statements=(*found.statements, *_beside(found, text)))


def _beside(found: Sizing, text: str) -> list[Statement]:
    """What the words hold that no tool takes."""
    said, currency = found.question.said, currency_named(text)
    notes = []
    if "at_once" in said and not any(name in said for name in _RATES):
        notes.append(Statement(text=AT_ONCE, names={"words": str(said["at_once"])}))
    if currency and any(call["tool"] != "estimate_memory" for call in found.calls):
        notes.append(Statement(text=IN_USD, names={"currency": currency}))
    if said.get("basis") == "spot" and any(call["tool"] == "choose_hosting" for call in found.calls):
        notes.append(Statement(text=SPOT))
    if found.question.waits_for == "model" and said.get("gpus"):
        notes.append(Statement(text=WHICH_MODEL, names={"gpus": ", ".join(said["gpus"])}))
    return notes


def _sized(asked: Question, text: str, work: Workload) -> Sizing | None:
    if asked.asks is Asks.TRAINING:
        call = training_call(text, work, asked.said)
        return None if call is None else Sizing(asked, (call,))
    known = _known(asked, work)
    if "model" not in known:
        named = asked.asks is Asks.HOSTING or any(name in asked.said for name in ("gpus", *_RATES))
        return _waiting(asked, "model") if named else None
    knows_rate = any(name in known for name in _RATES)
    if asked.asks is Asks.HOSTING or (asked.asks is Asks.SPEED and not known["gpus"] and knows_rate):
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
    missing = next((name for name in _LENGTHS if name not in known), "") if _writes(str(known["model"])) else ""
    return Sizing(replace(asked, waits_for=missing), calls)


def _hosting(asked: Question, known: dict[str, Any]) -> Sizing:
    if known.get("api_model"):
        known = {**known, "model": known["api_model"], "open_model": known["model"]}
    missing = next((name for name in _LENGTHS if name not in known), "")
    return Sizing(replace(asked, waits_for=missing), (_call("choose_hosting", known),), (TYPICAL,) if missing else ())


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
    is_own = "model" not in said or (work.model is not None and _same(str(said["model"]), work.model))
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
    if not any(name in said for name in _RATES) and work.monthly_requests:
        facts["requests_per_month"] = work.monthly_requests
        if not is_own and work.model and is_api_only(work.model):
            facts["api_model"] = work.model
    known = {**{name: value for name, value in facts.items() if value is not None}, **said}
    known["gpus"] = _accelerators(known["gpus"])
    known["provider"] = _seller(str(known.get("provider", "")))
    if not known["provider"] and "region" not in said:
        known.pop("region", None)
    for name in _RATES:
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


def training_call(text: str, work: Workload, said: Mapping[str, Any]) -> PlannedCall | None:
    """What a training costs where its rows are known, else the memory that it takes; None where no model with weights is known."""
    known = _known(Question(Asks.TRAINING, said), work)
    if "model" not in known or is_api_only(str(known["model"])):
        return None
    method, rows = method_in(text) or "lora", rows_in(text) or work.dataset_rows
    gpu = _gpus(known)[0]
    if not rows:
        return _memory(known, gpu, method)
    read = {"tokens_per_row": tokens_per_row(text), "epochs": epochs_in(text), "gpu": gpu}
    args: dict[str, Any] = {"model": known["model"], "method": method, "rows": rows, **{name: one for name, one in read.items() if one}}
    args |= {name: known[name] for name in ("provider", "region") if name in known}
    if known.get("cards") in _COUNTS:
        args["gpu_count"] = known["cards"]
    return PlannedCall(tool="estimate_training", args=args, subject=str(known["model"]))
