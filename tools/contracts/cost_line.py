"""`CostLine` and `Bill`: normalised money with a driver, under FOCUS column names.

A `Bill` is what an audit hands to the planner: lines grouped by what they pay for (at most a few hundred), whose
effective costs add up to the audited total to the last digit. Amounts are Decimal; one bill has one currency.
"""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class CostLine(BaseModel):
    """One group of billed rows with the same meaning. `id` is stable for the same file content."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    BilledCost: Decimal
    EffectiveCost: Decimal
    BillingCurrency: str
    ChargeCategory: str = "Usage"  # FOCUS: Usage, Purchase, Tax, Credit, Adjustment
    ServiceName: str = ""
    ProviderName: str = ""
    RegionId: str = ""
    ConsumedQuantity: Decimal | None = None
    ConsumedUnit: str = ""  # "GPU-hours", "Hours", "tokens", "requests" ...
    x_kind: str = "other"  # gpu, managed_ai, api_tokens, ai_adjacent, other, unknown
    x_model: str = ""
    x_token_type: str = ""  # input, cached, cache_write, output, reasoning, batch
    x_hardware: str = ""  # instance type or accelerator name
    x_workload: str = ""
    x_environment: str = ""  # prod, dev, test ... from tags
    x_pricing: str = ""  # on_demand, committed, spot
    x_utilization: float | None = None  # share of the paid time at work, 0..1, weighted by cost; None where a row does not state it
    x_rule: str = ""  # the classification rule that matched
    x_rows: tuple[str, ...] = ()  # "file|sheet|row" of the source rows (the first few, then a count)
    x_row_count: int = 0


class Bill(BaseModel):
    """Cost lines of one audit."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    files: tuple[str, ...]
    currency: str
    basis: str  # "billed" or "effective"
    total: Decimal
    period_start: str = ""  # ISO dates, "" where the file has none
    period_end: str = ""
    days: int | None = None  # days covered; None = unknown
    period_months: Decimal | None = None  # exact months where the file says so: whole calendar months, or a "monthly" cost column
    lines: tuple[CostLine, ...] = ()
    evidence_ids: tuple[str, ...] = Field(default=())

    @property
    def months(self) -> Decimal | None:
        """Length of the period: as stated in months, else days in months of 365/12 days; None where the file states neither."""
        if self.period_months:
            return self.period_months
        return None if not self.days else Decimal(self.days) * 12 / 365

    def cost_of(self, line: CostLine) -> Decimal:
        """A line's cost on this bill's basis."""
        return line.BilledCost if self.basis == "billed" else line.EffectiveCost
