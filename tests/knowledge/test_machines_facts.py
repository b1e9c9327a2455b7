"""What is promised of rentable machines: every provider, exact prices with their day, CPU machines of known processors, real discounts."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from knowledge import catalog, check
from knowledge.errors import UserError
from knowledge.machine_check import machine_errors, price_errors
from knowledge.own_prices import OwnMachinePrice, OwnPrices
from knowledge.prices_here import DESKTOP, STRANGERS, hourly_prices
from knowledge.schemas import CpuMachine, Instance, RegionPrice

DAY = date(2026, 11, 23)


def test_four_clouds_and_at_least_ten_gpu_clouds_are_known() -> None:
    machines = catalog.instances().entries.values()
    clouds = {"aws", "azure", "gcp", "oci"}
    assert clouds <= {m.provider for m in machines}
    assert len({m.provider for m in machines} - clouds) >= 20
    assert {m.provider for m in machines} <= set(catalog.providers().values())
    assert catalog.providers()["oracle cloud"] == "oci"


def test_every_price_has_a_source_with_a_day() -> None:
    for shelf in (catalog.instances(), catalog.cpu_machines()):
        for machine in shelf.entries.values():
            for price in machine.prices:
                assert catalog.source_of(machine, price.source).checked_on is not None, machine.name


def test_the_reference_region_comes_first_and_a_region_is_found_in_any_case() -> None:
    machine = catalog.instance("Standard_ND96isr_H100_v5")
    assert machine.prices[0].region == "eastus" == machine.price().region  # type: ignore[union-attr]
    assert len(machine.prices) > 20
    assert machine.price("SwedenCentral") == next(p for p in machine.prices if p.region == "swedencentral")
    assert machine.price("atlantis") is None


def test_prices_are_exact_and_what_is_not_known_is_none() -> None:
    assert catalog.instance("a3-highgpu-8g").price("us-central1").spot is not None  # type: ignore[union-attr]
    aws = catalog.instance("p5.48xlarge").price()
    assert aws == RegionPrice(region="us-east-1", on_demand="55.04")
    salad = catalog.instance("salad-rtx-4090").price("any")
    assert salad is not None and salad.on_demand is None and salad.spot == Decimal("0.25")


def test_an_old_list_is_stale_and_a_young_one_is_not() -> None:
    oracle = catalog.instance("BM.GPU.H100.8")
    assert oracle.price("any").on_demand == 80  # type: ignore[union-attr]
    assert catalog.is_stale(catalog.source_of(oracle), DAY)
    assert not catalog.is_stale(catalog.source_of(catalog.instance("a2-highgpu-1g")), date(2026, 8, 10))


def test_a_chip_hour_whose_spot_is_dearer_is_kept_as_doubtful() -> None:
    doubtful = {m.name for m in catalog.instances().entries.values() if m.doubtful and m.provider == "gcp"}
    assert doubtful == {"tpu-v2-chip", "tpu-v2-pod-chip", "tpu-v3-chip", "tpu-v3-pod-chip", "tpu-v4-chip"}


def test_cpu_machines_name_processors_that_are_known() -> None:
    machines = catalog.cpu_machines().entries.values()
    assert {m.provider for m in machines} == {"aws", "azure", "gcp"}
    families = {m.cpu for m in machines}
    assert {"Ice Lake", "Sapphire Rapids", "Emerald Rapids", "Granite Rapids", "Genoa", "Graviton4", "Axion"} <= families
    assert all(catalog.cpu(family).name == family for family in families)


@pytest.mark.parametrize(
    ("name", "cpu", "vcpus", "memory"),
    [
        ("m7i.4xlarge", "Sapphire Rapids", 16, 64),
        ("c8g.16xlarge", "Graviton4", 64, 128),
        ("D16as_v6", "Genoa", 16, 64),
        ("Standard_E96s_v6", "Emerald Rapids", 96, 768),
        ("Standard_E96as_v6", "Genoa", 96, 672),
        ("c4-standard-48", "Emerald Rapids", 48, 180),
        ("c4-highmem-288", "Granite Rapids", 288, 2232),
        ("n2-highmem-128", "Ice Lake", 128, 864),
        ("t2d-standard-16", "Milan", 16, 64),
    ],
)
def test_a_cpu_machine_is_what_its_maker_says(name: str, cpu: str, vcpus: int, memory: float) -> None:
    machine = catalog.cpu_machine(name)
    assert (machine.cpu, machine.vcpus, machine.memory_gib) == (cpu, vcpus, memory)
    assert machine.price().on_demand  # type: ignore[union-attr]


def test_memory_of_google_machines_agrees_with_their_prices() -> None:
    """Google sells processors and memory apart, so a wrong memory size would not lie on the plane of the others."""
    for family in ("c3", "c4", "c4a", "n2", "n4"):
        points = [
            (m.vcpus, m.memory_gib, m.price("us-central1"))
            for m in catalog.cpu_machines().entries.values()
            if m.name.startswith(f"{family}-")
        ]
        (v1, g1, p1), (v2, g2, p2) = next((a, b) for a in points for b in points if a[1] * b[0] != b[1] * a[0])
        a, b = float(p1.on_demand), float(p2.on_demand)  # type: ignore[union-attr,arg-type]
        per_vcpu, per_gib = (a * g2 - b * g1) / (v1 * g2 - v2 * g1), (b * v1 - a * v2) / (v1 * g2 - v2 * g1)
        for vcpus, memory, price in points:
            assert float(price.on_demand) == pytest.approx(vcpus * per_vcpu + memory * per_gib, rel=0.002)  # type: ignore[union-attr,arg-type]


def test_a_wrong_machine_or_region_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        catalog.cpu_machine("m7i.4xlrge")
    assert caught.value.code == "unknown-cpu-machine" and "m7i.4xlarge" in caught.value.hint
    with pytest.raises(UserError) as caught:
        catalog.cpu_machine("m7i.4xlarge", "eu-west-1")
    assert caught.value.code == "unknown-region-price" and "us-east-1" in caught.value.hint


def test_real_discounts_stay_below_what_is_published_as_up_to() -> None:
    best = max(c.discount_up_to for c, _ in catalog.commitments() if c.provider == "aws")
    found = {(e.instrument.split()[0], e.years, e.upfront): e.discount for e, _ in catalog.commitment_examples()}
    assert len(found) == 12
    assert max(found.values()) == pytest.approx(best, abs=0.005)
    assert found["Convertible", 1, "none"] == pytest.approx(0.2608, abs=1e-4) == min(found.values())
    for (kind, years, upfront), discount in found.items():
        assert years == 1 or discount > found[kind, 1, upfront]
        assert upfront == "none" or discount > found[kind, years, "none"]


def entry(**changes: object) -> dict[str, object]:
    return {"name": "x", "provider": "p", "accelerator": "L4", "accelerator_count": 1, "source": "s", "prices": {"r": ["1"]}, **changes}


@pytest.mark.parametrize(
    "prices", [{}, {"r": []}, {"r": ["1", "2", "3"]}, {"r": [1.5]}, {"r": ["-1"]}, {"r": ["1e3"]}, {"r": "1"}, {"r": ["one"]}]
)
def test_prices_of_another_form_are_refused(prices: object) -> None:
    with pytest.raises(ValidationError):
        Instance.model_validate(entry(prices=prices))


def test_spot_above_on_demand_needs_a_reason() -> None:
    row = RegionPrice(region="r", on_demand="1", spot="2")
    assert any("above on-demand" in e for e in price_errors("x", row))
    assert not list(price_errors("x", row.model_copy(update={"doubtful": "so in the source"})))
    assert any("zero" in e for e in price_errors("x", RegionPrice(region="r", on_demand="0")))
    assert any("no price" in e for e in price_errors("x", RegionPrice(region="r")))


def test_a_price_with_a_slipped_point_and_a_remark_on_nothing_are_refused() -> None:
    assert not list(machine_errors(Instance.model_validate(entry()), {"L4"}, set()))
    dear = list(machine_errors(Instance.model_validate(entry(prices={"r": ["1000"]})), {"L4"}, set()))
    assert dear == ["x in r: 1000.0000 USD an hour for one accelerator is outside 0.02 to 80"]
    assert "has no price" in next(machine_errors(Instance.model_validate(entry(doubtful={"elsewhere": "why"})), {"L4"}, set()))
    cpu = CpuMachine.model_validate(
        {"name": "x", "provider": "p", "cpu": "Zen", "vcpus": 2, "memory_gib": 8, "source": "s", "prices": {"r": ["9"]}}
    )
    assert [e.split(": ")[1] for e in machine_errors(cpu, set(), {"Milan"})] == [
        "processor Zen is not in the fact base",
        "4.5000 USD an hour for one vCPU is outside 0.001 to 1",
    ]


def test_a_region_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("instances:\n  - prices:\n      r: ['1']\n      q: ['2']\n      r: ['3']\n")
    assert yaml.safe_load(file.read_text())["instances"][0]["prices"]["r"] == ["3"]
    assert list(check.repeated_keys(file)) == ["`r` stands twice in the mapping at line 3"]


def test_sellers_that_rent_out_machines_of_others_are_marked_with_a_source() -> None:
    marked = {catalog.instance(name).provider: market for name, market in catalog.marketplaces().items()}
    assert set(marked) == {"vast-ai", "salad", "akash", "tensordock", "spheron", "runpod"}
    for file, content in catalog.read_folder("prices/instances"):
        market = content.marketplace  # type: ignore[attr-defined]
        assert market is None or (market.hosts and content.sources[market.source].ref), file
    tiers = {catalog.instance(name).tier for name in catalog.marketplaces() if catalog.instance(name).provider == "runpod"}
    assert tiers == {"community"}, "its own data centres are its own"


def test_an_offer_says_why_a_company_would_think_twice_and_a_price_of_your_own_does_not() -> None:
    offers = {one.provider: one.reserve for one in hourly_prices("RTX 4090")}
    assert STRANGERS in offers["vast-ai"] and DESKTOP in offers["vast-ai"] and offers["genesis-cloud"] == DESKTOP
    assert {one.reserve for one in hourly_prices("H100 SXM", provider="aws")} == {""}
    assert not catalog.accelerator("RTX 5070").data_centre and catalog.accelerator("RTX A4000").data_centre
    mine = OwnMachinePrice(file="p.yaml", line=1, accelerator="RTX 4090", on_demand=Decimal("0.1"))
    assert [one.reserve for one in hourly_prices("RTX 4090", own=OwnPrices(machines=(mine,)))] == [""]
