"""The sections of the report, one function each, in reading order. Words and tables only; no figure is computed."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.figures import number_text, range_text
from tools.contracts.plan import Action, Plan, Step
from tools.export.audit_part import AuditPart, audit_section
from tools.export.evidence_order import Traced
from tools.export.report import MEANING, NOT_KNOWN, VERDICT_WORDS, Bar, Card, Section, Table
from tools.export.safe_text import plain

#: Claims of the planner's records for the figures of the total.
TOTAL_CLAIMS = {
    "saving": "Monthly saving of the plan",
    "once": "One-time cost of the plan",
    "payback": "Months until the plan has paid back",
    "baseline": "Monthly cost of everything in scope",
    "addressable": "Monthly cost that techniques can act on",
}
_TIER_WORDS = {
    Tier.MEASURED: "run here by our harness",
    Tier.BILLED: "read from your file",
    Tier.CATALOGUE: "dated price or datasheet",
    Tier.PUBLISHED: "someone's benchmark, under their conditions",
    Tier.ESTIMATED: "our model",
    Tier.STATED: "you said so",
    Tier.ASSUMED: "editable default",
}


def step_word(step: Step) -> str:
    """`stop_waste` -> `Stop waste`."""
    return step.value.replace("_", " ").capitalize()


def payback_text(action: Action) -> str:
    """Months to payback as the table shows them."""
    if not action.enabled:
        return "left out"
    return "does not pay back" if action.payback_months is None else range_text(action.payback_months, "")


def _known(value: Range | None, unit: str) -> str:
    return NOT_KNOWN if value is None else range_text(value, unit)


def totals(plan: Plan, traced: Traced) -> Section:
    """The five figures of the total with their evidence."""
    total, unit = plan.total, f"{plan.currency}/month"
    payback = "does not pay back" if total.payback_months is None else f"{range_text(total.payback_months, '')} months"
    rows = (
        ("Monthly saving", range_text(total.saving, unit), "saving"),
        ("One-time cost", range_text(total.one_time_cost, plan.currency), "once"),
        ("Payback", payback, "payback"),
        ("Cost of everything in scope", range_text(total.baseline_cost, unit), "baseline"),
        ("Cost that techniques can act on", range_text(total.addressable_cost, unit), "addressable"),
    )
    found = tuple((name, text, traced.of_claim(TOTAL_CLAIMS[key], plan.evidence_ids) or NOT_KNOWN) for name, text, key in rows)
    table = Table(("Figure", "Likely (low to high)", "Evidence"), found, frozenset({1}), (3, 4, 2))
    return Section("totals", "Totals", tables=(table,))


def bars(plan: Plan) -> tuple[Bar, ...]:
    """Saving of each enabled action after the earlier ones; negative ends are drawn as nothing, the text keeps them."""
    active = [a for a in plan.actions if a.enabled]
    widest = max((float(a.incremental_saving.high) for a in active), default=0.0)
    if widest <= 0:
        return ()

    def share(value: object) -> float:
        return round(min(1.0, max(0.0, float(str(value)) / widest)), 4)

    return tuple(
        Bar(
            plain(f"{a.title} · {a.workload}", 90),
            share(a.incremental_saving.low),
            share(a.incremental_saving.likely),
            share(a.incremental_saving.high),
            range_text(a.incremental_saving, f"{plan.currency}/month"),
        )
        for a in active
    )


def action_table(plan: Plan) -> Section:
    """One row per action: what, verdict, money."""
    rows = tuple(
        (
            step_word(a.step),
            plain(a.title, 200),
            plain(a.workload, 200),
            VERDICT_WORDS[a.verdict] + ("" if a.enabled else " (you left it out)"),
            range_text(a.standalone_saving, plan.currency),
            range_text(a.incremental_saving, plan.currency),
            range_text(a.one_time_cost, plan.currency),
            payback_text(a),
        )
        for a in plan.actions
    )
    columns = (
        "Step", "Action", "Workload", "Verdict", "Saving a month, alone", "Saving a month, after the earlier ones", "One-time cost",
        "Payback, months",
    )  # fmt: skip
    table = Table(columns, rows, frozenset({4, 5, 6, 7}), (2, 3.4, 2.2, 1.6, 3, 3, 3, 2.2))
    if not rows:
        return Section("actions", "Actions", ("There is no action in this plan; the ledger gives the reason for each technique.",))
    return Section("actions", "Actions", (MEANING,), bars(plan), (table,))


def _card(action: Action) -> Card:
    pairs = (
        ("Why", plain(action.reason)),
        ("Effort", f"{range_text(action.effort_days, '')} days, {plain(action.skill, 200) or NOT_KNOWN}"),
        ("Quality risk", plain(action.quality_risk) or NOT_KNOWN),
        ("Verify", plain(action.verification) or NOT_KNOWN),
        ("Roll back", plain(action.rollback) or NOT_KNOWN),
        ("Holds until", plain(action.expires_when) or NOT_KNOWN),
        ("Owner", plain(action.owner, 200) or "to be named"),
        ("Review on", action.review_on.isoformat() if action.review_on else "to be set"),
        ("How the effect is known", f"{action.effect_tier.value} ({_TIER_WORDS[action.effect_tier]})"),
        ("Energy saved a month", _known(action.energy_saving_kwh, "kWh")),
        ("Carbon saved a month", _known(action.carbon_saving_kg, "kg CO2e")),
    )
    rivals = tuple(plain(x, 120) for x in action.excludes)
    more = (("Competes with", ", ".join(rivals)),) if rivals else ()
    return Card(
        plain(f"{action.title} on {action.workload}", 240),
        VERDICT_WORDS[action.verdict] + ("" if action.enabled else " (you left it out)"),
        pairs + more,
        tuple(plain(s) for s in action.steps),
        action.evidence_ids,
    )


def action_cards(plan: Plan) -> Section | None:
    """Everything an owner of an action needs."""
    if not plan.actions:
        return None
    return Section("details", "Each action in detail", cards=tuple(_card(a) for a in plan.actions))


def _short(value: Any) -> str:
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Mapping) and {"low", "likely", "high"} <= set(value):
        return range_text(Range(*(float(value[k]) for k in ("low", "likely", "high"))), "")
    return plain(value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str, ensure_ascii=False), 200)


def _run(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"result": value}


def comparisons(plan: Plan) -> Section | None:
    """Before and after runs of the same harness."""
    tables = []
    words = {verdict.value: word for verdict, word in VERDICT_WORDS.items()}
    for item in plan.comparisons:
        before, after = _run(item.get("baseline")), _run(item.get("candidate"))
        keys = [k for k in dict.fromkeys([*before, *after]) if k != "evidence" and (before.get(k) is not None or after.get(k) is not None)]
        rows = tuple((plain(k.replace("_", " "), 80), _short(before.get(k)), _short(after.get(k))) for k in keys)
        verdict = words.get(str(item.get("verdict")), NOT_KNOWN)
        caption = plain(f"{item.get('title', '')}: {verdict}. {item.get('reason', '')} Evidence: {item.get('evidence_id') or NOT_KNOWN}")
        tables.append(Table(("What", "Before", "After"), rows, frozenset({1, 2}), (3, 3, 3), caption))
    if not tables:
        return Section("comparisons", "Before and after", ("Nothing was measured on your models for this plan.",))
    return Section("comparisons", "Before and after", ("Both columns come from the same harness, data and machine.",), tables=tuple(tables))


def _cost(line: Mapping[str, Any], traced: Traced, currency: str) -> str:
    """A line's monthly cost with its range, which only its record holds."""
    record = traced.records.get(str(line.get("evidence_id")))
    if record is not None and record.value is not None and record.unit == f"{currency}/month":
        return range_text(record.value, currency)
    return range_text(Range.exact(Decimal(str(line["monthly_cost"]))), currency)


def lines(plan: Plan, traced: Traced) -> Section | None:
    """The monthly spend that the actions act on."""
    if not plan.lines:
        return None
    rows = tuple(
        (
            plain(x["name"], 200),
            plain(x.get("workload", ""), 200),
            _cost(x, traced, plan.currency),
            plain(x.get("tier", NOT_KNOWN), 40),
            plain(x.get("evidence_id") or NOT_KNOWN, 60),
        )
        for x in plan.lines
    )
    table = Table(("Cost line", "Workload", "Cost a month", "Known how", "Evidence"), rows, frozenset({2}), (4, 3, 2, 1.6, 2.2))
    return Section("lines", "What the actions act on", tables=(table,))


def ledger(plan: Plan) -> Section:
    """Every technique considered."""
    rows = tuple(
        (
            plain(e.title, 200),
            VERDICT_WORDS[e.verdict],
            plain(e.reason),
            plain(", ".join(n.replace("_", " ") for n in e.needs), 400),
            plain(", ".join(e.evidence_ids), 600),
        )
        for e in plan.ledger
    )
    table = Table(("Technique", "Verdict", "Reason", "Would settle it", "Evidence"), rows, frozenset(), (3, 1.8, 7, 2.4, 2.2))
    return Section("ledger", "Every technique considered", tables=(table,), wide=True)


def rejected(plan: Plan) -> Section:
    """What was refused or left out, with the reason."""
    refused = [f"{plain(e.title, 200)}: {plain(e.reason)}" for e in plan.ledger if e.verdict.value == "do_not"]
    left_out = [f"{plain(a.title, 200)} on {plain(a.workload, 200)}: {plain(a.reason)}" for a in plan.actions if not a.enabled]
    bullets = tuple([*left_out, *refused])
    return Section(
        "rejected", "Rejected options", () if bullets else ("No technique was tried or costed and then refused.",), bullets=bullets
    )


def assumptions(plan: Plan) -> Section:
    """The editable defaults."""
    rows = tuple(
        (plain(a.title, 200), range_text(a.value, a.unit), plain(a.reason), plain(a.name, 80), plain(a.evidence_id, 60))
        for a in plan.assumptions
    )
    where = (
        "Each can be changed in Frugal's Plan panel, which makes the plan again. The sheet Inputs of the XLSX export changes the "
        "switches, costs and factors of this plan in place."
    )
    table = Table(("Assumption", "Value", "Reason", "Name", "Evidence"), rows, frozenset({1}), (3, 3, 5, 2.2, 2.2))
    return Section("assumptions", "Assumptions", (where,), tables=(table,) if rows else (), wide=True)


def facts(plan: Plan) -> Section | None:
    """The facts of each workload in use."""
    rows = tuple(
        (plain(w.get("name", ""), 200), plain(k.replace("_", " "), 80), _short(v))
        for w in plan.workloads
        for k, v in w.items()
        if k != "name" and v is not None
    )
    if not rows:
        return None
    return Section("facts", "Facts in use", tables=(Table(("Workload", "Field", "Value"), rows, frozenset(), (3, 3, 4)),))


def energy(plan: Plan) -> Section | None:
    """Energy and carbon, said even where they are not known."""
    if not plan.actions:
        return None
    rows = tuple(
        (plain(a.title, 200), plain(a.workload, 200), _known(a.energy_saving_kwh, "kWh"), _known(a.carbon_saving_kg, "kg CO2e"))
        for a in plan.actions
    )
    columns = ("Action", "Workload", "Energy saved a month", "Carbon saved a month")
    return Section("energy", "Energy and carbon", tables=(Table(columns, rows, frozenset({2, 3}), (4, 3, 3, 3)),))


def sources(traced: Traced) -> Section:
    """Every record: figure -> formula, inputs, source, date."""
    rows = []
    for name, e in traced.records.items():
        inputs = json.dumps(e.inputs, sort_keys=True, ensure_ascii=False, default=str) if e.inputs else ""
        parents = f"From {', '.join(e.parents)}." if e.parents else ""
        how = " ".join(x for x in (f"{e.method}." if e.method else "", f"Inputs: {inputs}." if inputs else "", parents) if x)
        checked = e.source.checked_on.isoformat() if e.source.checked_on else "no date applies"
        checked += ", old price" if e.has_old_price() else ""
        value = range_text(e.value, e.unit) if e.value is not None else _short(e.inputs.get("value"))
        rows.append((plain(name, 60), e.tier.value, plain(traced.said(e), 300), value, plain(how, 700), plain(e.source.ref, 400), checked))
    columns = ("Id", "Tier", "Claim", "Value", "Formula and inputs", "Source", "Checked on")
    tiers = "; ".join(f"{tier.value}: {words}" for tier, words in _TIER_WORDS.items())
    notes = [f"How a figure is known, strongest first. {tiers}."]
    if traced.missing:
        notes.append(f"Named by the plan but not held in this session: {', '.join(plain(m, 60) for m in traced.missing)}.")
    table = Table(columns, tuple(rows), frozenset({3}), (2.1, 1.5, 3.2, 2.8, 5, 3.6, 1.7))
    return Section("sources", "Where each figure comes from", tuple(notes), tables=(table,) if rows else (), wide=True)


def reproduce(plan: Plan, traced: Traced) -> Section:
    """The commands that make the figures again."""
    commands = sorted({plain(e.reproduce, 300) for e in traced.records.values() if e.reproduce and e.id not in traced.superseded})
    note = f"The same facts, files and assumptions give the same plan, byte for byte. This plan is {plain(plan.id, 60)}."
    return Section("reproduce", "How to reproduce", (note,), bullets=tuple(commands))


def questions(plan: Plan) -> Section | None:
    """What would narrow the result."""
    if not plan.open_questions:
        return None
    return Section("questions", "Open questions", bullets=tuple(plain(q) for q in plan.open_questions))


def all_sections(plan: Plan, traced: Traced, audit: AuditPart | None = None) -> tuple[Section | None, ...]:
    """Reading order: money, the bill it rests on, actions, proof, the rest."""
    return (
        totals(plan, traced), audit_section(audit), action_table(plan), action_cards(plan), lines(plan, traced), comparisons(plan),
        questions(plan), rejected(plan), energy(plan), facts(plan), assumptions(plan), ledger(plan), sources(traced),
        reproduce(plan, traced),
    )  # fmt: skip
