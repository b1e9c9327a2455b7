"""What is promised of a break-even: both months agree there, the sign flips beside it, and a plain scan finds the same volume."""

from math import inf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tools.estimation.hosting.break_even import Steps, root, utilization, volume

MANY = settings(max_examples=60, deadline=None)
money = st.floats(1.0, 1e5)
steps = st.builds(Steps, unit_usd=money, unit_requests=st.floats(100.0, 1e8), fixed_usd=st.one_of(st.just(0.0), money))
price = st.floats(1e-6, 1.0)


def affordable(one: Steps, usd: float) -> bool:
    """Whether a break-even exists and lies within so many steps that floats still tell them apart."""
    margin = usd * one.unit_requests - one.unit_usd
    return margin > 1e-6 * one.unit_usd and (one.fixed_usd + one.unit_usd) / margin < 1e4


@MANY
@given(steps, price)
def test_at_the_volume_both_months_cost_the_same_and_the_sign_flips_around_it(one: Steps, usd: float) -> None:
    assume(affordable(one, usd))
    found = volume(one, usd)
    assert found is not None
    for at in (found.first, found.always):
        assert one.cost(at) == pytest.approx(usd * at, rel=1e-6)
    within = min(found.first * (1 + 1e-5), found.units * one.unit_requests)
    assert one.cost(within) <= usd * within * (1 + 1e-9)
    assert one.cost(found.first * (1 - 1e-5)) > usd * found.first * (1 - 1e-5)


@MANY
@given(steps, price)
def test_below_the_first_volume_it_is_never_cheaper_and_above_the_last_always(one: Steps, usd: float) -> None:
    assume(affordable(one, usd))
    found = volume(one, usd)
    assert found is not None and found.first <= found.always
    edge = one.unit_requests
    for share in (0.01, 0.3, 0.7, 0.99):
        assert one.cost(found.first * share) > usd * found.first * share
        for at in (found.always * (1 + share), found.always + share * edge, (found.units + 3 + share) * edge + found.always):
            assert one.cost(at) <= usd * at * (1 + 1e-9)
    for step in range(1, found.units):  # every earlier step ends dearer
        assert one.cost(step * edge) > usd * step * edge * (1 - 1e-9)


@MANY
@given(steps, price)
def test_a_dearer_api_never_raises_the_break_even(one: Steps, usd: float) -> None:
    before, after = volume(one, usd), volume(one, 2 * usd)
    if before is not None:
        assert after is not None and after.first <= before.first * (1 + 1e-9) and after.always <= before.always * (1 + 1e-9)


@MANY
@given(steps, price)
def test_never_means_that_a_full_unit_costs_as_much_a_request(one: Steps, usd: float) -> None:
    assert (volume(one, usd) is None) == (usd * one.unit_requests <= one.unit_usd)


@pytest.mark.parametrize(
    ("one", "usd"),
    [
        (Steps(1000.0, 50_000.0, 700.0), 0.03),
        (Steps(1000.0, 50_000.0, 5000.0), 0.022),  # several steps until the margins pay the fixed part
        (Steps(900.0, 100_000.0, 0.0), 0.0095),
        (Steps(467.2, 824_000.0, 3600.0), 0.0055),
    ],
)
def test_an_independent_scan_over_volumes_finds_the_same(one: Steps, usd: float) -> None:
    found = volume(one, usd)
    assert found is not None
    grid = one.unit_requests / 2000
    cheaper = [n for n in range(1, int(found.always * 1.5 / grid)) if one.cost(n * grid) <= usd * n * grid]
    dearer = [n for n in range(1, int(found.always * 1.5 / grid)) if one.cost(n * grid) > usd * n * grid]
    assert found.first == pytest.approx(cheaper[0] * grid, abs=grid)
    assert found.always == pytest.approx(dearer[-1] * grid, abs=1.01 * grid)
    assert found.stays_cheaper == (dearer[-1] < cheaper[0])


@MANY
@given(money, st.floats(1e3, 1e9), price)
def test_utilization_is_the_share_of_work_at_which_paid_capacity_costs_what_the_api_does(paid: float, full: float, usd: float) -> None:
    found = utilization(paid, full, usd)
    if found is None:
        assert paid > usd * full
    else:
        assert 0 < found <= 1 and usd * full * found == pytest.approx(paid, rel=1e-9)


def test_bisection_needs_no_derivative() -> None:
    assert root(lambda x: x**3 - 2, 0.0, 2.0) == pytest.approx(2 ** (1 / 3), rel=1e-12)
    assert root(lambda x: -1.0 if x < 1.25 else 1.0, 0.0, 2.0) == 1.25


def test_a_step_is_counted_as_replicas_are() -> None:
    assert [Steps(1.0, 10.0).units(v) for v in (0.0, 1.0, 10.0, 10.0 + 1e-12, 10.1, 20.0)] == [1, 1, 1, 1, 2, 2]
    assert Steps(3.0, inf, 2.0).cost(1e12) == 5.0
