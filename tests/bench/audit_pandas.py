"""pandas doing the audit's checks: the needed columns read once, then groupbys. Names, meaning and answers as in audit_rivals.py.

Decimals are read as float64 (pandas adds Decimal objects one by one in Python) and rows are filtered once for several checks.
Two lanes: texts as pandas reads them, and texts as categories, which few scripts do but which is the best we could make it.
It gives money and counts, not the rows behind them, which the audit does.
"""

import json
import re
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench.audit_rivals import KIND_COLUMNS, LINE_COLUMNS, OLD_GENERATION, Answers, answers_of, kinds_of
from tools.audit.spend_rules import ADJACENT_WORDS

NUMBERS = ("BilledCost", "EffectiveCost", "ConsumedQuantity", "x_utilization")
TIMES = ("ChargePeriodStart", "ChargePeriodEnd")
TEXTS = (
    "BillingCurrency", "SubAccountId", "ChargeCategory", "ChargeDescription", "ServiceName", "SkuId", "ProviderName", "RegionId",
    "ResourceId", "PricingCategory", "CommitmentDiscountStatus", "ConsumedUnit", "Tags", "x_InstanceType", "x_model", "x_token_type",
)  # fmt: skip
HOSTED = ("gpu", "managed_ai")
NOT_PROD = ("dev", "test", "staging")
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


class Checks:
    """One frame, and what several of its checks share. Each public method is one check and returns rows."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.total, self.days = 0.0, 0
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
    def hourly(self) -> pd.DataFrame:
        """Usage of hosts that is billed by the hour."""
        columns = ["ResourceId", "Tags", "PricingCategory", "ChargePeriodStart", "ConsumedQuantity", "x_utilization", COST]
        wanted = self.frame["SkuId"].isin(self.lines_of(*HOSTED)) & self.usage & (self.frame["ConsumedUnit"] == "Hours")
        return self.frame.loc[wanted, columns]

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """Cost and tokens by model: (x_model, BilledCost, fresh, cached, ins, outs)."""
        frame = self.frame.loc[self.frame["x_model"].notna(), ["x_model", "x_token_type", "ConsumedQuantity", COST]]
        by_type = frame.groupby(["x_model", "x_token_type"], observed=True)["ConsumedQuantity"].sum().unstack(fill_value=0.0)
        by_type = by_type.reindex(columns=["input", "cached", "cache_write", "output", "reasoning"], fill_value=0.0)
        found = sums(frame, "x_model").set_index("x_model")
        found["fresh"], found["cached"] = by_type["input"], by_type["cached"]
        found["ins"] = by_type["input"] + by_type["cached"] + by_type["cache_write"]
        found["outs"] = by_type["output"] + by_type["reasoning"]
        return found.reset_index()

    def lines_of(self, *kinds: str) -> list[str]:
        """Lines (SKUs) of these kinds of spend."""
        return list(self.kinds.loc[self.kinds["kind"].isin(kinds), "SkuId"])

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
        return rows(sums(self.kind_of(found), "kind"))

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

    def trend_of_AI_spend(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of("gpu", "managed_ai", "api_tokens")) & self.usage
        daily = self.frame.loc[wanted, COST].groupby(self.day[wanted]).sum()
        at = pd.Series((daily.index - daily.index[0]).days, index=daily.index)
        return [(float(at.cov(daily) / at.var()),)]

    def nights_and_weekends(self) -> Rows:
        start = self.hourly["ChargePeriodStart"]
        off = ~start.dt.hour.between(8, 19) | (start.dt.dayofweek >= 5)
        return largest(sums(self.hourly[off], "ResourceId").query(f"{COST} > 0"), "ResourceId", 20)

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

    def idle_accelerator(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of(*HOSTED)) & self.frame["x_utilization"].notna() & self.usage
        frame = self.frame.loc[wanted, ["ResourceId", "x_utilization", COST]]
        found = sums(frame.assign(used=frame["x_utilization"] * frame[COST]), "ResourceId", COST, "used")
        return largest(found[(found["used"] <= 0.10 * found[COST]) & (found[COST] > 0)], "ResourceId")

    def dev_runs_like_prod(self) -> Rows:
        found = self.hourly.groupby(["ResourceId", "Tags"], observed=True)[[COST, "ConsumedQuantity"]].sum().reset_index()
        found = found.assign(environment=tag(found["Tags"], "environment"))
        found = sums(found[found["environment"].isin(NOT_PROD)], ["ResourceId", "environment"], COST, "ConsumedQuantity")
        found = found[(found["ConsumedQuantity"] >= 0.5 * 24 * self.days) & (found[COST] > 0)]
        return largest(found.assign(name=found["ResourceId"].astype(str) + " (" + found["environment"] + ")"), "name")

    def always_on(self) -> Rows:
        grouped = self.hourly.groupby("ResourceId", observed=True)
        found = grouped.agg(**{COST: (COST, "sum"), "hours": ("ConsumedQuantity", "sum"), "used": ("x_utilization", "mean")}).reset_index()
        steady = (self.days >= 7) & (found["hours"] >= 0.95 * 24 * self.days) & (found[COST] > 0)
        return largest(found[steady & (found["used"].isna() | (found["used"] < 0.5))], "ResourceId")

    def old_gpu_generation(self) -> Rows:
        hardware = self.kinds[self.kinds["kind"].isin(HOSTED)].set_index("SkuId")["hardware"].str.lower()
        hardware = hardware[hardware.str.contains(OLD_GENERATION, regex=True)]
        found = sums(self.frame.loc[self.frame["SkuId"].isin(hardware.index) & self.usage, ["SkuId", COST]], "SkuId")
        found = sums(found.assign(name=found["SkuId"].astype(object).map(hardware)), "name")
        return largest(found[found[COST] > 0], "name")

    def on_demand_could_commit(self) -> Rows:
        frame = self.hourly[self.hourly["PricingCategory"] == "Standard"]
        found = frame.groupby(["ResourceId", "Tags"], observed=True, dropna=False)[[COST, "ConsumedQuantity"]].sum().reset_index()
        found = sums(found[~tag(found["Tags"], "environment").isin(NOT_PROD)], "ResourceId", COST, "ConsumedQuantity")
        return largest(found[(found["ConsumedQuantity"] >= 0.7 * 24 * self.days) & (found[COST] > 0)], "ResourceId")

    def unused_commitment(self) -> Rows:
        frame = self.frame
        paid = (frame["ChargeCategory"] == "Purchase") & (frame["PricingCategory"] == "Committed") & (frame["EffectiveCost"] > 0)
        wanted = (paid & (frame[COST] != frame["EffectiveCost"])) | (frame["CommitmentDiscountStatus"] == "Unused")
        amount = float(frame.loc[wanted, "EffectiveCost"].sum())
        return [("", amount)] if amount > 0 else []

    def output_heavy(self) -> Rows:
        found = self.tokens
        return largest(found[(found["ins"] > 0) & (found["outs"] >= 0.5 * found["ins"])], "x_model", by="outs")

    def low_cache_share(self) -> Rows:
        found = self.tokens
        return largest(found[(found["fresh"] >= 10_000) & (found["cached"] < 0.2 * found["fresh"])], "x_model", by="fresh")

    def model_sprawl(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of("api_tokens")) & self.frame["x_model"].notna()
        used = sums(self.frame.loc[wanted, ["x_model", COST]], "x_model").sort_values([COST, "x_model"], ascending=[False, True])
        small = used[used[COST] < 0.05 * used[COST].sum()]
        if len(small) < 4 or len(used) < 6 or small[COST].sum() <= 0:
            return []
        return [(", ".join(small["x_model"].astype(str)), float(small[COST].sum()))]

    def dominating_line(self) -> Rows:
        columns = ["ResourceId", "ChargeDescription", COST]
        frame = self.frame.loc[self.frame[COST] >= 0.5 * self.total, columns].nlargest(1, COST)
        name = frame["ResourceId"].astype(object).fillna(frame["ChargeDescription"].astype(object))
        return rows(frame.assign(name=name)[["name", COST]]) if self.total > 0 else []

    def spike_day(self) -> Rows:
        usage = self.frame.loc[self.usage, ["ServiceName", COST]]
        daily = usage.groupby(["ServiceName", self.day[self.usage].rename("day")], observed=True)[COST].sum().reset_index()
        keys = ["ServiceName", "weekend"]
        daily["weekend"] = daily["day"].dt.dayofweek >= 5
        usual = daily.groupby(keys, observed=True)[COST]
        daily["m"], daily["k"] = usual.transform("median"), usual.transform("count")
        daily["off"] = (daily[COST] - daily["m"]).abs()
        spread = daily.groupby(keys, observed=True)["off"].transform("median") * 5 * 1.4826
        above = daily[COST] - daily["m"]
        found = daily[(daily["k"] >= 4) & (above > spread.clip(lower=0.5 * daily["m"])) & (above > 0.002 * self.total)]
        name = found["day"].dt.strftime("%Y-%m-%d") + " " + found["ServiceName"].astype(str)
        return largest(found.assign(name=name, above=above[found.index]), "name", 3, by="above")

    def untagged_spend(self) -> Rows:
        amount = float(self.frame.loc[self.frame["Tags"].isna() & self.usage, COST].sum())
        return [("", amount)] if amount > 0 else []


def run(path: str, names: Iterable[str], categories: bool) -> tuple[dict[str, Answers], dict[str, float]]:
    """All checks: answers and seconds by check; reading the file is one of them."""
    begun = time.perf_counter()
    checks = Checks(load(path, categories))
    seconds = {"read": time.perf_counter() - begun}
    answers: dict[str, Answers] = {}
    for name in names:
        begun = time.perf_counter()
        check: Callable[[], Rows] = getattr(checks, re.sub(r"[ -]", "_", name))
        found = answers_of(check())
        seconds[name] = time.perf_counter() - begun
        if name != "lines":
            answers[name] = found
    return answers, seconds
