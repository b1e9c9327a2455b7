"""What a thing costs here: the user's own price before the list's, with its origin; an unknown price stays unknown."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import NONE, OwnMachinePrice, OwnPrices, OwnTokenPrice
from knowledge.prices_here import hourly_prices, per_accelerator, token_price
from knowledge.source import Tier

DAY = date(2026, 11, 23)


def machine(line: int = 1, **said: object) -> OwnMachinePrice:
    return OwnMachinePrice.model_validate({"file": "own.yaml", "line": line, **said})


def own(*entries: OwnMachinePrice | OwnTokenPrice) -> OwnPrices:
    return OwnPrices(
        machines=tuple(e for e in entries if isinstance(e, OwnMachinePrice)),
        tokens=tuple(e for e in entries if isinstance(e, OwnTokenPrice)),
    )


def test_without_own_prices_the_catalogue_answers_with_source_and_age() -> None:
    (p5,) = hourly_prices("p5.48xlarge", today=DAY)
    assert (p5.usd, p5.usd_per_accelerator, p5.accelerators) == (Decimal("55.04"), Decimal("6.88"), Decimal(8))
    assert p5.tier is Tier.CATALOGUE and p5.source.checked_on == date(2026, 7, 20) and p5.is_old
    assert not hourly_prices("p5.48xlarge", today=date(2026, 8, 1))[0].is_old


def test_an_accelerator_has_the_prices_of_the_machines_that_hold_it_cheapest_first() -> None:
    found = hourly_prices("H100", today=DAY)
    assert len({p.provider for p in found}) > 10
    each = [p.usd_per_accelerator for p in found]
    assert each == sorted(each)
    spread = per_accelerator(found)
    assert (spread.low, spread.high) == (each[0], each[-1]) and spread.low < spread.likely < spread.high
    assert {p.provider for p in hourly_prices("H100", provider="Amazon", today=DAY)} == {"aws"}


def test_a_region_is_the_region_asked_for_or_one_price_everywhere() -> None:
    found = hourly_prices("H100", region="europe-west4", today=DAY)
    assert {p.region for p in found} == {"europe-west4", "any"}
    assert hourly_prices("p5.48xlarge", region="eu-west-1", today=DAY) == ()


def test_what_no_source_gives_is_unknown_and_not_free() -> None:
    assert hourly_prices("p5.48xlarge", "spot", today=DAY) == ()
    assert hourly_prices("p5.48xlarge", "committed", today=DAY) == ()
    assert hourly_prices("tpu-v4-chip", "spot", today=DAY) == ()  # doubtful: above on-demand in its source
    with pytest.raises(ValueError, match="no price"):
        per_accelerator(())


def test_a_machine_without_accelerators_has_a_price_too() -> None:
    (found,) = hourly_prices("m7i.4xlarge", today=DAY)
    assert (found.usd, found.accelerators, found.accelerator) == (Decimal("0.8064"), Decimal(0), "")
    with pytest.raises(ValueError, match="no accelerator"):
        _ = found.usd_per_accelerator


def test_wrong_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        hourly_prices("H1000")
    assert caught.value.code == "unknown-accelerator"
    with pytest.raises(UserError) as caught:
        hourly_prices("H100", provider="amazn")
    assert caught.value.code == "unknown-provider" and "aws" in caught.value.hint


def test_a_price_of_the_users_own_leaves_no_room_for_the_list() -> None:
    (found,) = hourly_prices("h100", own=own(machine(7, accelerator="H100 SXM", on_demand="2.10", note="ours")), today=DAY)
    assert (found.usd, found.provider, found.tier, found.source.ref, found.is_old) == (
        Decimal("2.10"), "", Tier.STATED, "own.yaml, line 7", False)  # fmt: skip
    assert found.note == "ours"


def test_an_own_price_holds_for_its_machine_provider_region_and_way_of_paying_only() -> None:
    prices = own(
        machine(1, machine="p5.48xlarge", provider="aws", region="eu-west-1", on_demand="40", committed="30"),
        machine(2, accelerator="L4", provider="gcp", spot="0.2"),
    )
    assert hourly_prices("p5.48xlarge", own=prices, region="eu-west-1", today=DAY)[0].usd == 40
    assert hourly_prices("p5.48xlarge", "committed", own=prices, region="EU-WEST-1", today=DAY)[0].usd == 30
    assert hourly_prices("p5.48xlarge", own=prices, region="us-east-1", today=DAY)[0].tier is Tier.CATALOGUE
    assert hourly_prices("p5.4xlarge", own=prices, today=DAY)[0].tier is Tier.CATALOGUE
    assert [p.usd_per_accelerator for p in hourly_prices("H100", own=prices, today=DAY)] == [5]
    assert {p.tier for p in hourly_prices("H100", own=prices, provider="gcp", today=DAY)} == {Tier.CATALOGUE}
    assert hourly_prices("L4", own=prices, today=DAY)[0].tier is Tier.CATALOGUE
    assert [p.usd for p in hourly_prices("L4", "spot", own=prices, today=DAY)] == [Decimal("0.2")]


def test_the_price_of_an_accelerator_is_that_of_a_machine_times_its_accelerators() -> None:
    prices = own(machine(1, accelerator="H100 SXM", on_demand="3"), machine(2, machine="p5.4xlarge", provider="aws", on_demand="5"))
    (p5,) = hourly_prices("p5.48xlarge", own=prices, today=DAY)
    assert (p5.usd, p5.accelerators, p5.source.ref) == (Decimal(24), Decimal(8), "own.yaml, line 1")
    (single,) = hourly_prices("p5.4xlarge", own=prices, today=DAY)
    assert (single.usd, single.source.ref) == (Decimal(5), "own.yaml, line 2")


def test_the_region_named_comes_before_every_region() -> None:
    prices = own(machine(1, accelerator="L4", on_demand="1"), machine(2, accelerator="L4", region="us-east1", on_demand="2"))
    assert [p.usd for p in hourly_prices("L4", own=prices, region="us-east1", today=DAY)] == [2]
    assert [p.usd for p in hourly_prices("L4", own=prices, region="us-west1", today=DAY)] == [1]


def test_a_price_holds_from_its_day() -> None:
    prices = own(machine(1, accelerator="L4", on_demand="1"), machine(2, accelerator="L4", on_demand="2", valid_from="2026-12-01"))
    assert hourly_prices("L4", own=prices, today=DAY)[0].usd == 1
    assert hourly_prices("L4", own=prices, today=date(2026, 12, 1))[0].usd == 2


def test_a_conversations_file_comes_over_the_one_frugal_was_started_with() -> None:
    of_chat = own(machine(1, accelerator="L4", on_demand="1"))
    of_start = own(machine(5, accelerator="L4", on_demand="2"), machine(6, accelerator="T4", on_demand="0.3"))
    both = of_chat.over(of_start)
    assert [(p.usd, p.source.ref) for p in hourly_prices("L4", own=both, today=DAY)] == [(Decimal(1), "own.yaml, line 1")]
    assert hourly_prices("T4", own=both, today=DAY)[0].usd == Decimal("0.3")
    assert both and not NONE and of_chat.over(NONE) == of_chat == NONE.over(of_chat)
    assert both.files == ("own.yaml",)


def tokens(**said: object) -> OwnTokenPrice:
    return OwnTokenPrice.model_validate({"file": "own.yaml", "line": 4, "model": "gpt-4o", **said})


def test_token_prices_are_the_users_where_stated_and_the_lists_elsewhere() -> None:
    model = catalog.api_model("gpt-4o")
    listed = token_price(model, today=DAY)
    assert listed.price == model.price_on(DAY) and not listed.own and listed.tier_of("input") is Tier.CATALOGUE and listed.is_old
    here = token_price(model, own(tokens(input="2", output="8")), DAY)
    assert (here.price.input, here.price.output, here.price.cached) == (Decimal(2), Decimal(8), listed.price.cached)
    assert here.tier_of("reasoning") is Tier.STATED and here.source_of("reasoning").ref == "own.yaml, line 4"
    assert here.tier_of("cached") is Tier.CATALOGUE and here.source_of("cached") == listed.source
    assert token_price(catalog.api_model("gpt-4o-mini"), own(tokens(input="2")), DAY).own == {}


def test_a_list_discount_above_the_users_own_price_is_not_known_any_more() -> None:
    here = token_price(catalog.api_model("gpt-4o"), own(tokens(input="0.5")), DAY)
    assert here.price.cached is None and here.price.batch_input is None
    assert token_price(catalog.api_model("gpt-4o"), own(tokens(input="0.5", cached="0.1")), DAY).price.cached == Decimal("0.1")
