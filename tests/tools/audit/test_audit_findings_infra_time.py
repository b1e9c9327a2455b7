"""Promise to the finance lead: spikes are dated whatever the week's rhythm, trends carry an interval, forecasts refuse to guess."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.audit.findings_infra_bill import FIRST, findings, line
from tools.audit.findings.seasons import slope, usual

MONDAY = date(2026, 8, 31)


def weekly(day: date, working: float = 100, weekend: float = 20) -> float:
    return weekend if day.weekday() >= 5 else working


def daily(costs: dict[date, float], service: str = "OpenAI API"):
    return [line(f"{cost:.2f}", day, service=service) for day, cost in costs.items()]


def days(count: int, start: date = MONDAY) -> list[date]:
    return [start + timedelta(days=at) for at in range(count)]


def test_a_spike_is_dated_and_the_weekly_rhythm_is_none(tmp_path):
    costs = {day: weekly(day) for day in days(28)}
    spike = MONDAY + timedelta(days=17)
    assert findings(daily(costs), tmp_path, "spike-day") == []
    [found] = findings(daily(costs | {spike: 400}), tmp_path, "spike-day")
    assert (found["detail"], found["amount"], found["rows"], found["saving"]) == (f"{spike.isoformat()} OpenAI API", 400.0, 1, None)
    assert found["note"] == "400.00 against 100.00 expected for a Thursday"
    assert found["row_numbers"] == [19]


def test_a_saturday_as_dear_as_a_working_day_is_a_spike(tmp_path):
    costs = {day: weekly(day) + at % 3 for at, day in enumerate(days(28))}
    saturday = MONDAY + timedelta(days=12)
    [found] = findings(daily(costs | {saturday: 100}), tmp_path, "spike-day")
    assert (found["detail"], found["amount"]) == (f"{saturday.isoformat()} OpenAI API", 100.0)


def test_growth_and_gaps_are_no_spikes_and_13_days_are_too_few(tmp_path):
    growing = {day: 50 + 4.0 * at for at, day in enumerate(days(40)) if at % 9}
    assert findings(daily(growing), tmp_path, "spike-day") == []
    short = {day: 100.0 for day in days(13)} | {MONDAY + timedelta(days=6): 900.0}
    assert findings(daily(short), tmp_path, "spike-day") == []


def test_a_trend_needs_to_be_steady_and_carries_its_interval(tmp_path):
    rising = {day: 100 + 2.0 * at + (at * 7) % 5 for at, day in enumerate(days(28))}
    flat = {day: 100 + (at * 7) % 5 for at, day in enumerate(days(28))}
    [found] = findings([*daily(rising), *daily(flat, "Anthropic API")], tmp_path, "trend")
    assert found["detail"] == "OpenAI API rises"
    assert found["rows"] == 28 and found["saving"] is None
    assert abs(found["amount"] - 2 * 30.4**2) < 0.05 * 2 * 30.4**2
    assert "28 days" in found["note"]


def test_a_trend_of_months_needs_six_of_them(tmp_path):
    def months(count: int):
        starts = [date(2026, at, 1) for at in range(1, count + 1)]
        lengths = [(date(2026, at + 1, 1) - date(2026, at, 1)).days for at in range(1, count + 1)]
        return [
            line(1000 + 100 * at, start, days=length, service="OpenAI API")
            for at, (start, length) in enumerate(zip(starts, lengths, strict=True))
        ]

    [found] = findings(months(6), tmp_path, "trend")
    assert (found["detail"], found["amount"], found["rows"]) == ("OpenAI API rises", 100.0, 6)
    assert findings(months(5), tmp_path, "trend") == []


def test_month_end_forecast_of_a_flat_month_is_exact(tmp_path):
    [found] = findings(daily({day: 10.0 for day in days(20, FIRST)}), tmp_path, "month-end-forecast")
    assert (found["detail"], found["amount"], found["rows"], found["saving"]) == ("2026-09", 300.0, 20, None)
    assert found["note"] == "200.00 until 2026-09-20, 300.00 to 300.00 by 2026-09-30 (80 %), from 20 days"


def test_month_end_forecast_takes_weekends_and_an_unfinished_last_day_into_account(tmp_path):
    costs = {day: weekly(day) for day in days(22, FIRST)}
    whole = sum(weekly(day) for day in days(30, FIRST))
    [found] = findings(daily(costs), tmp_path, "month-end-forecast")
    assert found["amount"] == whole
    [found] = findings(daily(costs | {FIRST + timedelta(days=21): 5.0}), tmp_path, "month-end-forecast")
    assert found["amount"] == whole
    assert found["note"].endswith("from 21 days, 2026-09-22 taken as unfinished")


def test_month_end_forecast_refuses_what_it_cannot_know(tmp_path):
    flat = {day: 10.0 for day in days(30, FIRST)}
    assert findings(daily({day: 10.0 for day in days(6, FIRST)}), tmp_path, "month-end-forecast") == []
    assert findings(daily(flat), tmp_path, "month-end-forecast") == [], "the month is over"
    monthly_fee = line(100, FIRST, days=30, service="Support")
    assert findings([*daily({day: 10.0 for day in days(20, FIRST)}), monthly_fee], tmp_path, "month-end-forecast") == []


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(0, 1e6), min_size=14, max_size=60), wild=st.floats(1e8, 1e9), data=st.data())
def test_one_wild_day_bends_nothing(values, wild, data):
    series = {MONDAY + timedelta(days=at): value for at, value in enumerate(values)}
    hit = data.draw(st.sampled_from(sorted(series)))
    known = usual(series | {hit: wild})
    assert known.expected[hit] <= 4 * max(values) + 1
    assert known.spread >= 0


@given(a=st.floats(-100, 100), b=st.floats(-1000, 1000), count=st.integers(4, 60))
def test_the_slope_of_a_line_is_its_slope(a, b, count):
    told = slope([(float(x), a * x + b) for x in range(count)])
    assert abs(told.likely - a) < 1e-6 and told.low <= told.likely <= told.high
