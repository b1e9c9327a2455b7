"""Bills for the tests of `--engine`: one bill as text and as typed columns, and what two audits of it must agree on."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from test_audit_fold import focus_rows, written

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult

#: What names the place of a row. All else must be the same wherever the rows lie.
_PLACES = {"file", "files", "where", "row", "row_numbers", "x_rows", "notes", "id", "evidence_ids"}
#: Amounts that a binary float only holds nearly, and that a machine's own conversion to decimal spoils.
_LARGE = ("9876543.21", "123456.78", "-2501.1", "2000.000001")


def audited(name: str, out: Path, **more: str) -> ToolResult:
    return run(AuditCosts(file=[name], **more), ToolContext(out_dir=out, network=True))


def compared(result: ToolResult) -> dict[str, Any]:
    """Everything a person is told, without the places of rows."""
    assert result.bill is not None
    figures = sorted((e.claim, e.unit, str(e.value), e.method) for e in result.evidence)
    return {"result": _placeless(result.result), "bill": _placeless(result.bill.model_dump(mode="json")), "figures": figures}


def _placeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _placeless(inner) for key, inner in value.items() if key not in _PLACES}
    return [_placeless(inner) for inner in value] if isinstance(value, list) else value


def text_bill(folder: Path, rows: int) -> Path:
    """Parquet with text in every column, odd cells included."""
    file = written(folder / "bill.csv", focus_rows(rows, 11))
    duckdb.sql(f"copy (from read_csv('{file}', all_varchar=true)) to '{folder}/text.parquet' (format parquet)")
    return folder / "text.parquet"


def typed_bill(folder: Path, rows: int) -> tuple[Path, Decimal]:
    """The same bill with decimals, floats, moments, whole numbers, a map and a struct; and its true total."""
    table = focus_rows(rows, 12)
    pick, billed, effective = random.Random(5), table[0].index("BilledCost"), table[0].index("EffectiveCost")
    for row in table[1:]:
        if row[billed] in ("", "N/A") or row[billed].startswith("$"):
            row[billed] = "0.25"
    for row in pick.sample(table[1:], 40):
        row[billed] = row[effective] = pick.choice(_LARGE)
    file = written(folder / "typed.csv", table)
    duckdb.sql(
        "set timezone = 'UTC'; copy (select * replace (BilledCost::double as BilledCost, EffectiveCost::decimal(18,8) as EffectiveCost, "
        "ChargePeriodStart::timestamptz as ChargePeriodStart, ChargePeriodEnd::timestamptz::timestamp as ChargePeriodEnd, "
        "ConsumedQuantity::bigint as ConsumedQuantity, "
        "case when Tags <> '' then map_from_entries([('team', Tags->>'$.team'), ('env', Tags->>'$.env'), ('none', null)]) end as Tags), "
        "{'sku': RegionId, 'gone': null::varchar} as x_Details, '\\x00'::blob as x_Raw "
        f"from read_csv('{file}', all_varchar=true)) to '{folder}/typed.parquet' (format parquet)"
    )
    return folder / "typed.parquet", sum((Decimal(row[billed]) for row in table[1:]), Decimal(0))
