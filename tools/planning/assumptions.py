"""The editable defaults that a plan rests on: each with a range, a reason and a source, and the user's edits on top.

Holds values only; nothing here is a fact about the user. An edit (`Session.assumptions`) makes a value exact and its
tier `stated`. Units are in the `unit` of each entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.workload import Workload

HOURS_PER_ENGINEERING_DAY = 8


@dataclass(frozen=True)
class Setting:
    """One default. `least` and `most` bound what an edit may be."""

    name: str
    title: str
    value: Range
    unit: str
    reason: str
    source: str
    tier: Tier = Tier.ASSUMED
    least: float = 0.0
    most: float = 1e9

    def evidence(self) -> Evidence:
        """The assumption as a record that figures can point to."""
        return Evidence.record(
            tier=self.tier,
            claim=f"{self.title}",
            source=SourceRef(ref=self.source),
            value=self.value,
            unit=self.unit,
            method="editable value of the plan",
            inputs={"assumption": self.name, "reason": self.reason},
            reproduce="python -m app plan WORKLOAD.yaml --out plan",
        )


DEFAULTS: tuple[Setting, ...] = (
    Setting(
        "engineering_day_usd",
        "Cost of one engineering day",
        Range(500.0, 800.0, 1200.0),
        "USD/day",
        "Loaded cost of an engineer; yours replaces it",
        "default of this program",
        least=1,
        most=20_000,
    ),
    Setting(
        "gpu_hour_usd",
        "Price of one accelerator hour for one-time work",
        Range(1.7, 2.4, 6.9),
        "USD/hour",
        "H100, from the GPU-cloud median to the large-cloud list price",
        "tardellirs/gpu-pricing 2026-05-24; AWS p5.48xlarge 2026-07-20",
        Tier.CATALOGUE,
        least=0.01,
        most=200,
    ),
    Setting(
        "horizon_months",
        "Months within which an action must pay back",
        Range.exact(12.0),
        "months",
        "Usual budget year",
        "default of this program",
        least=1,
        most=120,
    ),
    Setting(
        "target_utilization",
        "Utilization at which a fleet is safely full",
        Range(0.5, 0.6, 0.75),
        "ratio",
        "Head room for peaks",
        "default of this program",
        least=0.05,
        most=1,
    ),
    Setting(
        "bill_months",
        "Months that a bill without dates covers",
        Range.exact(1.0),
        "months",
        "The file states no period",
        "default of this program",
        least=0.03,
        most=36,
    ),
    Setting(
        "output_price_ratio",
        "Price of an output token over an input token",
        Range(3.0, 4.0, 5.0),
        "ratio",
        "Splits an API sum into input and output where the bill does not",
        "pydantic/genai-prices 2026-08-21: p25, median, p75 of 262 models",
        Tier.CATALOGUE,
        least=0.1,
        most=100,
    ),
    Setting(
        "overlap_throughput",
        "How much a second speed technique adds to the strongest",
        Range(0.1, 0.24, 0.5),
        "",
        "Exponent on the weaker factor; pruning and FP8 together gave 2.6, not 4.4",
        "NVIDIA ModelOpt Nemotron-3-Nano tutorial 2026-08-21 (one row)",
        least=0,
        most=1,
    ),
    Setting(
        "overlap_training",
        "How much a second training technique adds to the strongest",
        Range(0.3, 0.6, 1.0),
        "",
        "Exponent on the weaker factor; no published pair",
        "default of this program",
        least=0,
        most=1,
    ),
    Setting(
        "overlap_input",
        "How much a second input-token technique adds to the strongest",
        Range(0.5, 0.8, 1.0),
        "",
        "Trimmed text is partly the text that would have been cached",
        "default of this program",
        least=0,
        most=1,
    ),
)


class Settings:
    """The assumptions of one plan; remembers which were used, so that only those are listed."""

    def __init__(self, edits: Mapping[str, float], workloads: Iterable[Workload] = ()) -> None:
        self._values = {setting.name: setting for setting in DEFAULTS}
        rates = {w.hourly_rate_usd for w in workloads if w.hourly_rate_usd is not None}
        if rates:
            days = sorted(rate * HOURS_PER_ENGINEERING_DAY for rate in rates)
            self._put("engineering_day_usd", Range(days[0], days[len(days) // 2], days[-1]), "your stated hourly rate, 8 hours a day")
        for name, value in sorted(edits.items()):
            self._edit(name, value)
        self._used: set[str] = set()

    def _put(self, name: str, value: Range, source: str) -> None:
        self._values[name] = replace(self._values[name], value=value, tier=Tier.STATED, source=source)

    def _edit(self, name: str, value: float) -> None:
        if name not in self._values:
            raise UserError("unknown-assumption", f'There is no assumption called "{name[:60]}".', f"They are: {', '.join(self._values)}.")
        setting = self._values[name]
        if not setting.least <= float(value) <= setting.most:
            raise UserError(
                "assumption-out-of-range",
                f"{setting.title}: {value} is not between {setting.least:g} and {setting.most:g}.",
                "Give a value within these bounds.",
            )
        self._put(name, Range.exact(float(value)), "your edit")

    def in_currency(self, currency: str) -> None:
        """Money defaults are in dollars; for another currency the same number stands in until the user edits it, and says so."""
        if currency == "USD":
            return
        for name in ("engineering_day_usd", "gpu_hour_usd"):
            setting = self._values[name]
            unit = setting.unit.replace("USD", currency)
            tier = setting.tier if setting.tier is Tier.STATED else Tier.ASSUMED
            reason = f"{setting.reason}; no exchange rate is known, so the number is taken in {currency} until you edit it"
            self._values[name] = replace(setting, unit=unit, tier=tier, reason=reason)

    def get(self, name: str) -> Range:
        """The value in use, noted as used."""
        self._used.add(name)
        return self._values[name].value

    def used(self) -> tuple[Setting, ...]:
        """The settings that were read, in the order of DEFAULTS."""
        return tuple(self._values[setting.name] for setting in DEFAULTS if setting.name in self._used)
