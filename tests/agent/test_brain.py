"""What the bundled model promises: it is whole, small, always parses, invents nothing, and reads the plain cases right."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.brain.evaluate import decoder_of, evaluate, predict, read_message
from agent.brain.examples import Variants, example, held_out, read_rows
from agent.brain.export import is_current
from agent.brain.place import INT8, WEIGHTS
from agent.llm.constrained import ConstrainedDecoder
from agent.reading.candidates import candidates


@pytest.fixture(scope="module")
def decoder() -> ConstrainedDecoder:
    return decoder_of(WEIGHTS, "openvino")


def test_what_ships_is_whole_and_under_forty_megabytes() -> None:
    assert is_current(WEIGHTS, WEIGHTS / INT8), "the int8 copy was made from these weights"
    assert sum(p.stat().st_size for p in WEIGHTS.rglob("*") if p.is_file()) < 40e6
    assert not list(WEIGHTS.rglob("*.py")) and not list(WEIGHTS.glob("*.bin")), "safetensors, no code"
    assert "Limits" in (WEIGHTS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("we serve llama 3 8b on 2 A10G with vLLM, 40k requests/day", {"model": "llama 3 8b", "gpu_count": 2, "requests_per_day": 40000}),
        ("It's a chatbot on gpt-4o-mini, 600k calls a month, $14,000 a month", {"model": "gpt-4o-mini", "requests_per_month": 600000}),
    ],
)
def test_a_plain_description_is_read_whole(decoder: ConstrainedDecoder, text: str, slots: dict[str, object]) -> None:
    reading = read_message(decoder, text)
    assert reading.intent == "describe_workload"
    assert {k: reading.slots().get(k) for k in slots} == slots


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("can you audit our aws bill?", "ask_audit_file"),
        ("make me a plan", "make_plan"),
        ("where does that number come from?", "ask_origin"),
        ("What does gpt-4o cost for 500,000 requests a month, 1,500 input and 400 output tokens each?", "ask_estimate_cost"),
        ("quantize the model to int8", "ask_quantize"),
        ("download the plan as excel", "ask_export"),
        ("leave pruning out", "leave_out"),
    ],
)
def test_plain_requests_are_understood(decoder: ConstrainedDecoder, text: str, intent: str) -> None:
    assert read_message(decoder, text).intent == intent


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200))
def test_every_reading_parses_and_holds_only_what_was_said(decoder: ConstrainedDecoder, text: str) -> None:
    reading = read_message(decoder, text)
    said = {c.words for c in candidates(text)}
    assert all(c.words in said for chosen in reading.assigned.values() for c in chosen)


def test_held_out_lines_are_never_trained_on_and_variants_keep_their_labels() -> None:
    rows = read_rows()
    train, held = held_out(rows)
    assert not {(r["text"], r["asked"]) for r in train} & {(r["text"], r["asked"]) for r in held}
    variants = Variants(train, seed=1)
    for row in train[:300]:
        given, changed = json.loads(example(row).answer), json.loads(variants.of(row).answer)
        assert changed["intent"] == given["intent"]
        assert all(given[k] == changed[k] for k in changed), "a swapped name keeps its role"


def test_the_evaluation_set_that_ships_scores_well_above_chance(decoder: ConstrainedDecoder) -> None:
    scores = evaluate(WEIGHTS, "openvino")
    assert scores["lines"] >= 200
    assert scores["intent_accuracy"] > 0.5, "thirty intents: chance is about 0.05"
    assert scores["role_accuracy"] > 0.7


def test_predictions_have_the_scorers_form(decoder: ConstrainedDecoder, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": "q1", "text": "is 8-bit any good on my 3090 for llama 2 13b?"}) + "\n", encoding="utf-8")
    predict(source, target, WEIGHTS, "openvino")
    row = json.loads(target.read_text(encoding="utf-8"))
    assert set(row) == {"id", "intent", "slots"} and row["id"] == "q1"
