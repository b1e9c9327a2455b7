"""What is promised to a platform lead who asks what to buy: ranges in order, costs that follow prices, refusals that help."""

from typing import Any

import pytest

from knowledge.errors import UserError
from knowledge.ranges import Range
from tools.contracts.tool import ToolContext
from tools.estimation.serving.estimate import run
from tools.estimation.tool import EstimateServing
from tools.estimation.traffic import PEAK, SECONDS_PER_MONTH

ASKED = {"model": "llama-3.1-70b", "gpu": "H100 SXM", "precision": "fp8", "input_tokens": 1500, "output_tokens": 300}


def answer(context: ToolContext, **change: Any) -> dict[str, Any]:
    return run(EstimateServing(**{**ASKED, **change}), context).result


@pytest.fixture
def context(tmp_path: Any) -> ToolContext:
    return ToolContext(out_dir=tmp_path)


def test_the_usual_question_gets_ranges_in_order_with_an_origin_each(context: ToolContext) -> None:
    found = run(EstimateServing(**ASKED, requests_per_second=50, ttft_ms=500), context)  # type: ignore[arg-type]
    assert found.result["feasible"]
    for name in ("ttft_ms", "tpot_ms", "output_tok_s", "max_requests_per_second", "replicas", "usd_per_million_tokens", "utilization"):
        value = found.result[name]
        assert 0 < value["low"] <= value["likely"] <= value["high"], name
    assert found.result["ttft_ms"]["likely"] <= 500
    assert {record.tier for record in found.evidence} == {"estimated", "published", "assumed"}
    assert all(record.reproduce for record in found.evidence)
    known = {record.id for record in found.evidence}
    assert all(set(said.figures.values()) <= known for said in found.statements)


def test_the_hour_is_accelerators_times_their_price_and_the_token_price_follows(context: ToolContext) -> None:
    found = answer(context, requests_per_second=50)
    hour, million = found["usd_per_hour"]["likely"], found["usd_per_million_tokens"]["likely"]
    assert million == pytest.approx(hour / (50 * 300 * 3600 / 1e6), rel=1e-3)
    assert found["usd_per_thousand_requests"]["likely"] == pytest.approx(hour / (50 * 3.6), rel=1e-3)
    assert found["replicas"]["likely"] * found["max_requests_per_second"]["likely"] >= 50


def test_not_even_the_low_end_reads_the_weights_faster_than_the_memory_can(context: ToolContext) -> None:
    """15 GB of an 8B model's weights at the 300 GB/s of an L4 take fifty milliseconds."""
    found = answer(context, model="llama-3.1-8b", gpu="L4", precision="bf16", requests_per_second=0.05)
    assert 50 <= found["tpot_ms"]["low"] <= found["tpot_ms"]["likely"]


def test_a_month_is_sized_for_its_busiest_second_and_paid_by_its_requests(context: ToolContext) -> None:
    month = 5e6
    found = run(EstimateServing(**ASKED, requests_per_month=month), context)  # type: ignore[arg-type]
    peak, hour = PEAK * month / SECONDS_PER_MONTH, found.result["usd_per_hour"]["likely"]
    assert found.result["replicas"] == answer(context, requests_per_second=peak)["replicas"]
    assert found.result["usd_per_thousand_requests"]["likely"] == pytest.approx(hour * 730 / month * 1000, rel=1e-3)
    assert any(record.tier == "assumed" and record.value == Range.exact(PEAK) for record in found.evidence)
    assert any("say" in said.names.get("how", "") for said in found.statements)


def test_a_stated_peak_over_the_mean_is_no_assumption(context: ToolContext) -> None:
    found = run(EstimateServing(**ASKED, requests_per_month=5e6, terms="peak=6"), context)  # type: ignore[arg-type]
    assert found.result["replicas"] == answer(context, requests_per_second=6 * 5e6 / SECONDS_PER_MONTH)["replicas"]
    assert all("memory" in record.claim for record in found.evidence if record.tier == "assumed")
    with pytest.raises(UserError, match="below the mean"):
        answer(context, requests_per_month=5e6, requests_per_second=0.1)


def test_what_is_no_language_model_is_said_to_be_none_whatever_the_lengths(context: ToolContext) -> None:
    found = answer(context, model="whisper-large-v3", precision="", input_tokens=1000, output_tokens=300)
    assert found["reason_code"] == "not-a-decoder" and "as an LLM does" in found["reason"]


def test_a_tighter_target_never_needs_fewer_accelerators(context: ToolContext) -> None:
    def accelerators(**target: float) -> float:
        found = answer(context, requests_per_second=50, gpu_count=4, **target)
        return float(found["replicas"]["likely"])

    assert accelerators(tpot_ms=15) >= accelerators(tpot_ms=40) >= accelerators()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gpu": "T4", "precision": "bf16"}, "does not fit"),
        ({"gpu_count": 3}, "do not divide"),
        ({"ttft_ms": 0.001}, "even for one request"),
        ({"model": "bert-base-uncased", "input_tokens": 100, "output_tokens": 10}, "token by token"),
    ],
)
def test_the_impossible_is_refused_with_the_nearest_that_would_do(context: ToolContext, change: dict[str, Any], words: str) -> None:
    found = answer(context, **change)
    assert not found["feasible"] and words in found["reason"] and found["nearest"]
    assert found["usd_per_million_tokens"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gpu": "H1000"}, "unknown-accelerator"),
        ({"model": "llama-99"}, "unknown-model"),
        ({"precision": "ternary"}, "unknown-precision"),
        ({"input_tokens": 500_000}, "context-too-long"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(context: ToolContext, change: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as refused:
        answer(context, **change)
    assert refused.value.code == code and refused.value.hint


def test_eight_bits_on_a_chip_without_units_are_only_stored(context: ToolContext) -> None:
    said = run(EstimateServing(**{**ASKED, "gpu": "A100 SXM 80GB"}), context).statements  # type: ignore[arg-type]
    assert any("only store" in one.text for one in said)


def test_the_rent_says_on_which_prices_it_rests_and_gives_the_other(context: ToolContext) -> None:
    found = run(EstimateServing(**ASKED, requests_per_second=50, ttft_ms=500), context)  # type: ignore[arg-type]
    said = next(one for one in found.statements if "rent around the clock" in one.text)
    assert "at the median of {sellers} sellers" in said.text and "at the cheapest, {seller}" in said.text
    assert found.result["usd_per_month_at_the_cheapest"]["likely"] < found.result["usd_per_month"]["likely"]
    assert said.names["seller"] not in ("vast-ai", "tensordock")


def test_machines_of_strangers_count_where_they_are_asked_for(context: ToolContext) -> None:
    plain, wide = answer(context, requests_per_second=50), answer(context, requests_per_second=50, terms="marketplace=yes")
    assert wide["sellers"]["likely"] > plain["sellers"]["likely"]
    assert wide["usd_per_month_at_the_cheapest"]["likely"] < plain["usd_per_month_at_the_cheapest"]["likely"]
    assert any("marketplace=yes" in note for note in plain["notes"]) and not any("marketplace=yes" in note for note in wide["notes"])
    desk = answer(context, model="llama-3.1-8b", gpu="RTX 4090", precision="bf16", requests_per_second=1)
    assert desk["usd_per_month"] and any("desktop card" in note for note in desk["notes"])
    assert not any("strangers" in note for note in desk["notes"]), "sellers with racks of their own are left"
    one = run(EstimateServing(**ASKED, requests_per_second=50, terms="provider=lambda"), context)  # type: ignore[arg-type]
    assert any("clock at {seller}:" in said.text and said.names["seller"] == "lambda" for said in one.statements)


def test_a_thousand_requests_cost_what_their_tokens_cost_on_both_bases(context: ToolContext) -> None:
    found = answer(context, requests_per_second=50.0)
    for basis in ("", "_usage"):
        requests, tokens = (Range(**found[f"usd_per_{unit}{basis}"]) for unit in ("thousand_requests", "million_tokens"))
        assert float(requests.likely) == pytest.approx(float(tokens.likely) * 300 / 1000, rel=0.002)


def test_why_so_many_replicas_is_answered_by_the_rate_they_rest_on(context: ToolContext) -> None:
    found = run(EstimateServing(**{**ASKED, "requests_per_second": 50.0}), context)
    records = {record.id: record for record in found.evidence}
    replicas = next(one for one in records.values() if one.claim.startswith("Replicas for the peak"))
    assert "rounded up" in replicas.method and replicas.inputs["peak_requests_per_second"] == 50.0
    assert any(records[parent].claim.startswith("Requests a second that one replica sustains") for parent in replicas.parents)


def test_tensorrt_llm_gives_its_cache_a_share_of_what_the_weights_leave(context: ToolContext) -> None:
    other, own = (run(EstimateServing(**{**ASKED, "engine": engine}), context) for engine in ("vllm", "tensorrt-llm"))
    assert "92 (85 to 95) %" in " ".join(other.result["notes"])
    assert "90 % of what the weights leave" in " ".join(own.result["notes"])
    assert own.result["sequences_that_fit"]["likely"] != other.result["sequences_that_fit"]["likely"]


def test_a_chip_without_bf16_runs_in_fp16_and_says_so(context: ToolContext) -> None:
    asked = {"model": "llama-3.2-3b", "gpu": "V100", "input_tokens": 500, "output_tokens": 100}
    for precision in ("bf16", "auto"):
        found = run(EstimateServing(**asked, precision=precision), context).result  # type: ignore[arg-type]
        assert found["precision"] == "fp16"
        assert any("has no bf16" in note for note in found["notes"])
