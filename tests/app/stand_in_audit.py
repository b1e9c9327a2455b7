# ruff: noqa: E501
"""An audit's result with every key that the Bill panel knows, and hostile names in all places that come from a file."""

from decimal import Decimal

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import ToolResult

EVIL = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>alert(2)</script>"
FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1")
FILE = "<svg onload=alert(3)>.csv"


def record(claim: str, value: object, unit: str, **more: object) -> Evidence:
    held = None if value is None else Range.exact(value)
    return Evidence.record(tier=Tier.BILLED, claim=claim, value=held, unit=unit, source=SourceRef(ref=f"{FILE} rows 2 on"), **more)


def days(count: int = 31) -> list[dict[str, object]]:
    cost = [1900.0 + 37 * (day % 7) - (600 if day % 7 in (5, 6) else 0) + (2400 if day == 20 else 0) for day in range(count)]
    found = [
        {"day": f"2026-10-{day + 1:02d}", "cost": cost[day], "ai_cost": round(cost[day] * (0.55 + 0.01 * (day % 9)), 2)}
        for day in range(count)
    ]
    return [*found[:-1], {"day": f"2026-10-{count:02d}", "cost": -350.0, "ai_cost": 0.0}]


RESULT = {
    "total": 57822.02, "total_text": "57822.0152", "currency": "USD", "basis": "billed", "effective_total_text": "55120.5",
    "totals": [{"currency": "USD", "total": 57822.02, "total_text": "57822.0152"}],
    "form": "hand_made_sheet", "period": {"start": "2026-10-01", "end": "2026-10-31", "days": 31, "gaps": ["2026-10-18"], "partial": True, "stated_as_month": False},
    "rows_read": 1225, "rows_counted": 1219, "rows_excluded": 4, "rows_unknown": 2,
    "exclusions": [{"reason": "total or subtotal row", "rows": 4, "amount": 115644.03, "amount_text": "115644.0304", "currency": "USD", "where": [{"file": FILE, "sheet": SCRIPT, "rows": [41, 88, 126, 127]}]}],
    "reconciliation": [
        {"part": "file", "line": "Every amount in the files", "rows": 1225, "amount_text": "173466.0456", "currency": "USD"},
        {"part": "left_out", "line": "total or subtotal row", "rows": 4, "amount_text": "115644.0304", "currency": "USD"},
        {"part": "counted", "line": "Counted: the total", "rows": 1219, "amount_text": "57822.0152", "currency": "USD"},
        {"part": "unknown", "line": "Not understood: amount unreadable", "rows": 2, "amount_text": "", "currency": ""},
    ],
    "coverage": {"explained_share": 0.968},
    "unknown_cells": [{"file": FILE, "row": 12, "cell": EVIL, "problem": "not a number"}, {"file": FILE, "row": 77, "cell": FORMULAS[1], "problem": "not a number"}],
    "categories": [{"category": "Credit", "currency": "USD", "rows": 1, "amount": -1500.0, "amount_text": "-1500"}, {"category": "Tax", "currency": "USD", "rows": 1, "amount": 386.5512, "amount_text": "386.5512"}, {"category": "Usage", "currency": "USD", "rows": 1217, "amount": 58935.464, "amount_text": "58935.464"}],
    "checks": [f'the row "{SCRIPT}" states more than the rows it should sum (12.5)'], "residual": 0,
    "ai_total": 35000.0, "ai_total_text": "35000.0", "ai_share": 0.6053,
    "by_kind": [{"kind": "gpu", "cost": 30396.0, "currency": "USD"}, {"kind": "other", "cost": 20972.0152, "currency": "USD"}, {"kind": "api_tokens", "cost": 4604.0, "currency": "USD"}, {"kind": "unknown", "cost": 1850.0, "currency": "USD"}],
    "services": [{"name": "Amazon Elastic Compute Cloud", "cost": 30396.0, "rows": 61, "currency": "USD", "rule": "compute"}, {"name": EVIL, "cost": 22322.0152, "rows": 1028, "currency": "USD", "rule": "business"}, {"name": "OpenAI API", "cost": 4604.0, "rows": 128, "currency": "USD", "rule": "model-vendor"}, {"name": FORMULAS[0], "cost": 2000.0, "rows": 1, "currency": "USD", "rule": "none"}, {"name": "Credits", "cost": -1500.0, "rows": 1, "currency": "USD", "rule": "business"}],
    "teams": [{"name": "search", "cost": 41495.03, "currency": "USD"}, {"name": SCRIPT, "cost": 16326.99, "currency": "USD"}],
    "environments": [{"name": "prod", "cost": 48075.82, "currency": "USD"}, {"name": "dev", "cost": 9746.2, "currency": "USD"}],
    "regions": [{"name": "us-east-1", "cost": 50000.0}, {"name": "eu-west-1", "cost": 7822.0152}],
    "accounts": [{"name": "111122223333", "cost": 57822.0152}],
    "days": days(),
    "models": [{"model": "gpt-4o", "token_type": "input", "quantity": 925132335, "cost": 2312.83}, {"model": "gpt-4o", "token_type": "output", "quantity": 194277791, "cost": 2291.17}, {"model": "gpt-4o", "token_type": "all", "quantity": None, "cost": 4604.0, "rows": 128}, {"model": EVIL, "token_type": "all", "quantity": None, "cost": None, "rows": 2}],
    "tokens": {"input": 925132335, "output": 194277791},
    "findings": [
        {"rule": "idle-accelerator", "title": "Accelerator paid for but hardly used", "detail": EVIL, "amount": 16336.49, "currency": "USD", "rows": 5, "row_numbers": [11, 58, 105, 152, 199], "note": "at 4 % of its time", "saving": {"low": 8168.0, "likely": 12252.0, "high": 16336.0}, "saving_tier": "estimated", "why": "It ran all month and did almost nothing.", "confirm": "GPU metrics over the same days, at hourly resolution."},
        {"rule": "untagged", "title": "Spend without an owner or tag", "detail": "", "amount": 4219.97, "currency": "USD", "rows": 5, "row_numbers": [9, 56, 103, 150, 197], "note": "", "saving": None, "saving_tier": "", "why": "", "confirm": "Tag these resources, or name their owner."},
    ],
    "questions": ["Is 03/04/2026 day first or month first? It was read as month first (dates=dmy or dates=mdy changes it)."],
    "mapping": [{"file": FILE, "sheet": SCRIPT, "column": name, "letter": letter, "role": role, "confidence": sure} for letter, name, role, sure in (("A", "Date", "start", 0.95), ("B", "Product", "service", 0.95), ("C", "Cost center", "team", 0.62), ("E", f"Net {EVIL}", "billed", 0.55))],
    "files": [{"file": FILE, "sha256": "0" * 64}],
    "skipped": [{"file": FILE, "sheet": EVIL, "reason": "hidden sheet"}],
    "sheets": [{"file": FILE, "sheet": SCRIPT, "form": "hand_made_sheet", "header_row": 3, "columns": [{"letter": letter, "name": name} for letter, name in (("A", "Date"), ("B", "Product"), ("C", "Cost center"), ("D", '" onfocus="alert(4)'), ("E", f"Net {EVIL}"), ("F", "Gross"))], "decimal": "dot", "currency": "USD", "currency_from": "the lines above the table", "date_order": "mdy", "notes": ["encoding: utf-8"]}],
    "price_check": [{"model": EVIL, "token_type": "input", "batch": False, "tokens": 925132335, "billed_text": "2312.8307", "expected_text": "2000", "currency": "USD", "explanation": "dearer than the list", "price_date": "2026-08-21", "source": "the price list", "stale": True}],
    "price_check_totals": [{"currency": "USD", "spend_text": "4604", "checked_text": "2312.8307", "unexplained_text": "312.83", "not_checked": [{"reason": "no price for this model", "amount_text": "2291.17", "rows": 31}]}],
    "priced_usage": {"currency": "USD", "total_text": "12.5", "lines": [{"model": "gpt-4o", "token_type": "output", "batch": True, "tokens": 5, "cost_text": "12.5", "price_text": "10", "price_date": "2026-08-21", "source": "the price list", "stale": False, "note": ""}], "missing": [{"model": SCRIPT, "token_type": "input", "tokens": 3, "reason": "not in the list"}]},
    "rates": {},
}  # fmt: skip

TOTAL = record("Total of the uploaded files (billed cost)", Decimal("57822.0152"), "USD", method="exact decimal sum of all counted rows")
RECORDS = (
    TOTAL,
    record("AI spend", Decimal("35000.0"), "USD"),
    record("AI share of the total", 0.6053, "ratio"),
    record("Rows read in the audit", 1225, "rows"),
    record(
        "Accelerator paid for but hardly used", Decimal("16336.49"), "USD", inputs={"rule": "idle-accelerator", "detail": EVIL, "rows": 5}
    ),
    record("Spend without an owner or tag", Decimal("4219.97"), "USD", inputs={"rule": "untagged", "detail": "", "rows": 5}),
    *(
        record(f"Sums: {name}", None, "", inputs={"kind": "audit table", "table": name}, parents=(TOTAL.id,))
        for name in (
            "reconciliation",
            "services",
            "categories",
            "by_kind",
            "teams",
            "regions",
            "accounts",
            "providers",
            "environments",
            "days",
            "models",
            "price_check",
            "priced_usage",
        )
    ),
)


def finished() -> ToolResult:
    """As the audit's worker would hand it over."""
    return ToolResult(result=RESULT, evidence=RECORDS)
