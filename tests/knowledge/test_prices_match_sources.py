"""The committed prices are those of the public files they name: compared row by row where the development data is at hand."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge import catalog
from knowledge.refresh_gpu_clouds import offerings_json

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
    machines = (*catalog.instances().entries.values(), *catalog.cpu_machines().entries.values())
    for machine in machines:
        if machine.provider != provider or machine.source != "karpenter":
            continue
        assert {region for name, region in source if name == machine.name} == set(machine.listed), machine.name
        for price in machine.prices:
            row = source[machine.name, price.region]
            assert price.on_demand == Decimal(row["on_demand_usd_per_hour"]), (machine.name, price.region)
            spot = row.get("spot_usd_per_hour")
            assert price.spot == (Decimal(spot) if spot else None), (machine.name, price.region)
            compared += 1
    assert compared > 200


def test_gpu_cloud_prices_equal_the_cheapest_offer_of_the_source() -> None:
    offers: dict[str, set[Decimal]] = {}
    for row in rows("gpu_clouds_offerings_2026-05-24.csv"):
        offers.setdefault(row["provider"], set()).add(Decimal(row["usd_per_gpu_hour"]))
    sold = [m for m in catalog.instances().entries.values() if m.source == "offers"]
    assert {m.provider for m in sold} >= set(offers) - {"provider"}
    for machine in sold:
        price = machine.price("any")
        assert price is not None and {price.on_demand, price.spot} - {None} <= offers[machine.provider], machine.name


def test_the_refresh_finds_our_machines_behind_the_sellers_names() -> None:
    offers = [
        {
            "provider_id": row["provider"],
            "gpu_model": row["gpu_model"],
            "vram_gb": float(row["vram_gb"]),
            "interconnect": row["interconnect"] or None,
            "tier": row["tier"],
            "is_spot": row["is_spot"] == "True",
            "price_usd_hour": float(row["usd_per_gpu_hour"]),
            "notes": row["notes"],
            "collected_at": row["collected_at"],
        }
        for row in rows("gpu_clouds_offerings_2026-05-24.csv")
    ]
    published = offerings_json(json.dumps(offers).encode(), date(2026, 11, 23))
    sold = {m.name: m.prices[0] for m in catalog.instances().entries.values() if m.source == "offers"}
    assert published.day == date(2026, 5, 24)
    assert {name: pair for (name, _), pair in published.machines.items()} == {n: (p.on_demand, p.spot) for n, p in sold.items()}


def test_oracle_prices_are_gpu_hours_of_the_source_times_the_gpus() -> None:
    parts = {row["part_number"]: Decimal(row["price"]) for row in rows("oci_list_prices.csv") if row["metric"] == "GPU Per Hour"}
    for machine in catalog.instances().entries.values():
        if machine.provider == "oci":
            part = machine.note.split()[1].rstrip(":")
            assert machine.prices[0].on_demand == parts[part] * int(machine.accelerator_count), machine.name


def test_reserved_discounts_equal_the_source() -> None:
    found: dict[tuple[str, int, str], float] = {
        (e.instrument.split()[0], e.years, e.upfront): e.discount for e, _ in catalog.commitment_examples()
    }
    for row in rows("aws_reserved_terms_example_x2iedn.32xlarge.csv"):
        term, upfront = row["reserved_term"].split(".")
        key = (term[7:], int(term[6]), upfront.removesuffix("Upfront").replace("no", "none"))
        assert found[key] == pytest.approx(float(row["discount"]), abs=6e-4), row


def test_aws_accelerator_counts_and_memory_agree_with_the_source() -> None:
    for row in rows("aws_ec2_on_demand_us-east-1.csv"):
        machine = catalog.instances().entries.get(row["instance_type"])
        if machine is None or not row["accelerator_count"] or row["accelerator_count"] == "0":
            continue
        assert machine.accelerator_count == float(row["accelerator_count"]), machine.name
        chip = catalog.accelerator(machine.accelerator)
        if row["memory_per_accelerator_mib"] and chip.memory_gib:
            assert float(row["memory_per_accelerator_mib"]) / 1024 == pytest.approx(chip.memory_gib, rel=0.08), machine.name


def test_grid_carbon_equals_the_source() -> None:
    for row in rows("grid_intensity_ccf_gcp.csv"):
        reading = catalog.grid_region("gcp", row["Region"]).readings["ccf"]
        assert reading == pytest.approx(float(row["CO2e (metric ton/kWh)"]) * 1e6)
