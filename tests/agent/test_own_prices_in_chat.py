"""A price file in the chat: confirmed in one sentence, kept in that conversation, and stronger than the list from then on."""

from decimal import Decimal
from pathlib import Path

import pytest
from agent_house import OWNER, SAMPLE_BILL, House, only, texts

from knowledge.source import Tier

PRICES = "model,input_per_million,output_per_million\ngpt-4o,2.00,8.00\n"
WORKLOAD = "we call gpt-4o, 1000 requests a month, 1000 input tokens, 1000 output tokens"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "our prices.csv"
    made.write_text(PRICES)
    return made


def baseline(house: House) -> Decimal:
    plan = house.store.latest_plan(OWNER, house.chat)
    assert plan is not None
    return Decimal(plan.total.baseline_cost.likely)


def test_a_price_file_is_confirmed_kept_and_used_from_then_on(house: House, file: Path) -> None:
    house.say(WORKLOAD)
    house.say("make the plan")
    assert baseline(house) == Decimal("12.5000")  # 2.50 in and 10.00 out a million: the list of pydantic/genai-prices
    events = house.say("", file)
    assert "Your own prices are used: 1 from our prices.csv" in texts(events)
    assert [e.tool for e in only(events, "tool_started")] == ["read_prices", "make_plan"]
    own = house.store.session(OWNER, house.chat).own_prices
    assert [(e.model, e.input, e.source.ref) for e in own.tokens] == [("gpt-4o", Decimal("2.00"), "our prices.csv, line 2")]
    assert baseline(house) == Decimal("10.0000"), "the plan that stood is made anew"
    assert any(e.tier is Tier.STATED and e.source.ref == "our prices.csv" for e in house.store.evidence(OWNER, house.chat))
    other = house.store.create_conversation(OWNER).id
    assert not house.store.session(OWNER, other).own_prices


def test_prices_and_a_bill_in_one_message_are_each_taken_for_what_they_are(house: House, file: Path) -> None:
    events = house.say("here is the bill and our price list", SAMPLE_BILL, file)
    started = only(events, "tool_started")
    assert [e.tool for e in started][:2] == ["read_prices", "audit_costs"]
    assert started[1].args["file"] == [SAMPLE_BILL.name]
    again = only(house.say("the cost is in EUR"), "tool_started")
    assert [e.args["file"] for e in again if e.tool == "audit_costs"] in ([], [[SAMPLE_BILL.name]]), "the price file is never audited"


def test_a_file_with_a_flaw_is_not_used_and_its_line_is_named(house: House, file: Path) -> None:
    file.write_text(PRICES + "gpt-4oo,1,1\n")
    events = house.say("our prices", file)
    assert "line 3" in texts(events) and "gpt-4o" in texts(events)
    assert not house.store.session(OWNER, house.chat).own_prices


def test_a_file_given_again_replaces_what_it_said(house: House, file: Path) -> None:
    house.say("", file)
    file.write_text("model,output_per_million\ngpt-4o-mini,0.50\n")
    house.say("", file)
    own = house.store.session(OWNER, house.chat).own_prices
    assert [e.model for e in own.tokens] == ["gpt-4o-mini"]


@pytest.mark.parametrize("text", ["machines: !!python/object/apply:os.system ['true']\n", "a: &a [x]\nb: *a\n", "machines: [\n"])
def test_a_hostile_yaml_is_refused_in_words(house: House, tmp_path: Path, text: str) -> None:
    made = tmp_path / "prices.yaml"
    made.write_text(text)
    events = house.say("", made)
    assert "is not used" in texts(events) and not house.store.session(OWNER, house.chat).own_prices
