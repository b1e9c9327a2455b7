"""What is promised to whoever asks beyond the usual: options do what they say, what means nothing is named, and nothing is silent."""

from typing import Any

import pytest

from knowledge.errors import UserError
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.serving.drafting import Drafting
from tools.estimation.serving.estimate import run
from tools.estimation.tool import EstimateServing

ASKED: dict[str, Any] = {"model": "llama-3.1-70b", "gpu": "H100 SXM", "precision": "fp8", "input_tokens": 1500, "output_tokens": 300}


@pytest.fixture
def context(tmp_path: Any) -> ToolContext:
    return ToolContext(out_dir=tmp_path)


def ask(context: ToolContext, terms: str = "", **change: Any) -> ToolResult:
    return run(EstimateServing(**{**ASKED, "terms": terms, **change}), context)


def likely(found: ToolResult, name: str) -> float:
    return float(found.result[name]["likely"])


def test_a_cached_prefix_is_read_once_and_a_narrow_cache_holds_more(context: ToolContext) -> None:
    plain, cached, narrow = (ask(context, terms, gpu_count=4) for terms in ("", "cached=0.8", "kv=fp8"))
    assert likely(cached, "ttft_ms") < 0.8 * likely(plain, "ttft_ms")
    assert likely(cached, "max_requests_per_second") > likely(plain, "max_requests_per_second")
    assert likely(cached, "sequences_that_fit") == likely(plain, "sequences_that_fit")
    assert likely(narrow, "sequences_that_fit") == pytest.approx(2 * likely(plain, "sequences_that_fit"), rel=0.05)
    assert any("shared" in note or "share one" in note for note in cached.result["notes"])


def test_tokens_of_a_step_follow_leviathan() -> None:
    """By hand, k = 4, a = 0.7: (1 - 0.7^5) / (1 - 0.7) = 2.773; every draft kept: 5; none: 1."""
    assert Drafting(4, 0.7).tokens_a_step == pytest.approx(2.7731)
    assert Drafting(4, 1.0).tokens_a_step == 5
    assert Drafting(4, 0.0).tokens_a_step == 1


def test_drafting_is_faster_for_few_and_is_said_to_cost_capacity_under_load(context: ToolContext) -> None:
    terms = "draft=4, accept=0.6, draft_model=llama-3.2-1b"
    few = ask(context, terms, gpu_count=4, requests_per_second=0.05)
    assert likely(few, "tpot_ms") < 0.75 * likely(few, "tpot_ms_without_drafts")
    assert any("faster" in note for note in few.result["notes"])
    busy = ask(context, terms, gpu_count=4)
    assert likely(busy, "max_requests_per_second") < likely(busy, "max_requests_per_second_without_drafts")
    assert any("costs capacity" in note for note in busy.result["notes"])
    useless = ask(context, "draft=8, accept=0", gpu_count=4, requests_per_second=0.05)
    assert any("slower" in note for note in useless.result["notes"])


def test_pcie_slows_tensor_parallelism_and_leaves_one_card_alone(context: ToolContext) -> None:
    for count, same in ((8, False), (1, True)):
        change = {"gpu_count": count, "requests_per_second": 0.1, "model": "llama-3.1-8b"}
        own, host = (likely(ask(context, terms, **change), "ttft_ms") for terms in ("", "link=pcie"))
        assert (own == host) if same else own < host


def test_money_and_carbon_are_those_of_the_place(context: ToolContext) -> None:
    here = ask(context, "provider=gcp, region=us-central1", requests_per_second=50)
    spot = ask(context, "provider=gcp, region=us-central1, basis=spot", requests_per_second=50)
    assert likely(spot, "usd_per_hour") < likely(here, "usd_per_hour")
    assert any("taken back" in note for note in spot.result["notes"])
    grams = next(record for record in here.evidence if record.unit == "gCO2e" and "electricity" in record.claim)
    assert grams.value is not None and grams.inputs["grid"] == "Iowa"
    joules = likely(here, "joules_per_request")  # by hand: J / 3.6e6 x server 1.35 x site 1.1 x about 400 g
    assert float(grams.value.likely) == pytest.approx(joules / 3.6e6 * 1.35 * 1.1 * 400, rel=0.35)


def test_no_place_is_no_carbon_and_no_price_there_is_said(context: ToolContext) -> None:
    nowhere = ask(context)
    assert nowhere.result["grams_co2e_per_request"] is None
    assert any("name the provider and region" in note for note in nowhere.result["notes"])
    unsold = ask(context, "provider=aws, region=eu-west-1")
    assert unsold.result["usd_per_hour"] is None and unsold.result["grams_co2e_per_request"]["likely"] > 0
    assert any("sold at aws us-east-1" in note for note in unsold.result["notes"])


def test_machines_that_are_sold_whole_are_paid_whole(context: ToolContext) -> None:
    """AWS rents eight H100 at a time: five replicas of two need two machines, and those cost the same as sixteen accelerators."""
    found = ask(context, "provider=aws, region=us-east-1", requests_per_second=25, gpu_count=2)
    per_machine = likely(ask(context, "provider=aws, region=us-east-1", requests_per_second=0.01, gpu_count=8), "usd_per_hour")
    machines = -(-int(likely(found, "replicas")) // 4)
    assert likely(found, "usd_per_hour") == pytest.approx(machines * per_machine, rel=1e-6)


def test_notes_are_the_sentences_of_the_answer_with_their_figures(context: ToolContext) -> None:
    found = ask(context, gpu="A100 SXM 80GB", requests_per_second=0.01)
    texts = [said.text for said in found.statements]
    assert any("only store" in text for text in texts) and any("only store" in note for note in found.result["notes"])
    assert any("%" in note and "in use" in note for note in found.result["notes"])
    assert all("{" not in note for note in found.result["notes"])
    assert len(found.result["notes"]) < len(texts)


def test_what_was_not_said_is_said_and_widens_the_range(context: ToolContext) -> None:
    said = ask(context, gpu_count=4)
    guessed = run(EstimateServing(model="llama-3.1-70b", gpu="H100 SXM", precision="fp8", gpu_count=4), context)
    width = [r["ttft_ms"]["high"] / r["ttft_ms"]["likely"] for r in (said.result, guessed.result)]
    assert width[1] > width[0]
    assert any("were assumed" in note for note in guessed.result["notes"]) and not any("assumed" in note for note in said.result["notes"])
    unseen = ask(context, engine="never-heard-of-it")
    assert any("never-heard-of-it" in note for note in unseen.result["notes"])


def test_the_count_that_is_cheapest_for_the_traffic_is_taken(context: ToolContext) -> None:
    little = ask(context, model="llama-3.1-8b", precision="bf16", requests_per_second=0.1)
    assert likely(little, "gpus") == 1


@pytest.mark.parametrize(
    ("terms", "change", "code"),
    [
        ("kv=int8", {}, "kv-precision-unsupported"),
        ("kv=int9", {}, "terms-unreadable"),
        ("cached=1.4", {}, "terms-unreadable"),
        ("draft=0, accept=0.5", {}, "terms-unreadable"),
        ("draft=2.5, accept=0.5", {}, "terms-unreadable"),
        ("nonsense=1", {}, "terms-unreadable"),
        ("kv=fp8, kv=bf16", {}, "terms-unreadable"),
        ("draft=4", {}, "draft-impossible"),
        ("accept=0.5", {}, "draft-impossible"),
        ("draft=4, accept=0.5, draft_model=qwen2.5-0.5b", {}, "draft-impossible"),
        ("data=2", {}, "layout-impossible"),
        ("data=3", {"model": "mixtral-8x7b", "gpu_count": 4}, "layout-impossible"),
        ("expert=5", {"model": "mixtral-8x7b"}, "layout-impossible"),
        ("link=nvlink", {"gpu": "L40S"}, "no-such-link"),
        ("provider=awz", {}, "unknown-provider"),
        ("region=atlantis", {}, "unknown-region"),
        ("draft=4, accept=0.5, draft_model=llama-99", {}, "unknown-model"),
    ],
)
def test_what_means_nothing_is_named_with_what_would(context: ToolContext, terms: str, change: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as refused:
        ask(context, terms, **change)
    assert refused.value.code == code and refused.value.hint


@pytest.mark.parametrize(
    ("change", "code", "nearest"),
    [
        ({"gpu_count": 1, "precision": "bf16"}, "does-not-fit", {"gpu_count": 2}),
        ({"gpu_count": 3}, "heads-not-divisible", {"gpu_count": 1}),
        ({"gpu": "T4", "precision": "bf16"}, "does-not-fit", {"gpu_count": 8, "precision": "int8"}),
        ({"model": "deepseek-v3", "gpu": "L4"}, "does-not-fit", {"gpu": "H100 NVL", "gpu_count": 8}),
        ({"gpu_count": 2, "precision": "bf16", "tpot_ms": 10}, "latency-target", {"gpu_count": 8, "precision": "fp8"}),
    ],
)
def test_the_nearest_that_would_do_does(context: ToolContext, change: dict[str, Any], code: str, nearest: dict[str, Any]) -> None:
    found = ask(context, **change)
    assert found.result["reason_code"] == code and found.result["change"] == nearest
    assert ask(context, **{**change, **found.result["change"]}).result["feasible"]


def test_a_context_that_has_no_room_is_refused_with_one_that_has(context: ToolContext) -> None:
    change = {"model": "llama-3.1-8b", "gpu": "RTX 4090", "gpu_count": 1, "precision": "bf16", "input_tokens": 100_000}
    found = ask(context, **change)
    assert found.result["reason_code"] == "context-does-not-fit"
    shorter = found.result["change"]["input_tokens"]
    assert 1000 < shorter < 100_000
    assert ask(context, **{**change, "input_tokens": shorter}).result["feasible"]
    assert not ask(context, **{**change, "input_tokens": shorter * 1.02}).result["feasible"]


def test_a_target_that_nothing_keeps_is_answered_with_one_that_can_be_kept(context: ToolContext) -> None:
    found = ask(context, ttft_ms=1, tpot_ms=1)
    assert found.result["reason_code"] == "latency-target"
    assert ask(context, **found.result["change"]).result["feasible"]
