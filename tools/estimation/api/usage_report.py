"""What a priced usage table comes to: totals, the bill beside them, what is unknown, and other ways to buy the same tokens.

USD; a bill in another currency is not compared, since list prices are in USD. Another model is compared for its price alone: the same
kinds of task, quality not checked. The sentences are in `usage_words.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import ApiModel
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import ToolResult
from tools.estimation.api.alternatives import same_tasks
from tools.estimation.api.cost import ZERO
from tools.estimation.api.records import money, ref
from tools.estimation.api.usage_prices import Priced, part_cost, sellers, tokens_cost, unit_price
from tools.estimation.api.usage_table import UsageTable
from tools.estimation.api.usage_words import NAMED, Offer, Outcome, statements

#: Models that other models are looked for, dearest first.
COMPARED = 5


class Report:
    """The table once it is priced: totals, the comparison with the bill, other ways to buy."""

    def __init__(self, table: UsageTable, priced: Sequence[Priced], today: date) -> None:
        self.table, self.today = table, today
        self.priced = sorted(priced, key=lambda one: (-one.usd, one.use.model))
        self.known = [one for one in self.priced if one.record is not None]
        self.source = SourceRef(ref=", ".join(table.files) or "the audited files")
        self.reproduce = table.reproduce

    def result(self) -> ToolResult:
        """Result keys, evidence and sentences."""
        total, billed, gap = self._total(), self._billed(), None
        if total is not None and billed is not None:
            gap = self._gap(total, billed)
        offers = [*self._batch(total), *self._models(total)] if total is not None else []
        out = Outcome(self.table, self.priced, self.today, total, billed, gap, self._monthly(total), offers)
        records = [record for record in (*(record for _, record in out.known), total, billed, gap, out.monthly) if record is not None]
        questions = tuple(f"What does {one.use.model} cost a million tokens of input and output?" for one in out.unknown[:NAMED])
        evidence = (*records, *(record for _, record in offers))
        return ToolResult(result=_keys(out), evidence=evidence, statements=tuple(statements(out)), questions=questions)

    # -------------------------------------------------------------------------------------------------------- figures

    def _total(self) -> Evidence | None:
        if not self.known:
            return None
        return self._record(
            "Usage of the audited files at today's list prices",
            sum((one.usd for one in self.known), ZERO),
            "USD",
            "Sum over models and token types of tokens x today's list price.",
            [one.record for one in self.known if one.record is not None],
            Tier.CATALOGUE,
        )

    def _billed(self) -> Evidence | None:
        """What was billed for the models all of whose tokens have a price, where it is in USD."""
        paid = self._compared()
        if not paid or any(one.use.currency != "USD" for one in paid):
            return None
        return Evidence.record(
            tier=Tier.BILLED,
            claim="Billed for the same tokens",
            value=Range.exact(sum((one.use.billed or ZERO for one in paid), ZERO)),
            unit="USD",
            method="Sum of the billed amounts of the models whose tokens all have a price.",
            source=self.source,
            inputs={"models": [one.use.model for one in paid]},
            reproduce=self.reproduce,
        )

    def _compared(self) -> list[Priced]:
        return [one for one in self.known if one.use.billed is not None and not one.missing and not one.use.unsplit]

    def _gap(self, total: Evidence, billed: Evidence) -> Evidence:
        listed = sum((one.usd for one in self._compared()), ZERO)
        paid = Decimal(billed.value.likely) if billed.value is not None else ZERO
        return self._record(
            "Billed less list price",
            paid - listed,
            "USD",
            "Billed amounts less today's list price of the same tokens; below zero where less than the list was paid.",
            [total, billed],
            Tier.ESTIMATED,
        )

    def _monthly(self, total: Evidence | None) -> Evidence | None:
        if total is None or total.value is None or not self.table.months:
            return None
        value = Decimal(total.value.likely) / self.table.months
        return self._record(
            "Usage a month at today's list prices", value, "USD/month", "The total over the length of the period.", [total], Tier.ESTIMATED
        )

    def _record(self, claim: str, value: Decimal, unit: str, method: str, parents: Iterable[Evidence], tier: Tier) -> Evidence:
        exact = Range.exact(value) if unit == "USD" else money(Range.exact(value))
        inputs = {"bound": self.table.bound, "months": str(self.table.months or "")}
        ids = tuple(parent.id for parent in parents)
        return Evidence.record(
            tier=tier,
            claim=claim,
            value=exact,
            unit=unit,
            method=method,
            source=self.source,
            inputs=inputs,
            parents=ids,
            reproduce=self.reproduce,
        )

    # -------------------------------------------------------------------------------------------------------- other ways

    def _batch(self, total: Evidence | None) -> list[Offer]:
        """Everything that has a batch price sent in batches."""
        saved = ZERO
        for one in self.known:
            for part in one.parts:
                each = unit_price(one.here.price, part.token_type, True) if one.here is not None and not part.batch else None
                if each is not None and part.usd is not None:
                    saved += max(ZERO, part.usd - part_cost(part.token_type, part.tokens, each))
        return [self._offer("batch", "Send what can wait through the batch interface", "", saved, total)] if saved and total else []

    def _models(self, total: Evidence | None) -> list[Offer]:
        """For the dearest models, the cheapest other one that does the same tasks: of the same seller, and of any."""
        found: list[Offer] = []
        for one in self.known[:COMPARED]:
            entry = one.use.entry
            if entry is None or one.missing or total is None:
                continue
            best: dict[bool, tuple[Decimal, ApiModel]] = {}
            for candidate, price in same_tasks(entry, self.today):
                cost = tokens_cost(price, one.use.tokens)
                near = candidate.provider == entry.provider
                if (
                    cost is not None
                    and cost < one.usd
                    and (near not in best or (cost, candidate.name) < (best[near][0], best[near][1].name))
                ):
                    best[near] = (cost, candidate)
            for cost, candidate in (best[near] for near in (True, False) if near in best):
                title = f"Use {candidate.name} in place of {one.use.model}"
                found.append(self._offer("model", title, candidate.name, one.usd - cost, total, one.use.model))
        return found

    def _offer(
        self, kind: str, title: str, model: str, saved: Decimal, total: Evidence, instead: str = ""
    ) -> tuple[dict[str, Any], Evidence]:
        quality = "Quality not checked here; lengths of requests are not known." if kind == "model" else "Answers may come within a day."
        record = Evidence.record(
            tier=Tier.ESTIMATED,
            claim=f"Saved at list prices with: {title}",
            value=Range(ZERO, saved, saved) if kind == "batch" else Range.exact(saved),
            unit="USD",
            method="The same tokens at the other list price." + (" Low end: nothing can wait." if kind == "batch" else ""),
            source=self._offer_source(model),
            inputs={"kind": kind, "model": model, "in_place_of": instead},
            parents=(total.id,),
            reproduce=self.reproduce,
        )
        keys = {"kind": kind, "title": title, "model": model, "in_place_of": instead, "conditions": quality}
        return {**keys, "saving": float(saved), "evidence": record.id}, record

    def _offer_source(self, model: str) -> SourceRef:
        if not model:
            return self.source
        entry = catalog.api_model(model)
        return ref(catalog.source_of(entry, entry.price_on(self.today).source))


# ------------------------------------------------------------------------------------------------------------ result keys


def _keys(out: Outcome) -> dict[str, Any]:
    def likely(record: Evidence | None) -> float | None:
        return None if record is None or record.value is None else float(record.value.likely)

    days = [source.checked_on for source in out.sources if source.checked_on]
    table, monthly = out.table, out.monthly
    return {
        "model": "",
        "currency": "USD",
        "files": list(table.files),
        "months": float(table.months) if table.months else None,
        "usd_total": likely(out.total),
        "usd_per_month": monthly.value.as_dict() if monthly is not None and monthly.value is not None else None,
        "bound": out.bound,
        "billed": likely(out.billed),
        "billed_less_list": likely(out.gap),
        "by_model": [_model_keys(one) for one in out.priced],
        "unknown_models": [one.use.model for one in out.unknown],
        "declared": list(table.declared),
        "price_checked_on": str(min(days)) if days else None,
        "stale": any(catalog.is_stale(source, out.today) for source in out.sources if source.checked_on),
        "alternatives": [keys for keys, _ in out.offers],
    }


def _model_keys(one: Priced) -> dict[str, Any]:
    use = one.use
    return {
        "model": use.model,
        "list_name": use.entry.name if use.entry is not None else None,
        "usd_at_list": float(one.usd) if one.record is not None else None,
        "billed": None if use.billed is None else float(use.billed),
        "billed_currency": use.currency,
        "own_prices": list(one.here.own) if one.here is not None else [],
        "sellers": sellers(use.model) if use.entry is None else [],
        "note": use.note,
        "tokens_without_type": float(use.unsplit) or None,
        "by_token_type": [
            {
                "type": part.token_type,
                "batch": part.batch,
                "quantity": float(part.tokens),
                "price": None if part.price is None else float(part.price),
                "usd": None if part.usd is None else float(part.usd),
            }
            for part in one.parts
        ],
    }
