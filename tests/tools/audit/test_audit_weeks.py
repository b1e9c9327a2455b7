"""Promise to whoever reports by week: a row of week 7 covers its seven days, however the week is written."""

from datetime import date

import pytest

from tests.tools.audit.test_audit_fold import agree, both
from tools.audit.days import read_day


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-W07",
            "2026W7",
            "2026 KW 7",
            "2026-S07",
            "week 7 2026",
            "Week 7, 2026",
            "2026 week 7",
            "KW 07/2026",
            "Kalenderwoche 7 2026",
        ),
        *("semaine 7 2026", "semana 7 2026", "settimana 7 2026", "vecka 7 2026", "týden 7 2026", "неделя 7 2026", "2026年第7週"),
    ],
)
def test_a_named_week_has_seven_days(text):
    day = read_day(text)
    assert day is not None and (day.value, day.last) == (date(2026, 2, 9), date(2026, 2, 15))


@pytest.mark.parametrize("text", ["2026-W54", "week 0 2026", "sweet 7 2026", "seminar 7 2026"])
def test_what_names_no_week_is_no_date(text):
    assert read_day(text) is None


@pytest.mark.parametrize(
    ("columns", "weeks", "end", "days"),
    [
        ("Week", ("2026-W07", "2026-W08"), "2026-02-22", 14),
        ("Week", ("week 7 2026", "week 8 2026"), "2026-02-22", 14),
        ("Start,End", ("2026-W07,2026-W09", "2026-W08,2026-W08"), "2026-03-01", 21),
        ("Start,End", ("2026-W07,", "2026-W08,2026-02-17"), "2026-02-22", 14),
    ],
)
def test_the_period_reaches_to_the_last_day_of_the_last_week(tmp_path, monkeypatch, columns, weeks, end, days):
    file = tmp_path / "weeks.csv"
    file.write_text(f"{columns},Service,Cost USD\n{weeks[0]},GPU server,70.00\n{weeks[1]},GPU server,77.00\n", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    period = direct.result["period"]
    assert (period["start"], period["end"], period["days"]) == ("2026-02-09", end, days)
    assert direct.result["days"] == [] == folded.result["days"], "the sum of a week says nothing of a day"


@pytest.mark.parametrize(
    ("rows", "end", "months", "gaps"),
    [
        ("2026-01,2026-03,GPU,30\n", "2026-03-31", "3", []),
        ("2026-01,2026-03,GPU,30\n2026-04,2026-06,GPU,36\n", "2026-06-30", "6", []),
        ("2026-01,2026-02,GPU,30\n2026-04,2026-04,GPU,36\n", "2026-04-30", "4", ["2026-03"]),
        ("Jan 2026,Mar 2026,GPU,30\n", "2026-03-31", "3", []),
        ("2025-12,2026-01,GPU,30\n", "2026-01-31", "2", []),
        ("2026-03,2026-01,GPU,30\n", "2026-03-31", "1", []),
        ("2026-01,,GPU,30\n", "2026-01-31", "1", []),
    ],
)
def test_a_row_from_month_to_month_covers_all_of_them(tmp_path, monkeypatch, rows, end, months, gaps):
    file = tmp_path / "months.csv"
    file.write_text(f"Start,End,Service,Cost USD\n{rows}", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    period = direct.result["period"]
    assert (period["end"], period["months"], period["gaps"]) == (end, str(int(months) - len(gaps)), gaps)


@pytest.mark.parametrize(
    "text",
    [
        "Service,Sep 2023,Oct 2023\nGPU server,10.50,11\nS3,1,2\n",
        "Service,9/1/2023,10/1/2023\nGPU server,10.50,11\nS3,1,2\n",
        "Month,Service,Cost USD\n2023-09,GPU server,10.50\n2023-09,S3,1\n2023-10,GPU server,11\n2023-10,S3,2\n",
        "Date,Service,Cost USD\n2023-09-01,GPU server,10.50\n2023-09-01,S3,1\n2023-10-01,GPU server,11\n2023-10-01,S3,2\n",
        "Start,End,Service,Cost USD\n2023-09-01,2023-10-01,GPU,11.50\n2023-10-01,2023-11-01,GPU,13\n2023-10,2023-11,S3,40\n",
    ],
)
def test_lines_of_whole_months_are_told_by_month(tmp_path, monkeypatch, text):
    """A line of two months belongs to neither."""
    file = tmp_path / "months.csv"
    file.write_text(text, encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    for result in (direct.result, folded.result):
        assert [(entry["day"], entry["cost"]) for entry in result["days"]] == [("2023-09", 11.5), ("2023-10", 13.0)]
    assert "Sums by month" in {record.claim for record in direct.evidence}


def test_a_bill_with_any_day_within_a_month_is_told_by_day(tmp_path, monkeypatch):
    file = tmp_path / "days.csv"
    file.write_text("Date,Service,Cost USD\n2023-09-01,S3,1\n2023-09-02,S3,2\n2023-10-01,S3,3\n", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert [entry["day"] for entry in direct.result["days"]] == ["2023-09-01", "2023-09-02", "2023-10-01"]
