"""Promise to whoever trusts a verdict: lost quality never passes the gate, and too few rows are called too few."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import UserError
from knowledge.ranges import Range
from tools.contracts.plan import Verdict
from tools.measuring.labelled_rows import label_ids, read_labelled
from tools.measuring.quality import GateResult, Scores, gate, loss, wilson
from tools.quantization.verdict import decide

NAMES = {"0": "negative", "1": "positive"}


def scores(hits: list[float]) -> Scores:
    return Scores("accuracy", tuple(hits), (1.0,) * len(hits))


def test_a_model_that_guesses_is_refused_a_hundred_times_of_a_hundred() -> None:
    for seed in range(100):
        guesses = np.random.default_rng(seed).integers(0, 2, 100).astype(float)
        assert gate(scores([1.0] * 95 + [0.0] * 5), scores(list(guesses)), 0.01).state == "failed"


def test_kept_quality_passes_and_small_files_do_not_suffice() -> None:
    right = [1.0] * 180 + [0.0] * 20
    assert gate(scores(right), scores(right), 0.01).state == "passed"
    assert gate(scores(right[:20]), scores(right[:20]), 0.01).state == "unsure"
    swapped = [0.0, 0.0, *right[2:-2], 1.0, 1.0]
    assert gate(scores(right), scores(swapped), 0.01).state == "unsure", "same share, but answers changed: the rows are too few to be sure"
    assert gate(None, None, 0.01).state == "unmeasured"
    assert gate(scores([0.0] * 50), scores([0.0] * 50), 0.01).state == "unsure", "a model that is never right cannot get worse"
    assert gate(scores([1.0] * 2 + [0.0] * 298), scores([1.0] * 2 + [0.0] * 298), 0.01).state == "unsure", "nor can one that hardly ever is"


def test_perplexity_counts_the_other_way() -> None:
    before, after = Scores("perplexity", (20.0,) * 50, (10.0,) * 50), Scores("perplexity", (30.0,) * 50, (10.0,) * 50)
    assert loss(before, after).likely == pytest.approx(np.e - 1)
    assert gate(before, after, 0.05).state == "failed" and gate(after, before, 0.05).state == "passed"
    broken = Scores("perplexity", (float("nan"),) * 50, (10.0,) * 50)
    assert gate(before, broken, 0.05).state == "failed"


@given(st.integers(1, 400), st.data())
def test_the_wilson_interval_holds_the_share_and_stays_in_bounds(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    found = wilson(hits, count)
    assert 0 <= found.low <= hits / count <= found.high <= 1
    assert found.high > found.low, "a sample is never certain"


def test_wilson_matches_a_published_value() -> None:
    found = wilson(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


FASTER, SLOWER, SAME = Range(0.5, 0.6, 0.7), Range(1.2, 1.3, 1.4), Range(0.9, 1.0, 1.1)
KEPT, LOST, UNKNOWN = GateResult("passed", "kept"), GateResult("failed", "quality drops"), GateResult("unmeasured", "not measured")


@pytest.mark.parametrize(
    ("time", "engine", "size", "quality", "verdict"),
    [
        (FASTER, FASTER, 0.3, KEPT, Verdict.DO),
        (FASTER, SAME, 0.3, KEPT, Verdict.DO),
        (FASTER, SLOWER, 0.3, KEPT, Verdict.DO_NOT),
        (FASTER, FASTER, 0.3, LOST, Verdict.DO_NOT),
        (SLOWER, FASTER, 0.3, KEPT, Verdict.DO_NOT),
        (FASTER, FASTER, 1.1, KEPT, Verdict.DO_NOT),
        (FASTER, FASTER, 0.3, UNKNOWN, Verdict.TRY_FIRST),
        (SAME, SAME, 0.3, KEPT, Verdict.TRY_FIRST),
    ],
)
def test_the_verdict_follows_quality_then_speed_then_size(
    time: Range, engine: Range, size: float, quality: GateResult, verdict: Verdict
) -> None:
    found = decide(time, engine, size, quality)
    assert found.verdict == verdict
    assert not any(c.isdigit() for c in found.reason.replace("int8", "")), "figures come from evidence only"


def test_labels_are_read_by_name_or_number_under_the_usual_names(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text('Review;Sentiment\nfine;POSITIVE\n"a; b";0\n')
    data = read_labelled(table)
    assert (data.text_column, data.label_column) == ("Review", "Sentiment") and label_ids(data, NAMES) == [1, 0]
    lines = tmp_path / "b.jsonl"
    lines.write_text('{"utterance": "x", "intent": 1}\n\n{"utterance": "y", "intent": "negative"}\n')
    assert label_ids(read_labelled(lines), NAMES) == [1, 0]


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("a.csv", b"", "data-empty", "a.csv is empty"),
        ("a.csv", b"text,label\n", "data-empty", "no rows"),
        ("a.csv", b"foo,bar\n1,2\n", "data-no-text-column", "foo, bar"),
        ("a.csv", b"text,label\nfine,positive\n,positive\n", "data-empty-text", 'row 3 has nothing in column "text"'),
        ("a.csv", b"text,label\nfine,\n", "data-empty-label", 'row 2 has no label in column "label"'),
        ("a.csv", b"text,label\nfine,mixed\n", "data-unknown-label", 'row 2, column "label": the model has no class "mixed"'),
        ("a.csv", b"text\nfine\n", "data-no-labels", "no label column"),
        ("a.csv", b"text,label\na,b,c\n", "data-row-too-long", "row 2"),
        ("a.csv", b"\xff\xfe\x00", "data-not-text", "UTF-8"),
        ("a.jsonl", b'{"text": "x", "label": 1}\n{oops\n', "data-not-json", "line 2"),
        ("a.jsonl", b"[1]\n", "data-not-json", "line 1"),
    ],
)
def test_a_bad_file_names_row_and_column(tmp_path: Path, name: str, content: bytes, code: str, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        label_ids(read_labelled(tmp_path / name), NAMES)
    assert caught.value.code == code and words in caught.value.message and caught.value.hint


def test_thinning_takes_the_same_rows_every_time(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": f"t{i}", "label": i % 2}) + "\n" for i in range(95)))
    data = read_labelled(file)
    assert [r.number for r in data.thinned(10).rows] == [r.number for r in data.thinned(10).rows]
    assert len(data.thinned(10).rows) == 10 and data.thinned(500) is data
