"""Slips in token prices that the check refuses: zeros, moved decimal points, tiers the wrong way round, facts without a source."""

from typing import Any

import pytest

from knowledge import catalog, token_check
from knowledge.schemas import ApiModel, TokenPrice

PLAIN = {"input": "2", "output": "8", "source": "s"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"input": "0"}, "input 0 is outside"),
        ({"output": "8000"}, "output 8000 is outside"),
        ({"audio_input": "0"}, "audio_input 0 is outside"),
        ({"tiers": {"flex": {"input": "3", "source": "s"}}}, "flex costs less"),
        ({"tiers": {"priority": {"input": "1", "source": "s"}}}, "priority and peak more"),
        ({"tiers": {"flex": {"input": "1", "cached": "1.5", "source": "s"}}}, "x, flex: cached 1.5 above"),
        ({"regions": {"eu": {"input": "20", "source": "s"}}}, "x in eu: input 20 is not"),
        ({"region_factor": {"eu": "11"}, "region_source": "s"}, "a factor of 11 is outside"),
        ({"region_factor": {"eu": "1.1"}}, "a factor for regions without its source"),
    ],
)
def test_a_price_that_cannot_be_meant_is_refused(fields: dict[str, Any], complaint: str) -> None:
    good = TokenPrice.model_validate(PLAIN)
    bad = TokenPrice.model_validate({**PLAIN, **fields})
    assert list(token_check.token_price_errors("x", good)) == []
    assert any(complaint in error for error in token_check.token_price_errors("x", bad))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"prices": [PLAIN, {**PLAIN, "input": "1"}]}, "not in date order"),
        ({"tasks": ["chat", "juggling"]}, "unknown task juggling"),
        ({"weights": "nobody/knows"}, "weights nobody/knows are not in the fact base"),
        ({"retires_on": "2027-01-01"}, "a retirement without its source"),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    entry = {"name": "x", "provider": "openai", "tasks": ["chat"], "prices": [PLAIN], "source": "s"}
    assert list(token_check.api_model_errors(ApiModel.model_validate(entry), ())) == []
    bad = ApiModel.model_validate({**entry, **fields})
    assert any(complaint in error for error in token_check.api_model_errors(bad, ()))


@pytest.mark.parametrize(("written", "seller"), [("z.ai", "zai"), ("groq cloud", "groq"), ("x.ai", "xai"), ("deep infra", "deepinfra")])
def test_sellers_are_known_as_people_write_them(written: str, seller: str) -> None:
    assert catalog.providers()[written] == seller


def test_the_shelf_is_as_wide_as_it_says() -> None:
    """Three hundred models and every seller that the audit meets; a slip in a file must not lose one unseen."""
    entries = catalog.api_models().entries.values()
    assert len(entries) >= 650
    named = "openai azure anthropic google bedrock mistral cohere xai deepseek groq together fireworks cerebras moonshot zai zhipu minimax"
    more = "perplexity novita deepinfra hyperbolic sambanova voyage"
    assert {*named.split(), *more.split()} <= {model.provider for model in entries}
    known = catalog.models()
    behind = {model.name.partition("/")[2]: model for model in entries if model.provider in ("groq", "fireworks", "novita", "cerebras")}
    unlinked = [model.name for rest, model in behind.items() if not model.weights and known.find(rest) is not None]
    assert unlinked == [], "open models that the fact base has learnt since: name them as weights"
