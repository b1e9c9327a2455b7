"""Serving on processors is advised from these facts: sockets that clouds rent, with bandwidth and throughput that follow from them."""

import csv
from pathlib import Path

import pytest

from knowledge import catalog, hardware_check
from knowledge.errors import UserError
from knowledge.schemas import CpuFamily

WATTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "prices" / "cpu_watts_per_vcpu_ccf_aws.csv"

#: name as people write it -> canonical name, cores, GB/s, FP32, BF16 and INT8 TFLOPS of a socket (None = no fast path, or unknown)
SOCKETS = {
    "Intel Skylake": ("Skylake", 28, 127.968, 4.48, None, None),
    "cascade lake": ("Cascade Lake", 28, 140.784, 4.84, None, 19.35),
    "Ice Lake-SP": ("Ice Lake", 40, 204.8, 5.89, None, 23.55),
    "SPR": ("Sapphire Rapids", 60, 307.2, 7.30, 116.74, 233.47),
    "xeon platinum 8581C": ("Emerald Rapids", 64, 358.4, 7.78, 124.52, 249.04),
    "Xeon 6": ("Granite Rapids", 128, 614.4, 16.38, 262.14, 524.29),
    "EPYC Rome": ("Rome", 64, 204.8, 4.61, None, None),
    "AMD Milan": ("Milan", 64, 204.8, 5.02, None, None),
    "EPYC 4th Gen": ("Genoa", 96, 460.8, 7.37, 14.75, 29.49),
    "Bergamo": ("Bergamo", 128, 460.8, 9.22, 18.43, 36.86),
    "Turin": ("Turin", 128, 576.0, 22.12, 44.24, 88.47),
    "Graviton 2": ("Graviton2", 64, 204.8, 2.56, None, 10.24),
    "AWS Graviton3": ("Graviton3", 64, 307.2, 5.32, 21.30, 42.60),
    "graviton4": ("Graviton4", 96, 537.6, 8.60, 34.41, 68.81),
    "Ampere Altra": ("Altra", 80, 204.8, 3.84, None, 15.36),
    "Google Axion": ("Axion", 72, None, None, None, None),
    "Azure Cobalt 100": ("Cobalt 100", 128, None, 6.96, 27.85, 55.71),
}


@pytest.mark.parametrize("written", SOCKETS)
def test_a_socket_has_the_ceilings_of_its_part(written: str) -> None:
    found = catalog.cpu(written)
    name, cores, bandwidth, fp32, bf16, int8 = SOCKETS[written]
    assert (found.name, found.cores) == (name, cores)
    assert found.bandwidth_gb_s == (None if bandwidth is None else pytest.approx(bandwidth))
    for precision, rate in (("fp32", fp32), ("bf16", bf16), ("int8", int8)):
        assert found.tflops.get(precision) == (None if rate is None else pytest.approx(rate, abs=0.006)), precision


def test_an_unknown_processor_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        catalog.cpu("Sapphire Rapid")
    assert caught.value.code == "unknown-cpu"
    assert "Sapphire Rapids" in caught.value.hint


def test_matrix_units_set_the_newer_intel_sockets_apart() -> None:
    assert catalog.cpu("SPR").tflops["int8"] > 5 * catalog.cpu("Ice Lake").tflops["int8"]
    assert "AMX" in catalog.cpu("SPR").vector
    assert "int8" not in catalog.cpu("Skylake").tflops


def test_power_that_the_source_cannot_mean_is_left_out() -> None:
    assert catalog.cpu("Turin").watts_per_vcpu_full is None  # the source has 9 W a vCPU, five times the generation before
    assert "stand-in" in catalog.cpu("Graviton4").note


def test_processors_that_cannot_be_are_refused() -> None:
    good = catalog.cpu("Genoa")
    assert not list(hardware_check.cpu_errors(good))
    for change in (
        {"watts_per_vcpu_idle": 9.0},
        {"watts_per_vcpu_full": None},
        {"watts_per_vcpu_full": 7.0},
        {"base_ghz": 24.0},
        {"memory_mts": None},
        {"memory_mts": 48},
    ):
        assert len(list(hardware_check.cpu_errors(CpuFamily.model_validate(good.model_dump() | change)))) == 1, change


@pytest.mark.shared
@pytest.mark.skipif(not WATTS.is_file(), reason="the development data ../shared is not here")
def test_watts_of_a_vcpu_equal_the_source() -> None:
    generations = {"Rome": "EPYC 2nd Gen", "Milan": "EPYC 3rd Gen", "Genoa": "EPYC 4th Gen"}
    with WATTS.open(encoding="utf-8", newline="") as file:
        rows = {row["Architecture"]: row for row in csv.DictReader(file)}
    compared = 0
    for family in catalog.cpus().entries.values():
        if family.watts_per_vcpu_full is not None:
            row = rows[generations.get(family.name, family.name)]
            assert family.watts_per_vcpu_idle == pytest.approx(float(row["Min Watts"]), abs=0.0006)
            assert family.watts_per_vcpu_full == pytest.approx(float(row["Max Watts"]), abs=0.0006)
            compared += 1
    assert compared >= 11
