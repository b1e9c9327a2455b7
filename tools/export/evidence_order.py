"""Which evidence belongs to a plan: the records that it names, and everything those were computed from.

Sorted by id, so that the same plan gives the same list. A named record that the session does not hold is reported,
never invented.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan


@dataclass(frozen=True)
class Traced:
    """The plan's records, by id, and the ids that are named but not held."""

    records: dict[str, Evidence]
    missing: tuple[str, ...]
    superseded: frozenset[str] = frozenset()  # those of an audit whose files were read again

    def said(self, record: Evidence) -> str:
        """The record's claim, marked where a later audit took its place."""
        return f"Superseded, the files were read again: {record.claim}" if record.id in self.superseded else record.claim

    def of_claim(self, claim: str, among: Iterable[str]) -> str:
        """Id of the record with this claim among the given ids; "" where there is none."""
        return next((i for i in among if i in self.records and self.records[i].claim == claim), "")


def named_ids(plan: Plan) -> list[str]:
    """Every evidence id that the plan mentions."""
    ids = list(plan.evidence_ids)
    for action in plan.actions:
        ids += action.evidence_ids
    for entry in plan.ledger:
        ids += entry.evidence_ids
    ids += [a.evidence_id for a in plan.assumptions]
    ids += [str(x["evidence_id"]) for x in (*plan.comparisons, *plan.lines) if x.get("evidence_id")]
    return list(dict.fromkeys(i for i in ids if i))


def trace(plan: Plan, evidence: Iterable[Evidence], also: Iterable[str] = (), superseded: frozenset[str] = frozenset()) -> Traced:
    """The plan's evidence, and the records named in `also`, with all ancestors. Those in `superseded` are marked."""
    held = {record.id: record for record in evidence}
    found: dict[str, Evidence] = {}
    missing: set[str] = set()
    waiting = [*named_ids(plan), *also]
    while waiting:
        name = waiting.pop()
        if name in found or name in missing:
            continue
        if name not in held:
            missing.add(name)
            continue
        found[name] = held[name]
        waiting += held[name].parents
    return Traced({name: found[name] for name in sorted(found)}, tuple(sorted(missing)), superseded & found.keys())
