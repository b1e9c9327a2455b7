"""`audit_costs`: files -> text tables -> typed ledger -> reconciled, classified sums -> bill, findings, evidence, statements.

The total is the sum of every counted row in one currency; rows left out are listed with their reason and amount, so that
file total = counted + listed exclusions. Raises UserError for what the user can fix; findings are data, never errors.
"""

import shlex
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.audit import mapping, summary
from tools.audit.cells import currency_of, read_money, shown
from tools.audit.engine import Engine, Ledger
from tools.audit.findings.all_rules import BY_NAME_AND_DAY, RULES
from tools.audit.findings.rule import Finding, Rule, apply
from tools.audit.intake import Desk, Intake, Money, take_in
from tools.audit.narrative import narrate
from tools.audit.outcome import Outcome, result_of
from tools.audit.period import NONE, Period, period_of
from tools.audit.pricing.desk import Prices
from tools.audit.pricing.use import how_counted
from tools.audit.remote import RemoteTable, connect
from tools.audit.sources import paths_of
from tools.audit.tool import AuditCosts
from tools.audit.unfold import Unfolding
from tools.contracts.tool import ToolContext, ToolResult


def run(args: AuditCosts, context: ToolContext) -> ToolResult:
    """Audits the files of `args`. Scratch files go below `context.out_dir` and are removed."""
    if args.needs_network and not context.network:
        raise UserError(
            "engine-unavailable",
            "Another query engine needs network and credentials, which jobs and conversations do not have.",
            "On the command line: python -m app run audit_costs --engine URL --file table:NAME. For files leave --engine out.",
        )
    with localcontext() as decimals:
        decimals.prec = 120
        corrections = mapping.parse(args.mapping)
        context.out_dir.mkdir(parents=True, exist_ok=True)
        scratch = context.out_dir / ".ledger"
        scratch.mkdir(exist_ok=True)
        paths = [] if args.needs_network else paths_of(args.file)
        remote = connect(args.engine) if args.needs_network else None
        engine = Engine(scratch, [path.resolve() for path in paths] + [scratch / "ledger.csv"], context.kept_dir)
        try:
            tables = [remote.table(name, engine) for name in args.file] if remote else []
            intake, money = _read(
                args, paths, tables, Desk(engine, corrections, Money({}, "", ""), scratch, context.progress, context.kept_dir)
            )
            return _evaluate(args, intake, money, engine, scratch, context)
        finally:
            if remote:
                remote.close()
            engine.close()
            shutil.rmtree(scratch, ignore_errors=True)


def _read(args: AuditCosts, paths: list[Path], tables: list[RemoteTable], desk: Desk) -> tuple[Intake, Money]:
    rates = _rates(args.rate)
    given = currency_of(args.currency) if args.currency else ""
    if args.currency and not given:
        raise UserError("currency-unknown", f'"{args.currency[:20]}" is no currency code.', "Use an ISO code such as USD, EUR or INR.")
    money = Money(rates, "", given) if rates and given else Money({}, "" if rates else given, "")
    intake = take_in(paths, replace(desk, money=money), tables)
    if rates and not given:
        others = {code for read in intake.reads for code in read.tally.totals if code not in rates}
        if len(others) != 1 or "" in others:
            raise UserError(
                "rate-target-unknown",
                "The rate names no currency to convert to.",
                'Say which, for example currency "USD" with rate "EUR=1.08".',
            )
        money = Money(rates, "", others.pop())
        intake = take_in(paths, replace(desk, money=money), tables)
    return intake, money


def _rates(text: str) -> dict[str, Decimal]:
    rates = {}
    for part in filter(None, (piece.strip() for piece in text.replace(";", ",").split(","))):
        name, _, value = part.partition("=")
        code, rate = currency_of(name), read_money(value.strip()).value
        if not code or rate is None or rate <= 0:
            raise UserError(
                "rate-unreadable",
                f'"{part[:40]}" is not an exchange rate.',
                'Write CODE=value, such as "EUR=1.08" (value of one EUR in the target currency).',
            )
        rates[code] = rate
    return rates


def _evaluate(args: AuditCosts, intake: Intake, money: Money, engine: Engine, scratch: Path, context: ToolContext) -> ToolResult:
    context.progress("Adding up", 0, 0)
    tallies = [read.tally for read in intake.reads]
    totals: dict[str, Decimal] = {}
    for tally in tallies:
        for code, amount in (tally.effective if args.basis == "effective" else tally.totals).items():
            totals[code] = totals.get(code, Decimal(0)) + amount
    merged = scratch / "ledger.csv"
    with merged.open("wb") as target:
        for read in intake.reads:
            with read.path.open("rb") as part:
                shutil.copyfileobj(part, target)
    largest = sum((abs(amount) for tally in tallies for _, amount in tally.categories.values()), Decimal(1)) * 1000
    ledger = Ledger(engine, merged, max(tally.decimals for tally in tallies), largest)
    for read in intake.reads:
        if read.big:
            Unfolding(read.big, read.sheet_pass).run(BY_NAME_AND_DAY)
    ledger.settle(args.basis, BY_NAME_AND_DAY)
    outcome = _outcome(args, intake, money, totals, ledger)
    report = narrate(outcome)
    bill = outcome.bill(ledger, tuple(record.id for record in report.evidence))
    return ToolResult(
        result=result_of(outcome),
        evidence=tuple(report.evidence),
        statements=tuple(report.statements),
        bill=bill,
        questions=tuple(outcome.questions),
    )


def _outcome(args: AuditCosts, intake: Intake, money: Money, totals: dict[str, Decimal], ledger: Ledger) -> Outcome:
    period = _period(intake)
    order = sorted(totals, key=lambda code: (-abs(totals[code]), code))
    live = [code for code in order if totals[code] != 0] or order[:1]
    sums, found, checks = [], [], []
    counting, today = how_counted(intake.reads), date.today()
    met = ledger.meets(sorted({rule.needs for rule in RULES if rule.needs}))
    rules = [rule for rule in RULES if not rule.needs or rule.needs in met]
    for code in live:
        ledger.study(code)
        prices = Prices(ledger.ask, counting, code, today)
        one = summary.summarise(ledger, code, monthly=period.grain == "month")
        if one.total != totals[code]:
            raise AssertionError(f"ledger sum {one.total} differs from the pass {totals[code]}")
        sums.append(one)
        found += _findings(rules, ledger, one, period, prices)
        checks.append(prices.check)
    if not live:
        ledger.study("")
        prices = Prices(ledger.ask, counting, "", today)
        found = _findings(rules, ledger, summary.Summary("", Decimal(0), Decimal(0), {}), period, prices)
    models, tokens = summary.tokens(ledger)
    return Outcome(
        args=args,
        intake=intake,
        totals=totals,
        live=live,
        sums=sums,
        findings=found,
        period=period,
        models=models,
        tokens=tokens,
        reproduce=_reproduce(args),
        target=money.target if money.rates else "",
        rates=dict(money.rates),
        checks=tuple(checks),
        usage=prices.usage,
    )


def _findings(rules: Sequence[Rule], ledger: Ledger, sums: summary.Summary, period: Period, prices: Prices) -> list[Finding]:
    values: dict[str, Any] = {"total": sums.total, "ai_total": sums.ai_total, "days": period.days, "prices": prices}
    return [finding for rule in rules for finding in apply(rule, ledger.ask, values, sums.currency)]


def _period(intake: Intake) -> Period:
    days: Counter[date] = Counter()
    last: date | None = None
    for read in intake.reads:
        days.update(read.tally.days)
        if read.tally.last_day and (last is None or read.tally.last_day > last):
            last = read.tally.last_day
    return period_of(days, last, any(read.tally.month_only for read in intake.reads)) if days else NONE


def _reproduce(args: AuditCosts) -> str:
    parts = ["python -m app run audit_costs"]
    given = args.model_dump(mode="json")  # credentials masked
    names = [file if file.startswith("table:") or "://" in file else Path(file).name for file in given["file"]]
    parts += [f"--file {shlex.quote(shown(name, 120))}" for name in names]
    for name in ("mapping", "basis", "currency", "rate", "engine"):
        value = given[name]
        if value and value not in ("billed", "duckdb"):
            parts.append(f"--{name} {shlex.quote(value)}")
    return " ".join(parts)
