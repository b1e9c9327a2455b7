"""Reading promises: every figure a user types is found by code with its unit, and nothing is found that they did not type."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reading.candidates import candidates, size_in_name
from agent.reading.form import NONE, answer_text, marked, parse, schema


def fields(text: str, asked: str = "") -> dict[str, object]:
    """First allowed field of each candidate -> its value."""
    return {c.fields[0]: c.value for c in candidates(text, asked)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we do 2M requests per month", {"requests_per_month": 2e6}),
        ("around 500 msgs/day", {"requests_per_day": 500}),
        ("half a million calls a day", {"requests_per_day": 5e5}),
        ("$14k a month on GPUs", {"monthly_cost_usd": 14000}),
        ("we pay $120,000/yr", {"monthly_cost_usd": 10000}),
        ("p95 must stay under 2.4s", {"latency_ms": 2400}),
        ("about 900 input tokens", {"input_tokens": 900}),
        ("2 x A100 80GB", {"gpu_count": 2, "hardware": "A100 80GB"}),
        ("two old RTX 5000s", {"gpu_count": 2, "hardware": "RTX 5000"}),
        ("dual 3090 in the office", {"gpu_count": 2, "hardware": "RTX 3090"}),
        ("runs on A10G, all day", {"hardware": "A10G"}),
        ("vLLM on GCP with int8", {"framework": "vLLM", "provider": "GCP", "precision": "int8"}),
        ("g4dn.xlarge for a summarization job", {"hardware": "g4dn.xlarge", "task": "summarization"}),
    ],
)
def test_what_people_type_is_found_with_its_unit(text: str, expected: dict[str, object]) -> None:
    found = fields(text)
    assert {k: found.get(k) for k in expected} == expected


@pytest.mark.parametrize("text", ["it costs $2 per 1M tokens", "£300 a month", "₹50,000 a month", "€4k monthly"])
def test_unit_prices_and_other_currencies_are_no_monthly_dollars(text: str) -> None:
    assert "monthly_cost_usd" not in fields(text)


def test_a_bare_number_counts_only_as_an_answer_to_the_open_question() -> None:
    assert candidates("four") == []
    assert fields("four", "gpu_count") == {"gpu_count": 4.0}
    assert fields("30", "utilization") == {"utilization": 0.3}
    assert fields("about 2.5k", "requests_per_day") == {"requests_per_day": 2500.0}


def test_a_size_is_read_from_a_models_own_name_but_not_from_a_mixture() -> None:
    sizes = [size_in_name(name) for name in ("llama-3.1-70b", "350M ViT", "mixtral 8x7b", "gpt-4o")]
    assert sizes == [70.0, 0.35, None, None]


@pytest.mark.parametrize(
    "name", ["mixtral:8x22b", "llama3.1:8b", "GLM 4.5 Air", "Llama 4 Scout", "code llama 34b", "qwen 2.5 7bn", "gpt oss 120b"]
)
def test_a_model_is_named_whole(name: str) -> None:
    """A name cut short may be another model: "GLM 4.5" is three times "GLM 4.5 Air"."""
    assert [c.words for c in candidates(f"we serve {name} next month") if c.kind == "model"] == [name]


def test_words_are_marked_where_they_stand() -> None:
    text = "llama 3 8b on 2 L4"
    assert marked(text, candidates(text)) == "[m1 llama 3 8b] on [n1 2] [h1 L4]"


@given(st.text(max_size=300))
def test_any_text_is_read_without_failing_and_candidates_are_spans_of_it(text: str) -> None:
    found = candidates(text)
    assert all(text[c.start : c.end] == c.words and c.fields for c in found)
    assert all(a.end <= b.start for a, b in pairwise(found)), "candidates never overlap"
    assert len({c.id for c in found}) == len(found)


@given(st.integers(1, 10**9))
def test_no_figure_appears_that_was_not_said(number: int) -> None:
    text = f"we do {number} requests a month"
    assert [c.value for c in candidates(text)] == [float(number)]


def test_the_form_admits_only_the_candidates_and_their_fields() -> None:
    found = candidates("40k requests/day on 2 L4")
    form = schema(found)
    assert form["properties"]["n1"]["enum"] == ["requests_per_day", NONE]
    good = answer_text("describe_workload", NONE, {"n1": "requests_per_day", "n2": "gpu_count", "h1": "hardware"})
    assert parse(good, found).slots() == {"requests_per_day": 40000, "gpu_count": 2, "hardware": "L4"}
    stranger, wrong_field = '{"intent":"describe_workload","n9":"gpu_count"}', '{"intent":"describe_workload","n1":"monthly_cost_usd"}'
    for bad in (stranger, wrong_field, '{"intent":"pay me"}', "[]"):
        with pytest.raises(ValueError):
            parse(bad, found)
