"""Every figure rests on these two: a range never loses its order, money stays exact, and kinds never mix."""

from decimal import Decimal

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.quantities import Quantity
from knowledge.ranges import Range

floats = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-3, 1e6, allow_nan=False)


@st.composite
def ranges(draw: st.DrawFn, values: st.SearchStrategy[float] = floats) -> Range:
    return Range(*sorted(draw(st.tuples(values, values, values))))


@given(ranges(), ranges(), st.sampled_from(["+", "-", "*"]))
def test_order_survives_arithmetic(a: Range, b: Range, sign: str) -> None:
    result = {"+": a + b, "-": a - b, "*": a * b}[sign]
    assert result.low <= result.likely <= result.high


@given(ranges(), ranges(positive))
def test_order_survives_division(a: Range, b: Range) -> None:
    result = a / b
    assert result.low <= result.likely <= result.high


@given(st.lists(st.decimals("0.01", "99999.99", places=2), min_size=1, max_size=50))
def test_money_adds_up_to_the_cent(amounts: list[Decimal]) -> None:
    total = Range.exact(Decimal(0))
    for amount in amounts:
        total = total + Range.exact(amount)
    assert total.likely == sum(amounts) and total.is_exact and total.is_money


def test_a_float_factor_never_makes_money_inexact() -> None:
    assert (Range.exact(Decimal("10.00")) * 0.1).likely == Decimal("1.000")


@pytest.mark.parametrize("bounds", [(2, 1, 3), (1, 4, 3), (float("nan"), 1, 2), (0, 1, float("inf"))])
def test_a_range_out_of_order_or_not_finite_is_refused(bounds: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError):
        Range(*bounds)


def test_dividing_by_a_range_that_holds_zero_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        Range.exact(1.0) / Range(-1, 0, 1)


def test_dollars_and_euros_never_add_up_and_units_convert() -> None:
    with pytest.raises(pint.DimensionalityError):
        Quantity.exact(1, "USD") + Quantity.exact(1, "EUR")
    assert Quantity.exact(2, "token/second").to("token/hour").value.likely == 7200
