"""What is promised of the search: pruning changes nothing, whole machines are paid, hosts are exact, formats are judged."""

from dataclasses import replace
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from knowledge import catalog
from knowledge.own_prices import OwnMachinePrice, OwnPrices
from knowledge.prices_here import HourlyPrice
from knowledge.source import Source, Tier
from tools.contracts.tool import Session, ToolContext
from tools.estimation.hosting import gpu
from tools.estimation.hosting.break_even import volume
from tools.estimation.hosting.cpu import slices, speed
from tools.estimation.hosting.hosted import hosted
from tools.estimation.hosting.offers import unit
from tools.estimation.hosting.option import Tally
from tools.estimation.hosting.quality import formats, quality_of
from tools.estimation.hosting.question import Question, read
from tools.estimation.hosting.rented import gpu_option
from tools.estimation.serving.counts import Footprint, Layout
from tools.estimation.serving.formats import FORMATS
from tools.estimation.serving.sizing import Target
from tools.estimation.tool import ChooseHosting
from tools.estimation.traffic import SECONDS_PER_MONTH

ASKED = {"model": "llama-3.1-8b", "requests_per_month": 5e7, "input_tokens": 800, "output_tokens": 200}


def question(own: OwnPrices | None = None, **change: Any) -> Question:
    session = Session(own_prices=own) if own is not None else Session()
    return read(ChooseHosting(**{**ASKED, **change}), ToolContext(out_dir=Path(), session=session))


@pytest.mark.parametrize("target", [{}, {"ttft_ms": 200, "tpot_ms": 20}])
def test_pruning_finds_what_sizing_everything_finds(target: dict[str, float]) -> None:
    asked = question(terms="provider=runpod, options=2", **target)
    assert asked.shape is not None
    tally = Tally()
    found = gpu.search(asked, asked.shape, 1e-4, tally)
    everything = [p for chip in catalog.accelerators().entries.values() for p in gpu._place(asked, asked.shape, chip, Tally())]
    assert found.placed == len(everything) > found.sized > 0
    fixed = float(asked.work.own.likely) + float(asked.work.moving.likely)
    best: dict[tuple[bool, str], float] = {}
    firsts = []
    for placed in everything:
        rate = gpu._sized(placed, asked)
        assert rate <= placed.most, "the bound holds"
        for one in placed.units if rate else ():
            usd = ceil(ceil(asked.peak_per_second / rate - 1e-9) / one.replicas) * float(one.usd_per_month)
            key = (one.is_spot, placed.case.chip.name)
            best[key] = min(best.get(key, usd), usd)
            even = None if one.is_spot else volume(gpu.steps(one, rate, asked, fixed), 1e-4)
            firsts += [even.first] if even else []
    for spot in (False, True):
        shown = [pick.usd for pick in found.picks if pick.unit.is_spot == spot]
        assert shown == sorted(usd for (is_spot, _), usd in best.items() if is_spot == spot)[:2]
    assert found.first is not None
    assert volume(gpu.steps(found.first.unit, found.first.placement.rate, asked, fixed), 1e-4).first == pytest.approx(min(firsts))  # type: ignore[union-attr]


def price(machine: str, accelerators: int, provider: str, usd: str = "2") -> HourlyPrice:
    held = Decimal(accelerators)
    return HourlyPrice(Decimal(usd), "on_demand", machine, provider, "r", "H100 SXM", held, Tier.CATALOGUE, Source("a list"), False)


def test_a_machine_is_rented_whole_and_holds_as_many_replicas_as_fit() -> None:
    eight = price("p5.48xlarge", 8, "aws", "80")
    for count, replicas in ((1, 8), (2, 4), (4, 2), (8, 1)):
        found = unit(eight, count)
        assert found is not None and (found.replicas, found.usd_per_month) == (replicas, Decimal(80 * 730))
    odd = unit(price("six", 6, "genesis-cloud"), 4)
    assert odd is not None and (odd.replicas, odd.accelerators) == (1, 6), "the two left over are paid"


def test_what_is_priced_by_the_card_is_rented_in_as_many_as_a_replica_takes_but_not_from_clouds_that_rent_machines() -> None:
    four = unit(price("runpod-h100", 1, "runpod", "3"), 4)
    assert four is not None and (four.replicas, four.usd_per_month) == (1, Decimal(3 * 4 * 730))
    assert unit(price("p5.4xlarge", 1, "aws"), 2) is None


def test_own_prices_leave_no_room_for_the_list() -> None:
    mine = OwnMachinePrice(file="p.yaml", line=1, accelerator="L4", on_demand=Decimal("0.01"))
    asked = question(OwnPrices(machines=(mine,)))
    assert asked.shape is not None
    found = gpu.search(asked, asked.shape, None, Tally())
    cheapest = found.picks[0]
    assert cheapest.unit.price.accelerator == "L4" and cheapest.unit.price.tier == Tier.STATED
    assert all(pick.unit.price.usd == Decimal("0.01") for pick in found.picks if pick.unit.price.accelerator == "L4")


def test_hosts_are_found_by_the_link_to_their_weights_never_by_a_likeness_of_names() -> None:
    found = hosted(question(model="llama-3.3-70b", terms="options=50"), Tally())
    shelf = catalog.api_models().entries
    assert len(found.managed) >= 5
    assert {shelf[o.model].weights for o in found.managed} == {"llama-3.3-70b"}
    names = {o.model for o in found.managed}
    assert not any("3.1" in name or "8b" in name or "distill" in name for name in names)


def test_the_open_stand_in_is_the_named_one_then_the_weights_then_an_offered_one() -> None:
    named = question(model="gpt-4o", open_model="llama-3.3-70b")
    assert (named.shape.name, named.how_open) == ("llama-3.3-70b", "named")  # type: ignore[union-attr]
    weights = question(model="groq/llama-3.3-70b-versatile")
    assert (weights.shape.name, weights.how_open, weights.is_other) == ("llama-3.3-70b", "weights", False)  # type: ignore[union-attr]
    offered = question(model="gpt-4o")
    assert offered.how_open == "offered" and offered.is_other and not offered.is_named


def test_the_peak_and_the_month_follow_from_each_other() -> None:
    assert question(requests_per_month=0, requests_per_second=9, terms="peak=3").requests_per_month == pytest.approx(3 * SECONDS_PER_MONTH)
    both = question(requests_per_month=SECONDS_PER_MONTH, requests_per_second=4)
    assert both.peak_over_mean == pytest.approx(4) and not any("Busiest" in one.claim for one in both.assumed)
    assert any("Busiest" in one.claim for one in question().assumed)


def test_who_only_sells_tokens_narrows_no_machines() -> None:
    assert question(terms="provider=openai").provider == "" and question(terms="provider=amazon").provider == "aws"


def test_a_format_is_tried_where_the_chip_computes_in_it_and_its_quality_is_known_or_flagged() -> None:
    small, large = catalog.model("qwen2.5-0.5b"), catalog.model("llama-3.3-70b")
    assert [f.name for f in formats(large, "", catalog.accelerator("H100 SXM"))] == ["bf16", "fp8", "int4"]
    assert [f.name for f in formats(large, "", catalog.accelerator("A100 SXM 80GB"))] == ["bf16", "int4"]
    assert quality_of(large, FORMATS["bf16"], 1000).passes(1.0)
    known, unknown = quality_of(large, FORMATS["int4"], 1000), quality_of(small, FORMATS["int4"], 1000)
    assert known.is_known and known.fails(0.999) and known.passes(0.9)
    assert not unknown.is_known and not unknown.fails(0.5) and not unknown.passes(0.5) and unknown.passes(0.0)


def test_processors_are_as_fast_as_published_runs_on_them() -> None:
    """Arm, community blogs of 2024: Llama 3 70B in 4 bits on c8g.16xlarge makes 5 to 10 tokens/s, 8B on c7g.16xlarge one within 100 ms."""
    for model, machine, fastest, slowest in (("llama-3-70b", "c8g.16xlarge", 100, 200), ("llama-3-8b", "c7g.16xlarge", 0, 100)):
        asked = question(model=model, input_tokens=128, output_tokens=64)
        rented = catalog.cpu_machines().get(machine)
        _, part = slices(rented, catalog.cpu(rented.cpu))  # type: ignore[misc]
        footprint = Footprint.of(asked.shape, FORMATS["int4"], 16.0, Layout())  # type: ignore[arg-type]
        best, likely, worst = speed(footprint, part, replace(asked, target=Target(1e9, slowest / 1e3))).tpot_ms  # type: ignore[union-attr]
        assert best < likely < worst and best <= slowest and worst >= fastest


def test_a_month_of_an_option_is_that_of_its_steps_at_the_volume_asked_for() -> None:
    asked = question()
    assert asked.shape is not None
    found = gpu.search(asked, asked.shape, 1e-4, Tally())
    for pick in found.picks:
        option = gpu_option(pick, asked)
        assert option.steps is not None and option.total is not None
        for case, total in zip(option.steps, (option.total.low, option.total.likely, option.total.high), strict=True):
            assert case.cost(asked.requests_per_month) == pytest.approx(float(total))


def test_what_is_found_in_a_cache_makes_both_ways_cheaper() -> None:
    plain, cached = (question(model="gpt-4o", open_model="llama-3.1-8b", terms=terms) for terms in ("", "cached=0.8"))
    usd = [hosted(one, Tally()).now.usd for one in (plain, cached)]  # type: ignore[union-attr]
    assert usd[1].likely < usd[0].likely  # type: ignore[union-attr]
    rates = []
    for asked in (plain, cached):
        placed = next(p for p in gpu._place(asked, asked.shape, catalog.accelerator("H100 SXM"), Tally()))  # type: ignore[arg-type]
        rates.append(gpu._sized(placed, asked))
    assert rates[1] > rates[0]


def test_more_traffic_is_never_cheaper_to_rent_for() -> None:
    costs = []
    for month in (1e5, 1e6, 1e7, 1e8, 1e9):
        asked = question(requests_per_month=month, terms="provider=runpod")
        found = gpu.search(asked, asked.shape, None, Tally())  # type: ignore[arg-type]
        costs.append(min(pick.usd for pick in found.picks if not pick.unit.is_spot))
    assert costs == sorted(costs)


def test_a_small_cpu_machine_has_its_share_of_a_socket() -> None:
    family = catalog.cpu("Sapphire Rapids")
    machine = next(m for m in catalog.cpu_machines().entries.values() if m.cpu == family.name and m.vcpus == 8)
    sockets, part = slices(machine, family)  # type: ignore[misc]
    threads = family.cores * (machine.vcpus_per_core or family.threads_per_core)
    assert sockets == 1 and part.bandwidth == pytest.approx((family.bandwidth_gb_s or 0) * 1e9 * 8 / threads)
    assert slices(machine, catalog.cpu("Axion")) is None
