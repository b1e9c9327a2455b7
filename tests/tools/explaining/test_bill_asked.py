"""Questions about the audited bill are answered from its tables, each figure with its record; others are left to others."""

from decimal import Decimal

import pytest

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.figures import range_text
from tools.explaining.bill_asked import about_the_bill

TABLE = Evidence.record(
    tier=Tier.BILLED,
    claim="Sums by service",
    method="exact sums",
    source=SourceRef(ref="bill.csv rows 2 on"),
    inputs={"kind": "audit table", "table": "services", "Amazon Elastic Compute Cloud (USD)": "900.5"},
)
FOUND = Evidence.record(
    tier=Tier.BILLED,
    claim="Runs around the clock: gpu-1",
    value=Range.exact(Decimal(40)),
    unit="USD",
    source=SourceRef(ref="bill.csv row 3"),
)
AUDIT = {
    "currency": "USD",
    "basis": "billed",
    "totals": [{"currency": "USD", "total_text": "1000.00"}],
    "files": [{"file": "bill.csv"}],
    "ai_total_text": "700",
    "by_kind": [{"kind": "gpu", "cost": 700, "currency": "USD"}, {"kind": "other", "cost": 300, "currency": "USD"}],
    "services": [
        {"name": "Amazon Elastic Compute Cloud", "cost": 900.5, "rows": 9, "currency": "USD"},
        {"name": "Compute Engine", "cost": 104.5, "rows": 2, "currency": "USD"},
        {"name": "Credit", "cost": -5, "rows": 1, "currency": "USD"},
    ],
    "models": [
        {"model": "gpt-4o", "token_type": "all", "cost": 20, "rows": 4},
        {"model": "gpt-4o", "token_type": "input", "cost": 15, "rows": 2},
    ],
    "teams": [],
    "providers": [{"name": "Amazon Web Services", "cost": 895.5, "currency": "USD"}, {"name": "GCP", "cost": 104.5, "currency": "USD"}],
    "categories": [{"category": "Credit", "currency": "USD", "rows": 1, "amount_text": "-5.00"}],
    "days": [{"day": "2026-08-31", "cost": 400.25}, {"day": "2026-09-01", "cost": 599}, {"day": "2026-09-02", "cost": 0.75}],
    "exclusions": [
        {"reason": "total row", "rows": 1, "amount_text": "1000.00", "currency": "USD", "where": [{"file": "bill.csv", "rows": [14]}]}
    ],
    "skipped": [],
    "findings": [
        {
            "title": "Runs around the clock",
            "detail": "gpu-1",
            "note": "billed 720 of 720 hours",
            "why": "",
            "confirm": "Requests per hour.",
        },
        {"title": "Runs around the clock", "detail": "gpu-2", "note": "", "why": "", "confirm": "Requests per hour."},
    ],
    "reconciliation": [
        {"part": "file", "line": "Every amount in the files", "rows": 13, "amount_text": "2000.00", "currency": "USD"},
        {"part": "left_out", "line": "total row", "rows": 1, "amount_text": "1000.00", "currency": "USD"},
        {"part": "counted", "line": "Counted: the total", "rows": 12, "amount_text": "1000.00", "currency": "USD"},
    ],
}


def said(text: str, audit: dict = AUDIT) -> str:
    found = about_the_bill(text, audit, [TABLE, FOUND])
    if found is None:
        return ""
    known = {record.id: record for record in found.evidence}
    figures = [{name: range_text(known[i].value, known[i].unit) for name, i in s.figures.items()} for s in found.statements]
    return " ".join(s.text.format(**s.names, **shown) for s, shown in zip(found.statements, figures, strict=True))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("why is EC2 so expensive?", "Amazon Elastic Compute Cloud: $900.50, 90 % of the total."),
        ("how much is gpt-4o?", "gpt-4o: $20.00, 2 % of the total."),
        ("where does the GPU money go?", "Accelerators: $700.00, 70 % of the total."),
        ("how much do we spend on AI?", "AI spend: $700.00."),
        ("which service costs most?", "Amazon Elastic Compute Cloud: $900.50"),
        ("how much do we spend on AWS?", "Amazon Web Services: $895.50, 89.5 % of the total."),
        ("which cloud costs least?", "GCP: $104.50"),
        ("which month was cheaper?", "2026-08: $400.25. 2026-09: $599.75."),
        ("what did we pay in September?", "2026-09: $599.75."),
        ("what did 2026-09-02 cost?", "2026-09-02: $0.75."),
        ("why did you count the credit?", "Credit: -$5.00, from 1 row."),
        ("which rows did you leave out?", "Left out: 1 row, total row, $1,000.00 (bill.csv row 14)."),
        ("is that total right?", "Less: total row $1,000.00, 1 row. Counted: the total $1,000.00, 12 rows."),
        ("which team costs most?", "found no team"),
        (
            "what runs around the clock?",
            "gpu-1, $40.00. Billed 720 of 720 hours. Runs around the clock: gpu-2. To confirm: Requests per hour.",
        ),
        ("what runs 24/7?", "Runs around the clock: gpu-1, $40.00."),
        ("why does gpu-1 run around the clock?", "gpu-1, $40.00. Billed 720 of 720 hours. To confirm"),
        ("how much did we spend on Oracle?", "is named like that"),
    ],
)
def test_an_answer_repeats_the_audits_own_sums(text: str, answer: str) -> None:
    assert answer in said(text)


def test_a_bill_of_whole_months_answers_by_month() -> None:
    months = {**AUDIT, "days": [{"day": "2026-08", "cost": 400.25}, {"day": "2026-09", "cost": 599.75}]}
    assert "2026-08: $400.25. 2026-09: $599.75." in said("which month was cheaper?", months)
    assert "2026-09: $599.75." in said("what did we pay in September?", months)


def test_a_model_that_is_its_own_service_is_told_once() -> None:
    alike = {**AUDIT, "services": [{"name": "gpt-4o", "cost": 20, "rows": 4, "currency": "USD"}]}
    assert said("how much is gpt-4o?", alike) == "gpt-4o: $20.00, 2 % of the total."


def test_a_short_name_means_its_service_and_no_other() -> None:
    assert "Compute Engine" not in said("why is EC2 so expensive?")


@pytest.mark.parametrize(
    "text",
    [
        "what does gpt-4o cost for 500,000 requests a month?",
        "how much could we save on EC2?",
        "how much memory does gpt-4o need?",
        "what is the total saving?",
        "where does $18.57 come from?",
        "what is a KV cache?",
        "make the plan",
        "we spend $900 on EC2",
        "which model should we use?",
    ],
)
def test_other_questions_are_left_alone(text: str) -> None:
    assert about_the_bill(text, AUDIT, [TABLE, FOUND]) is None


def test_every_figure_rests_on_the_table_it_stands_in() -> None:
    found = about_the_bill("how much is EC2?", AUDIT, [TABLE, FOUND])
    assert found is not None
    assert all(record.parents == (TABLE.id,) and record.tier is Tier.BILLED for record in found.evidence)
    assert found.evidence[0].value is not None and found.evidence[0].value.likely == Decimal("900.5")


def test_currencies_are_not_ranked_against_each_other() -> None:
    two = {**AUDIT, "services": [{"name": "a", "cost": 5, "currency": "EUR"}, {"name": "b", "cost": 90, "currency": "INR"}]}
    assert "cannot be ranked" in said("which service costs most?", two)


def test_rows_that_were_not_understood_are_told_with_those_left_out() -> None:
    unread = {**AUDIT, "exclusions": [], "rows_unknown": 1, "unknown_cells": [{"file": "bill.csv", "row": 6, "cell": "n/a"}]}
    assert said("which rows did you leave out?", unread).endswith("not in the total: 1 row (bill.csv row 6: n/a).")


def test_usage_without_money_is_answered_at_list_prices_and_said_to_be_none_billed() -> None:
    usage = {"files": [{"file": "use.csv"}], "priced_usage": {"total_text": "299.10", "currency": "USD", "price_dates": ["2026-08-21"]}}
    assert "costs $299.10. That is not a billed amount" in said("use list prices", usage)
    found = about_the_bill("use list prices", usage)
    assert found is not None and found.evidence[0].tier is Tier.CATALOGUE
    assert about_the_bill("use list prices", AUDIT) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("why did the bill go up?", "Total: $599.75 in 2026-09, $199.50 more than in 2026-08, $400.25."),
        ("What changed in September?", "AI spend: $120.00 in 2026-09, $80.00 less than in 2026-08, $200.00."),
        ("why did it go up?", "only in part"),
        ("why did it go up?", "Which service moved is not told"),
    ],
)
def test_a_change_is_told_month_against_month_as_far_as_the_tables_go(text: str, answer: str) -> None:
    days = [dict(one, ai_cost=ai) for one, ai in zip(AUDIT["days"], (200, 100, 20), strict=True)]
    assert answer in said(text, {**AUDIT, "days": days, "period": {"start": "2026-08-31", "end": "2026-09-30"}})


def test_one_month_alone_shows_no_change() -> None:
    assert "no two months" in said("why did the bill go up?", {**AUDIT, "days": AUDIT["days"][1:]})
