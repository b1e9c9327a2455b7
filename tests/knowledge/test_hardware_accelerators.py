"""The estimator's figures start here: each accelerator's name means one chip, with its dense rates and the formats it computes in."""

import csv
import gzip
from pathlib import Path

import pytest

from knowledge import catalog, hardware_check
from knowledge.schemas import Accelerator

MEASURED = Path(__file__).resolve().parents[3] / "shared" / "data" / "serving" / "measured.csv.gz"

#: name as published runs write it -> canonical name, GiB, GB/s, dense FP16 TFLOPS, GB/s to a neighbour in one direction
CHIPS = {
    "A100-80GB": ("A100 SXM 80GB", 80, 2039, 312, 300),
    "A100-PCIe-80GB": ("A100 PCIe 80GB", 80, 1935, 312, 32),
    "A100-SXM4-40GB": ("A100 SXM 40GB", 40, 1555, 312, 300),
    "A100-SXM4-80GB": ("A100 SXM 80GB", 80, 2039, 312, 300),
    "A10G-24GB": ("A10G", 22.49, 600.2, 70, 32),
    "A40-48GB": ("A40", 44.99, 695.8, 149.7, 32),
    "A800-SXM4-80GB": ("A800 SXM 80GB", 80, 2039, 312, 200),
    "B200-180GB": ("B200", 180, 7700, 2250, 900),
    "B300-288GB": ("B300", 268.6, 7750, 2250, 900),
    "GB200-186GB": ("GB200", 185, 8000, 2500, 900),
    "GH200-96GB": ("GH200", 96, 4000, 989.5, 450),
    "H100-SXM-80GB": ("H100 SXM", 80, 3350, 989, 450),
    "H20-3e-141GB": ("H20-3e", 141, 4800, 148, 450),
    "H20-96GB": ("H20", 96, 4000, 148, 450),
    "H200-SXM-141GB": ("H200 SXM", 141, 4800, 989, 450),
    "L4-24GB": ("L4", 22.49, 300, 121, 32),
    "L40S-48GB": ("L40S", 44.99, 864, 362.05, 32),
    "MI250-128GB": ("MI250", 128, 3276.8, 362.1, 300),
    "MI300X-192GB": ("MI300X", 192, 5300, 1307.4, 448),
    "RTX-3070-8GB": ("RTX 3070", 8, 448, 40.6, 32),
    "RTX-3080Ti-12GB": ("RTX 3080 Ti", 12, 912, 68.2, 32),
    "RTX-3090-24GB": ("RTX 3090", 24, 936, 71, 32),
    "RTX-3090Ti-24GB": ("RTX 3090 Ti", 24, 1008, 80, 32),
    "RTX-4000-Ada-20GB": ("RTX 4000 Ada", 20, 360, 81.9, 32),
    "RTX-4070Ti-12GB": ("RTX 4070 Ti", 12, 504, 80.2, 32),
    "RTX-4090-24GB": ("RTX 4090", 24, 1008, 165.2, 32),
    "RTX-4090D-24GB": ("RTX 4090 D", 24, 1008, 147.1, 32),
    "RTX-5090-32GB": ("RTX 5090", 32, 1792, 209.5, 64),
    "RTX-6000-Ada-48GB": ("RTX 6000 Ada", 48, 960, 364.2, 32),
    "RTX-A6000-48GB": ("RTX A6000", 48, 768, 154.8, 32),
    "RTX-PRO-6000-Blackwell-SE-96GB": ("RTX PRO 6000 Server", 95.6, 1792, 467.8, 64),
    "RX-7900XTX-24GB": ("RX 7900 XTX", 24, 960, 122.8, 32),
    "V100S-PCIe-32GB": ("V100S PCIe 32GB", 32, 1134, 130, 16),
}


@pytest.mark.parametrize("written", CHIPS)
def test_published_runs_name_the_right_chip(written: str) -> None:
    chip = catalog.accelerator(written)
    assert (chip.name, chip.memory_gib, chip.bandwidth_gb_s, chip.tflops["fp16"], chip.link_gb_s) == CHIPS[written]
    assert chip.link
    assert chip.tdp_w or written == "H20-3e-141GB"  # no published figure for that one
    assert bool(chip.compute_capability) == (chip.vendor == "nvidia")


@pytest.mark.shared
@pytest.mark.skipif(not MEASURED.is_file(), reason="the development data ../shared is not here")
def test_every_chip_of_the_published_measurements_is_in_the_table_above() -> None:
    with gzip.open(MEASURED, "rt", encoding="utf-8", newline="") as file:
        assert {row["gpu"] for row in csv.DictReader(file)} == set(CHIPS)


def test_consumer_cards_count_32_bit_accumulation() -> None:
    """GeForce parts multiply FP16 at half rate when they accumulate in 32 bits, as serving engines do; INT8 stays at four times that."""
    for name in ("RTX 3070", "RTX 3080 Ti", "RTX 3090", "RTX 4070 Ti", "RTX 4090", "RTX 4090 D", "RTX 5090"):
        rates = catalog.accelerator(name).tflops
        assert rates["fp16"] == pytest.approx(2 * rates["fp32"], rel=0.01), name
        assert rates["int8"] == pytest.approx(4 * rates["fp16"], rel=0.01), name


#: precision -> chips that compute in it, chips that do not, chips of which the fact base does not know
SUPPORT = {
    "fp32": (("A100", "P100", "MI250"), (), ("TPU v5e",)),
    "tf32": (("A100", "L4", "H100", "MI300X", "RTX 3070"), ("T4", "V100", "P100", "MI250", "MI355X", "RX 7900 XTX"), ("TPU v5e",)),
    "bf16": (("A100", "L4", "A10G", "MI250", "TPU v5e", "Gaudi2"), ("T4", "V100", "V100S", "P100", "RTX 2080 Ti"), ()),
    "fp16": (("P100", "V100", "T4", "A100", "MI250", "RX 7900 XTX"), (), ("TPU v5e",)),
    "fp8": (
        (
            "L4",
            "L40S",
            "RTX 4090",
            "RTX 4090 D",
            "RTX 4000 Ada",
            "H100",
            "H20-3e",
            "B200",
            "RTX 5090",
            "MI300X",
            "Gaudi2",
            "TPU v7",
            "Jetson Thor",
        ),
        ("A100", "A800", "A10G", "RTX 3090", "T4", "V100", "MI250", "RX 7900 XTX", "TPU v5e", "Jetson Orin", "M4 Max"),
        (),
    ),
    "int8": (("T4", "A100", "H100", "B300", "MI300X", "RTX 3070", "TPU v5e", "P40"), ("V100", "P100", "Trainium2"), ("Gaudi2",)),
    "int4": (("P100", "V100", "A100", "MI250", "RX 7900 XTX", "B200", "Arc Pro B60"), (), ("TPU v5e", "Gaudi2")),
    "fp4": (("B200", "GB300", "RTX 5090", "RTX PRO 6000", "MI355X"), ("H100", "H200", "L40S", "MI300X", "MI325X", "A100"), ("Trainium1",)),
    "fp2": ((), (), ("B200", "MI300X")),
}


@pytest.mark.parametrize("precision", SUPPORT)
def test_what_each_generation_computes_in(precision: str) -> None:
    yes, no, unknown = SUPPORT[precision]
    for names, answer in ((yes, True), (no, False), (unknown, None)):
        for name in names:
            assert catalog.accelerator(name).supports(precision) is answer, f"{name} {precision}"


def test_every_gpu_of_a_known_generation_gets_a_plain_answer() -> None:
    formats = ("fp32", "tf32", "bf16", "fp16", "fp8", "int8", "int4", "fp4")
    for chip in catalog.accelerators().entries.values():
        answers = {precision: chip.supports(precision) for precision in formats}
        if chip.vendor in ("nvidia", "amd"):
            assert None not in answers.values(), (chip.name, answers)
        assert all(answers[precision] for precision in chip.tflops), chip.name


def test_over_sixty_accelerators_are_known_completely() -> None:
    """Memory, bandwidth, dense rates, power and the link to the neighbour."""
    complete = [
        chip.name
        for chip in catalog.accelerators().entries.values()
        if None not in (chip.memory_gib, chip.bandwidth_gb_s, chip.tdp_w, chip.link_gb_s) and chip.tflops and chip.link
    ]
    assert len(complete) >= 80
    assert len(catalog.accelerators().entries) >= 100


#: chip -> field and the figure of a public table that is wrong, and was not carried over
SLIPS = {
    "Trainium1": ("bandwidth_gb_s", 9800),
    "P40": ("bandwidth_gb_s", 694.3),
    "RTX 4070": ("tdp_w", 285),
    "A10G": ("tdp_w", 150),
    "RX 7900 XTX": ("tdp_w", 335),
}


@pytest.mark.parametrize("name", SLIPS)
def test_slips_of_public_tables_are_not_carried_over(name: str) -> None:
    field, slip = SLIPS[name]
    assert getattr(catalog.accelerator(name), field) != slip
    assert catalog.accelerator(name).note


def test_dense_means_dense() -> None:
    """Figures with sparsity are twice these."""
    dense = {"H100 SXM": ("fp8", 1978), "Jetson Orin": ("int8", 85), "RTX 6000 Ada": ("fp8", 728.5), "DGX Spark": ("fp4", 500)}
    for name, (precision, rate) in dense.items():
        assert catalog.accelerator(name).tflops[precision] == rate  # type: ignore[index]


def test_edge_devices_say_that_their_memory_is_shared() -> None:
    for name in ("Jetson AGX Orin", "Orin Nano", "DGX Spark", "Apple M4 Max", "MI300A"):
        assert catalog.accelerator(name).shared_memory
    assert not catalog.accelerator("RTX 4090").shared_memory


def test_accelerators_that_cannot_be_are_refused() -> None:
    good = catalog.accelerator("A100 SXM 40GB")
    assert not list(hardware_check.accelerator_errors(good))
    for change in (
        {"tflops": {"fp16": 312, "fp8": 200}},
        {"tflops": {"fp16": 0.3}},
        {"lacks": ("fp16",)},
        {"idle_w": 400},
        {"field_sources": {"colour": "aic"}},
    ):
        plain = {"field_sources": {}} if "field_sources" not in change else {}
        chip = Accelerator.model_validate(good.model_dump() | plain | change)
        assert len(list(hardware_check.accelerator_errors(chip))) == 1, change


@pytest.mark.shared
@pytest.mark.skipif(not MEASURED.is_file(), reason="the development data ../shared is not here")
def test_no_published_run_reads_its_weights_faster_than_the_memory_allows() -> None:
    """One request at a time reads every active weight once a token: a chip whose bandwidth is too low here would be beaten."""
    bytes_each = {"fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "int4": 0.55, "int4 (awq)": 0.55, "int4 (gguf Q4_K_M)": 0.6}
    shares: dict[str, float] = {}
    with gzip.open(MEASURED, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = row["concurrency_or_batch"] == "1" and row["metric"] == "output_tok_s" and row["precision_weights"] in bytes_each
            model = catalog.models().find(row["model"]) if one else None
            if model is not None and row["value"]:
                weights = (model.active_params_b or model.params_b) * bytes_each[row["precision_weights"]]
                chip = catalog.accelerator(row["gpu"])
                assert chip.bandwidth_gb_s is not None
                share = weights * float(row["value"]) / (chip.bandwidth_gb_s * int(row["gpu_count"]))
                shares[chip.name] = max(share, shares.get(chip.name, 0.0))
    assert len(shares) >= 12
    assert all(0.2 < share < 1 for share in shares.values()), shares
