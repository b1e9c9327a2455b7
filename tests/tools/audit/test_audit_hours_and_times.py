"""Promise to whoever keeps a sheet by hand: a column of hours counts hours, and the time a call took is never money."""

import pytest

from tests.tools.audit.test_audit_fold import agree, both
from tools.audit.inference import infer, unit_of


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Hours", "Hours"),
        ("Instance hours", "Hours"),
        ("Hours used", "Hours"),
        ("Stunden", "Hours"),
        ("heures", "Hours"),
        ("Horas", "Hours"),
        ("часы", "Hours"),
        ("時間", "Hours"),
        ("GPU hours", "GPU hours"),
        ("GPU-hours", "GPU hours"),
        ("Hours per day", ""),
        ("Stunden/Tag", ""),
        ("Quantity", ""),
        ("Store", ""),
    ],
)
def test_the_unit_of_a_quantity_named_by_it(name, unit):
    assert unit_of(name) == unit


@pytest.mark.parametrize("hours", ["Hours", "Instance hours", "Stunden", "heures"])
def test_rules_about_hours_work_on_a_hand_made_sheet(tmp_path, monkeypatch, hours):
    file = tmp_path / "sheet.csv"
    rows = "".join(f"2026-01-{day:02d},train-1,p4d.24xlarge,24,786.5\n" for day in range(1, 29))
    file.write_text(f"Date,Resource,Instance type,{hours},Cost USD\n{rows}", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    rules = {finding["rule"] for finding in folded.result["findings"]}
    assert "on-demand-could-commit" in rules
    assert rules == {finding["rule"] for finding in direct.result["findings"]}


@pytest.mark.parametrize(
    "name", ["latency", "latency_s", "duration", "Duration (s)", "ms", "elapsed_ms", "seconds", "response time", "ttft", "Dauer", "耗时"]
)
def test_the_time_a_call_took_is_never_money(name):
    rows = [[f"2026-01-01T10:00:0{at}Z", "gpt-4o", "1000", "200", f"{at}.30"] for at in range(5)]
    guess = infer(["ts", "model", "prompt_tokens", "completion_tokens", name], rows)
    assert guess.roles["start"] == (0,)
    assert "billed" not in guess.roles and guess.pivot is None


def test_a_cost_named_by_a_duration_is_still_a_cost():
    guess = infer(["Service", "Duration cost"], [["Lambda", "1.25"], ["Batch", "2.50"]])
    assert guess.roles["billed"] == (1,)
