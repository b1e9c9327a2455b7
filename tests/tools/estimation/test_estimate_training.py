"""What a person gets from `estimate_training`: hours, money, energy, other ways to do it, and clear refusals; and that it agrees with what
others measured when they trained.
"""

import math
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.errors import FrugalError
from knowledge.own_prices import OwnMachinePrice, OwnPrices
from knowledge.source import Tier
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.estimation.training import cost, interruptions, work
from tools.registry import tool

CASES = (0, 1, 2)


def ask(out: Path, own: OwnPrices | None = None, **arguments: Any) -> ToolResult:
    spec = tool("estimate_training")
    session = Session(own_prices=own) if own is not None else Session()
    return spec.load()(spec.args(**arguments), ToolContext(out_dir=out, session=session))


def refusal(out: Path, **arguments: Any) -> FrugalError:
    with pytest.raises(FrugalError) as caught:
        ask(out, **arguments)
    assert caught.value.hint
    return caught.value


def hours(model: str, method: str, tokens: float, length: float, gpu: str, count: int = 1) -> list[float]:
    shape, chip = catalog.model(model), catalog.accelerator(gpu)
    return [work.hours(shape, method, tokens, length, chip, count, case) for case in CASES]


@pytest.mark.parametrize(
    ("model", "tokens", "length", "gpu", "published"),
    [
        # Llama 2 model card: accelerator-hours of pre-training on 2 trillion tokens
        ("llama-2-7b", 2.0e12, 4096, "A100 80GB", 184_320),
        ("llama-2-13b", 2.0e12, 4096, "A100 80GB", 368_640),
        ("llama-2-70b", 2.0e12, 4096, "A100 80GB", 1_720_320),
    ],
)
def test_hours_of_published_pre_training(model: str, tokens: float, length: int, gpu: str, published: float) -> None:
    fast, likely, slow = hours(model, "pretrain", tokens, length, gpu)
    assert fast <= published <= slow
    assert likely == pytest.approx(published, rel=0.10)


@pytest.mark.parametrize(("method", "seconds"), [("lora", 942), ("full", 2147)])
def test_time_of_published_tuning(method: str, seconds: int) -> None:
    """huggingface/peft method comparison: Llama 3.2 3B on an L40S, 5 000 steps of four rows, 4 198 051 tokens in all."""
    fast, _, slow = hours("llama-3.2-3b", method, 4_198_051, 210, "L40S")
    assert fast - work.STARTUP_HOURS[0] <= seconds / 3600 <= slow


def test_operations_are_those_of_the_formula() -> None:
    """Llama 2 7B: 6 x 6.6 billion parameters (no look-up) + 12 x 32 layers x 4 096 x 2 048 for attention; LoRA four sixths of the first."""
    shape = catalog.model("llama-2-7b")
    used, attention = work.parameters_per_token(shape), 12 * 32 * 4096 * 2048
    assert used == pytest.approx(6.607e9, rel=0.001)
    assert work.model_flops(shape, "full", 1, 2048) == pytest.approx(6 * used + attention)
    assert work.model_flops(shape, "lora", 1, 2048) == pytest.approx(4 * used + attention)
    mixture = catalog.model("mixtral-8x7b")
    assert work.parameters_per_token(mixture) == pytest.approx(12.8e9, rel=0.02)


@settings(max_examples=40)
@given(
    model=st.sampled_from(["llama-3.1-8b", "mixtral-8x7b", "deepseek-v3", "bert", "qwen2.5-0.5b"]),
    method=st.sampled_from(work.METHODS),
    tokens=st.floats(1, 1e13),
    more=st.floats(1, 100),
    count=st.sampled_from([1, 2, 8, 64]),
)
def test_more_data_never_takes_less_and_more_cards_never_longer(model: str, method: str, tokens: float, more: float, count: int) -> None:
    short, long = hours(model, method, tokens, 512, "H100", count), hours(model, method, tokens * more, 512, "H100", count)
    assert all(a <= b for a, b in zip(short, long, strict=True))
    assert short == sorted(short)
    wider = hours(model, method, tokens, 512, "H100", 2 * count)
    assert all(b <= a for a, b in zip(short, wider, strict=True))
    assert all(2 * b >= a for a, b in zip(short, wider, strict=True))  # and doubling them never more than halves it
    lighter = hours(model, "lora", tokens, 512, "H100", count)
    assert all(a <= b for a, b in zip(lighter, hours(model, "full", tokens, 512, "H100", count), strict=True))


@settings(max_examples=60)
@given(size=st.floats(0, 1e13), machines=st.integers(1, 512), case=st.sampled_from(CASES))
def test_the_checkpoint_interval_is_the_best_one(size: float, machines: int, case: int) -> None:
    """Young's interval loses no more than half or twice as long a one."""
    best = interruptions.loss(size, machines, case)

    def lost(interval: float) -> float:
        return best.write / interval + interval / 2 / best.between

    assert lost(best.interval) <= min(lost(best.interval / 2), lost(best.interval * 2)) + 1e-12
    assert best.interval == pytest.approx(math.sqrt(2 * best.write * best.between))
    assert best.share > 0
    assert interruptions.loss(size, machines + 1, case).share >= best.share


def test_a_question_about_lora_is_answered_with_its_parts(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="mistral 7b", rows=50_000, tokens_per_row=400, gpu="H100", provider="aws", region="us-east-1")
    result = answer.result
    assert (result["method"], result["gpu"]) == ("lora", "H100 SXM")
    assert result["tokens"] == {"low": 20e6, "likely": 20e6, "high": 20e6}
    for key in ("hours", "gpu_hours", "usd", "energy_kwh", "gco2e", "per_gpu_gib"):
        assert 0 < result[key]["low"] <= result[key]["likely"] <= result[key]["high"]
    assert result["usd"]["likely"] == pytest.approx(result["hours"]["likely"] * result["usd_per_hour"]["likely"])
    assert {row["method"] for row in result["methods"]} == {"lora", "qlora", "full"}
    assert [row["share"] for row in result["fractions"]] == [0.1, 0.25, 0.5]
    assert all(a["usd"]["likely"] < b["usd"]["likely"] for a, b in pairwise(result["fractions"]))
    assert result["offers"] and all(offer["provider"] == "aws" for offer in result["offers"])
    assert result["grid"] == "Virginia"
    assert not answer.questions


def test_what_was_not_said_is_assumed_openly_and_asked_for(tmp_path: Path) -> None:
    answer = ask(tmp_path, model="mistral-7b", rows=50_000)
    assert answer.result["tokens"]["low"] < answer.result["tokens"]["likely"] < answer.result["tokens"]["high"]
    tokens = next(e for e in answer.evidence if e.claim.startswith("Tokens that pass"))
    assert tokens.tier is Tier.ASSUMED
    assert "hardware" in answer.questions and len(answer.questions) == 2
    ranked = answer.result["accelerators"]
    assert [row["usd"]["likely"] for row in ranked] == sorted(row["usd"]["likely"] for row in ranked)
    assert answer.result["gpu"] == ranked[0]["gpu"]
    assert any("cheapest" in note for note in answer.result["notes"])


def test_doubling_the_price_doubles_the_cost(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"model": "llama-3.1-8b", "method": "full", "rows": 1000, "tokens_per_row": 1000, "gpu": "A100"}
    once, twice = (ask(tmp_path, **asked, usd_per_hour=price).result for price in (1.25, 2.5))
    for bound in ("low", "likely", "high"):
        assert twice["usd"][bound] == pytest.approx(2 * once["usd"][bound])
    assert once["hours"] == twice["hours"]
    assert once["spot_usd"] is None


def test_the_users_own_price_wins_over_the_catalogue(tmp_path: Path) -> None:
    own = OwnPrices(machines=(OwnMachinePrice(file="prices.csv", line=2, accelerator="H100 SXM", on_demand=Decimal("1.11")),))
    answer = ask(tmp_path, own, model="mistral-7b", rows=50_000, tokens_per_row=400, gpu="H100")
    assert answer.result["usd_per_hour"] == {"low": 1.11, "likely": 1.11, "high": 1.11}
    price = next(e for e in answer.evidence if e.unit == "USD/hour" and e.value and e.value.is_exact)
    assert price.tier is Tier.STATED and "prices.csv" in price.source.ref


def test_machines_are_paid_whole(tmp_path: Path) -> None:
    """AWS sells B200 in eights: a job that one would hold is put on all eight that are paid for."""
    result = ask(tmp_path, model="llama-3-70b", rows=50_000, tokens_per_row=500, gpu="B200", provider="aws").result
    assert result["gpu_count"] == 8
    alone = ask(tmp_path, model="llama-3-70b", rows=50_000, tokens_per_row=500, gpu="B200", provider="aws", gpu_count=1).result
    assert alone["usd_per_hour"] == result["usd_per_hour"]
    assert alone["usd"]["likely"] > result["usd"]["likely"]
    hourly = cost.hourly("H100 SXM", 8, "on_demand", "aws")
    assert hourly is not None and all(o.machines * o.price.accelerators >= 8 for o in hourly.offers)


def test_too_few_cards_are_raised_to_the_fewest_that_hold_it(tmp_path: Path) -> None:
    result = ask(tmp_path, model="llama-3.1-8b", method="full", rows=1000, tokens_per_row=500, gpu="H100", gpu_count=1).result
    assert result["gpu_count"] == 2 and result["fits"]
    assert any("do not hold it" in note for note in result["notes"])


def test_full_tuning_needs_at_least_the_cards_of_adapters(tmp_path: Path) -> None:
    rows = {r["method"]: r for r in ask(tmp_path, model="llama-3-70b", rows=1000, tokens_per_row=500, gpu="A100 80GB").result["methods"]}
    assert rows["qlora"]["gpu_count"] <= rows["lora"]["gpu_count"] <= rows["full"]["gpu_count"]
    assert rows["lora"]["usd"]["likely"] < rows["full"]["usd"]["likely"]


def test_what_cannot_be_is_refused_with_what_can(tmp_path: Path) -> None:
    assert refusal(tmp_path, model="no such model at all", rows=10).code == "unknown-model"
    assert refusal(tmp_path, model="mistral-7b", rows=10, gpu="H1000").code == "unknown-accelerator"
    assert refusal(tmp_path, model="mistral-7b", rows=10, provider="asw").code == "unknown-provider"
    assert refusal(tmp_path, model="mistral-7b", rows=10, gpu="H100", provider="aws", region="us-middle-9").code == "unknown-region"
    assert refusal(tmp_path, model="bert", rows=10, tokens_per_row=4000).code == "context-too-long"
    big = refusal(tmp_path, model="llama-3.1-405b", method="full", rows=10, gpu="T4")
    assert big.code == "training-does-not-fit"
    for wrong in ({"rows": 0}, {"rows": -5}, {"rows": 10, "epochs": 0}, {"rows": 10, "usd_per_hour": -1}):
        with pytest.raises(ValueError, match="greater than"):
            tool("estimate_training").args(model="mistral-7b", **wrong)


def test_every_figure_has_its_origin_and_every_sentence_only_placeholders(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"model": "mistral-7b", "rows": 50_000, "tokens_per_row": 400, "gpu": "H100"}
    answer = ask(tmp_path, **asked)
    known = {e.id: e for e in answer.evidence}
    assert len(known) == len(answer.evidence)
    assert all(parent in known for e in answer.evidence for parent in e.parents)
    for statement in answer.statements:
        assert not any(c.isdigit() for c in statement.text)
        assert set(statement.figures.values()) <= set(known)
        statement.text.format(**statement.figures, **statement.names)
    shares = {e.claim: e for e in answer.evidence}
    assert shares["Share of its peak that H100 SXM achieves in training"].tier is Tier.PUBLISHED
    assert shares["Time that interruptions cost"].tier is Tier.ASSUMED
    assert "estimate_training --model mistral-7b" in answer.evidence[0].reproduce
    assert [e.id for e in ask(tmp_path, **asked).evidence] == [e.id for e in answer.evidence]


def test_an_accelerator_without_a_price_leaves_the_cost_unknown(tmp_path: Path) -> None:
    priced = {i.accelerator for i in catalog.instances().entries.values()}
    name = next(g.name for g in catalog.accelerators().entries.values() if g.kind == "gpu" and g.name not in priced and work.peak_flops(g))
    answer = ask(tmp_path, model="qwen2.5-0.5b", rows=1000, tokens_per_row=100, gpu=name)
    assert answer.result["usd"] is None and answer.result["offers"] == []
    assert any("unknown" in statement.text for statement in answer.statements)
