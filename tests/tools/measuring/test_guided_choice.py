"""Promise to whoever reads a model's exact-match score: it is scored as it is used, under the row's JSON schema."""

import numpy as np
import pytest

from knowledge.errors import UserError
from tools.measuring.guided_choice import Guide

SCHEMA = {"type": "object", "properties": {"intent": {"enum": ["greet", "ask"]}}, "required": ["intent"], "additionalProperties": False}


@pytest.fixture(scope="module")
def tokenizer():  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = ["<end>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    raw = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, []))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>")


def scored(tokenizer, answer: str, wish: str) -> tuple[np.ndarray, list[int]]:  # type: ignore[no-untyped-def]
    """Scores of a model that wants to write `wish` at the places of `answer`, and a stray token most of all."""
    ids = [*tokenizer(answer)["input_ids"], 0]
    wanted = [*tokenizer(wish)["input_ids"], 0]
    scores = np.zeros((len(ids), len(tokenizer)), dtype=np.float32)
    for row, token in zip(scores, wanted, strict=False):
        row[token] = 1.0
        row[tokenizer("?")["input_ids"][0]] = 2.0
    return scores, ids


def test_tokens_that_the_schema_forbids_do_not_count_against_the_model(tokenizer) -> None:  # type: ignore[no-untyped-def]
    answer = '{"intent":"ask"}'
    assert Guide(tokenizer).writes(*scored(tokenizer, answer, answer), SCHEMA)


def test_the_wrong_choice_where_there_is_one_counts(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert not Guide(tokenizer).writes(*scored(tokenizer, '{"intent":"ask"}', '{"intent":"greet"}'), SCHEMA)
    assert not Guide(tokenizer).writes(*scored(tokenizer, '{"intent":"buy"}', '{"intent":"buy"}'), SCHEMA), "an answer outside the schema"


def test_a_broken_schema_is_named(tokenizer) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError) as caught:
        Guide(tokenizer).writes(*scored(tokenizer, "{}", "{}"), {"type": "no-such-type"})
    assert caught.value.code == "data-bad-schema"
