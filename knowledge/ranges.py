"""`Range`: a value known as low / likely / high. Order is kept through arithmetic; units live in `quantities`.

Holds floats (physics) or Decimals (money), never both in one range; a float factor applied to a Decimal range is
converted through its shortest text form, so money stays exact. Interval arithmetic treats operands as independent,
which is the cautious reading: results are never narrower than they should be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

Number = float | Decimal


def as_kind(value: Number | int | str, money: bool) -> Number:
    """`value` as Decimal where `money`, else float; ints and floats reach Decimal through their text form."""
    if not money:
        return float(value)
    return value if isinstance(value, Decimal) else Decimal(str(value))


@dataclass(frozen=True)
class Range:
    """low <= likely <= high, all Decimal or all float.

    Raises ValueError where the order is broken or a bound is not finite.
    """

    low: Number
    likely: Number
    high: Number

    def __post_init__(self) -> None:
        money = any(isinstance(v, Decimal) for v in (self.low, self.likely, self.high))
        for name in ("low", "likely", "high"):
            object.__setattr__(self, name, as_kind(getattr(self, name), money))
        if not (Decimal(self.low).is_finite() and Decimal(self.likely).is_finite() and Decimal(self.high).is_finite()):
            raise ValueError("a range needs finite bounds")
        if not self.low <= self.likely <= self.high:
            raise ValueError(f"range out of order: {self.low} / {self.likely} / {self.high}")

    @classmethod
    def exact(cls, value: Number | int) -> "Range":
        """A point, for values that are exact (a billed sum, a count, a list price)."""
        return cls(value, value, value)

    @property
    def is_exact(self) -> bool:
        """Whether all three bounds agree."""
        return self.low == self.high

    @property
    def is_money(self) -> bool:
        """Whether the bounds are Decimal."""
        return isinstance(self.likely, Decimal)

    def _with(self, other: "Range | Number | int", operation: Callable[[Number, Number], Number]) -> "Range":
        right = other if isinstance(other, Range) else Range.exact(other)
        money = self.is_money or right.is_money
        mine = [as_kind(v, money) for v in (self.low, self.likely, self.high)]
        theirs = [as_kind(v, money) for v in (right.low, right.likely, right.high)]
        corners = [operation(a, b) for a in (mine[0], mine[2]) for b in (theirs[0], theirs[2])]
        likely = operation(mine[1], theirs[1])
        return Range(min(*corners, likely), likely, max(*corners, likely))

    def __add__(self, other: "Range | Number | int") -> "Range":
        return self._with(other, lambda a, b: a + b)  # type: ignore[operator]

    def __sub__(self, other: "Range | Number | int") -> "Range":
        return self._with(other, lambda a, b: a - b)  # type: ignore[operator]

    def __mul__(self, other: "Range | Number | int") -> "Range":
        return self._with(other, lambda a, b: a * b)  # type: ignore[operator]

    def __truediv__(self, other: "Range | Number | int") -> "Range":
        """Raises ZeroDivisionError where the divisor's range holds zero."""
        right = other if isinstance(other, Range) else Range.exact(other)
        if right.low <= 0 <= right.high:
            raise ZeroDivisionError("divisor range holds zero")
        return self._with(right, lambda a, b: a / b)  # type: ignore[operator]

    __radd__ = __add__
    __rmul__ = __mul__

    def clamp(self, low: Number | int | None = None, high: Number | int | None = None) -> "Range":
        """Each bound moved into [low, high]."""

        def into(value: Number) -> Number:
            if low is not None:
                value = max(value, as_kind(low, self.is_money))
            if high is not None:
                value = min(value, as_kind(high, self.is_money))
            return value

        return Range(into(self.low), into(self.likely), into(self.high))

    def as_dict(self) -> dict[str, float]:
        """JSON form; Decimals become floats only here, at the border."""
        return {"low": float(self.low), "likely": float(self.likely), "high": float(self.high)}
