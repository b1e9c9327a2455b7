"""Result keys of `choose_hosting`: options, rejections, the verdict with its three ways, and break-even volumes, as JSON values.

Turns what was found into keys; computes nothing but the usage basis (allocation x utilization). Sentences stand in `sentences.py`.
"""

from math import inf
from typing import Any

from tools.estimation.api.alternatives import Alternative
from tools.estimation.hosting.hosted import Hosted
from tools.estimation.hosting.option import Option, Rejected
from tools.estimation.hosting.question import Question
from tools.estimation.hosting.records import Book, label, per_million
from tools.estimation.hosting.verdict import Pays, Verdict


def _range(value: Any) -> dict[str, float] | None:
    return None if value is None else value.as_dict()


def entry(option: Option, question: Question, known: str) -> dict[str, Any]:
    """One option."""
    return {
        "kind": option.kind,
        "name": option.name,
        "provider": option.provider,
        "region": option.region,
        "machine": option.machine,
        "precision": option.precision,
        "count": option.count,
        "replicas": option.replicas[1] if option.replicas else None,
        "machines": option.machines[1] if option.machines else None,
        "usd_per_month": _range(option.total),
        "rent_or_tokens_usd_per_month": _range(option.usd),
        "work_usd_per_month": _range(option.work),
        "usage_usd_per_month": _usage(option),
        "usd_per_million_tokens": _range(per_million(option, question)),
        "ttft_ms": _range(option.ttft_ms),
        "tpot_ms": _range(option.tpot_ms),
        "tokens_per_second": _range(option.tokens_per_second),
        "utilization": _range(option.utilization),
        "asked_for": option.asked,
        "interruptible": option.interruptible,
        "reserve": option.reserve,
        "ranked": not option.aside,
        "sellers": option.sellers or None,
        "rent_usd_per_month_at_median": None if option.median_usd is None else float(option.median_usd),
        "targets": _targets(option, question),
        "quality": {"kept": _range(option.quality.kept), "text": option.quality.text, "known": option.quality.is_known},
        "stale": option.is_old,
        "price_checked_on": str(option.source.checked_on) if option.source and option.source.checked_on else None,
        "tier": option.tier,
        "notes": list(option.notes),
        "evidence": known,
    }


def _usage(option: Option) -> float | None:
    """The rent of the hours at work only: allocation x utilization."""
    if option.usd is None or option.utilization is None:
        return None
    return round(float(option.usd.likely) * float(option.utilization.likely), 2)


def _targets(option: Option, question: Question) -> str:
    """kept (even at the cautious end), likely kept, not known; "none" where there are none."""
    limits = ((option.ttft_ms, question.target.ttft_s * 1e3), (option.tpot_ms, question.target.tpot_s * 1e3))
    asked = [(value, limit) for value, limit in limits if limit != inf]
    if not asked:
        return "none"
    if any(value is None for value, _ in asked):
        return "not known"
    return "kept" if all(value is not None and value.high <= limit for value, limit in asked) else "likely kept"


def turned_down(one: Rejected) -> dict[str, Any]:
    """One group of rejected configurations."""
    return {
        "kind": one.kind,
        "name": ", ".join(one.names),
        "reason": one.reason,
        "nearest": one.nearest,
        "configurations": one.configurations,
        "by_stage": one.by_stage,
    }


def verdict_keys(question: Question, verdict: Verdict, bought: Hosted, book: Book, parents: tuple[str, ...]) -> dict[str, Any]:
    """The verdict, its ways side by side, and the volumes from which owning pays; makes the records of those volumes."""
    low, likely, high = verdict.needed
    even = _even(verdict.pays, "volume", book, parents)
    if even is not None:
        even["utilization"] = {"low": low, "likely": likely, "high": high}
        even["utilization_evidence"] = book.needed(verdict, parents)
    return {
        "verdict": verdict.choice,
        "conditional": verdict.is_conditional,
        "best": _way(verdict.chosen),
        "side_by_side": {
            "stay": _way(verdict.stay, cheaper_ways=[_fix(offer, book) for offer in bought.fixes]),
            "switch": _way(verdict.switch),
            "switch_other": _way(verdict.other),
            "switch_marketplace": _way(verdict.aside),
            "shrink": _way(verdict.shrink, pays_from_requests_per_month=verdict.shrink_from),
        },
        "break_even": even,
        "break_even_marketplace": _even(verdict.pays_aside, "marketplace volume", book, parents),
        "break_even_hosted": _even(verdict.pays_hosted, "hosted volume", book, parents),
        "open_model": question.shape.name if question.shape else None,
        "open_model_chosen_by": question.how_open,
    }


def _even(pays: Pays | None, name: str, book: Book, parents: tuple[str, ...]) -> dict[str, Any] | None:
    if pays is None:
        return None
    best, likely, worst = (None if found is None else found.first for found in pays.volumes)
    found = pays.likely
    return {
        "requests_per_month": {"low": best, "likely": likely, "high": worst},
        "always_from": None if found is None else found.always,
        "stays_cheaper": None if found is None else found.stays_cheaper,
        "machines": None if found is None else found.units,
        "option": label(pays.option),
        "against": pays.against.name,
        "evidence": book.volume(name, pays, parents),
        "always_evidence": book.volume(f"{name} always", pays, parents, always=True),
    }


def _way(option: Option | None, **more: Any) -> dict[str, Any] | None:
    if option is None:
        return None
    return {"name": label(option), "usd_per_month": _range(option.total), "quality": option.quality.text, **more}


def _fix(offer: Alternative, book: Book) -> dict[str, Any]:
    usd, record = offer.usd.as_dict(), book.fix(offer)
    return {"kind": offer.kind, "title": offer.title, "usd_per_month": usd, "conditions": offer.conditions, "evidence": record}


def notes(question: Question, shown: list[Option]) -> list[str]:
    """What a reader must know beside the figures."""
    said = [
        "Rent is paid around the clock (allocation); usage is the share of it at work. Machines are rented whole.",
        "Latency targets are held against likely means; a target is kept for certain only where the option says so.",
        "Prices are list prices without tax, storage and traffic; regions of hosts by the token are not told apart.",
    ]
    if not question.region:
        said.append("Without a region, prices are those of each seller's reference region; region=any looks at all.")
    if question.reading:
        said.append(f"{question.reading}.")
    if any(option.is_old for option in shown):
        said.append("Prices marked stale are older than the fact base allows: compare them with the seller's page.")
    return said
