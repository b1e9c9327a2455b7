"""Promise to a platform lead: a question of fit or of tuning cost becomes the call that answers it, with what was said."""

from typing import Any

import pytest

from agent.policy import decide
from agent.question import Question
from agent.reading.candidates import candidates
from agent.reading.serving_asked import Asks
from agent.reading.training_words import method_in
from agent.situation import Situation
from agent.sizing import sized
from tools.contracts.tool import Session
from tools.contracts.workload import Workload


def planned(intent: str, text: str, **facts: Any) -> tuple[str, dict[str, Any]]:
    call = decide(Situation(intent, text, {}, Session(), Workload(name="w", **facts), ())).calls[0]
    return call["tool"], call["args"]


def test_a_question_of_fit_carries_count_precision_and_context() -> None:
    text = "does llama 3 70b in int4 fit on two A100 80GB with 8k context and an fp8 KV cache at batch size 16?"
    tool, args = planned("ask_hardware", text, model="llama 3 70b", precision="int4", hardware="A100 80GB", gpu_count=2)
    assert tool == "estimate_memory"
    assert args == {
        "model": "llama 3 70b", "mode": "inference", "gpu": "A100 80GB", "gpu_count": 2, "precision": "int4", "context": 8192, "batch": 16,
        "kv_precision": "fp8",
    }  # fmt: skip


def test_a_question_of_tuning_cost_carries_rows_tokens_and_method() -> None:
    text = "how much would it cost to LoRA tune mistral 7b on 50k rows of about 400 tokens for three epochs on H100s?"
    tool, args = planned("ask_training_cost", text, model="mistral 7b", dataset_rows=50_000, hardware="H100", provider="aws")
    assert tool == "estimate_training"
    assert args == {
        "model": "mistral 7b", "method": "lora", "rows": 50_000, "tokens_per_row": 400.0, "epochs": 3.0, "gpu": "H100", "provider": "aws",
    }  # fmt: skip


def test_without_rows_the_memory_of_the_method_is_what_can_be_said() -> None:
    tool, args = planned(
        "ask_training_cost", "can I full fine-tune llama 3.1 8b on 4 L40S?", model="llama 3.1 8b", hardware="L40S", gpu_count=4
    )
    assert (tool, args["mode"], args["gpu_count"]) == ("estimate_memory", "full", 4)
    assert planned("ask_peft", "would LoRA help?", model="llama 3.1 8b", precision="int4")[1] == {"model": "llama 3.1 8b", "mode": "lora"}


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("QLoRA on one card", "qlora"),
        ("4-bit fine-tuning", "qlora"),
        ("with adapters", "lora"),
        ("full-parameter tuning", "full"),
        ("fully fine-tune", "full"),
        ("update all the weights", "full"),
        ("train it from scratch", "pretrain"),
        ("is our load full?", ""),
    ],
)
def test_the_method_is_read_from_the_words(text: str, method: str) -> None:
    assert method_in(text) == method


@pytest.mark.parametrize(
    ("text", "context"),
    [("32k context", 32768), ("a context length of 2,000", 2000), ("context: 128k", 131072), ("8192-token context", 8192)],
)
def test_contexts_are_read_in_powers_of_two(text: str, context: int) -> None:
    assert planned("ask_hardware", text, model="llama 3.1 8b")[1]["context"] == context


def test_a_fleet_is_no_share_of_one_model_and_an_api_no_seller_of_machines() -> None:
    _, args = planned("ask_training_cost", "cost of tuning?", model="mistral 7b", dataset_rows=10, gpu_count=37, provider="openai")
    assert "gpu_count" not in args and "provider" not in args
    assert planned("ask_hardware", "what do I need?")[0] == "explain"


@pytest.mark.parametrize(
    ("said", "card"),
    [
        ("L40S", "L40S"),
        ("l40s", "L40S"),
        ("L40S 48GB", "L40S 48GB"),
        ("V100S", "V100S"),
        ("H100s", "H100"),
        ("V100s", "V100"),
        ("A100s 80GB", "A100 80GB"),
    ],
)
def test_a_card_whose_name_ends_in_s_is_no_plural(said: str, card: str) -> None:
    assert [c.value for c in candidates(f"can we tune it on 4 {said}?") if c.kind == "hardware"] == [card]


def test_two_models_sold_as_an_api_alone_are_never_weighed_as_each_others_weights() -> None:
    """The API of an earlier question stays behind when another one is asked about: neither has weights to serve."""
    said = {"model": "gpt-4o", "api_model": "gpt-4o-mini", "requests_per_month": 3e6, "input_tokens": 1500.0, "output_tokens": 300.0}
    found = sized(Question(Asks.HOSTING, said), "what would self-hosting cost?", Workload(name="w"))
    assert found is not None
    (call,) = found.calls
    assert call["tool"] == "choose_hosting" and call["args"]["model"] == "gpt-4o" and "open_model" not in call["args"]
