"""Conditions over facts: whether a card's tests hold for a workload, fail (with the reason), or lack a fact.

Pure look-ups on a flat mapping of facts; no arithmetic on money. Text matching ignores case, spaces and dashes; a group
word must begin where a word begins, and a word that ends in a digit must not run into another digit (A10 is not A100).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from knowledge.techniques import Condition, groups

#: derived fact -> the workload field that a person would be asked for
ASK_FOR = {"interruptible": "batch_tolerant", "monthly_requests": "requests_per_month", "kind": "hardware", "pricing": "pricing"}
WORDS = {
    "params_b": "the size of the model",
    "batch_tolerant": "whether answers may wait",
    "hours_per_day": "the hours of service a day",
    "dataset_rows": "the rows of training data",
    "cached_share": "the share of repeated input",
    "requests_per_month": "the number of requests",
    "gpu_count": "the number of accelerators",
    "stage": "whether it is serving or training",
    "monthly_cost_usd": "the monthly cost",
    "input_tokens": "the length of a request",
    "output_tokens": "the length of an answer",
    "exchange_rate": "an exchange rate to dollars (prices in the catalogue are in dollars)",
}
SHARES = frozenset({"utilization", "cached_share", "quality_floor"})


@dataclass(frozen=True)
class Judgement:
    """`state` is "holds", "fails" or "unknown"; `needs` names fields that would settle an unknown."""

    state: str
    reason: str = ""
    needs: tuple[str, ...] = ()


def normal(text: object) -> str:
    """Lower case, every run of other characters than letters, digits and dots as one space."""
    return re.sub(r"[^a-z0-9.]+", " ", str(text).lower()).strip()


def names(text: object, words: Iterable[str]) -> bool:
    """Whether the text names one of the words."""
    haystack = " " + normal(text)
    for word in words:
        plain = normal(word)
        tail = r"(?![0-9])" if plain[-1:].isdigit() else ""
        if re.search(r"(?<=\s)" + re.escape(plain).replace(r"\ ", r"\s?") + tail, haystack):
            return True
    return False


@lru_cache(maxsize=4096)
def in_group(text: str, group: str) -> bool:
    """Whether the text names a member of a word group."""
    return names(text, groups()[group])


def _holds(condition: Condition, value: Any) -> bool:
    operator = condition.operator
    wanted = getattr(condition, operator)
    if operator == "equals":
        return bool(value == wanted if isinstance(wanted, bool) else normal(value) == normal(wanted))
    if operator == "any_of":
        return names(value, wanted)
    if operator == "none_of":
        return not names(value, wanted)
    if operator == "below":
        return float(value) < wanted
    if operator == "at_least":
        return float(value) >= wanted
    return in_group(str(value), wanted) == (operator == "group")


_UNSTATED = {
    "model": "the model",
    "hardware": "the hardware",
    "provider": "the provider",
    "framework": "your framework",
    "precision": "its present number format",
    "region": "its region",
}


def show(name: str, value: Any) -> str:
    """A fact as written in a reason."""
    if value is None or value == "":
        return _UNSTATED.get(name, "not stated")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in SHARES and isinstance(value, int | float):
        return f"{value * 100:.3g} %"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.3g}"
    return str(value)


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return show(key, None)


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """A reason with the user's facts in place of `{field}`."""
    if not facts.get("gpu_count"):
        template = template.replace("{gpu_count} x {hardware}", "{hardware}")
    text = template.format_map(_Facts({name: show(name, value) for name, value in facts.items()}))
    return text[:1].upper() + text[1:] if template.startswith("{") and not facts.get(template[1 : template.index("}")]) else text


def judge(conditions: Iterable[Condition], facts: Mapping[str, Any]) -> Judgement:
    """All conditions together: the first failure wins, then the missing facts, then holds."""
    needs: list[str] = []
    for condition in conditions:
        value = facts.get(condition.field)
        if value is None or value == "":
            if condition.unknown == "fail":
                return Judgement("fails", fill(condition.otherwise, facts))
            if condition.unknown == "ask":
                needs.append(ASK_FOR.get(condition.field, condition.field))
        elif not _holds(condition, value):
            return Judgement("fails", fill(condition.otherwise, facts))
    if needs:
        return Judgement("unknown", needs=tuple(dict.fromkeys(needs)))
    return Judgement("holds")
