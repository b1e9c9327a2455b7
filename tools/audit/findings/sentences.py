"""Findings as evidence and sentences: the money with the rows it rests on, and the saving as a range that says how it is known.

One sentence a rule, those that could save most first. A saving is a child of its amount; savings are never added up, since several
findings often concern the same rows. Holds no figures of its own.
"""

from collections.abc import Callable, Sequence

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.audit.cells import shown
from tools.audit.findings.rule import Finding
from tools.audit.report import Report

MOST_RULES_SAID, MOST_MATCHES, MOST_NAMED = 5, 12, 3

Where = Callable[[Finding], str]


def say_findings(findings: Sequence[Finding], where: Where, report: Report) -> None:
    """Evidence for every finding, up to MOST_MATCHES a rule; sentences for the rules that matter most, and for projections."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.currency, finding.rule), []).append(finding)
    recorded = [
        (found, [(one, *_figures(one, where(one), report)) for one in found[:MOST_MATCHES]]) for found in _most_saving_first(groups)
    ]
    said_saving = False
    for at, (found, figures) in enumerate(recorded):
        if at < MOST_RULES_SAID or found[0].spread is not None:
            _say(found, figures[:MOST_NAMED], report)
            said_saving |= any(saving for _, _, saving in figures[:MOST_NAMED])
    if len(recorded) > MOST_RULES_SAID:
        report.say("- More findings are in Evidence.")
    if said_saving and len(findings) > 1:
        report.say("Several findings can concern the same rows, so their savings are not to be added up.")


def _most_saving_first(groups: dict[tuple[str, str], list[Finding]]) -> list[list[Finding]]:
    """Groups by their largest likely saving; currencies stay apart, in the order in which they came; then the order of the rules."""
    currencies = list(dict.fromkeys(currency for currency, _ in groups))

    def rank(found: list[Finding]) -> tuple[int, bool, float]:
        savings = [float(one.saving[1]) for one in found if one.saving is not None]
        return currencies.index(found[0].currency), not savings, -max(savings, default=0.0)

    return sorted(groups.values(), key=rank)


def _figures(finding: Finding, where: str, report: Report) -> tuple[str, str]:
    """Evidence ids of the money of a finding (of its rows where it has none) and of its saving ("" where it has none)."""
    name = f"{finding.title}: {shown(finding.detail, 80)}" if finding.detail else finding.title
    value, unit = (Range.exact(finding.rows), "rows") if finding.amount is None else (Range.exact(finding.amount), finding.currency)
    if finding.spread is not None and finding.amount is not None:
        value = Range(min(finding.spread[0], finding.amount), finding.amount, max(finding.spread[1], finding.amount))
    amount = report.figure(
        name,
        value,
        unit,
        where,
        tier=Tier.BILLED if finding.spread is None else Tier.ESTIMATED,
        method=f"rows matching the rule {finding.rule}" if finding.spread is None else f"projection of the rule {finding.rule}",
        inputs={"rule": finding.rule, "detail": finding.detail, "rows": finding.rows} | ({"measure": finding.note} if finding.note else {}),
    )
    if finding.saving is None:
        return amount, ""
    saving = report.figure(
        f"What acting could save: {name}",
        Range(*finding.saving),
        finding.currency,
        finding.why or where,
        tier=finding.tier,
        method="share of the money concerned, for the period of the bill",
        inputs={"of_rule": finding.rule, "of_detail": finding.detail},
        parents=(amount,),
    )
    return amount, saving


def _say(found: Sequence[Finding], recorded: Sequence[tuple[Finding, str, str]], report: Report) -> None:
    figures, names, parts = {}, {"confirm": found[0].confirm}, []
    for slot, (finding, amount, saving) in zip("abc", recorded, strict=False):
        part = "{amount_" + slot + "}"
        figures[f"amount_{slot}"] = amount
        if finding.detail:
            names[f"detail_{slot}"] = shown(finding.detail, 80)
            part = "{detail_" + slot + "} " + part
        if saving:
            figures[f"saving_{slot}"] = saving
            part += ", acting could save {saving_" + slot + "}"
        parts.append(part)
    more = "; and others (see Evidence)" if len(found) > len(recorded) else ""
    report.say(f"- {found[0].title}: " + ", ".join(parts) + more + ". To confirm: {confirm}", figures, names)
