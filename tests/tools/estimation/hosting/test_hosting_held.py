"""Promise to who asks about one GPU: the answer stays with it, break-even included, and names the best other machines beside it."""

from pathlib import Path

import pytest

from agent.wording import render
from knowledge.errors import UserError
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.hosting.choose import run
from tools.estimation.serving.estimate import run as estimate_serving
from tools.estimation.tool import ChooseHosting, EstimateServing

TRAFFIC = {"requests_per_month": 3e6, "input_tokens": 1500, "output_tokens": 300}


def answer(terms: str, model: str = "llama-3.1-8b") -> ToolResult:
    return run(ChooseHosting(model=model, terms=terms, **TRAFFIC), ToolContext(out_dir=Path()))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def held() -> ToolResult:
    return answer("gpu=1 x L4")


def test_the_machines_that_were_asked_about_are_weighed_and_the_best_others_named(held: ToolResult) -> None:
    free, ways = answer("").result["side_by_side"], held.result["side_by_side"]
    assert ways["switch"]["name"].startswith("L4 at ") and not free["switch"]["name"].startswith("L4")
    assert ways["switch_other"] == free["switch"] and free["switch_other"] is None
    assert ways["stay"] == free["stay"]
    text, _ = render(held.statements, {r.id: r for r in held.evidence})
    assert text.count("Of other machines") == 1 and "self-hosting pays at no volume" in text and "first on V100" not in text


def test_they_cost_what_sizing_them_says(held: ToolResult) -> None:
    sized = estimate_serving(
        EstimateServing(model="llama-3.1-8b", gpu="L4", gpu_count=1, **TRAFFIC), ToolContext(out_dir=Path())  # type: ignore[arg-type]
    ).result  # fmt: skip
    option = next(o for o in held.result["options"] if o["name"] == "L4" and not o["interruptible"] and o["ranked"])
    assert option["replicas"] == sized["replicas"]["likely"]


def test_a_break_even_is_that_of_the_machines_that_were_asked_about() -> None:
    found = run(
        ChooseHosting(model="gpt-4o", open_model="llama-3.1-8b", terms="gpu=L4", **TRAFFIC),  # type: ignore[arg-type]
        ToolContext(out_dir=Path()),
    )
    even = found.result["break_even"]
    assert even["option"].startswith(("L4 at ", "2 x L4 at ")) and even["requests_per_month"]["likely"] < 3e6


def test_every_configuration_is_still_an_option_or_rejected(held: ToolResult) -> None:
    result = held.result
    assert sum(one["configurations"] for one in result["rejected"]) + len(result["options"]) == result["configurations"]


def test_what_cannot_be_weighed_is_said_with_its_reason() -> None:
    found = answer("gpu=L4", "llama-3.1-405b")
    text, _ = render(found.statements, {r.id: r for r in found.evidence})
    assert text.startswith("L4 could not be weighed here (") and "not fit" in text
    with pytest.raises(UserError) as refused:
        answer("gpu=L4000")
    assert refused.value.code == "unknown-accelerator"
