"""`Outcome`: everything an audit found, and its two plain forms: the result keys (JSON) and the bill."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.audit.billing import make_bill
from tools.audit.cells import shown
from tools.audit.engine import Ledger, place_of
from tools.audit.findings.rule import Finding
from tools.audit.intake import Intake
from tools.audit.mapping import letters
from tools.audit.period import Period
from tools.audit.pricing import keys
from tools.audit.pricing.check import PriceCheck
from tools.audit.pricing.usage import PricedUsage
from tools.audit.reconciliation import coverage, reconciliation
from tools.audit.report import plain
from tools.audit.summary import Summary
from tools.audit.tax_question import tax_questions
from tools.audit.tool import AuditCosts
from tools.contracts.cost_line import Bill


@dataclass(frozen=True)
class Outcome:
    """What an audit found. `live` lists the currencies with money, largest first."""

    args: AuditCosts
    intake: Intake
    totals: dict[str, Decimal]
    live: list[str]
    sums: list[Summary]
    findings: list[Finding]
    period: Period
    models: list[dict[str, Any]]
    tokens: dict[str, Any]
    reproduce: str
    target: str
    rates: dict[str, Decimal]
    checks: tuple[PriceCheck, ...] = ()  # billed beside listed, one a currency
    usage: PricedUsage | None = None  # usage without money, at list prices

    @property
    def currency(self) -> str:
        """The one currency of the bill; "" where several or none is stated."""
        return self.live[0] if len(self.live) == 1 else ""

    @property
    def total(self) -> Decimal | None:
        """The total; None where there is no money or several currencies."""
        return self.totals[self.live[0]] if len(self.live) == 1 else None

    @property
    def residual(self) -> Decimal | None:
        """Every amount in the cost column, less what was counted and what is listed as left out; None across rates."""
        if self.rates:
            return None
        counted = sum((amount for read in self.intake.reads for amount in read.tally.totals.values()), Decimal(0))
        listed = [amount for read in self.intake.reads for _, amounts, _ in read.tally.excluded.values() for amount in amounts.values()]
        return sum((read.tally.amounts for read in self.intake.reads), Decimal(0)) - counted - sum(listed, Decimal(0))

    @property
    def monthly(self) -> Decimal | None:
        """One month where the cost columns say "monthly" and no row has a date."""
        stated = all(read.layout.monthly_amounts for read in self.intake.reads)
        return Decimal(1) if stated and self.period.start is None else None

    @property
    def basis(self) -> str:
        """What the total is: billed or effective cost. Effective also where the files hold nothing else."""
        held = {read.layout.amortized for read in self.intake.reads if read.layout.has_money}
        return "effective" if held == {True} else self.args.basis

    def count(self, name: str) -> int:
        """Sum of one counter over all sheets."""
        return sum(getattr(read.tally, name) for read in self.intake.reads)

    def bill(self, ledger: Ledger, evidence_ids: tuple[str, ...]) -> Bill | None:
        """The bill, where all money is in one currency."""
        if self.total is None:
            return None
        ledger.study(self.live[0])
        return make_bill(
            ledger,
            files=self.intake.hashes,
            currency=self.currency,
            basis=self.basis,
            total=self.total,
            period=self.period,
            stated_months=self.monthly,
            evidence_ids=evidence_ids,
        )

    @property
    def exclusions(self) -> list[dict[str, Any]]:
        """Rows left out, by reason, with their amounts per currency."""
        merged: dict[tuple[str, str], list[Any]] = {}
        for read in self.intake.reads:
            for reason, (rows, amounts, numbers) in read.tally.excluded.items():
                for currency, amount in amounts.items() or {"": None}.items():
                    entry = merged.setdefault((reason, currency), [0, None, []])
                    entry[0] += rows if len(amounts) <= 1 else 0
                    entry[1] = amount if entry[1] is None else entry[1] + amount
                    entry[2] += [
                        {"file": read.layout.sheet.file, "sheet": read.layout.sheet.name, "rows": [row for row in numbers if row][:20]}
                    ]
        return [
            {
                "reason": reason,
                "rows": rows,
                "amount": None if amount is None else float(amount),
                "amount_text": "" if amount is None else plain(amount),
                "currency": currency,
                "where": where,
            }
            for (reason, currency), (rows, amount, where) in sorted(merged.items())
        ]

    @property
    def categories(self) -> list[dict[str, Any]]:
        """Counted money by charge category: taxes and credits are in the total, and listed here."""
        merged: dict[tuple[str, str], list[Any]] = {}
        for read in self.intake.reads:
            for kind, (rows, amount) in read.tally.categories.items():
                entry = merged.setdefault(kind, [0, Decimal(0)])
                entry[0], entry[1] = entry[0] + rows, entry[1] + amount
        return [
            {"category": c, "currency": code, "rows": rows, "amount": float(a), "amount_text": plain(a)}
            for (c, code), (rows, a) in sorted(merged.items())
        ]

    @property
    def questions(self) -> list[str]:
        """What the user should settle, most important first."""
        asked: list[str] = []
        if len(self.live) > 1:
            codes = ", ".join(code or "no stated currency" for code in self.live)
            asked.append(
                f"The amounts are in several currencies ({codes}) and were not added up. Which rates apply (such as 1 EUR = 1.08 USD)?"
            )
        elif self.live == [""]:
            asked.append("Which currency are the amounts in (such as currency=EUR)? The files state none.")
        if self.args.currency and not self.rates and self.live and self.args.currency.upper() not in self.live and self.live != [""]:
            example = f"1 {self.live[0]} = 1.08 {self.args.currency.upper()}"
            asked.append(f"The files state {self.live[0]}; to convert, which rate applies (such as {example})?")
        has_money = any(read.layout.has_money for read in self.intake.reads)
        if not has_money:
            named = any(entry["model"] for entry in self.models)
            asked.append(
                "The file has counts but no prices. What did these models cost, or which price list applies?"
                if named
                else "The file has counts but neither model nor price. Which model served these requests, and at what price?"
            )
        asked += tax_questions(self.intake.reads) + self.intake.questions
        for read in self.intake.reads:
            asked += read.layout.questions
            if read.tally.second_table or "second table on the sheet" in read.tally.excluded:
                asked.append(
                    f"{read.layout.sheet.file} holds a second table below the first; it was not counted. Should it be (header=row number)?"
                )
            if read.tally.bad_date_rows:
                asked.append(
                    f'Some dates in {read.layout.sheet.file} cannot be read, such as "{read.tally.bad_dates[0]}". What do they mean?'
                )
        asked += self._amortized_files()
        if has_money and self.args.basis == "billed" and self._billed_differs():
            asked.append("Billed and effective cost differ (commitments or prepaid units). Which basis do you want: billed or effective?")
        return list(dict.fromkeys(asked))

    def _amortized_files(self) -> list[str]:
        if self.args.basis != "billed":
            return []
        names = [read.layout.sheet.file for read in self.intake.reads if read.layout.amortized]
        beside = " and stand beside billed costs of other files" if names and self.basis == "billed" else ""
        return [
            f"The costs of {name} are effective (amortized){beside}; what was invoiced is not in it. Is there an export of actual cost?"
            for name in names
        ]

    def _billed_differs(self) -> bool:
        return any(read.tally.effective_stated and read.tally.effective != read.tally.totals for read in self.intake.reads)


def result_of(outcome: Outcome) -> dict[str, Any]:
    """The keys that other programs rely on (DESIGN section 5), JSON values only."""
    total, sums = outcome.total, outcome.sums
    one = sums[0] if len(sums) == 1 else None
    effective = sum((amount for read in outcome.intake.reads for amount in read.tally.effective.values()), Decimal(0))
    return {
        "total": None if total is None else float(total),
        "total_text": "" if total is None else plain(total),
        "currency": outcome.currency,
        "totals": [
            {"currency": code, "total": float(outcome.totals[code]), "total_text": plain(outcome.totals[code])} for code in outcome.live
        ],
        "basis": outcome.basis,
        "effective_total_text": plain(effective) if one and any(read.tally.effective_stated for read in outcome.intake.reads) else "",
        "form": ", ".join(dict.fromkeys(read.layout.form_id for read in outcome.intake.reads)),
        "period": outcome.period.as_dict() | {"stated_as_month": outcome.monthly is not None},
        "rows_read": outcome.count("rows_read"),
        "rows_counted": outcome.count("rows_counted"),
        "rows_excluded": outcome.count("rows_excluded"),
        "rows_unknown": outcome.count("rows_unknown"),
        "rows_included_in_plan": outcome.count("included_rows"),
        "rows_negative": outcome.count("negative_rows"),
        "rows_identical": outcome.count("repeats"),
        "exclusions": outcome.exclusions,
        "unknown_cells": [{"file": read.layout.sheet.file, **cell} for read in outcome.intake.reads for cell in read.tally.unknown][:50],
        "categories": outcome.categories,
        "reconciliation": reconciliation(outcome),
        "coverage": coverage(outcome),
        "checks": [check for read in outcome.intake.reads for check in read.tally.checks],
        "residual": None if outcome.residual is None else float(outcome.residual),
        "ai_total": float(one.ai_total) if one else None,
        "ai_total_text": plain(one.ai_total) if one else "",
        "ai_share": float(one.ai_total / one.total) if one and one.total > 0 else None,
        "by_kind": [
            {"kind": kind, "cost": float(cost), "currency": part.currency}
            for part in sums
            for kind, cost in sorted(part.by_kind.items(), key=lambda i: -i[1])
        ],
        "services": [
            {"name": name, "cost": float(cost), "rows": rows, "currency": part.currency, "rule": rule}
            for part in sums
            for name, cost, rows, rule in part.services
        ],
        "environments": [
            {"name": name, "cost": float(cost), "currency": part.currency} for part in sums for name, cost in part.environments
        ],
        "teams": [{"name": name, "cost": float(cost), "currency": part.currency} for part in sums for name, cost in part.teams],
        "regions": [{"name": name, "cost": float(cost), "currency": part.currency} for part in sums for name, cost in part.regions],
        "accounts": [{"name": name, "cost": float(cost), "currency": part.currency} for part in sums for name, cost in part.accounts],
        "providers": [{"name": name, "cost": float(cost), "currency": part.currency} for part in sums for name, cost in part.providers],
        "days": [{"day": day, "cost": float(cost), "ai_cost": float(ai_cost)} for day, cost, ai_cost in (one.days if one else ())],
        "models": outcome.models,
        "tokens": outcome.tokens,
        "price_check": keys.check_lines(outcome.checks),
        "price_check_totals": keys.check_totals(outcome.checks),
        "priced_usage": keys.usage_key(outcome.usage),
        "findings": [_finding(finding) for finding in outcome.findings],
        "questions": outcome.questions,
        "mapping": _mapping(outcome.intake),
        "files": [{"file": name, "sha256": digest} for name, digest in outcome.intake.hashes.items()],
        "skipped": outcome.intake.skipped,
        "sheets": [_sheet(read) for read in outcome.intake.reads],
        "rates": {code: str(rate) for code, rate in outcome.rates.items()},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "title": finding.title,
        "detail": finding.detail[:160],
        "amount": None if finding.amount is None else float(finding.amount),
        "amount_range": None if finding.spread is None else dict(zip(("low", "high"), map(float, finding.spread), strict=True)),
        "currency": finding.currency,
        "rows": finding.rows,
        "row_numbers": [row for _, row in map(place_of, finding.places) if row],
        "note": finding.note,
        "saving": None if finding.saving is None else dict(zip(("low", "likely", "high"), map(float, finding.saving), strict=True)),
        "saving_tier": finding.tier.value if finding.saving else "",
        "why": finding.why,
        "confirm": finding.confirm,
    }


def _mapping(intake: Intake) -> list[dict[str, Any]]:
    found = []
    for read in intake.reads:
        layout = read.layout
        roles = {entry.at: f"{role}, inside the cells" for role, entries in layout.inside.items() for entry in entries[:1]}
        roles |= {at: role for role, positions in layout.roles.items() for at in positions[:1]}
        if layout.pivot:
            roles |= {at: f"{layout.pivot.role} across" for at, _ in layout.pivot.columns}
        roles |= {
            at: role for model, outputs in layout.model_groups for at, role in ((model, "model"), *((o, "output_tokens") for o in outputs))
        }
        for at in sorted(roles):
            found.append(
                {
                    "file": layout.sheet.file,
                    "sheet": shown(layout.sheet.name, 40),
                    "column": shown(layout.header.names[at], 60),
                    "letter": letters(at),
                    "role": roles[at],
                    "confidence": layout.confidence.get(at, 0.9),
                }
            )
    return found[:200]


def _sheet(read: Any) -> dict[str, Any]:
    layout = read.layout
    return {
        "file": layout.sheet.file,
        "sheet": shown(layout.sheet.name, 40),
        "form": layout.form_id,
        "header_row": layout.header.row,
        "columns": [{"letter": letters(at), "name": shown(name, 60)} for at, name in enumerate(layout.header.names[:200])],
        "renamed_columns": [shown(name, 40) for name in layout.header.renamed[:20]],
        "decimal": layout.style,
        "currency": layout.currency,
        "currency_from": layout.currency_from,
        "date_order": layout.date_order,
        "notes": [*(f"{name}: {text}" for name, text in layout.sheet.notes.items()), *layout.notes],
        "rows_read": read.tally.rows_read,
        "rows_counted": read.tally.rows_counted,
    }
