"""Calibrated rates: what share of a chip's peak an engine reaches, with partial pooling over the kinds of case.

Each rate is a base times factors for the engine, chip generation, number format, kind of model and link; each factor is
drawn to 1. A kind that the calibration never saw has factor 1: an unknown engine runs at the average rate, an unknown model
at what its shape says. The numbers lie in `knowledge/data/serving/calibration.json`, written by `calibrate.py`; this module
only reads them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path
from typing import Any

import knowledge
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.serving.case import Case
from tools.estimation.serving.formats import peak_tflops
from tools.estimation.serving.metrics import Scheduling
from tools.estimation.serving.steps import Rates

PLACE = Path(knowledge.__file__).parent / "data" / "serving" / "calibration.json"
#: Link of a card without a stated one: PCIe 4.0 x16, bytes/s in one direction.
PLAIN_LINK = 25e9
#: Above this a link between cards is of the NVLink kind, bytes/s.
FAST_LINK = 100e9
#: Engines that add up products of 16 bits in 16 bits: GeForce cards then reach half their int8 rate, twice what their
#: datasheet names for sums in 32 bits; other cards reach the same either way.
HALF_SUMS = frozenset({"llama.cpp"})
#: Which kinds of case change which rate.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "weight_bandwidth": ("generation", "format", "engine"),
    "gemm": ("engine", "generation", "format"),
    "gemm_decode": ("engine", "generation"),
    "expert_bandwidth": ("generation", "format", "engine"),
    "expert_gemm": ("generation", "format", "mixer", "engine"),
    "kv_bandwidth": ("engine", "generation", "mixer"),
    "attention": ("engine", "generation", "mixer"),
    "activation_bandwidth": ("generation",),
    "per_step": ("engine",),
    "per_layer": ("engine", "generation", "mixer", "mlp", "engine and mlp"),
    "per_layer_prefill": ("engine", "generation", "mixer", "mlp"),
    "per_sequence": ("engine",),
    "per_message": ("link",),
    "link": ("link",),
    "sharpness": (),
    "whole_decode": ("model", "engine and generation"),
    "whole_prefill": ("engine and generation",),
    "interference": ("engine", "client"),
    "first_fixed": ("engine", "client"),
    "first_step": ("engine", "client"),
    "first_prefill": ("engine", "client"),
    "first_decode": ("engine", "client"),
}


@dataclass(frozen=True, slots=True)
class Peaks:
    """Datasheet limits of one GPU: bytes/s and FLOP/s."""

    bandwidth: Any
    multiply: Any  # in the format of the weights
    half: Any  # in 16 bits: attention
    link: Any


def chip_generation(chip: Accelerator) -> str:
    """Generation of a chip, by what its tensor units can do; data-centre and graphics memory apart."""
    if chip.vendor == "amd":
        return "cdna" if chip.name.startswith("MI") else "rdna"
    major = chip.compute_capability
    graphics = "" if (chip.bandwidth_gb_s or 0) > 1200 else "-graphics"
    names = {"7": "volta", "8.0": "ampere", "8.6": "ampere", "8.9": "ada", "9.0": "hopper", "10": "blackwell", "12": "blackwell-graphics"}
    found = next((name for prefix, name in names.items() if major.startswith(prefix)), chip.vendor)
    return found + graphics if found == "ampere" else found


def model_kind(case: Case) -> str:
    """Dense, mixture of experts, or latent attention: the kinds whose errors are told apart."""
    return "latent" if case.shape.kv_latent else "experts" if case.shape.experts else "dense"


def mixer(shape: ModelArchitecture) -> str:
    """What mixes the tokens of a layer: each runs its own kernels."""
    if shape.kv_latent:
        return "sparse latent" if shape.sparse_top_k else "latent"
    return "recurrent" if shape.recurrent_layers else "heads"


def peaks(case: Case) -> Peaks:
    """Limits of the case's chip; the catalogue must know bandwidth and a 16-bit rate (see `refusals`)."""
    chip = case.chip
    multiply, _ = peak_tflops(chip, case.fmt)
    if case.engine in HALF_SUMS:
        multiply = max(multiply or 0.0, (chip.tflops.get("int8") or 0.0) / 2)
    half = chip.tflops.get("bf16") or chip.tflops.get("fp16") or multiply or 0.0
    link = (chip.link_gb_s or 0.0) * 1e9 or PLAIN_LINK
    return Peaks((chip.bandwidth_gb_s or 0.0) * 1e9, (multiply or 0.0) * 1e12, half * 1e12, link)


def kinds_of(case: Case) -> dict[str, str]:
    """The case's level in each kind that the calibration tells apart."""
    native = peak_tflops(case.chip, case.fmt)[1]
    generation, mlp = chip_generation(case.chip), "experts" if case.shape.experts else "dense"
    narrow = "fp4" if case.fmt.name == "mxfp4" else case.fmt.name  # one kind of kernel for both block-scaled formats
    return {
        "engine": case.engine,
        "generation": generation,
        "format": narrow if native or case.fmt.weight_only else f"{narrow} emulated",
        "mixer": mixer(case.shape),
        "mlp": mlp,
        "model": case.shape.name,
        "engine and generation": f"{case.engine} on {generation}",
        "engine and mlp": f"{case.engine} with {mlp}",
        "client": case.client,
        "link": "fast" if peaks(case).link > FAST_LINK else "plain",
    }


def combine(factor: Any, top: Peaks) -> tuple[Rates, Rates, Scheduling]:
    """Rates of decode and of prefill steps, and the scheduling. `factor`: family -> number (or tensor)."""
    shared: dict[str, Any] = {
        "weight_bandwidth": top.bandwidth * factor("weight_bandwidth"),
        "gemm": top.multiply * factor("gemm"),
        "expert_bandwidth": top.bandwidth * factor("expert_bandwidth"),
        "expert_gemm": top.multiply * factor("expert_gemm"),
        "kv_bandwidth": top.bandwidth * factor("kv_bandwidth"),
        "attention": top.half * factor("attention"),
        "activation_bandwidth": top.bandwidth * factor("activation_bandwidth"),
        "per_step": factor("per_step"),
        "per_sequence": factor("per_sequence"),
        "per_message": factor("per_message"),
        "link": top.link * factor("link"),
        "sharpness": 1 + factor("sharpness"),
        "top_bandwidth": top.bandwidth,
        "top_multiply": top.multiply,
        "top_half": top.half,
    }
    scheduling = Scheduling(*(factor(name) for name in ("interference", "first_fixed", "first_step", "first_prefill", "first_decode")))
    skinny = factor("gemm_decode")  # few rows at once: kernels reach less of the peak than with long prompts
    decoding = {**shared, "gemm": shared["gemm"] * skinny, "expert_gemm": shared["expert_gemm"] * skinny}
    decode = Rates(per_layer=factor("per_layer"), whole=factor("whole_decode"), **decoding)
    return decode, Rates(per_layer=factor("per_layer_prefill"), whole=factor("whole_prefill"), **shared), scheduling


@dataclass(frozen=True)
class Calibration:
    """The fitted numbers (natural logarithms) and where they come from."""

    base: Mapping[str, float]
    effects: Mapping[str, Mapping[str, Mapping[str, float]]]  # family -> kind -> level -> log factor
    bands: Mapping[str, Any]
    wider: Mapping[str, float]  # kind -> times wider where its level was never seen
    about: Mapping[str, Any]

    def factor(self, family: str, kinds: Mapping[str, str]) -> float:
        """The rate's share of its peak (or its seconds) for a case of these kinds."""
        found = self.base[family]
        for kind in FAMILIES[family]:
            found += self.effects[family][kind].get(kinds[kind], 0.0)
        return exp(found)

    def knows(self, kind: str, level: str) -> bool:
        """Whether the calibration saw that engine, generation, format ..."""
        return level in self.about["levels"][kind]


@cache
def calibration() -> Calibration:
    """The committed calibration."""
    return Calibration(**json.loads(PLACE.read_text(encoding="utf-8")))


def rates_of(case: Case, fitted: Calibration) -> tuple[Rates, Rates, Scheduling]:
    """Rates of decode and prefill steps and the scheduling of a case."""
    kinds = kinds_of(case)
    return combine(lambda family: fitted.factor(family, kinds), peaks(case))
