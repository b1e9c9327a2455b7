"""A figure reads the same everywhere, and as a person in finance writes it: cents, no powers of ten, no stray spaces."""

from decimal import Decimal

import pytest

from knowledge.ranges import Range
from tools.contracts.figures import money_text, range_text


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("-3", "EUR", "-€3.00"),
        ("12", "CHF", "CHF 12.00"),
        ("-100", "", "-100.00"),
        ("0.00095", "USD", "$0.00095"),
        ("0.0000025", "USD", "$0.0000025"),
        ("-0.000032", "USD", "-$0.000032"),
        ("0", "USD", "$0.00"),
    ],
)
def test_money_as_written(amount: str, currency: str, shown: str) -> None:
    assert money_text(Decimal(amount), currency) == shown


@pytest.mark.parametrize(("price", "shown"), [("0.075", "$0.075"), ("2.5", "$2.50"), ("0.0001", "$0.0001"), ("1200", "$1,200.00")])
def test_a_list_price_keeps_all_its_digits(price: str, shown: str) -> None:
    assert range_text(Range.exact(Decimal(price)), "USD/million tokens") == f"{shown} per million tokens"


def test_money_of_an_unstated_currency_keeps_its_cents() -> None:
    assert range_text(Range.exact(Decimal("3250.10")), "") == "3,250.10"
    assert range_text(Range.exact(Decimal("0.021")), "") == "0.02"
    assert range_text(Range.exact(5231), "rows") == "5,231 rows"


@pytest.mark.parametrize(
    ("bounds", "unit", "shown"),
    [
        ((344_036, 739_491, 2_242_909), "requests", "739,000 (344,000 to 2,240,000) requests"),
        ((999.6, 1000.2, 1_234_567), "ms", "1,000 (1,000 to 1,230,000) ms"),
        ((1.1037, 2.9259, 9.1037), "USD/million tokens", "$2.93 ($1.10 to $9.10) per million tokens"),
        ((0.0149, 0.09487, 27.3111), "USD/million tokens", "$0.0949 ($0.0149 to $27.31) per million tokens"),
    ],
)
def test_the_bounds_of_a_range_show_three_digits(bounds: tuple[float, float, float], unit: str, shown: str) -> None:
    assert range_text(Range(*bounds), unit) == shown
