"""pandas doing the audit's checks: the needed columns read once, then the sums. Names, meaning and answers as in audit_rivals.py.

Decimals are read as float64 (pandas adds Decimal objects one by one in Python) and rows are filtered once for several checks.
Two lanes: texts as pandas reads them, and texts as categories, which few scripts do but which is the best we could make it.
It gives money and counts, not the rows behind them, which the audit does.
"""

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench.audit_judging import AI_KINDS, KIND_COLUMNS, LINE_COLUMNS, WORDS, kinds_of
from tools.audit.spend_rules import ADJACENT_WORDS

NUMBERS = ("BilledCost", "EffectiveCost", "ConsumedQuantity", "x_utilization")
TIMES = ("ChargePeriodStart", "ChargePeriodEnd")
TEXTS = (
    "BillingCurrency", "SubAccountId", "ChargeCategory", "ChargeDescription", "ServiceName", "SkuId", "ProviderName", "RegionId",
    "ResourceId", "PricingCategory", "CommitmentDiscountStatus", "ConsumedUnit", "Tags", "x_InstanceType", "x_model", "x_token_type",
)  # fmt: skip
HOSTED = ("gpu", "managed_ai")
COST = "BilledCost"

Rows = Iterable[tuple[Any, ...]]


def load(path: str, categories: bool) -> pd.DataFrame:
    """The needed columns of a Parquet file, as `pandas.read_parquet` gives them but for the decimals, or with texts as categories."""
    table = pq.read_table(path, columns=[*NUMBERS, *TIMES, *TEXTS], read_dictionary=list(TEXTS) if categories else [])
    for name in NUMBERS:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table.column(name).cast(pa.float64()))
    return table.to_pandas(self_destruct=True, split_blocks=True)


def sums(frame: pd.DataFrame, by: str | list[str], *columns: str) -> pd.DataFrame:
    """Sums by one or more columns, the keys as columns again."""
    return frame.groupby(by, observed=True)[list(columns or (COST,))].sum().reset_index()


def rows(frame: pd.DataFrame) -> Rows:
    """A small frame as tuples."""
    return frame.itertuples(index=False, name=None)


def largest(frame: pd.DataFrame, name: str, limit: int = 5, by: str = COST) -> Rows:
    """The first rows by `by`, name breaking ties: (name, cost)."""
    ordered = frame.assign(**{by: frame[by].round(6), name: frame[name].astype(object)}).sort_values([by, name], ascending=[False, True])
    return rows(ordered[[name, COST]].head(limit))


def tag(texts: pd.Series, name: str) -> pd.Series:
    """The value of one tag for distinct tag texts; "" where none."""
    return texts.astype(object).map(lambda text: json.loads(text).get(name, "") if isinstance(text, str) else "")


def off_hours(start: pd.Series) -> pd.Series:
    """Whether an hour is at night or at a weekend."""
    return ~start.dt.hour.between(8, 19) | (start.dt.dayofweek >= 5)


def has(name: str, text: Any) -> bool:
    """Whether a text matches a pattern of WORDS."""
    return isinstance(text, str) and re.search(WORDS[name], text.casefold()) is not None


class Sums:
    """One frame, and what several checks share. Each method that returns Rows and takes nothing is one check."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.total, self.ai_total, self.days = 0.0, 0.0, 0
        self.kinds = pd.DataFrame()

    @cached_property
    def day(self) -> pd.Series:
        """Day of each row."""
        return self.frame["ChargePeriodStart"].dt.normalize()

    @cached_property
    def usage(self) -> pd.Series:
        """Whether a row is usage."""
        return self.frame["ChargeCategory"] == "Usage"

    @cached_property
    def hosted(self) -> pd.DataFrame:
        """Usage of accelerators and managed AI, with hardware and words of its lines."""
        columns = [
            "ResourceId", "Tags", "SkuId", "RegionId", "ProviderName", "PricingCategory", "ChargePeriodStart", "ConsumedQuantity",
            "x_utilization", "x_model", COST,
        ]  # fmt: skip
        found = self.frame.loc[self.frame["SkuId"].isin(self.lines_of(*HOSTED)) & self.usage, columns]
        by_line = self.kinds.set_index("SkuId")
        line = found["SkuId"].astype(object)
        return found.assign(hardware=line.map(by_line["hardware"]).str.lower(), words=line.map(by_line["words"]))

    def lines_of(self, *kinds: str) -> list[str]:
        """Lines (SKUs) of these kinds of spend."""
        return list(self.kinds.loc[self.kinds["kind"].isin(kinds), "SkuId"])

    def lines_with(self, name: str, plain: bool = True) -> list[str]:
        """Lines whose words match a pattern of WORDS; `plain` leaves out AI kinds."""
        wanted = self.kinds["words"].map(lambda words: has(name, words))
        return list(self.kinds.loc[wanted & ~(plain & self.kinds["kind"].isin(AI_KINDS)), "SkuId"])

    def kind_of(self, found: pd.DataFrame) -> pd.DataFrame:
        """Adds the kind of spend to rows by line and tags."""
        found = found.astype({"SkuId": object, "Tags": object}).merge(self.kinds, on="SkuId")
        word = re.compile(ADJACENT_WORDS)
        adjacent = found["Tags"].map(lambda text: isinstance(text, str) and word.search(text.casefold()) is not None)
        return found.assign(kind=found["kind"].where(~(adjacent & found["by_tags"]), "ai_adjacent"))

    def by_tag(self, name: str) -> Rows:
        """Cost by the value of one tag."""
        found = sums(self.frame, "Tags")
        return rows(sums(found.assign(value=tag(found["Tags"], name)).query("value != ''"), "value"))

    def totals(self) -> Rows:
        found = sums(self.frame, "BillingCurrency", COST, "EffectiveCost")
        self.total = float(found[COST].iloc[0])
        return rows(found)

    def reconciliation(self) -> Rows:
        cost = self.frame[COST]
        counts = (cost.isna(), cost < 0, cost == 0, self.frame["BillingCurrency"].isna())
        return [(len(cost), *(int(count.sum()) for count in counts))]

    def categories(self) -> Rows:
        return rows(self.frame.groupby(["ChargeCategory", "BillingCurrency"], observed=True)[COST].agg(["sum", "count"]).reset_index())

    def period(self) -> Rows:
        first, last = self.frame["ChargePeriodStart"].min(), self.frame["ChargePeriodEnd"].max()
        self.days = (last.normalize() - first.normalize()).days
        return [(str(first.date()), str((last - pd.Timedelta(seconds=1)).date()), self.days)]

    def gaps(self) -> Rows:
        seen = pd.Series(sorted(self.day.unique()))
        step = seen.diff().dt.days
        return [(str(day.date()), int(days) - 1) for day, days in zip(seen, step, strict=True) if days > 1]

    def lines(self) -> Rows:
        found = self.frame[list(LINE_COLUMNS)].drop_duplicates().astype(object)
        self.kinds = pd.DataFrame(kinds_of(rows(found.where(found.notna(), None))), columns=list(KIND_COLUMNS))
        return []

    def by_service(self) -> Rows:
        return rows(self.frame.groupby("ServiceName", observed=True)[COST].agg(["sum", "count"]).reset_index())

    def by_kind(self) -> Rows:
        found = self.frame.groupby(["SkuId", "Tags"], observed=True, dropna=False)[[COST]].sum().reset_index()
        found = sums(self.kind_of(found), "kind")
        self.ai_total = float(found.loc[found["kind"].isin(AI_KINDS), COST].sum())
        return rows(found)

    def by_model_and_token_type(self) -> Rows:
        keys = ["x_model", "x_token_type"]
        return rows(sums(self.frame[[*keys, "ConsumedQuantity", COST]].dropna(subset=["x_model"]), keys, "ConsumedQuantity", COST))

    def by_team(self) -> Rows:
        return self.by_tag("team")

    def by_environment(self) -> Rows:
        return self.by_tag("environment")

    def by_region(self) -> Rows:
        found = self.frame.groupby("RegionId", observed=True, dropna=False)[[COST]].sum().reset_index()
        return rows(found.assign(RegionId=found["RegionId"].astype(object).fillna("")))

    def by_account(self) -> Rows:
        return rows(sums(self.frame, "SubAccountId"))

    def by_day(self) -> Rows:
        found = self.frame.groupby(self.day)[[COST]].sum().reset_index()
        return rows(found.assign(ChargePeriodStart=found["ChargePeriodStart"].dt.strftime("%Y-%m-%d")))

    def daily_by_service(self) -> Rows:
        usage = self.frame.loc[self.usage, ["ServiceName", COST]]
        return rows(usage.groupby(["ServiceName", self.day[self.usage]], observed=True)[COST].agg(["sum", "count"]).reset_index())

    def token_use_for_prices(self) -> Rows:
        keys = ["x_model", "ProviderName", "ServiceName", "PricingCategory", "ChargePeriodStart", "x_token_type", "ChargeDescription"]
        wanted = self.usage & self.frame["x_model"].notna()
        found = self.frame.loc[wanted, [*keys, "ConsumedQuantity", COST]].assign(ChargePeriodStart=self.day[wanted])
        grouped = found.groupby(keys, observed=True)
        return rows(grouped.agg({"ConsumedQuantity": "sum", COST: ["sum", "count", "min", "max"]}).reset_index())

    def signs_that_calls_can_wait(self) -> Rows:
        keys = ["x_model", "Tags", "SubAccountId"]
        wanted = self.usage & self.frame["x_model"].notna()
        found = self.frame.loc[wanted, [*keys, "ChargePeriodStart", COST]]
        found = found.assign(off=found[COST].where(off_hours(found["ChargePeriodStart"])))
        return rows(found.groupby(keys, observed=True, dropna=False)[[COST, "off"]].sum().reset_index())

    def top_lines(self) -> Rows:
        border = self.frame[COST].nlargest(20).iloc[-1]
        found = self.frame.loc[self.frame[COST] >= border, ["ResourceId", "ServiceName", "ChargePeriodStart", COST]]
        found = found.assign(ResourceId=found["ResourceId"].astype(object).fillna(""), ServiceName=found["ServiceName"].astype(object))
        found = found.sort_values([COST, "ResourceId", "ServiceName", "ChargePeriodStart"], ascending=[False, True, True, True]).head(20)
        return [(resource, service, str(start), cost) for resource, service, start, cost in rows(found)]

    def cost_lines_for_the_plan(self) -> Rows:
        keys = ["SkuId", "ChargeCategory", "RegionId", "Tags", "PricingCategory", "resource"]
        frame = self.frame[[*keys[:-1], COST, "EffectiveCost", "ConsumedQuantity"]].assign(
            resource=self.frame["ResourceId"].where(self.frame["SkuId"].isin(self.lines_of(*HOSTED))),
            used=self.frame["x_utilization"] * self.frame[COST],
        )
        grouped = frame.groupby(keys, observed=True, dropna=False)
        found = grouped[[COST, "EffectiveCost", "ConsumedQuantity", "used"]].sum().assign(n=grouped.size()).reset_index()
        found = self.kind_of(found.rename(columns={COST: "billed", "EffectiveCost": "effective", "ConsumedQuantity": "quantity"}))
        app = tag(found["Tags"], "app")
        named = found.assign(
            environment=tag(found["Tags"], "environment"), workload=app.where(app != "", found["resource"].astype(object).fillna(""))
        )
        by = ["SkuId", "kind", "ChargeCategory", "RegionId", "environment", "PricingCategory", "workload"]
        named = named.groupby(by, observed=True, dropna=False)[["billed", "effective", "quantity", "used", "n"]].sum().reset_index()
        shown = named["billed"].abs().nlargest(260).index
        first = ("largest", "", float(named.loc[shown, "billed"].sum()), len(shown), 0)
        return [first, *rows(sums(named, ["kind", "ChargeCategory"], "billed", "effective", "n"))]
