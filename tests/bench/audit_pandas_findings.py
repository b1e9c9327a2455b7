"""pandas doing the audit's checks: the questions of its findings, and the run of all checks. See audit_pandas.py.

A check is the method with its name, spaces and hyphens as underscores.
"""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from tests.bench.audit_judging import WORDS
from tests.bench.audit_pandas import COST, Rows, Sums, has, largest, load, off_hours, rows, sums, tag

NOT_PROD = ("dev", "test", "staging")
QUANTITY = "ConsumedQuantity"


def busy_of(frame: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Cost, rows and utilization weighted by cost, where it is stated; groups that cost something."""
    stated = frame[frame["x_utilization"].notna()]
    found = stated.assign(weight=stated[COST].abs(), used=stated["x_utilization"] * stated[COST].abs(), n=1)
    found = sums(found, by, COST, "weight", "used", "n")
    found = found[found[COST] > 0]
    return found.assign(busy=found["used"] / found["weight"])


class Findings(Sums):
    """The questions of the rules."""

    def machines(self, frame: pd.DataFrame, *more: str) -> pd.DataFrame:
        """Cost, hours and mean utilization by machine and tags, with its environment."""
        grouped = frame.groupby(["ResourceId", "Tags", *more], observed=True, dropna=False)
        found = grouped.agg({COST: "sum", QUANTITY: "sum", "x_utilization": "mean"}).reset_index()
        return found.assign(environment=tag(found["Tags"], "environment"))

    def priced(self, *pricing: str) -> pd.DataFrame:
        """Lines of machines bought in these ways."""
        return self.hosted[self.hosted["PricingCategory"].isin(pricing)]

    def by_hardware(self, frame: pd.DataFrame, *more: str) -> Rows:
        """Cost and rows by hardware."""
        found = sums(frame[frame["hardware"] != ""].assign(n=1), ["hardware", *more], COST, "n")
        found = found[found[COST] > 0].assign(**{name: found[name].astype(object).str.lower() for name in more})
        return rows(found.sort_values([COST, "hardware", *more], ascending=[False, True, *[True] * len(more)]))

    def of_lines(self, name: str, by: list[str], plain: bool = True) -> pd.DataFrame:
        """Sums of usage of the lines with these words."""
        wanted = self.frame["SkuId"].isin(self.lines_with(name, plain)) & self.usage
        return self.frame.loc[wanted, [*by, COST]].groupby(by, observed=True, dropna=False)[[COST]].sum().reset_index()

    def idle_accelerator(self) -> Rows:
        found = busy_of(self.hosted, "ResourceId")
        return largest(found[found["busy"] <= 0.10], "ResourceId")

    def low_utilization(self) -> Rows:
        found = busy_of(self.hosted, "ResourceId")
        return largest(found[(found["busy"] > 0.10) & (found["busy"] <= 0.40)], "ResourceId")

    def idle_accelerators_in_a_node(self) -> Rows:
        found = busy_of(self.hosted[self.hosted["hardware"] != ""], ["ResourceId", "hardware"])
        found = found[found["busy"] <= 0.5].astype({"ResourceId": object}).round({COST: 6})
        found = found.sort_values([COST, "ResourceId", "hardware"], ascending=[False, True, True])
        return rows(found[["ResourceId", "hardware", COST, "n", "busy"]])

    def dev_runs_like_prod(self) -> Rows:
        found = self.machines(self.hosted)
        found = found[found["environment"].isin(NOT_PROD) & (found[QUANTITY] >= 0.5 * 24 * self.days) & (found[COST] > 0)]
        return largest(found.assign(name=found["ResourceId"].astype(str) + " (" + found["environment"] + ")"), "name")

    def nights_and_weekends(self) -> Rows:
        frame = self.hosted[self.hosted["PricingCategory"] != "Committed"]
        start = frame["ChargePeriodStart"]
        frame = frame.assign(off=frame[COST].where(off_hours(start), 0.0), day=start.dt.normalize())
        grouped = frame.groupby(["ResourceId", "Tags", "words"], observed=True, dropna=False)
        found = grouped.agg({COST: "sum", "off": "sum", "day": "nunique"}).reset_index()
        said = found["ResourceId"].astype(str) + " " + tag(found["Tags"], "app") + " " + found["words"]
        office = tag(found["Tags"], "environment").isin(NOT_PROD) | said.map(lambda text: has("office", text))
        flat = (found["off"] > 0) & (found["off"] <= found[COST] + 1e-9) & (found["off"] >= 0.5 * found[COST] - 1e-9) & (found["day"] >= 7)
        found = found[flat & (office | said.map(lambda text: has("faced", text)))]
        return largest(found.assign(**{COST: found["off"]}), "ResourceId")

    def always_on(self) -> Rows:
        found = self.machines(self.priced("Standard", "Dynamic"))
        steady = (self.days >= 7) & (found[QUANTITY] >= 0.95 * 24 * self.days) & (found[COST] > 0) & ~found["environment"].isin(NOT_PROD)
        return largest(found[steady & (found["x_utilization"].isna() | (found["x_utilization"] < 0.5))], "ResourceId")

    def model_on_large_node(self) -> Rows:
        frame = self.hosted[(self.hosted["hardware"] != "") & self.hosted["x_model"].notna()]
        return rows(sums(frame.assign(n=1), ["ResourceId", "hardware", "x_model"], COST, "n"))

    def large_host(self) -> Rows:
        return self.by_hardware(self.priced("Standard", "Dynamic"))

    def old_gpu_generation(self) -> Rows:
        return self.by_hardware(self.hosted)

    def dear_region(self) -> Rows:
        return self.by_hardware(self.priced("Standard", "Dynamic").dropna(subset=["RegionId"]), "RegionId")

    def spot_candidate(self) -> Rows:
        keys = ["ResourceId", "Tags", "hardware", "words", "RegionId"]
        found = self.priced("Standard").assign(n=1).groupby(keys, observed=True, dropna=False)[[COST, "n"]].sum().reset_index()
        said = found["ResourceId"].astype(str) + " " + tag(found["Tags"], "app") + " " + found["words"]
        environment = tag(found["Tags"], "environment")
        can_wait = environment.isin(("dev", "test")) | said.map(lambda text: has("waits", text))
        found = found.assign(reason="environment " + environment)[
            can_wait & ~said.map(lambda text: has("serves", text)) & (found[COST] > 0)
        ]
        found = found.assign(region=found["RegionId"].astype(object).str.lower(), name=found["ResourceId"].astype(object))
        found = found.assign(cost=found[COST].round(6))
        found = found.sort_values(["cost", "name"], ascending=[False, True])
        return rows(found[["name", "hardware", "region", COST, "n", "reason"]])

    def region_spread(self) -> Rows:
        frame = self.hosted[(self.hosted["hardware"] != "") & (self.hosted[QUANTITY] > 0) & (self.hosted[COST] > 0)]
        found = sums(frame, ["ProviderName", "hardware", "RegionId", "PricingCategory"], COST, QUANTITY)
        found = found.assign(price=found[COST] / found[QUANTITY])
        best = found.groupby(["ProviderName", "hardware", "PricingCategory"], observed=True)["price"].transform("min")
        name = found["hardware"] + " in " + found["RegionId"].astype(str).str.lower()
        return largest(found.assign(name=name)[found["price"] >= 1.05 * best], "name")

    def on_demand_could_commit(self) -> Rows:
        found = self.machines(self.priced("Standard"))
        steady = (self.days >= 7) & (found[QUANTITY] >= 0.7 * 24 * self.days) & (found[COST] > 0) & ~found["environment"].isin(NOT_PROD)
        return largest(found[steady & (found["x_utilization"].isna() | (found["x_utilization"] > 0.10))], "ResourceId")

    def commitment_coverage(self) -> Rows:
        found = self.machines(self.priced("Standard", "Committed"), "PricingCategory")
        found = found[~found["environment"].isin(NOT_PROD)]
        hours = found.groupby("ResourceId", observed=True)[QUANTITY].transform("sum")
        steady = found[hours >= 0.7 * 24 * self.days]
        covered = steady.loc[steady["PricingCategory"] == "Committed", QUANTITY].sum()
        amount = float(steady.loc[steady["PricingCategory"] == "Standard", COST].sum())
        return [("", amount)] if self.days >= 7 and 0 < covered < 0.8 * steady[QUANTITY].sum() and amount > 0 else []

    def unused_commitment(self) -> Rows:
        frame = self.frame
        paid = (frame["ChargeCategory"] == "Purchase") & (frame["PricingCategory"] == "Committed") & (frame["EffectiveCost"] > 0)
        wanted = (paid & (frame[COST] != frame["EffectiveCost"])) | (frame["CommitmentDiscountStatus"] == "Unused")
        amount = float(frame.loc[wanted, "EffectiveCost"].sum())
        return [("", amount)] if amount > 0 else []

    def model_sprawl(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of("api_tokens")) & self.frame["x_model"].notna()
        used = sums(self.frame.loc[wanted, ["x_model", COST]], "x_model").sort_values([COST, "x_model"], ascending=[False, True])
        small = used[used[COST] < 0.05 * used[COST].sum()]
        if len(small) < 4 or len(used) < 6 or small[COST].sum() <= 0:
            return []
        return [(", ".join(small["x_model"].astype(str)), float(small[COST].sum()))]

    def api_concentration(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of("api_tokens")) & self.usage
        found = sums(self.frame.loc[wanted, ["SubAccountId", COST]], "SubAccountId")
        return rows(found[(found[COST] >= 0.6 * found[COST].sum()) & (found[COST] > 0)]) if len(found) >= 3 else []

    def unattached_storage(self) -> Rows:
        found = self.of_lines("volume", ["ResourceId", "SkuId"])
        said = found["ResourceId"].astype(str) + " " + found["SkuId"].astype(object).map(self.kinds.set_index("SkuId")["words"])
        found = sums(found[said.map(lambda text: has("unattached", text) and not has("snapshot", text))], "ResourceId")
        return largest(found[found[COST] > 0], "ResourceId")

    def stored_checkpoints(self) -> Rows:
        found = self.of_lines("storage", ["ResourceId", "Tags"])
        said = found["ResourceId"].astype(str) + " " + tag(found["Tags"], "app")
        found = sums(found[said.map(lambda text: has("checkpoint", text))], "ResourceId")
        return largest(found[found[COST] > 0], "ResourceId")

    def snapshots(self) -> Rows:
        found = self.of_lines("snapshot", ["ServiceName"])
        return largest(found[(found[COST] >= 0.01 * self.total) & (found[COST] > 0)], "ServiceName", 3)

    def idle_network(self) -> Rows:
        found = self.of_lines("idle_address", ["ResourceId"])
        return largest(found[found[COST] > 0], "ResourceId")

    def egress(self) -> Rows:
        found = self.of_lines("sent", ["SkuId"])
        said = found["SkuId"].astype(object).map(self.kinds.set_index("SkuId")["words"])
        way = said.map(lambda text: "between regions or zones" if has("between", text) else "to the internet or not said")
        found = sums(found.assign(way=way)[~said.map(lambda text: has("received", text))], "way")
        return largest(found[(found[COST] >= 0.02 * self.total) & (found[COST] > 0)], "way")

    def nat_gateway(self) -> Rows:
        amount = float(self.of_lines("nat", ["SkuId"], plain=False)[COST].sum())
        return [("", amount)] if amount > 0 and amount >= 0.01 * self.total else []

    def log_cost(self) -> Rows:
        found = self.of_lines("logs", ["ServiceName"])
        return largest(found[(self.ai_total > 0) & (found[COST] >= 0.05 * self.ai_total)], "ServiceName", 3)

    def marketplace_twice(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_with("marketplace", False)) & self.frame["ChargeCategory"].isin(("Usage", "Purchase"))
        found = self.frame.loc[wanted & (self.frame[COST] > 0), ["ServiceName", COST, "ChargePeriodStart", "SubAccountId"]]
        grouped = found.groupby(["ServiceName", found[COST].rename("each"), found["ChargePeriodStart"].dt.normalize()], observed=True)
        twice = grouped.agg({"SubAccountId": "nunique", COST: "sum"}).reset_index()
        twice = twice[twice["SubAccountId"] > 1]
        return largest(sums(twice.assign(**{COST: twice[COST] - twice["each"]}), "ServiceName"), "ServiceName")

    def two_sellers_of_one_model(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_of("api_tokens")) & self.usage
        found = sums(self.frame.loc[wanted, ["SkuId", "ProviderName", "ServiceName", COST]], ["SkuId", "ProviderName", "ServiceName"])
        words = found["SkuId"].astype(object).map(self.kinds.set_index("SkuId")["words"])
        sold = found.assign(maker=words.str.extract(f"({WORDS['maker']})", expand=False), seller=found["ProviderName"].astype(str))
        sold = sums(sold.dropna(subset=["maker"]), ["maker", "seller"])
        sold = sold[sold[COST] > 0].groupby("maker")[COST].agg(["sum", "max", "count"]).reset_index()
        return largest(sold.assign(**{COST: sold["sum"] - sold["max"]})[sold["count"] > 1], "maker")

    def support_fee(self) -> Rows:
        wanted = self.frame["SkuId"].isin(self.lines_with("support")) & self.frame["ChargeCategory"].isin(("Usage", "Purchase"))
        fee = float(self.frame.loc[wanted, COST].sum())
        return [("", fee)] if fee > 0 and fee >= 0.03 * (self.total - fee) else []

    def credits_cover_usage(self) -> Rows:
        wanted = self.frame["ChargeCategory"] == "Credit"
        found = sums(self.frame.loc[wanted, ["ChargeDescription", COST]], "ChargeDescription")
        found = found[found[COST] < 0].assign(**{COST: -found[COST]})
        return largest(found, "ChargeDescription", 3) if found[COST].sum() >= 0.05 * self.frame.loc[self.usage, COST].sum() else []

    def dominating_line(self) -> Rows:
        columns = ["ResourceId", "ChargeDescription", COST]
        frame = self.frame.loc[self.frame[COST] >= 0.5 * self.total, columns].nlargest(1, COST)
        name = frame["ResourceId"].astype(object).fillna(frame["ChargeDescription"].astype(object))
        return rows(frame.assign(name=name)[["name", COST]]) if self.total > 0 else []

    def untagged_spend(self) -> Rows:
        amount = float(self.frame.loc[self.frame["Tags"].isna() & self.usage, COST].sum())
        return [("", amount)] if amount > 0 else []


def run(path: str, names: Iterable[str], categories: bool) -> tuple[dict[str, list[Any]], dict[str, float]]:
    """All checks: rows and seconds by check; reading the file is one of them."""
    begun = time.perf_counter()
    checks = Findings(load(path, categories))
    seconds = {"read": time.perf_counter() - begun}
    found: dict[str, list[Any]] = {}
    for name in names:
        begun = time.perf_counter()
        check: Callable[[], Rows] = getattr(checks, re.sub(r"[ -]", "_", name))
        found[name] = list(check())
        seconds[name] = time.perf_counter() - begun
    return found, seconds
