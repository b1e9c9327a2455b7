"""What of a serving question is read, and as what: a figure goes by its own words, never to the nearest argument."""

from typing import Any

import pytest

from agent.reading.serving_words import is_api_only, serving_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("50 requests per second with TTFT under 500 ms", {"requests_per_second": 50.0, "ttft_ms": 500.0}),
        ("1,200 req/s", {"requests_per_second": 1200.0}),
        ("we call gpt-4o 500k times a month", {"model": "gpt-4o", "requests_per_month": 5e5}),
        ("llama 3.1 8b 2 million calls a month", {"model": "llama 3.1 8b", "requests_per_month": 2e6}),
        ("llama 3 70b 50 rps", {"model": "llama 3 70b", "requests_per_second": 50.0}),
        ("gpt-4 turbo 128k", {"model": "gpt-4 turbo 128k"}),
        ("5 rps and 0.3 s to first token", {"requests_per_second": 5.0, "ttft_ms": 300.0}),
        ("2 million requests a month, at the peak 12 qps", {"requests_per_month": 2e6, "requests_per_second": 12.0}),
        ("40 ms per token", {"tpot_ms": 40.0}),
        ("each user shall see 25 tokens/s per user", {"tpot_ms": 40.0}),
        ("prefix caching 60 %", {"cached_share": 0.6}),
        ("60% of the prompt is cached", {"cached_share": 0.6}),
        ("fp8 kv cache", {"kv_precision": "fp8"}),
        ("int4 weights, kv cache in fp8", {"precision": "int4", "kv_precision": "fp8"}),
        ("speculative decoding with 4 draft tokens, 70 % accepted", {"draft_tokens": 4, "acceptance": 0.7}),
        ("3 speculative tokens at an acceptance rate of 0.65", {"draft_tokens": 3, "acceptance": 0.65}),
        ("llama 3.3 70b with llama 3.2 1b as the draft model", {"model": "llama 3.3 70b", "draft_model": "llama 3.2 1b"}),
        ("on 2 H100s", {"gpus": ("H100",), "cards": 2}),
        ("tensor parallel 2 on H100", {"gpus": ("H100",), "gpu_count": 2}),
        ("TP2 with DP 4 and EP8", {"gpu_count": 2, "data_parallel": 4, "expert_parallel": 8}),
        ("tp=8 over NVLink", {"gpu_count": 8, "interconnect": "nvlink"}),
        ("L4 or L40S", {"gpus": ("L4", "L40S")}),
        ("spot H100 in eu-west-1 at AWS", {"gpus": ("H100",), "basis": "spot", "region": "eu-west-1", "provider": "AWS"}),
        ("prompts of 2k tokens, answers of about 400 tokens", {"input_tokens": 2000.0, "output_tokens": 400.0}),
        ("2k/500 tokens", {"input_tokens": 2000.0, "output_tokens": 500.0}),
        ("llama 3.1 8b l4, in 800 / out 150", {"model": "llama 3.1 8b", "gpus": ("l4",), "input_tokens": 800.0, "output_tokens": 150.0}),
        ("50rps of 2 million gpt-4o calls a month", {"model": "gpt-4o", "requests_per_second": 50.0, "requests_per_month": 2e6}),
        ("half of the prompt is cached, sglang instead of vllm", {"cached_share": 0.5, "engine": "sglang"}),
        ("12 rps, 4000 in, 800 out", {"requests_per_second": 12.0, "input_tokens": 4000.0, "output_tokens": 800.0}),
        ("gpt-4.1-nano, p95 under 400ms", {"model": "gpt-4.1-nano", "latency": "400ms"}),
        ("move from gpt-4o to llama 3.1 8b", {"model": "llama 3.1 8b", "api_model": "gpt-4o"}),
    ],
)
def test_each_figure_is_read_as_what_its_words_say(text: str, said: dict[str, Any]) -> None:
    assert serving_words(text) == said


def test_lengths_that_the_words_leave_open_are_those_of_the_reading() -> None:
    assert serving_words("900 tokens and 200 tokens", {"input_tokens": 900, "output_tokens": 200}) == {
        "input_tokens": 900.0,
        "output_tokens": 200.0,
    }
    assert serving_words("900 tokens and 200 tokens") == {}


def test_a_model_of_an_api_has_no_weights_to_size() -> None:
    assert is_api_only("gpt-4o-mini") and not is_api_only("llama 3.1 8b") and not is_api_only("a model nobody knows")
