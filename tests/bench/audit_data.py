"""Writes the made-up bill of the audit's benchmark: FOCUS 1.0 columns, one row a charge and hour, by DuckDB.

The same rows, seed and version of DuckDB give the same file. A bill of N rows spreads them evenly over its hours: first the
resources that always run, then others picked by hash (some in office hours only), and 6 special rows a day of tax, credits and
commitments. Nothing is read from a real bill.
"""

import argparse
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.audit_catalogue import ACCOUNTS, Line, Plan, Resource, make_plan

LAST_DAY = date(2026, 9, 30)  # 30 days of one whole month, or the 180 days before
SPECIAL_A_DAY = 6
SHEET_ROWS = 50
_SPIKE = "Amazon Bedrock"
_SPIKE_FACTOR = 6

#: One row by its number i. `u1` to `u4` are four independent draws of 0..1 made from i and the seed.
_ROWS = """
with counted as (
  select i, i * {hours} // {regular} as hour from range({first}, {last}) t(i)),
drawn as (
  select i, hour, i - (hour * {regular} + {hours} - 1) // {hours} as slot,
    (hour % 24) not between 8 and 19 or (hour // 24 + {first_weekday}) % 7 >= 5 as off, hour // 24 = {spike_day} as spike,
    hash(i, {seed}) as h1, hash({seed}, i) as h2
  from counted),
picked as (
  select i, hour, off, spike, slot < {steady} as steady, h1, h2, (h1 % 1000003) / 1000003.0 as u1, (h2 % 1000003) / 1000003.0 as u2,
    case when slot < {steady} then slot
      when off then {steady} + {office} + (h1 // 1048576)::BIGINT % ({resources} - {steady} - {office})
      else {steady} + (h1 // 1048576)::BIGINT % ({resources} - {steady}) end as pick
  from drawn),
regular as (
  select i, hour, u1, u2, steady, spike, off, r.*, r.line + (h2 // 1048576)::BIGINT % r.span as line_of_row
  from picked join resource r on r.resource = picked.pick),
measured as (
  select i, hour, g.* exclude (i, hour, line), l.* exclude (line), 'Usage' as charge,
    case when unit = 'Hours' and volume = 1 then case when steady then 1.0 else round({share} * (0.5 + u1 / 2), 4) end
      else greatest(round(volume * size * (0.5 + u1) * (0.9 + u2 / 5) * case when off then 0.5 else 1.0 end
        * case when spike and service = '{spike_service}' then {spike_factor} else 1.0 end, case when unit in ('Tokens', 'Requests') then 0 else 4 end), 0) end as quantity
  from regular g join line l on l.line = g.line_of_row),
special as (
  select j as i, j // {special_a_day} * 24 + 22 as hour, (hash(j, {seed}) % 1000003) / 1000003.0 as u1,
    case j % {special_a_day} when 0 then 0 when 1 then 1 when 2 then 1 when 3 then 2 else 3 end as which,
    hash({seed}, j) % {accounts} as account
  from range({special_first}, {special_last}) t(j)),
priced as (
  select i, hour, charge, account, region, resource_id, tags, pricing, commitment, utilization, u1, sku_id, provider, service, category, description,
    instance, model, token_type, unit, quantity, round(quantity * price, 8) as amount
  from measured
  union all
  select {regular} + s.i, hour, case which when 0 then 'Tax' when 1 then 'Credit' when 2 then 'Purchase' else 'Usage' end, account,
    case when which = 3 then 'us-east-1' else '' end, '', '', case which when 2 then 'Committed' when 3 then 'Committed' else '' end,
    case when which >= 2 then 'commit-000' else '' end, null, u1, sku_id, provider, service, category, description,
    instance, model, token_type, unit, case when which = 3 then 1.0 end, round(price * (0.5 + u1), 2)
  from special s join line l on l.line = {special_line} + s.which)
select
  cast(case when pricing = 'Committed' and charge = 'Usage' then 0 else amount end as {money}) as BilledCost,
  cast(case when charge = 'Purchase' then 0 when pricing = 'Committed' and description not like 'Unused%' then amount * 0.62 else amount end as {money}) as EffectiveCost,
  cast(amount as {money}) as ListCost,
  'USD' as BillingCurrency,
  provider || ' payer' as BillingAccountId,
  'team-account-' || lpad(account::varchar, 2, '0') as SubAccountId,
  date_trunc('month', timestamp '{start}' + to_hours(hour)) as BillingPeriodStart,
  date_trunc('month', timestamp '{start}' + to_hours(hour)) + interval 1 month as BillingPeriodEnd,
  timestamp '{start}' + to_hours(hour) as ChargePeriodStart,
  timestamp '{start}' + to_hours(hour + 1) as ChargePeriodEnd,
  charge as ChargeCategory,
  description as ChargeDescription,
  service as ServiceName,
  category as ServiceCategory,
  sku_id as SkuId,
  provider as ProviderName,
  nullif(region, '') as RegionId,
  nullif(resource_id, '') as ResourceId,
  nullif(pricing, '') as PricingCategory,
  nullif(commitment, '') as CommitmentDiscountId,
  case when commitment = '' or charge = 'Purchase' then null when description like 'Unused%' then 'Unused' else 'Used' end as CommitmentDiscountStatus,
  cast(quantity as {quantity}) as ConsumedQuantity,
  nullif(unit, '') as ConsumedUnit,
  nullif(tags, '') as Tags,
  nullif(instance, '') as x_InstanceType,
  nullif(model, '') as x_model,
  nullif(token_type, '') as x_token_type,
  round(utilization * (0.8 + u1 * 0.4), 2) as x_utilization
from priced
"""  # noqa: E501


@dataclass(frozen=True)
class Shape:
    """Which bill: rows, days (the last one is LAST_DAY), seed, and money as "decimal" or "double"."""

    rows: int
    days: int = 30
    seed: int = 20260930
    money: str = "decimal"

    @property
    def name(self) -> str:
        """File name without ending."""
        return f"focus-{self.rows}-{self.days}d-{self.seed}-{self.money}"


class Writer:
    """Writes one bill in any of its formats. Holds a DuckDB connection with the small tables behind the rows."""

    def __init__(self, shape: Shape, folder: Path) -> None:
        import duckdb

        self.shape, self.folder = shape, folder
        self.special = SPECIAL_A_DAY * shape.days
        self.regular = shape.rows - self.special
        if self.regular < shape.days * 24:
            raise SystemExit(f"a bill of {shape.days} days needs at least {shape.days * 24 + self.special} rows")
        self.plan: Plan = make_plan(self.regular // (shape.days * 24), shape.seed)
        config = {"threads": 2, "memory_limit": "2GB", "temp_directory": str(folder)}
        self.con: Any = duckdb.connect(":memory:", config=config)
        self._table("line", Line, self.plan.lines)
        self._table("resource", Resource, self.plan.resources)

    def _table(self, name: str, record: type, rows: list[Any]) -> None:
        kinds = {int: "BIGINT", float: "DOUBLE", str: "VARCHAR", float | None: "DOUBLE"}
        columns = {field: kinds[kind] for field, kind in record.__annotations__.items()}
        path = self.folder / f"{name}-{self.shape.name}.json"
        path.write_text("\n".join(json.dumps(row._asdict()) for row in rows))
        self.con.execute(f"create table {name} as select * from read_json('{path}', format='newline_delimited', columns={columns})")
        path.unlink()

    def rows(self, day: int | None = None) -> str:
        """The statement for all rows, or for those of one day (0 is the first)."""
        shape, plan = self.shape, self.plan
        hours = shape.days * 24
        per_hour = self.regular / hours

        def first_of(at: int) -> int:
            return -(-at * 24 * self.regular // hours)

        start = LAST_DAY - timedelta(days=shape.days - 1)
        from_day, to_day = (0, shape.days) if day is None else (day, day + 1)
        return _ROWS.format(
            hours=hours,
            regular=self.regular,
            first=first_of(from_day),
            last=first_of(to_day),
            special_first=from_day * SPECIAL_A_DAY,
            special_last=to_day * SPECIAL_A_DAY,
            first_weekday=start.weekday(),
            spike_day=shape.days * 17 // 30,
            seed=shape.seed,
            steady=plan.steady,
            office=plan.office,
            resources=len(plan.resources),
            share=min(1.0, round((len(plan.resources) - plan.steady) / max(1.0, per_hour - plan.steady), 6)),
            spike_service=_SPIKE,
            spike_factor=_SPIKE_FACTOR,
            special_a_day=SPECIAL_A_DAY,
            special_line=plan.special,
            accounts=ACCOUNTS["Amazon Web Services"][0],
            money="DOUBLE" if shape.money == "double" else "DECIMAL(18,8)",
            quantity="DOUBLE" if shape.money == "double" else "DECIMAL(24,6)",
            start=start.isoformat(),
        )

    def parquet(self) -> Path:
        """The bill as one Parquet file, zstd."""
        return self._copy(self.rows(), self.folder / f"{self.shape.name}.parquet", "format parquet, compression zstd")

    def daily(self) -> Path:
        """The bill as a folder of one Parquet file a day."""
        folder = self.folder / f"{self.shape.name}-daily"
        folder.mkdir(exist_ok=True)
        for day in range(self.shape.days):
            name = (LAST_DAY - timedelta(days=self.shape.days - 1 - day)).isoformat()
            self._copy(self.rows(day), folder / f"{name}.parquet", "format parquet, compression zstd")
        return folder

    def text(self) -> Path:
        """The bill as CSV."""
        return self._copy(self.rows(), self.folder / f"{self.shape.name}.csv", "format csv, header")

    def workbook(self) -> Path:
        """The bill as XLSX, one sheet, written row by row."""
        import xlsxwriter

        path = self.folder / f"{self.shape.name}.xlsx"
        if path.exists():
            return path
        result = self.con.execute(self.rows())
        unfinished = path.with_suffix(".part")
        with xlsxwriter.Workbook(unfinished, {"constant_memory": True}) as book:
            sheet = book.add_worksheet("bill")
            sheet.write_row(0, 0, [column[0] for column in result.description])
            at = 1
            while batch := result.fetchmany(20_000):
                for row in batch:
                    for column, value in enumerate(row):
                        if isinstance(value, str):
                            sheet.write_string(at, column, value)
                        elif isinstance(value, datetime):
                            sheet.write_string(at, column, value.isoformat(" "))
                        elif value is not None:
                            sheet.write_number(at, column, value)
                    at += 1
        unfinished.rename(path)
        return path

    def sheet(self) -> Path:
        """A sheet of 50 rows spread over the bill, as CSV."""
        step = self.shape.rows // SHEET_ROWS
        numbered = f"select *, row_number() over () as place from ({self.rows()})"
        spread = f"select * exclude (place) from ({numbered}) where place % {step} = 1 limit {SHEET_ROWS}"
        return self._copy(spread, self.folder / f"sheet-{SHEET_ROWS}.csv", "format csv, header")

    def _copy(self, statement: str, path: Path, form: str) -> Path:
        """Writes beside and renames, so that a file that exists is whole; what exists is kept."""
        if not path.exists():
            unfinished = path.with_suffix(".part")
            self.con.execute(f"copy ({statement}) to '{unfinished}' ({form})")
            unfinished.rename(path)
        return path


FORMATS = ("parquet", "daily", "text", "workbook", "sheet")


def main() -> None:
    """Writes one file (or folder) and prints its path."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit_data")
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--days", type=int, default=Shape.days)
    parser.add_argument("--seed", type=int, default=Shape.seed)
    parser.add_argument("--money", choices=("decimal", "double"), default=Shape.money)
    given = parser.parse_args()
    writer = Writer(Shape(given.rows, given.days, given.seed, given.money), given.dir)
    print(getattr(writer, given.format)())


if __name__ == "__main__":
    main()
