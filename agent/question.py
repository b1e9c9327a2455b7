"""The sizing question of a conversation: what is asked with what was said, and how a message goes on with the one before it. Code only.

What a message says replaces what it rules out; what it leaves out stays. "for that" is the traffic of the latest question, supposed or
not. Plans no call (`sizing.py`) and reads no words itself (`reading/`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.reading.going_on import bare_number, goes_on, scale_in
from agent.reading.serving_asked import Asks, asks
from agent.reading.serving_words import is_api_only, serving_words
from agent.reading.training_words import training_words
from knowledge.catalog import instances, models
from tools.contracts.workload import Workload

LENGTHS = ("input_tokens", "output_tokens")
RATES = ("requests_per_second", "requests_per_month")
#: What a question may suppose, and no fact of the workload.
_SUPPOSED = ("peak_over_mean", "running_usd", "moving_usd")
_LOAD = (*RATES, *LENGTHS, *_SUPPOSED, "ttft_ms", "tpot_ms")
#: "is that cheaper than the API?": what was spoken of, with its hardware; not "where is it cheapest?".
_POINTS_BACK = re.compile(r"(?i)\b(?:that|this|it|those|these|they)\b(?!.*\b(?:cheapest|least expensive|best|other|else|instead)\b)")
#: Of a machine on the bill: whether it is the one to have, which needs its model and its traffic.
_RIGHT = re.compile(r"(?i)\bright\b|\bright-?siz\w*|\boverkill\b|\boversized\b|\btoo (?:big|large|much)\b")
_OTHER = re.compile(r"(?i)\bbetter\b|\bcheap(?:er|est)\b|\bmake sense\b|\binstead\b|\bother\b")
MOST_WORDS = 18  # of a message that only says more of the same
#: What holds for one accelerator or one model only, and goes with it.
_OF_GPU = ("gpus", "cards", "gpu_count", "data_parallel", "expert_parallel", "interconnect", "gpu_memory")
_OF_MODEL = ("precision", "formats", "draft_model", "draft_tokens", "acceptance", "gpu_count")
#: What a question about another model takes from the one before, where it says no traffic of its own.
_OF_TRAFFIC = (*_LOAD, "billed_requests", "traffic_of", "times", "cached_share", "provider", "region", "api_model")


@dataclass(frozen=True)
class Question:
    """What is asked, with what was said, by argument name. `waits_for` is the workload field it cannot be answered without."""

    asks: Asks
    said: Mapping[str, Any] = field(default_factory=dict)
    waits_for: str = ""
    supposes: bool = False  # a "what if" on the question before: what it says is no fact of the workload
    stands_alone: bool = True  # its own words ask it; the question before only fills in

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


def question_in(
    text: str,
    before: Question | None,
    slots: Mapping[str, Any] | None = None,
    work: Workload | None = None,
    read_as: str = "",
    machine: str = "",
) -> Question | None:
    """The sizing question of a message; `before` is that of an earlier turn, which a short one goes on with.

    `machine` is that of the bill which the words speak of: what they ask is about it alone.
    """
    said = said_in(text, slots)
    if machine and "gpus" not in said and "?" in text and ("model" in said or _RIGHT.search(text)):
        return _of_machine(text, machine, said)
    model = (before.said.get("model") if before else None) or (work.model if work else None)
    if before is None:
        kind = asks(text, said, None, is_sized(model), read_as)
        return None if kind is None else Question(kind, said)
    if before.waits_for in (slots or {}) and before.waits_for != "hardware":
        said.setdefault(before.waits_for, (slots or {})[before.waits_for])
    if _answers(before, said, text):
        return Question(before.asks, _merged(before.said, said), supposes=any(name in said for name in _SUPPOSED))
    is_more = goes_on(text)
    if is_more:
        _take_changes(text, before, said)
    alone = asks(text, said)
    kind = alone or asks(text, said, before.asks, is_sized(model), read_as) or (_of_more(before.asks, said) if is_more and said else None)
    if kind is None:
        return None
    if kind is Asks.HOSTING and "gpus" not in said and "model" not in said and (is_more or _POINTS_BACK.search(text)) and _holds(before):
        said = {**{name: before.said[name] for name in _OF_GPU if name in before.said}, **said}
    return Question(kind, _taken(before.said, said, kind, is_more), supposes=is_more, stands_alone=alone is not None and not is_more)


def _of_machine(text: str, machine: str, said: Mapping[str, Any]) -> Question:
    """A question about a machine of the bill: whether it is the right one, unless the words ask something else of it."""
    found = instances().find(machine)
    told = {**said, "gpus": (machine,), "billed_machine": machine, **({"cards": int(found.accelerator_count)} if found else {})}
    is_choice = _RIGHT.search(text) or _OTHER.search(text)
    return Question(Asks.HOSTING if is_choice else asks(text, told) or Asks.HOSTING, told)


def _holds(before: Question) -> bool:
    """Whether the question before was about one accelerator."""
    return before.asks is not Asks.TRAINING and len(before.said.get("gpus", ())) == 1


def said_in(text: str, slots: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the message states about a model to be sized."""
    return {**serving_words(text, slots), **training_words(text)}


def is_sized(model: str | None) -> bool:
    """Whether a model is named whose weights are to be had, as far as is known."""
    return model is not None and not is_api_only(model)


def _take_changes(text: str, before: Question, said: dict[str, Any]) -> None:
    """Traffic that the words multiply, and a figure without its unit, which is that of the rate before."""
    if any(name in said for name in (*RATES, "peak_over_mean", "gpus")):
        return
    factor, figure = scale_in(text), bare_number(text)
    if factor is not None:
        said["times"] = factor
    elif figure is not None and not said:
        rate = next((name for name in RATES if name in before.said), "requests_per_month" if figure >= 1000 else "")
        if rate:
            said[rate] = figure


def _answers(before: Question, said: Mapping[str, Any], text: str) -> bool:
    """Whether the message states what the question before waits for, or more of its traffic, and asks nothing."""
    if "?" in text or before.asks is Asks.TRAINING:
        return False
    waits_for = {"hardware": ("gpus",), "requests_per_month": RATES}.get(before.waits_for, (before.waits_for,))
    is_more = not {"model", "gpus", "provider"} & set(said) and any(name in said for name in _LOAD) and len(text.split()) <= MOST_WORDS
    return is_more or any(name in said for name in waits_for)


def _of_more(before: Asks, said: Mapping[str, Any]) -> Asks:
    """What is asked where the words only change something of the question before."""
    if before is Asks.HOSTING and said.get("gpus"):
        return Asks.SPEED
    is_held_against = is_api_only(str(said.get("model", ""))) and before is not Asks.TRAINING
    return Asks.HOSTING if is_held_against else before


def _taken(before: Mapping[str, Any], said: Mapping[str, Any], kind: Asks, is_more: bool) -> dict[str, Any]:
    """What was said, and of the question before what it leaves open."""
    if kind is Asks.TRAINING and not is_more:
        kept = {"model": before["model"]} if "model" in before else {}
        return {**kept, **said}
    if not is_more and "model" in said and any(name in said for name in RATES):
        return dict(said)
    if not is_more and "model" in said:
        before = {name: value for name, value in before.items() if name in (*_OF_TRAFFIC, "model")}
    if kind is Asks.HOSTING and "gpus" not in said:
        before = {name: value for name, value in before.items() if name not in _OF_GPU}
    return _merged(before, said)


def _merged(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said before and now; what is said anew replaces what it rules out."""
    dropped = {"below_zero", "latency"}
    for names, rules_out in (
        (("gpus",), _OF_GPU),
        (("model",), _OF_MODEL),
        (("precision",), ("formats",)),
        (RATES, (*RATES, "times", "traffic_of")),
    ):
        if any(name in said for name in names):
            dropped.update(rules_out)
    merged = {**{name: value for name, value in before.items() if name not in dropped}, **said}
    if "times" in said:
        merged["times"] = said["times"] * before.get("times", 1.0)
    return _beside_api(before, said, merged)


def _beside_api(before: Mapping[str, Any], said: Mapping[str, Any], merged: dict[str, Any]) -> dict[str, Any]:
    """An open model after an API's, or the other way round: the open one is what is sized, the API what it is held against."""
    old, new = before.get("model"), said.get("model")
    if old is None or new is None or is_api_only(str(old)) == is_api_only(str(new)):
        return merged
    sized, sold = (old, new) if is_api_only(str(new)) else (new, old)
    return {**merged, "model": sized, "api_model": said.get("api_model", sold)}


def is_about_another(asked: Question, work: Workload) -> bool:
    """Whether the question is about something that the workload does not run: what it says is then no fact of the workload."""
    if work.model is None:
        return False
    named = asked.said.get("model")
    if named is not None:
        return not is_same(str(named), work.model)
    return asked.asks is not Asks.HOSTING and is_api_only(work.model)  # where an API's own traffic could be served is about it


def is_same(one: str, other: str) -> bool:
    """Whether two names are of the same model."""
    known = [models().resolve(name) for name in (one, other)]
    if None not in known:
        return known[0].model.name == known[1].model.name  # type: ignore[union-attr]
    return one.strip().lower() == other.strip().lower()
