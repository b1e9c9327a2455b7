"""Promise to whoever reads the findings: a rule that is not asked would have found nothing."""

from pathlib import Path

import pytest

from tests.bench.audit_data import Shape, Writer
from tools.audit import intake
from tools.audit.engine import Ledger
from tools.audit.findings.all_rules import RULES
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

FIXTURES = Path(__file__).parent / "fixtures"
BILLING = Path(__file__).resolve().parents[4] / "shared" / "data" / "billing"
NEEDY = {rule.needs for rule in RULES if rule.needs}


def same_without_needs(file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict], set[str]]:
    """The findings, and which needs the file meets; fails where asking every rule would find more."""
    met: set[str] = set()
    true_answer = Ledger.meets

    def heard(ledger: Ledger, conditions: list[str]) -> set[str]:
        met.update(true_answer(ledger, conditions))
        return set(met)

    monkeypatch.setattr(Ledger, "meets", heard)
    found = run(AuditCosts(file=[str(file)]), ToolContext(out_dir=folder / "asked")).result["findings"]
    monkeypatch.setattr(Ledger, "meets", lambda _, conditions: set(conditions))
    assert run(AuditCosts(file=[str(file)]), ToolContext(out_dir=folder / "all")).result["findings"] == found
    return found, met


@pytest.mark.parametrize("folded", [False, True])
def test_a_bill_of_everything_finds_the_same_when_every_rule_is_asked(tmp_path, monkeypatch, folded):
    if folded:
        monkeypatch.setattr(intake, "_DIRECT_BYTES", dict.fromkeys(intake._DIRECT_BYTES, -1))
    file = Writer(Shape(10_000), tmp_path).text()
    found, met = same_without_needs(file, tmp_path, monkeypatch)
    assert len({finding["rule"] for finding in found}) >= 15
    assert len(met) >= 10


@pytest.mark.parametrize("name", sorted(file.name for file in FIXTURES.glob("*.csv")))
def test_an_export_finds_the_same_when_every_rule_is_asked(tmp_path, monkeypatch, name):
    met = same_without_needs(FIXTURES / name, tmp_path, monkeypatch)[1]
    assert met < NEEDY


@pytest.mark.shared
@pytest.mark.skipif(not BILLING.is_dir(), reason="the development data ../shared/data/billing is missing")
@pytest.mark.parametrize(
    "name",
    [
        "focus_1_0_sample_1000",
        "ai_cost_per_commit",
        "openai_model_usage_2025-10",
        "inventory_mixed_currency_late",
        "cursor_usage_events_sample",
    ],
)
def test_a_real_bill_finds_the_same_when_every_rule_is_asked(tmp_path, monkeypatch, name):
    same_without_needs(BILLING / f"{name}.csv", tmp_path, monkeypatch)
