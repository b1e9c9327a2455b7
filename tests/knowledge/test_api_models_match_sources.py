"""Every price of a model sold by the token is the one of the public list it names: compared row by row where the lists are at hand."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from knowledge import catalog
from knowledge.schemas import ApiModel, TokenPrice

PRICES = Path(__file__).resolve().parents[3] / "shared" / "data" / "prices"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not PRICES.is_dir(), reason="the development data ../shared is not here")]

FILES = {
    "genai": "llm_api_prices_genai-prices_2026-08.csv",
    "litellm_2026": "llm_api_prices_litellm_subset_2026-07-24.csv",
    "litellm_2025": "llm_api_prices_litellm_2025-08-31.csv",
}
#: name of the price -> column of the litellm map, which counts USD per token
LITELLM = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
GENAI = {"input": "input", "output": "output", "cached": "cache_read", "cache_write": "cache_write"}


@cache
def listed(source: str) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    with (PRICES / FILES[source]).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[f"{row['provider']}/{row['model']}" if source == "genai" else row["model"]].append(row)
    return found


def number(text: str) -> Decimal | None:
    """None for an empty cell, and for a zero, which in these lists means that nobody filled it in. Float dust is rounded away."""
    value = round(Decimal(text), 15) if text else None
    return value or None


def row_price(source: str, row: dict[str, str], name: str) -> Decimal | None:
    if source == "genai":
        value = number(row[f"{GENAI[name]}_usd_per_mtok"])
        return None if value is None else round(value, 9)
    value = number(row[LITELLM[name]])
    return None if value is None else value * 10**6


def prices_from(source: str) -> Iterator[tuple[ApiModel, TokenPrice, list[dict[str, str]]]]:
    for model in catalog.api_models().entries.values():
        for price in model.prices:
            if price.source == source and source in model.listed_as:
                yield model, price, listed(source)[model.listed_as[source]]


@pytest.mark.parametrize(("source", "least"), [("genai", 480), ("litellm_2026", 3), ("litellm_2025", 100)])
def test_prices_equal_the_list_they_name(source: str, least: int) -> None:
    compared = 0
    for model, price, rows in prices_from(source):
        assert rows, f"{model.name}: the list has no {model.listed_as[source]}"
        differing = [
            [
                (name, getattr(price, name), expected)
                for name in GENAI
                if getattr(price, name) != (expected := row_price(source, row, name))
                and not (getattr(price, name) is None and ("left out" in model.note or expected is None or model.tasks[0] == "embedding"))
            ]
            for row in rows
        ]
        assert [] in differing, (model.name, differing)
        compared += 1
    assert compared >= least


def test_batch_prices_and_long_context_thresholds_equal_the_list_too() -> None:
    batches = tiers = 0
    for source in ("litellm_2026", "litellm_2025"):
        for model in catalog.api_models().entries.values():
            for price in model.prices:
                if price.batch_source == source and source in model.listed_as:
                    row = listed(source)[model.listed_as[source]][0]
                    cells = (row["input_cost_per_token_batches"], row["output_cost_per_token_batches"])
                    expected = tuple(None if number(cell) is None else number(cell) * 10**6 for cell in cells)  # type: ignore[operator]
                    assert (price.batch_input, price.batch_output) == expected, model.name
                    batches += 1
    for model, price, rows in prices_from("genai"):
        if price.long_context is not None and rows[0]["input_tiers"]:
            tier = json.loads(rows[0]["input_tiers"], parse_float=Decimal, parse_int=Decimal)[0]
            assert (price.long_context.above_tokens, price.long_context.input) == (tier["start"], tier["price"]), model.name
            tiers += 1
    assert batches > 25 and tiers > 10


def test_context_lengths_are_not_above_what_any_list_says() -> None:
    """Where lists disagree the entry may keep the shorter, and a newer document the longer; none is invented."""
    for model in catalog.api_models().entries.values():
        row = listed("genai").get(model.listed_as.get("genai", ""), [{"context_window": ""}])[0]
        if row["context_window"] and model.context_tokens and model.provider not in ("anthropic", "openai", "google", "deepseek"):
            assert model.context_tokens <= int(row["context_window"]), model.name
