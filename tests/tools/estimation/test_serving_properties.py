"""What is promised to whoever plans with the answer: it moves the way physics and arithmetic say, whatever is asked."""

from dataclasses import replace
from decimal import Decimal
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.own_prices import OwnMachinePrice, OwnPrices
from tools.contracts.tool import Session, ToolContext
from tools.estimation.serving.case import Case, footprint, room_for
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.drafting import Drafting
from tools.estimation.serving.estimate import run
from tools.estimation.serving.formats import weight_format
from tools.estimation.serving.predict import band, behaviour
from tools.estimation.serving.refusals import refusal
from tools.estimation.serving.sizing import Target, size
from tools.estimation.tool import EstimateServing

ALMOST = 1 + 1e-9
SEARCHED = 1.003  # a search ends within a thousandth


def case(model: str, chip: str, precision: str, tensor: int, input_tokens: float, output_tokens: float) -> Case:
    shape = catalog.model(model)
    fmt = weight_format(precision, shape)
    return Case(shape, catalog.accelerator(chip), Layout(tensor=tensor), fmt, 16.0, "vllm", input_tokens, output_tokens)


cases = st.builds(
    case,
    st.sampled_from(("llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b", "deepseek-v3", "gemma-3-27b")),
    st.sampled_from(("H100 SXM", "A100 SXM 80GB", "L40S", "RTX 4090", "MI300X")),
    st.sampled_from(("bf16", "fp8", "int8", "int4")),
    st.sampled_from((1, 2, 8)),
    st.floats(64, 20_000),
    st.floats(8, 4000),
)
asked = st.builds(
    lambda model, gpu, precision, **more: EstimateServing(model=model, gpu=gpu, precision=precision, **more),
    st.sampled_from(("llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b")),
    st.sampled_from(("H100 SXM", "L40S", "A100 SXM 80GB")),
    st.sampled_from(("bf16", "fp8", "int4")),
    input_tokens=st.floats(16, 8000),
    output_tokens=st.floats(16, 2000),
    requests_per_second=st.floats(0.01, 100),
    ttft_ms=st.sampled_from((0, 300, 2000)),
    tpot_ms=st.sampled_from((0, 20, 100)),
    terms=st.sampled_from(("", "cached=0.5", "kv=fp8", "draft=4, accept=0.7", "provider=gcp, region=us-central1")),
)


def context(own: OwnPrices | None = None) -> ToolContext:
    return ToolContext(out_dir=Path("/nonexistent"), session=Session(own_prices=own) if own else Session())


@settings(max_examples=40)
@given(cases, st.floats(0, 1), st.floats(0, 1))
def test_a_longer_cached_prefix_is_never_slower(one: Case, less: float, more: float) -> None:
    less, more = sorted((less, more))
    for concurrency in (1.0, 32.0):
        before, after = (behaviour(replace(one, cached_share=share, concurrency=concurrency)) for share in (less, more))
        assert after.ttft_s <= before.ttft_s * ALMOST and after.tpot_s <= before.tpot_s * ALMOST
        assert after.requests_per_second >= before.requests_per_second / ALMOST


@settings(max_examples=40)
@given(cases, st.integers(1, 8), st.floats(0, 1), st.floats(0, 1))
def test_better_drafts_are_never_slower_and_useless_ones_never_faster(one: Case, tokens: int, less: float, more: float) -> None:
    less, more = sorted((less, more))
    for concurrency in (1.0, 64.0):
        plain = behaviour(replace(one, concurrency=concurrency))
        none, worse, better = (
            behaviour(replace(one, concurrency=concurrency, drafting=Drafting(tokens, share))) for share in (0.0, less, more)
        )
        assert better.tpot_s <= worse.tpot_s * ALMOST <= none.tpot_s * ALMOST**2
        assert none.tpot_s >= plain.tpot_s / ALMOST


@settings(max_examples=40)
@given(cases, st.floats(1.01, 4))
def test_longer_requests_never_leave_more_room_and_narrower_formats_never_less(one: Case, factor: float) -> None:
    def room(of: Case) -> float:
        return room_for(of, footprint(of))

    assume(refusal(one) is None)
    assert room(replace(one, input_tokens=one.input_tokens * factor)) <= room(one) * ALMOST
    assert room(replace(one, output_tokens=one.output_tokens * factor)) <= room(one) * ALMOST
    assert room(replace(one, kv_bits=8.0)) >= room(one) / ALMOST
    rooms = [room(replace(one, fmt=weight_format(name, one.shape))) for name in ("bf16", "int8", "int4")]
    assert rooms == sorted(rooms)


@settings(max_examples=25)
@given(cases, st.floats(1.05, 4), st.floats(0.2, 5), st.floats(0.01, 0.2))
def test_a_faster_chip_or_a_looser_target_never_sustains_less(one: Case, factor: float, ttft_s: float, tpot_s: float) -> None:
    assume(refusal(one) is None)

    def rate(of: Case, *target: float) -> float:
        best = size(of, Target(*target)).best
        return 0.0 if best is None else best.requests_per_second

    now = rate(one, ttft_s, tpot_s)
    for field in ("bandwidth_gb_s", "memory_gib"):
        faster = one.chip.model_copy(update={field: (getattr(one.chip, field) or 1.0) * factor})
        assert rate(replace(one, chip=faster), ttft_s, tpot_s) * SEARCHED >= now
    assert rate(one, ttft_s * factor, tpot_s * factor) * SEARCHED >= now
    assert rate(one, inf, inf) * SEARCHED >= now


@settings(max_examples=25)
@given(asked, st.floats(1.0, 20))
def test_more_traffic_never_takes_fewer_accelerators_and_ranges_are_in_order(args: EstimateServing, factor: float) -> None:
    now = run(args, context()).result
    then = run(args.model_copy(update={"requests_per_second": args.requests_per_second * factor}), context()).result
    assert now["feasible"] == then["feasible"]
    for found in (now, then):
        ranges = {name: value for name, value in found.items() if isinstance(value, dict) and "likely" in value}
        assert bool(ranges) == found["feasible"]
        for name, value in ranges.items():
            assert 0 < value["low"] <= value["likely"] <= value["high"], name
    if now["feasible"]:
        for bound in ("low", "likely", "high"):
            assert then["gpus"]["likely"] >= now["gpus"]["likely"]
            if then["gpus_per_replica"] == now["gpus_per_replica"]:
                assert then["replicas"][bound] >= now["replicas"][bound]


@settings(max_examples=15)
@given(asked, st.sampled_from(("1.25", "3.99")))
def test_twice_the_price_is_twice_the_cost(args: EstimateServing, price: str) -> None:
    def costs(usd: Decimal) -> dict[str, Any]:
        own = OwnMachinePrice(file="prices.yaml", line=1, accelerator=args.gpu, on_demand=usd)
        found = run(args, context(OwnPrices(machines=(own,)))).result
        return {name: found[name] for name in found if name.startswith("usd") and found[name]}

    assume(run(args, context()).result["feasible"])
    once, twice = costs(Decimal(price)), costs(2 * Decimal(price))
    assert len(once) == 7
    for name, value in once.items():
        for bound in ("low", "likely", "high"):
            assert twice[name][bound] == pytest.approx(2 * value[bound], rel=2e-3), (name, bound)


@given(cases, st.sampled_from(("ttft", "tpot", "throughput")))
def test_what_no_measurement_held_widens_the_range(one: Case, metric: str) -> None:
    low, high = band(one, metric)
    for far in (
        replace(one, cached_share=0.5),
        replace(one, drafting=Drafting(4, 0.7)),
        replace(one, layout=Layout(tensor=8, data=2)),
    ):
        far_low, far_high = band(far, metric)
        assert far_low < low < 1 < high < far_high


@settings(max_examples=30)
@given(
    st.sampled_from(("llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b", "deepseek-v3")),
    st.sampled_from(("T4", "L4", "RTX 4090", "H100 SXM")),
    st.sampled_from((0, 1, 3, 8)),
    st.sampled_from(("", "int8", "int4")),
    st.sampled_from(("", "link=pcie", "cached=0.5")),
    st.sampled_from((0, 1, 100, 2000)),
    st.sampled_from((0, 1, 30)),
)
def test_what_is_refused_can_be_had_as_the_answer_says(
    model: str, gpu: str, count: int, precision: str, terms: str, ttft_ms: float, tpot_ms: float
) -> None:
    asks = {"input_tokens": 3000, "output_tokens": 300, "ttft_ms": ttft_ms, "tpot_ms": tpot_ms}
    args = EstimateServing(model=model, gpu=gpu, gpu_count=count, precision=precision, terms=terms, **asks)
    found = run(args, context()).result
    if not found["feasible"]:
        assert found["reason"] and found["nearest"] and found["change"]
        again = EstimateServing(**{**args.model_dump(), **found["change"]})
        assert run(again, context()).result["feasible"], found["change"]
