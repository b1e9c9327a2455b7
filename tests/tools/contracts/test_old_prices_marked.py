"""A price that nobody looked at for more than ninety days is marked wherever it is shown, and nothing else is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.cli.printing import evidence_text
from app.render import pages
from knowledge import catalog
from knowledge.ranges import Range
from knowledge.source import STALE_AFTER_DAYS, Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.export.evidence_order import Traced
from tools.export.sections import sources

TODAY = date.today()


def record(days: int | None, unit: str = "USD/month", tier: Tier = Tier.CATALOGUE) -> Evidence:
    day = None if days is None else TODAY - timedelta(days=days)
    value = Range.exact(Decimal("5"))
    return Evidence.record(tier=tier, claim="Cost", source=SourceRef(ref="list", checked_on=day), value=value, unit=unit)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (record(STALE_AFTER_DAYS + 1), True),
        (record(STALE_AFTER_DAYS + 1, "USD", Tier.ESTIMATED), True),
        (record(STALE_AFTER_DAYS), False),
        (record(None, tier=Tier.STATED), False),
        (record(1000, "GiB"), False),  # a datasheet does not age
        (record(1000, ""), False),
    ],
)
def test_money_on_an_old_list_price_is_marked(found: Evidence, expected: bool) -> None:
    assert found.has_old_price() is expected
    assert ("old price" in pages.evidence([found])) is expected
    assert ("old price" in evidence_text(found)) is expected
    assert ("old price" in str(sources(Traced({found.id: found}, ())).tables)) is expected


def test_the_day_of_a_price_says_that_it_is_old() -> None:
    source = Source("list", date(2026, 7, 20))
    assert catalog.checked(source, date(2026, 8, 1)) == "checked 2026-07-20"
    assert catalog.checked(source, date(2026, 11, 23)) == "checked 2026-07-20, old"
    assert catalog.checked(Source("your file, line 3")) == ""
