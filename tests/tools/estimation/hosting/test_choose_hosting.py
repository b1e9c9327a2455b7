"""What is promised to the three who ask where to host: a platform lead, someone who watches costs, and a startup."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.wording import render, stray_figures
from knowledge import catalog
from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices, OwnTokenPrice
from knowledge.source import Tier
from knowledge.techniques import card
from tools.contracts.tool import Session, ToolContext, ToolResult
from tools.estimation.hosting.choose import run
from tools.estimation.hosting.people import DAY_USD, HORIZON_MONTHS
from tools.estimation.serving.estimate import run as estimate_serving
from tools.estimation.tool import ChooseHosting, EstimateServing
from tools.planning.assumptions import DEFAULTS

LEAD = {"model": "llama-3.3-70b", "requests_per_second": 50, "input_tokens": 1500, "output_tokens": 300, "ttft_ms": 500}
WATCH = {"model": "gpt-4o", "open_model": "llama-3.3-70b", "requests_per_month": 2e6, "input_tokens": 1000, "output_tokens": 300}
STARTUP = {"model": "gpt-4o-mini", "requests_per_month": 30_000, "input_tokens": 1000, "output_tokens": 300}


def answer(asked: dict[str, Any], own: OwnPrices | None = None, **change: Any) -> ToolResult:
    session = Session(own_prices=own) if own is not None else Session()
    return run(ChooseHosting(**{**asked, **change}), ToolContext(out_dir=Path(), session=session))


@pytest.fixture(scope="module")
def lead() -> ToolResult:
    return answer(LEAD)


@pytest.fixture(scope="module")
def watch() -> ToolResult:
    return answer(WATCH)


@pytest.fixture(scope="module")
def startup() -> ToolResult:
    return answer(STARTUP)


def of_kind(found: ToolResult, kind: str) -> list[dict[str, Any]]:
    return [one for one in found.result["options"] if one["kind"] == kind]


def test_every_configuration_is_an_option_or_rejected_with_a_reason(lead: ToolResult, watch: ToolResult, startup: ToolResult) -> None:
    for found in (lead, watch, startup):
        result = found.result
        out = sum(one["configurations"] for one in result["rejected"])
        assert out + len(result["options"]) == result["configurations"] and out == result["rejected_count"]
        assert all(one["reason"] and sum(one["by_stage"].values()) == one["configurations"] for one in result["rejected"])
        assert result["configurations"] > 5000


def test_every_figure_that_is_said_has_a_record_and_no_sentence_holds_a_digit(
    lead: ToolResult, watch: ToolResult, startup: ToolResult
) -> None:
    for found in (lead, watch, startup):
        known = {record.id: record for record in found.evidence}
        text, figures = render(found.statements, known)
        assert len(known) == len(found.evidence) and figures
        assert all(set(said.figures.values()) <= set(known) for said in found.statements)
        for said in found.statements:
            assert not stray_figures(said.text, []), said.text
        assert {one["evidence"] for one in found.result["options"]} <= set(known)
        assert all(record.reproduce.startswith("python -m app run choose_hosting") for record in found.evidence)
        assert "{" not in text


def test_the_platform_lead_sees_rented_machines_under_the_target_in_order_of_cost(lead: ToolResult) -> None:
    rented = [one for one in of_kind(lead, "gpu") if one["ranked"]]
    costs = [one["usd_per_month"]["likely"] for one in rented]
    assert len(rented) >= 6 and costs == sorted(costs)
    for one in rented:
        assert one["ttft_ms"]["likely"] <= 500 and one["targets"] in ("kept", "likely kept")
        assert one["usd_per_month"]["low"] <= one["usd_per_month"]["likely"] <= one["usd_per_month"]["high"]
        assert 0 < one["utilization"]["likely"] <= 1
        assert one["usage_usd_per_month"] == pytest.approx(
            one["rent_or_tokens_usd_per_month"]["likely"] * one["utilization"]["likely"], rel=1e-4
        )
    assert any(one["interruptible"] for one in rented) and not all(one["interruptible"] for one in rented)
    reasons = " ".join(one["reason"] for one in lead.result["rejected"] if one["kind"] == "cpu")
    assert "latency" in reasons, "no processor reads that many tokens in half a second"


def test_rent_is_whole_machines_around_the_clock_at_the_listed_price(lead: ToolResult) -> None:
    one = next(o for o in of_kind(lead, "gpu") if not o["interruptible"])
    machine = catalog.instance(one["machine"])
    hour = machine.price().on_demand  # type: ignore[union-attr]
    cards = Decimal(one["count"]) if machine.accelerator_count == 1 else Decimal(1)
    assert one["rent_or_tokens_usd_per_month"]["likely"] == float(hour * cards * one["machines"] * 730)  # type: ignore[operator]


def test_who_watches_costs_sees_the_three_ways_side_by_side_with_the_break_even(watch: ToolResult) -> None:
    result = watch.result
    assert result["side_by_side"]["stay"]["usd_per_month"]["likely"] == 2e6 * (1000 * 2.5 + 300 * 10) / 1e6
    assert {one["kind"] for one in result["side_by_side"]["stay"]["cheaper_ways"]} >= {"cache", "batch"}
    assert all(result["side_by_side"][way] for way in ("stay", "switch", "shrink"))
    even = result["break_even"]
    assert even["against"] == "gpt-4o" and 0 < even["requests_per_month"]["low"] <= even["requests_per_month"]["likely"]
    assert even["requests_per_month"]["likely"] < 2e6 and result["side_by_side"]["switch"]["usd_per_month"]["likely"] < 11_000
    assert result["conditional"] and "not known" in result["best"]["quality"]
    used = next(o for o in of_kind(watch, "gpu") if not o["interruptible"])["utilization"]["likely"]
    assert even["utilization"]["likely"] < used, "it is busier than it needs to be"


def test_a_startup_with_little_traffic_is_told_to_stay(startup: ToolResult) -> None:
    assert startup.result["verdict"] == "stay" and startup.result["best"]["name"] == "gpt-4o-mini"
    assert startup.result["break_even"]["requests_per_month"]["low"] > 30_000
    assert startup.result["break_even"]["utilization"]["likely"] is None


def test_the_verdict_flips_at_the_printed_break_even() -> None:
    asked = {"model": "deepseek-r1", "requests_per_month": 2e7, "terms": "provider=vast-ai"}
    even = answer(asked).result["break_even"]
    volume = even["requests_per_month"]["likely"]
    for factor, verdict in ((0.2, "stay"), (0.999, "stay"), (1.001, "switch")):
        found = answer(asked, requests_per_month=volume * factor).result
        assert found["verdict"] == verdict, factor
        assert found["break_even"]["requests_per_month"]["likely"] == pytest.approx(volume, rel=1e-6), "whatever the traffic"
        needed, used = found["break_even"]["utilization"]["likely"], of_kind_used(found)
        assert (needed is not None and used >= needed) == (verdict == "switch")
    later = answer(asked, requests_per_month=even["always_from"] * 1.001).result
    assert later["verdict"] == "switch"


def of_kind_used(result: dict[str, Any]) -> float:
    return float(next(o for o in result["options"] if o["kind"] == "gpu" and not o["interruptible"])["utilization"]["likely"])


def test_doubling_the_api_price_never_raises_the_break_even(watch: ToolResult) -> None:
    own = OwnPrices(tokens=(OwnTokenPrice(file="p.yaml", line=1, model="gpt-4o", input=Decimal(5), output=Decimal(20)),))
    dear = answer(WATCH, own).result
    assert dear["side_by_side"]["stay"]["usd_per_month"]["likely"] == 22_000
    assert dear["break_even"]["requests_per_month"]["likely"] < watch.result["break_even"]["requests_per_month"]["likely"]


def test_under_a_quality_floor_what_nobody_measured_is_flagged_and_does_not_win(watch: ToolResult) -> None:
    strict = answer(WATCH, terms="quality=0.95")
    assert watch.result["verdict"] != "stay" and strict.result["verdict"] == "stay"
    assert any("quality floor" in said.text for said in strict.statements)
    narrow = answer({**LEAD, "terms": "quality=0.995"})
    assert any("quality" in one["by_stage"] for one in narrow.result["rejected"])
    assert all(one["precision"] != "int4" for one in of_kind(narrow, "gpu"))


def test_without_a_price_the_option_is_named_unknown_not_free(startup: ToolResult) -> None:
    result = startup.result
    assert any(one["kind"] == "managed" and "by the second" in one["reason"] for one in result["rejected"])
    unpriced = next(one for one in result["rejected"] if one["kind"] == "gpu" and one["reason"] == "no price is known")
    assert "MI325X" in unpriced["name"] and "price file" in unpriced["nearest"]
    devices = of_kind(startup, "edge")
    assert devices and all(one["usd_per_month"] is None and one["tokens_per_second"]["likely"] > 0 for one in devices)


def test_a_region_and_a_provider_narrow_the_machines(lead: ToolResult) -> None:
    found = answer(LEAD, terms="provider=aws, region=us-east-1")
    assert {one["provider"] for one in of_kind(found, "gpu")} == {"aws"}
    assert any("no price of it is known at aws us-east-1" in one["reason"] for one in found.result["rejected"])
    wide = answer(LEAD, terms="region=any")
    assert wide.result["configurations"] > 20_000
    assert (
        wide.result["side_by_side"]["switch"]["usd_per_month"]["likely"] <= lead.result["side_by_side"]["switch"]["usd_per_month"]["likely"]
    )


def test_own_work_is_counted_stated_and_can_be_set(startup: ToolResult) -> None:
    plain = answer(STARTUP, terms="running=0, moving=0, peak=3").result
    assert plain["assumed"] == [] and len(startup.result["assumed"]) == 4
    assert all(one["work_usd_per_month"]["likely"] == 0 for one in plain["options"])
    assert plain["break_even"]["requests_per_month"]["likely"] < startup.result["break_even"]["requests_per_month"]["likely"]


def test_running_work_and_day_prices_are_those_of_the_planner(startup: ToolResult) -> None:
    planner = {one.name: one.value for one in DEFAULTS}
    assert planner["engineering_day_usd"] == DAY_USD and planner["horizon_months"].likely == HORIZON_MONTHS
    running = next(e for e in card("self_host_open_model").effects).parameters["running_usd_month"]
    assert next(one for one in startup.result["assumed"] if "Running" in one["claim"])["value"] == running.as_dict()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": "gpt-4oo"}, "unknown-model"),
        ({"open_model": "lama-99b"}, "unknown-model"),
        ({"requests_per_month": 0}, "argument-missing"),
        ({"requests_per_second": 0.001}, "argument-invalid"),
        ({"terms": "cloud=aws"}, "terms-unreadable"),
        ({"terms": "peak=0.5"}, "terms-unreadable"),
        ({"terms": "provider=nobody"}, "unknown-provider"),
        ({"terms": "region=us-eest-1"}, "unknown-region-price"),
        ({"model": "llama-3.3-70b", "input_tokens": 500_000}, "context-too-long"),
        ({"model": "llama-3.3-70b", "precision": "ternary"}, "unknown-precision"),
        ({"model": "text-embedding-3-small"}, "no-output-price"),
    ],
)
def test_what_cannot_be_is_refused_with_the_next_step(change: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as refused:
        answer(STARTUP, **change)
    assert refused.value.code == code and refused.value.hint


def test_a_model_that_does_not_write_is_not_hosted_here() -> None:
    found = answer(STARTUP, model="bert-base-uncased", input_tokens=100, output_tokens=10)
    assert found.result["verdict"] == "none" and found.result["best"] is None
    assert "token by token" in found.statements[0].text


def test_an_impossible_target_leaves_only_what_is_sold_by_the_token_with_its_speed_unknown() -> None:
    found = answer(LEAD, ttft_ms=0.01)
    assert not of_kind(found, "gpu") and not of_kind(found, "cpu")
    assert all(one["targets"] == "not known" for one in of_kind(found, "managed"))
    assert any("not known here: test it" in said.text and not said.is_note for said in found.statements)
    near = [one["nearest"] for one in found.result["rejected"] if one["kind"] == "gpu" and "latency" in one["by_stage"]]
    assert near and all("first token" in text for text in near)


@pytest.mark.parametrize("way", ["switch", "shrink"])
def test_a_month_with_people_in_it_says_what_it_consists_of_and_how_to_set_it(startup: ToolResult, way: str) -> None:
    option = startup.result["side_by_side"][way]
    said = next(one for one in startup.statements if one.text.startswith("Of {way}") and one.names["way"] == option["name"])
    assert not said.is_note
    known = {record.id: record for record in startup.evidence}
    found = {name: known[key] for name, key in said.figures.items() if name in ("machines", "tokens", "running", "moving")}
    assert set(found) == ({"machines", "running", "moving"} if way == "switch" else {"tokens", "moving"})
    for bound in ("low", "likely", "high"):
        total = sum(Decimal(getattr(record.value, bound)) for record in found.values())
        assert float(total) == pytest.approx(option["usd_per_month"][bound], abs=0.02)
    assert found["moving"].tier == Tier.ASSUMED and found["moving"].parents and found["moving"].source.ref
    assert known[said.figures["tokens" if way == "shrink" else "machines"]].tier == Tier.ESTIMATED
    how = next(one for one in startup.statements if one.text.startswith("Assumed: people's time"))
    assert "running=" in how.names["how"] and "moving=" in how.names["how"] and not how.is_note


def test_work_that_was_stated_is_not_called_assumed() -> None:
    found = answer(STARTUP, terms="running=500")
    record = next(r for r in found.evidence if r.claim.startswith("Running work of self-hosting, a month"))
    assert record.tier == Tier.STATED and record.value.likely == 500  # type: ignore[union-attr]
    how = next(one for one in found.statements if one.text.startswith("Assumed: people's time"))
    assert "running=" not in how.names["how"]
    free = answer(STARTUP, terms="running=0, moving=0")
    assert not any(one.text.startswith(("Of {way}", "Assumed: people's time")) for one in free.statements)


def test_machines_of_strangers_and_desktop_cards_are_kept_but_do_not_head_the_answer(startup: ToolResult) -> None:
    result = startup.result
    rented = of_kind(startup, "gpu")
    ranked, aside = ([one for one in rented if one["ranked"] == wanted] for wanted in (True, False))
    assert ranked and aside and [one["ranked"] for one in rented] == sorted((one["ranked"] for one in rented), reverse=True)
    assert not any(one["reserve"] for one in ranked) and all(one["reserve"] for one in aside)
    dear, cheap = (result["side_by_side"][way]["usd_per_month"]["likely"] for way in ("switch", "switch_marketplace"))
    assert dear > cheap
    told = next(one for one in startup.statements if one.text.startswith("Cheaper on a"))
    assert "strangers" in told.names["why"] and "marketplace=yes" in told.names["how"] and not told.is_note
    even, other = result["break_even"], result["break_even_marketplace"]
    assert other["requests_per_month"]["likely"] < even["requests_per_month"]["likely"]
    first = even["option"].split(" at ")[1].split(" (")[0]
    assert first not in {"vast-ai", "salad", "akash", "tensordock", "gpuhub"}
    assert any("marketplace machines" in one.text and one.is_note for one in startup.statements)


def test_machines_of_strangers_are_ranked_where_they_or_their_seller_are_asked_for(startup: ToolResult) -> None:
    wide, named = answer(STARTUP, terms="marketplace=yes"), answer(STARTUP, terms="provider=vast-ai")
    for found in (wide, named):
        assert all(one["ranked"] for one in found.result["options"])
        assert found.result["side_by_side"]["switch_marketplace"] is None and found.result["break_even_marketplace"] is None
        switch = found.result["side_by_side"]["switch"]
        assert any("strangers" in one.names.get("notes", "") and one.names["way"] == switch["name"] for one in found.statements)
    cheapest = startup.result["side_by_side"]["switch_marketplace"]
    assert wide.result["side_by_side"]["switch"]["usd_per_month"] == cheapest["usd_per_month"]
    with pytest.raises(UserError):
        answer(STARTUP, terms="marketplace=maybe")


def test_the_two_price_bases_are_those_of_estimate_serving() -> None:
    """The cheapest seller's rent and the median of the sellers, for the same card, format and count: one figure each in both tools."""
    hosted = answer(LEAD, precision="fp8", terms="options=50")
    served = estimate_serving(
        EstimateServing(**{**LEAD, "gpu": "H100 SXM", "gpu_count": 2, "precision": "fp8"}), ToolContext(out_dir=Path())
    ).result
    sold = [o for o in of_kind(hosted, "gpu") if o["name"] == "2 x H100 SXM" and o["ranked"] and not o["interruptible"]]
    cheapest = min(sold, key=lambda one: one["rent_or_tokens_usd_per_month"]["likely"])
    assert cheapest["rent_or_tokens_usd_per_month"]["likely"] == pytest.approx(served["usd_per_month_at_the_cheapest"]["likely"])
    assert cheapest["rent_usd_per_month_at_median"] == pytest.approx(served["usd_per_month"]["likely"], rel=1e-4)
    assert cheapest["sellers"] == served["sellers"]["likely"] > 5
    assert cheapest["rent_or_tokens_usd_per_month"]["likely"] < cheapest["rent_usd_per_month_at_median"]


def test_the_headline_names_its_price_basis(lead: ToolResult) -> None:
    switch = answer(LEAD, precision="fp8", model="llama-3.1-70b")
    assert switch.result["verdict"] == "switch" and "cheapest seller" in switch.statements[0].text
    both = next(one for one in switch.statements if one.text.startswith("Of {way}") and "machines" in one.figures)
    assert "at their median" in both.text and {"median", "sellers"} <= set(both.figures)


def test_no_option_reads_its_weights_faster_than_its_memory_can_not_even_at_the_low_end() -> None:
    asked = ChooseHosting(model="llama-3.1-8b", requests_per_month=3e6, input_tokens=1500, output_tokens=300, terms="gpu=1 x L4")
    options = run(asked, ToolContext(out_dir=Path())).result["options"]
    cards = [one for one in options if (one["kind"], one["name"], one["precision"]) == ("gpu", "L4", "bf16")]
    assert cards
    for one in cards:
        assert one["tpot_ms"]["low"] >= 15.0e9 / 300e9 * 1e3  # 15 GB of weights at the 300 GB/s of the datasheet
