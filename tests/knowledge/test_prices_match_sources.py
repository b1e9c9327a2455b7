"""The committed prices are those of the public files they name: compared row by row where the development data is at hand."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge import catalog

PRICES = Path(__file__).resolve().parents[3] / "shared" / "data" / "prices"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not PRICES.is_dir(), reason="the development data ../shared is not here")]


def rows(name: str) -> Iterator[dict[str, str]]:
    with (PRICES / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize(
    ("file", "key", "provider"),
    [
        ("aws_ec2_on_demand_us-east-1.csv", "instance_type", "aws"),
        ("azure_vm_on_demand.csv", "vm_size", "azure"),
        ("gcp_vm_on_demand_spot.csv", "machine_type", "gcp"),
    ],
)
def test_cloud_prices_equal_the_source(file: str, key: str, provider: str) -> None:
    source = {(r[key], r["region"]): r for r in rows(file)}
    compared = 0
    for machine in catalog.instances().entries.values():
        if machine.provider != provider or machine.source != "karpenter":
            continue
        for price in machine.prices:
            row = source[machine.name, price.region]
            assert price.on_demand == Decimal(row["on_demand_usd_per_hour"]), (machine.name, price.region)
            if row.get("spot_usd_per_hour"):
                assert price.spot == Decimal(row["spot_usd_per_hour"]), (machine.name, price.region)
            compared += 1
    assert compared > 50


def test_aws_accelerator_counts_and_memory_agree_with_the_source() -> None:
    for row in rows("aws_ec2_on_demand_us-east-1.csv"):
        machine = catalog.instances().entries.get(row["instance_type"])
        if machine is None or not row["accelerator_count"] or row["accelerator_count"] == "0":
            continue
        assert machine.accelerator_count == float(row["accelerator_count"]), machine.name
        chip = catalog.accelerator(machine.accelerator)
        if row["memory_per_accelerator_mib"] and chip.memory_gib:
            assert float(row["memory_per_accelerator_mib"]) / 1024 == pytest.approx(chip.memory_gib, rel=0.08), machine.name


def test_anthropic_and_openai_prices_equal_the_source() -> None:
    source = {(r["provider"], r["model"]): r for r in rows("llm_api_prices_genai-prices_2026-08.csv") if not r["constraint"]}
    compared = 0
    for model in catalog.api_models().entries.values():
        row = source.get((model.provider, model.name))
        if (
            row is None
            or model.provider not in ("openai", "anthropic", "google")
            or model.name == "o3"
            or model.name.startswith("gemini-1.5")
        ):
            continue
        first = model.prices[0]
        assert first.input == Decimal(row["input_usd_per_mtok"]), model.name
        assert first.output == (Decimal(row["output_usd_per_mtok"]) if row["output_usd_per_mtok"] else None), model.name
        assert first.cached == (Decimal(row["cache_read_usd_per_mtok"]) if row["cache_read_usd_per_mtok"] else None), model.name
        compared += 1
    assert compared > 60


def test_grid_carbon_equals_the_source() -> None:
    for row in rows("grid_intensity_ccf_gcp.csv"):
        reading = catalog.grid_region("gcp", row["Region"]).readings["ccf"]
        assert reading == pytest.approx(float(row["CO2e (metric ton/kWh)"]) * 1e6)
