"""Promise to whoever reads the speed table: the lanes it times do the same work, and say the same to the cent. No times here."""

import copy

import pytest

from tests.bench import audit_agreement
from tests.bench.audit import Bench
from tests.bench.audit_judging import NOT_ANSWERS
from tests.bench.audit_measure import Taken, lane
from tests.bench.audit_rivals import CHECKS

ROWS = 200_000
LANES = ("frugal", "duckdb", "pandas", "pandas-categories")


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> dict[str, Taken]:
    bench = Bench(tmp_path_factory.mktemp("bench"), ROWS, ROWS, 1, "decimal", 7)
    file = bench.make("parquet", ROWS)
    return {name: lane(name, file) for name in LANES}


@pytest.fixture(scope="module")
def reference(taken) -> dict:
    return taken["duckdb"].answers


def test_pandas_says_what_duckdb_says(taken, reference):
    assert set(CHECKS) - set(NOT_ANSWERS) <= set(reference)
    assert audit_agreement.rivals(taken["pandas"].answers, reference) == []
    assert audit_agreement.rivals(taken["pandas-categories"].answers, reference) == []


def test_the_audit_says_what_duckdb_says(taken, reference):
    wrong, uncompared = audit_agreement.frugal_and(taken["frugal"].answers, reference)
    assert wrong == []
    assert set(uncompared).isdisjoint(reference)


def test_the_bill_holds_what_the_checks_look_for(reference):
    assert reference["reconciliation"][""][0] == ROWS
    assert reference["period"] == {"2026-09-01|2026-09-30": [30]}
    assert {name.partition("|")[0] for name in reference["categories"]} == {"Usage", "Tax", "Credit", "Purchase"}
    assert {"gpu", "managed_ai", "api_tokens", "ai_adjacent", "other"} == set(reference["by kind"])
    assert "planted-0-prod" in reference["idle-accelerator"]
    assert "planted-1-dev (dev)" in reference["dev-runs-like-prod"]
    assert "planted-4-prod" in reference["always-on"]
    assert "planted-3-prod" in reference["on-demand-could-commit"]
    assert "p3.2xlarge" in reference["old-gpu-generation"]
    assert "2026-09-18 Amazon Bedrock" in reference["spike-day"]
    assert "planted-6-volume-unattached" in reference["unattached-storage"]
    assert "planted-7-checkpoints" in reference["stored-checkpoints"]
    for name in ("unused-commitment", "untagged-spend", "nights-and-weekends", "commitment-coverage", "egress", "credits-cover-usage"):
        assert reference[name], name


def test_a_cent_of_difference_is_noticed(taken, reference):
    changed = copy.deepcopy(reference)
    changed["by region"]["eastus"][0] += 0.01
    assert len(audit_agreement.rivals(reference, changed)) == 1
    del changed["always-on"]["planted-4-prod"]
    wrong, _ = audit_agreement.frugal_and(taken["frugal"].answers, changed)
    assert any(line.startswith("always-on: planted-4-prod only on one side") for line in wrong)


def test_the_same_seed_gives_the_same_bill(tmp_path):
    first, second = (Bench(tmp_path / name, 20_000, 1, 1, "decimal", seed) for name, seed in (("a", 3), ("b", 3)))
    other = Bench(tmp_path / "c", 20_000, 1, 1, "decimal", 4)
    files = []
    for bench in (first, second, other):
        bench.folder.mkdir()
        files.append(bench.make("text", 20_000).read_bytes())
    assert files[0] == files[1] != files[2]
