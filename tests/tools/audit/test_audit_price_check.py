"""Promise to an analyst with an API bill: every billed token amount stands beside its dated list price, and a difference is only
explained where the bill bears the explanation out."""

from datetime import date
from decimal import Decimal

import pytest
from api_ledger import ask_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.audit.pricing.desk import Prices
from tools.audit.pricing.names import listed
from tools.audit.pricing.use import Counting

TODAY = date(2026, 11, 22)
DAY = date(2026, 6, 1)
M = 1_000_000


def checked(rows, currency="USD", apart=None):
    return Prices(
        ask_of([{"day": DAY, "currency": currency} | row for row in rows], currency), Counting(apart or {}), currency, TODAY
    ).check


def line(billed, apart=None, **row):
    one = dict(model="gpt-4.1", billed=billed, token_type="input", unit="tokens", quantity=M) | row
    return checked([one], apart=apart)


def test_agreement_with_the_list():
    found = line("2")
    assert [(one.token_type, one.expected, one.difference, one.explanation) for one in found.lines] == [
        ("input", Decimal(2), Decimal(0), "agrees")
    ]
    assert (found.checked, found.spend, found.explained, found.unexplained) == (2, 2, 0, 0)
    assert found.lines[0].source.checked_on == date(2026, 8, 21)
    assert found.lines[0].prices[0].price == Decimal(2)


def test_a_difference_without_evidence_stays_unexplained():
    found = line("2.34")
    assert found.lines[0].explanation == ""
    assert found.unexplained == Decimal("0.34")


def test_one_amount_for_several_token_types_is_compared_as_a_whole():
    found = checked([dict(model="gpt-4o-mini", billed="0.72", input_tokens=M, cached_tokens=400_000, output_tokens=M)])
    assert [(one.token_type, one.expected) for one in found.lines] == [("all", Decimal("0.72"))]
    assert {part.token_type: part.tokens for part in found.lines[0].prices} == {"input": 600_000, "cached": 400_000, "output": M}


MIXED = dict(model="gpt-4.1", input_tokens=M, cached_tokens=400_000, output_tokens=100_000, reasoning_tokens=60_000)


@pytest.mark.parametrize(
    ("billed", "row", "explanation"),
    [
        ("1", {}, "batch"),
        ("2", {"pricing": "batch"}, "not_batch"),
        ("2000", {}, "unit_thousand"),
        ("2000000", {}, "unit_million"),
        ("0.002", {}, "unit_per_thousand"),
        ("0.000002", {}, "unit_per_million"),
        ("0", {}, "no_charge"),
        ("2", {"token_type": "cached"}, "cached_as_input"),
        ("2.8", MIXED, "cached_as_input"),
        ("3", MIXED, "cached_on_top"),
        ("2.0", MIXED, "cached_free"),
        ("2.68", MIXED, "reasoning_on_top"),
        ("10", {"model": "o3"}, "other_date"),
        ("5", {"model": "gpt-5.4"}, "long_context"),
        ("3", {"model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "provider": "AWS"}, "all_regions"),
    ],
)
def test_what_reproduces_the_amount_explains_it(billed, row, explanation):
    single = "input_tokens" in row
    found = line(billed, {0: False}, **row, **(dict(token_type="", unit="", quantity=None) if single else {})).lines[0]
    assert found.explanation == explanation, (found.expected, found.text)
    assert found.text


def test_the_form_leaves_no_doubt_about_cached_tokens():
    """A recognised form says how it counts; only an unknown log may be read the other way round."""
    row = dict(model="gpt-4.1", billed="3.0", input_tokens=M, cached_tokens=400_000, output_tokens=100_000)
    assert checked([row], apart={0: True}).lines[0].explanation == "agrees"
    assert checked([row], apart={0: False}).lines[0].explanation == "cached_on_top"
    assert checked([row]).lines[0].explanation == "cached_otherwise"


def test_an_unstated_cache_share_is_a_hint_and_no_explanation():
    row = dict(model="gpt-4.1", input_tokens=M, output_tokens=100_000)  # 2.8 without a cache, 1.3 with all input cached
    inside, below, above = (checked([row | {"billed": billed}]).lines[0] for billed in ("1.9", "1.2", "3.1"))
    assert (inside.explanation, "does not state" in inside.note) == ("", True)
    assert [(one.explanation, one.note) for one in (below, above)] == [("", ""), ("", "")]
    stated = checked([row | {"billed": "1.9", "cached_tokens": 0}]).lines[0]
    assert stated.note == ""


def test_the_same_factor_on_every_line_is_a_discount():
    rows = [
        dict(model="gpt-4.1", billed="1.7", token_type="input", unit="tokens", quantity=M),
        dict(model="gpt-4.1", billed="6.8", token_type="output", unit="tokens", quantity=M),
        dict(model="gpt-4.1-mini", billed="0.34", token_type="input", unit="tokens", quantity=M),
    ]
    found = checked(rows)
    assert {one.explanation for one in found.lines} == {"same_factor"}
    assert "15.0 % below" in found.lines[0].text
    assert (found.explained, found.unexplained) == (Decimal("8.84") - Decimal("10.4"), 0)
    mixed = checked([*rows[:2], rows[2] | {"billed": "0.4"}])
    assert [one.explanation for one in mixed.lines] == ["", "", "agrees"]


def test_rounded_amounts_agree_within_their_rounding():
    rows = [dict(model="gpt-4.1", billed="0.01", input_tokens=4200, output_tokens=0) for _ in range(10)]
    found = checked(rows)
    assert found.lines[0].expected == Decimal("0.084")
    assert found.lines[0].explanation == "rounding"


def test_what_cannot_be_checked_is_listed_with_its_amount():
    rows = [
        dict(model="composer-1", billed="3", input_tokens=M, output_tokens=M),
        dict(model="gpt-4.1", billed="4"),
        dict(model="gpt-4-turbo", billed="5", token_type="cached", unit="tokens", quantity=M),
        dict(model="gpt-4.1", billed="2", token_type="input", unit="tokens", quantity=M),
    ]
    found = checked(rows)
    assert {entry.reason: entry.amount for entry in found.unchecked} == {
        "the model is not in the price list": 3,
        "the rows count no tokens": 4,
        "the list has no price for cached tokens of gpt-4-turbo": 5,
    }
    assert (found.checked, found.spend) == (2, 14)


@pytest.mark.parametrize(("currency", "word"), [("EUR", "the bill is not"), ("", "states no currency")])
def test_only_dollars_are_compared_with_dollar_prices(currency, word):
    found = checked([dict(model="gpt-4.1", billed="2", token_type="input", unit="tokens", quantity=M)], currency)
    assert found.lines == ()
    assert word in found.unchecked[0].reason


def test_credits_and_taxes_are_no_token_prices():
    rows = [
        dict(model="gpt-4.1", billed="2", token_type="input", unit="tokens", quantity=M),
        dict(model="gpt-4.1", billed="-1", category="Credit"),
    ]
    assert checked(rows).spend == 2


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(1, 10**9), min_size=1, max_size=4), factor=st.sampled_from(["1", "0.5", "0.83", "1.21", "1000"]))
def test_the_sums_of_the_check_add_up(counts, factor):
    rows = [
        dict(model="gpt-4.1", token_type="input", unit="tokens", quantity=count, billed=count * 2 * Decimal(factor) / M) for count in counts
    ]
    rows += [dict(model="nobody-knows-1", token_type="input", unit="tokens", quantity=1, billed=Decimal("7.5"))]
    found = checked(rows)
    assert found.spend == sum(row["billed"] for row in rows)
    assert found.explained + found.unexplained == found.checked - found.expected


@pytest.mark.parametrize(
    ("names", "entry"),
    [
        (("gpt-4o-2024-08-06", "OpenAI"), "gpt-4o"),
        (("openai/gpt-4.1-mini",), "gpt-4.1-mini"),
        (("anthropic/claude-4.5-sonnet-20250929", "Anthropic", "OpenRouter"), "claude-sonnet-4-5"),
        (("google/gemini-2.5-flash", "Google"), "gemini-2.5-flash"),
        (("claude", "AWS", "Claude Sonnet 4 (Amazon Bedrock Edition)", "Million Input Tokens"), "bedrock/anthropic.claude-sonnet-4"),
        (("claude", "AWS", "Amazon Bedrock", "USE1-Claude3Haiku-input-tokens"), "bedrock/anthropic.claude-3-haiku"),
        (("gpt-4.1", "Microsoft", "Azure OpenAI"), "azure/gpt-4.1"),
        (("gpt-5.1", "Microsoft", "Azure OpenAI"), "gpt-5.1"),
        (("gpt-4o-audio-preview",), None),
        (("gpt-9",), None),
        (("claude", "", "Claude Sonnet 4 9", ""), None),
        (("meta-llama/llama-3.3-70b-instruct:free",), None),
        (("meta-llama/llama-3.3-70b-instruct", "Groq"), None),
    ],
)
def test_names_of_models_as_bills_write_them(names, entry):
    found = listed(*names)
    assert (found.entry.name if found else None) == entry
    if names[0] == "gpt-5.1":
        assert "maker's price" in found.note
