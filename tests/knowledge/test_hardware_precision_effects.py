"""Advice on number formats rests on published pairs of runs: when 4 bits lose, when 8 bits win, and what broke the model."""

import csv
import gzip
from pathlib import Path

import pytest

from knowledge import catalog, hardware_check
from knowledge.schemas import PrecisionEffect
from knowledge.techniques import card, groups

MEASURED = Path(__file__).resolve().parents[3] / "shared" / "data" / "serving" / "measured.csv.gz"

#: chip -> published saturated throughput over 16 bits: FP8, INT8 (W8A8), 4-bit weights
SATURATED = {
    "H100": (1.29, 1.21, 0.64),
    "H200": (1.16, 1.15, 0.61),
    "RTX 6000 Ada": (1.44, 1.40, 0.70),
    "RTX 4090": (2.24, 1.99, 1.04),
    "RTX 3090": (1.56, 2.29, 1.17),
}


def likely(chip: str, precision: str) -> float:
    found = catalog.saturated_factor(catalog.accelerator(chip), precision)
    assert found is not None
    assert found.factor.low < found.factor.likely < found.factor.high
    return float(found.factor.likely)


@pytest.mark.parametrize("chip", SATURATED)
def test_the_saturated_table(chip: str) -> None:
    assert tuple(likely(chip, p) for p in ("fp8", "w8a8", "w4a16")) == SATURATED[chip]


def test_four_bit_weights_lose_saturated_throughput_on_busy_datacentre_gpus() -> None:
    for chip in ("A100", "A100 40GB", "A800", "H100", "H200", "RTX 6000 Ada", "GH200", "L40S"):
        found = catalog.saturated_factor(catalog.accelerator(chip), "w4a16")
        assert found is not None
        assert found.factor.high < 0.8, chip


def test_two_engine_versions_that_disagree_give_a_wide_range() -> None:
    found = catalog.saturated_factor(catalog.accelerator("A100"), "w8a8")
    assert found is not None
    assert {e.engine_version for e in found.effects} == {"0.7.3", "0.20.1"}
    assert found.factor.low < 0.82 < 1.32 < found.factor.high


def test_a_run_that_broke_the_model_is_kept_but_never_counts() -> None:
    broken = [e for e in catalog.precision_effects() if e.broken]
    assert [(e.accelerator, e.precision, e.score) for e in broken] == [("A100 SXM 80GB", "fp8", 0.0)]
    found = catalog.saturated_factor(catalog.accelerator("A100"), "fp8")
    assert found is not None
    assert not set(found.effects) & set(broken)
    assert broken[0] not in catalog.effects_near("fp8", params_b=8, batch=None, context=460, count=99)


def test_a_chip_nobody_ran_borrows_only_from_its_generation_and_memory_size() -> None:
    borrowed = catalog.saturated_factor(catalog.accelerator("L40S"), "fp8")
    assert borrowed is not None
    assert not borrowed.same_chip
    assert {e.accelerator for e in borrowed.effects} == {"RTX 6000 Ada"}  # not the RTX 4090, whose memory was full
    for chip, precision in (("A40", "w8a8"), ("MI300X", "fp8"), ("B200", "fp8"), ("TPU v5e", "w8a8")):
        assert catalog.saturated_factor(catalog.accelerator(chip), precision) is None, chip


def nearest(params_b: float, context: int, *, batch: int | None = 1, eager: bool = False) -> float:
    return catalog.effects_near("w4a16", params_b=params_b, batch=batch, context=context, eager=eager, count=1)[0].factor


def test_one_request_at_a_time_size_context_and_runtime_decide() -> None:
    assert nearest(0.5, 1000) < 1  # under 1B: loses
    assert nearest(32, 1000) > nearest(3, 1000) > 1  # the bigger the model, the more it gains
    assert nearest(32, 1000) > nearest(32, 30000) > nearest(32, 60000) > 1  # fades with context
    eager = [e.factor for e in catalog.effects_near("w4a16", params_b=3, batch=1, context=1000, eager=True, count=2)]
    assert sum(eager) / 2 == pytest.approx(1, abs=0.05)  # eager runtime: nothing gained
    assert nearest(8, 500, batch=None) < 0.7


def test_every_effect_has_its_conditions_and_a_dated_source() -> None:
    for effect in catalog.precision_effects():
        assert effect.engine
        assert effect.input_tokens or effect.source == "torchao"  # its table gives no lengths
        assert effect.accelerator in catalog.accelerators().entries
        assert catalog.effect_source(effect).checked_on is not None


def test_an_unmarked_broken_run_is_refused() -> None:
    effect = next(e for e in catalog.precision_effects() if e.broken)
    assert not list(hardware_check.effect_errors(effect, set()))
    assert "not marked as broken" in next(hardware_check.effect_errors(effect.model_copy(update={"broken": ""}), set()))
    assert "outside" in next(hardware_check.effect_errors(effect.model_copy(update={"factor": 40.0}), set()))
    assert "not in the fact base" in next(hardware_check.effect_errors(effect, {"H100 SXM"}))


@pytest.mark.shared
@pytest.mark.skipif(not MEASURED.is_file(), reason="the development data ../shared is not here")
def test_factors_of_the_request_by_request_pages_equal_the_published_rows() -> None:
    rows: dict[tuple[str, ...], float] = {}
    with gzip.open(MEASURED, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"].startswith("Qwen docs") and row["metric"] in ("output_tok_s", "total_tok_s"):
                bare = row["model"].split("/")[-1]
                for tail in ("-GPTQ-Int4", "-GPTQ-Int8", "-AWQ", "-FP8"):
                    bare = bare.removesuffix(tail)
                rows[bare, row["engine"], row["input_tokens"], row["gpu_count"], row["precision_weights"]] = float(row["value"])
    written = {"fp8": "fp8", "w8a16": "int8 (gptq)", "w4a16": "int4 ({})"}
    compared = 0
    for effect in catalog.precision_effects():
        if effect.source.startswith("qwen"):
            key = (effect.model, effect.engine, str(effect.input_tokens), str(effect.gpus))
            narrow = rows[*key, written[effect.precision].format(effect.method.lower())]
            assert effect.factor == pytest.approx(narrow / rows[*key, "bf16"], abs=0.006), effect
            compared += 1
    assert compared > 60


def test_a_format_the_fact_base_has_no_name_for_is_refused() -> None:
    with pytest.raises(ValueError, match="precision"):
        PrecisionEffect(accelerator="x", precision="int3", model="m", params_b=1, engine="e", factor=1, source="s")  # type: ignore[arg-type]


#: technique card -> the weight format it stands for
CARDS = {"quantize_fp8": "fp8", "quantize_w8a8": "w8a8", "quantize_w4a16": "w4a16"}


@pytest.mark.parametrize("name", CARDS)
def test_a_cards_range_holds_every_published_run_it_speaks_of(name: str) -> None:
    """Cost is the inverse of throughput; the first effect whose group holds the chip counts, as in the planner."""
    inside = 0
    for run in catalog.precision_effects():
        if run.precision != CARDS[name] or not run.saturated or run.broken:
            continue
        chip = run.accelerator.split(" SXM")[0]
        for effect in card(name).effects:
            words = [word for condition in effect.when for word in groups()[condition.group or ""]]
            if (not words or chip in words) and effect.factor is not None:
                if name != "quantize_fp8" or catalog.accelerator(run.accelerator).supports("fp8"):
                    assert effect.factor.low * 0.97 <= 1 / run.factor <= effect.factor.high * 1.03, (name, run.accelerator, 1 / run.factor)
                    inside += 1
                break
    assert inside >= 4


def test_every_speed_claim_names_its_conditions() -> None:
    for name in CARDS:
        for effect in card(name).effects:
            for word in ("Llama-3.1-8B", "vLLM", "requests at once", "tokens in"):
                assert word in effect.conditions, (name, word)
    notes = " ".join(card("quantize_w4a16").speed_notes)
    for word in ("30 to 40 %", "0.5B", "eager transformers", "size, context and engine"):
        assert word in notes


@pytest.mark.parametrize(("group", "precision"), [("fp8_native", "fp8"), ("int8_tensor", "int8")])
def test_groups_of_the_cards_agree_with_what_the_chips_compute_in(group: str, precision: str) -> None:
    chips = [chip for word in groups()[group] if (chip := catalog.find_accelerator(word)) is not None]
    assert len(chips) >= 12
    assert all(chip.supports(precision) for chip in chips), [chip.name for chip in chips if not chip.supports(precision)]
