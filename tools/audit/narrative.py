"""The answer in sentences: headline, AI share, largest services, what was left out, findings, and the question that matters most."""

from decimal import Decimal

from knowledge.source import Tier
from tools.audit.cells import shown
from tools.audit.engine import place_of
from tools.audit.findings.rule import Finding
from tools.audit.findings.sentences import say_findings
from tools.audit.outcome import Outcome, result_of
from tools.audit.pricing.sentences import say_prices
from tools.audit.reconciliation import table_records
from tools.audit.report import Report, row_ref
from tools.audit.summary import Summary

_KIND = {"gpu": "accelerators", "managed_ai": "managed AI services", "api_tokens": "model API tokens"}


def narrate(outcome: Outcome) -> Report:
    """Evidence and statements of one audit."""
    report = Report(outcome.reproduce)
    _headline(outcome, report)
    for sums in outcome.sums:
        _ai(outcome, sums, report)
        _drivers(outcome, sums, report)
    _tokens(outcome, report)
    say_prices(report, _where(outcome), outcome.checks, outcome.usage)
    _left_out(outcome, report)
    say_findings(outcome.findings, lambda finding: _places(outcome, finding), report)
    totals = tuple(record.id for record in report.evidence if record.claim.startswith("Total of the uploaded files"))
    report.evidence += table_records(result_of(outcome), _where(outcome), totals, outcome.reproduce)
    for question in outcome.questions[:3]:
        report.say("{question}", names={"question": question})
    return report


def _where(outcome: Outcome) -> str:
    parts = []
    for read in outcome.intake.reads[:5]:
        sheet, tally = read.layout.sheet, read.tally
        parts.append(
            row_ref(sheet.file, shown(sheet.name, 40), []) + f" rows {read.layout.header.row + 1} on, {tally.rows_counted} counted"
        )
    return "; ".join(parts)


def _inputs(outcome: Outcome) -> dict[str, object]:
    return {
        "sha256": dict(outcome.intake.hashes),
        "basis": outcome.basis,
        "form": [read.layout.form_id for read in outcome.intake.reads],
    }


def _headline(outcome: Outcome, report: Report) -> None:
    where = _where(outcome)
    counted = report.figure(
        "Rows counted in the audit", outcome.count("rows_counted"), "rows", where, method="count of rows with a readable amount or count"
    )
    read = report.figure(
        "Rows read in the audit", outcome.count("rows_read"), "rows", where, method="count of non-empty rows below the header"
    )
    names = {
        "files": ", ".join(outcome.intake.hashes),
        "form": ", ".join(
            dict.fromkeys(r.layout.form.title if r.layout.form else r.layout.form_id.replace("_", " ") for r in outcome.intake.reads)
        ),
    }
    span = ""
    if outcome.period.start and outcome.period.end:
        names |= {"start": outcome.period.start.isoformat(), "end": outcome.period.end.isoformat()}
        span = " for {start} to {end}"
    files = len(outcome.intake.hashes)
    if not outcome.live:
        report.say(
            "{files} ({form}) "
            + _one_or_more(files, "counts", "count")
            + " use"
            + span
            + " but "
            + _one_or_more(files, "holds", "hold")
            + " no money ({counted} understood, {read} read).",
            {"counted": counted, "read": read},
            names,
        )
        return
    for code in outcome.live:
        rated = {"rates": {k: str(v) for k, v in outcome.rates.items()}} if outcome.rates else {}
        total = report.figure(
            f"Total of the uploaded files ({outcome.basis} cost)" + (" converted at the rates you gave" if rated else ""),
            outcome.totals[code],
            code,
            where,
            method="exact decimal sum of all counted rows",
            inputs=_inputs(outcome) | rated,
            tier=Tier.STATED if rated else Tier.BILLED,
        )
        label = " with no currency stated" if not code else ""
        report.say(
            "{files} ({form}) " + _one_or_more(files, "totals", "total") + " {total}" + label + span + ", from {counted} ({read} read).",
            {"total": total, "counted": counted, "read": read},
            names,
        )
    if len(outcome.live) > 1:
        report.say("Money in different currencies is never added up: the totals stand side by side until you give a rate.")
    if outcome.monthly:
        report.say("The cost column says monthly, so the total was taken as one month.")


def _ai(outcome: Outcome, sums: Summary, report: Report) -> None:
    if sums.total <= 0:
        return
    where = _where(outcome)
    total = report.figure(
        "AI spend",
        sums.ai_total,
        sums.currency,
        where,
        method="sum of rows classified as accelerator, managed AI or API tokens",
        inputs=_inputs(outcome),
    )
    share = report.figure(
        "AI share of the total",
        (sums.ai_total / sums.total).quantize(Decimal("0.000001")),
        "ratio",
        where,
        method="AI spend / total",
        inputs=_inputs(outcome) | {"currency": sums.currency},
    )
    figures = {"ai": total, "share": share}
    parts = []
    for kind, title in _KIND.items():
        if amount := sums.by_kind.get(kind):
            figures[kind] = report.figure(
                f"Spend on {title}", amount, sums.currency, where, method="sum of rows of this kind", inputs=_inputs(outcome)
            )
            parts.append(title + " {" + kind + "}")
    report.say("AI spend is {ai}, {share} of it" + (": " + ", ".join(parts) if parts else "") + ".", figures)
    if beside := sums.by_kind.get("ai_adjacent"):
        figure = report.figure(
            "Spend on AI-adjacent services", beside, sums.currency, where, method="sum of rows of this kind", inputs=_inputs(outcome)
        )
        report.say("Beside it, {beside} goes to services around AI (vector stores, storage, network, logging).", {"beside": figure})
    if unknown := sums.by_kind.get("unknown"):
        figure = report.figure(
            "Spend that no rule recognises",
            unknown,
            sums.currency,
            where,
            method="sum of rows that no classification rule matched",
            inputs=_inputs(outcome),
        )
        report.say("{unknown} could not be classified as AI or not.", {"unknown": figure})


def _drivers(outcome: Outcome, sums: Summary, report: Report) -> None:
    figures, names, parts = {}, {}, []
    for at, (name, cost, _, _) in enumerate([s for s in sums.services if s[1] > 0][:5]):
        slot = "abcde"[at]
        figures[f"cost_{slot}"] = report.figure(
            f"Cost of {name}", cost, sums.currency, _where(outcome), method="sum of rows of this service", inputs=_inputs(outcome)
        )
        names[f"name_{slot}"] = name
        parts.append("{name_" + slot + "} {cost_" + slot + "}")
    if parts:
        report.say("Largest: " + ", ".join(parts) + ".", figures, names)


def _tokens(outcome: Outcome, report: Report) -> None:
    figures, parts = {}, []
    for token_type, tokens in outcome.tokens.items():
        if tokens:
            figures[token_type] = report.figure(
                f"{token_type} tokens in the file",
                tokens,
                "tokens",
                _where(outcome),
                method="sum of the token counts",
                inputs=_inputs(outcome),
            )
            parts.append(token_type.replace("_", " ") + " {" + token_type + "}")
    if parts:
        report.say("Tokens: " + ", ".join(parts) + ".", figures)


def _left_out(outcome: Outcome, report: Report) -> None:
    for entry in outcome.exclusions:
        where = "; ".join(row_ref(w["file"], shown(w["sheet"], 40), w["rows"]) for w in entry["where"][:3])
        if not entry["rows"]:
            continue
        rows = report.figure(
            f"Rows left out: {entry['reason']}", entry["rows"], "rows", where, method="rows recognised as such by label or exact sum"
        )
        if entry["amount_text"] and Decimal(entry["amount_text"]):
            amount = report.figure(
                f"Amount of rows left out: {entry['reason']}",
                Decimal(entry["amount_text"]),
                entry["currency"],
                where,
                method="sum of their amounts",
            )
            report.say(
                "Left out so that nothing counts twice: {rows} ({reason}, {amount}).",
                {"rows": rows, "amount": amount},
                {"reason": entry["reason"]},
            )
        else:
            report.say("Left out: {rows} ({reason}).", {"rows": rows}, {"reason": entry["reason"]})
    if unknown := outcome.count("rows_unknown"):
        cells = [cell for read in outcome.intake.reads for cell in read.tally.unknown]
        rows = report.figure(
            "Rows with an unreadable amount", unknown, "rows", _where(outcome), method="rows whose amount cell is no number"
        )
        report.say(
            "{rows} "
            + _one_or_more(unknown, "has an unreadable amount and is", "have an unreadable amount and are")
            + " not in the total, for example {cell}.",
            {"rows": rows},
            {"cell": f'"{cells[0]["cell"]}" ({cells[0]["problem"]})'},
        )
    for entry in outcome.categories:
        if entry["category"] in ("Tax", "Credit"):
            amount = report.figure(
                f"{entry['category']} rows in the total",
                Decimal(entry["amount_text"]),
                entry["currency"],
                _where(outcome),
                method="sum of rows of this charge category",
            )
            report.say("{category} of {amount} is part of the total.", {"amount": amount}, {"category": entry["category"]})
    if included := outcome.count("included_rows"):
        rows = report.figure(
            "Rows whose cost is a word for included",
            included,
            "rows",
            _where(outcome),
            method="cost word read as no extra cost",
        )
        says, counts = _one_or_more(included, "says that its", "say that their"), _one_or_more(included, "counts", "count")
        report.say("{rows} " + says + " cost is included in a plan and " + counts + " as no extra cost.", {"rows": rows})
    for skipped in outcome.intake.skipped[:5]:
        report.say(
            "{what} was not counted: {reason}.",
            names={"what": " ".join(filter(None, (skipped["file"], skipped["sheet"]))), "reason": skipped["reason"]},
        )


def _one_or_more(count: int, one: str, more: str) -> str:
    """The words that agree with a count; the count itself stands in a placeholder."""
    return one if count == 1 else more


def _places(outcome: Outcome, finding: Finding) -> str:
    """`bill.csv rows 2-6; usage.xlsx sheet May rows 9 and 3 more`: where the rows of a finding stand."""
    known = {read.source + at: (file, read.layout.sheet.name) for read in outcome.intake.reads for at, file in enumerate(read.files)}
    by_source: dict[int, list[int]] = {}
    for source, row in map(place_of, finding.places):
        by_source.setdefault(source, []).append(row)
    more = finding.rows - len(finding.places)
    parts = [
        row_ref(known[source][0], shown(known[source][1], 40), rows, len(rows) + (more if at == 0 else 0))
        for at, (source, rows) in enumerate(sorted(by_source.items()))
    ]
    return "; ".join(parts) or ", ".join(outcome.intake.hashes)
