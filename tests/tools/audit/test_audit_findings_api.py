"""Promise to a startup with an API bill: each finding has its money, a saving from dated list prices that never exceeds it, and no
finding where the signs are just short of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from api_ledger import ask_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.audit.findings import (
    batch_candidates,
    billed_above,
    billed_below,
    cache_share,
    cache_writes,
    concentration,
    context_growth,
    embeddings_again,
    endpoint_premium,
    failed_calls,
    long_context,
    model_sprawl,
    old_models,
    output_heavy,
    premium_simple,
    reasoning_share,
    repeated_calls,
)
from tools.audit.findings.rule import apply
from tools.audit.pricing.desk import Prices
from tools.audit.pricing.use import Counting

TODAY = date(2026, 11, 22)
DAY = date(2026, 6, 1)
M = 1_000_000
RULES = {
    module.RULE.id: module.RULE
    for module in (
        batch_candidates, billed_above, billed_below, cache_share, cache_writes, concentration, context_growth,
        embeddings_again, endpoint_premium, failed_calls, long_context, model_sprawl, old_models, output_heavy, premium_simple,
        reasoning_share, repeated_calls,
    )
}  # fmt: skip


def asked(rules, rows, currency="USD", apart=None, calls=True, today=TODAY):
    """Findings of these rules over these rows, as the audit asks for them."""
    ask = ask_of([{"day": DAY, "currency": currency} | row for row in rows], currency)
    prices = Prices(ask, Counting(apart or {0: False}, frozenset({0} if calls else ())), currency, today)
    spend = sum((Decimal(str(row["billed"])) for row in rows if row.get("billed") is not None), Decimal(0))
    values = {"total": spend, "ai_total": spend, "days": 30, "prices": prices}
    return [hit for rule in rules for hit in apply(RULES[rule], ask, values, currency)]


def found(rule, rows, **more):
    return asked([rule], rows, **more)


def only(rule, rows, **more):
    hits = found(rule, rows, **more)
    assert len(hits) == 1, hits
    return hits[0]


def amounts(hit):
    return tuple(value.normalize() for value in hit.saving)


def dec(*texts):
    return tuple(Decimal(text).normalize() for text in texts)


# gpt-4.1: 2 in, 0.5 cached, 8 out; batch 1 and 4.
HEAVY = dict(model="gpt-4.1", billed="10", input_tokens=M, cached_tokens=0, output_tokens=M, requests=100)


def test_output_heavy_saves_a_part_of_the_output_cost():
    hit = only("output-heavy", [HEAVY])
    assert (hit.detail, hit.amount) == ("gpt-4.1", 10)
    assert amounts(hit) == dec("0.4", "1.6", "3.2")  # 5, 20 and 40 % of the 8 USD for output
    assert "assumption" in hit.why.lower()
    assert found("output-heavy", [HEAVY | {"output_tokens": 499_999}]) == []


def test_a_discount_stays_in_the_saving():
    assert amounts(only("output-heavy", [HEAVY | {"billed": "5"}])) == dec("0.2", "0.8", "1.6")


def test_lines_by_token_type_carry_their_own_money():
    lines = [
        dict(model="gpt-4.1", token_type=name, unit="tokens", quantity=M, billed=cost) for name, cost in (("input", "2"), ("output", "4"))
    ]
    assert amounts(only("output-heavy", lines)) == dec("0.2", "0.8", "1.6")  # 5, 20 and 40 % of the 4 USD that the output cost


def test_usage_without_money_saves_at_list_prices_and_says_so():
    hit = only("output-heavy", [HEAVY | {"billed": None}])
    assert (hit.amount, hit.currency) == (None, "USD")
    assert "not billed" in hit.note
    assert amounts(hit) == dec("0.4", "1.6", "3.2")


def test_an_unknown_model_has_a_finding_and_no_saving():
    hit = only("output-heavy", [HEAVY | {"model": "composer-1"}])
    assert hit.amount == 10
    assert hit.saving is None


LONG = dict(model="gpt-4.1", billed="2.8", input_tokens=M, cached_tokens=0, output_tokens=100_000, requests=100)


def test_low_cache_share_saves_by_the_price_difference():
    hit = only("low-cache-share", [LONG])
    # of 2 USD input at three quarters less: 0.1 x 0.5, 0.4 x 0.8, 0.8 x 0.95 of it read from the cache
    assert amounts(hit) == dec("0.075", "0.48", "1.14")
    assert "repeating share assumed" in hit.why


def test_cache_share_near_misses():
    assert found("low-cache-share", [LONG | {"cached_tokens": 200_000}]) == []
    assert found("low-cache-share", [LONG | {"cached_tokens": None}]) == []  # the file does not state cached tokens
    assert found("low-cache-share", [LONG | {"requests": 977}]) == []  # prompts below 1024 tokens cannot be cached
    assert len(found("low-cache-share", [LONG | {"requests": 976}])) == 1


def test_cache_writes_are_deducted_where_they_cost_more():
    claude = dict(
        model="claude-sonnet-4-5", billed="3", input_tokens=M, cached_tokens=0, cache_write_tokens=0, output_tokens=0, requests=100
    )
    # of 3 USD: reads save 2.7 a million, writes cost 0.75 more
    assert amounts(only("low-cache-share", [claude], apart={0: True})) == dec("0.0975", "0.804", "2.022")


def test_cache_writes_without_reads():
    row = dict(model="claude-sonnet-4-5", billed="3.75", input_tokens=0, cached_tokens=0, cache_write_tokens=M, output_tokens=0, requests=9)
    assert amounts(only("cache-writes-unread", [row], apart={0: True})) == dec("0", "0.75", "0.75")
    paid_back = row | {"cached_tokens": 277_778}  # 0.75 / 2.7 of a million
    assert found("cache-writes-unread", [paid_back], apart={0: True}) == []


def test_premium_model_on_short_requests():
    row = dict(model="gpt-4o", billed="1.8", input_tokens=480_000, cached_tokens=0, output_tokens=60_000, requests=1000)
    hit = only("premium-on-simple", [row])
    # gpt-4.1-mini: 0.4 and 1.6 a million; gpt-4o-mini: 0.15 and 0.6; gpt-4.1-nano has retired
    assert amounts(hit) == dec("0", "1.512", "1.692")
    assert "try first: gpt-4.1-mini or gpt-4o-mini" in hit.note
    assert "quality not known" in hit.why
    assert found("premium-on-simple", [row | {"input_tokens": 500_000}]) == []
    assert found("premium-on-simple", [row | {"output_tokens": 100_000}]) == []
    assert found("premium-on-simple", [row | {"requests": None, "rows": 1000}], calls=False) == []  # requests are not known
    assert found("premium-on-simple", [row | {"model": "gpt-4o-mini"}]) == []


def test_old_model_with_a_cheaper_newer_sibling():
    row = dict(model="gpt-4o", billed="12.5", input_tokens=M, cached_tokens=0, output_tokens=M)
    hit = only("old-model", [row])
    assert "gpt-4.1 costs 20% less" in hit.note
    assert amounts(hit) == dec("0", "2.5", "2.5")
    assert found("old-model", [row | {"model": "gpt-4.1"}]) == []


def test_an_introductory_price_that_has_ended_is_no_reason_to_switch():
    row = dict(model="gemini-3.5-flash", billed="1.5", input_tokens=M, cached_tokens=0, output_tokens=0, requests=10)
    assert "gemini-3.8-flash" in only("old-model", [row], today=date(2026, 12, 31)).note
    assert found("old-model", [row], today=date(2027, 1, 1)) == []


def test_money_without_token_counts_takes_no_part_in_a_saving():
    row = dict(model="gpt-4o", token_type="input", unit="tokens", quantity=M, billed="2.5")
    hit = only("old-model", [row, dict(model="gpt-4o", billed="50")])
    assert (hit.amount, amounts(hit)) == (Decimal("52.5"), dec("0", "0.5", "0.5"))


def test_old_model_near_its_last_day():
    row = dict(model="gemini-2.0-flash", billed="0.1", input_tokens=M, cached_tokens=0, output_tokens=0)
    hit = only("old-model", [row], today=date(2026, 3, 3))
    assert "retires on 2026-06-01" in hit.note
    assert hit.saving is None
    assert found("old-model", [row], today=date(2026, 3, 2)) == []


def test_reasoning_heavy():
    row = dict(model="o3", billed="10", input_tokens=M, cached_tokens=0, output_tokens=M, reasoning_tokens=500_000)
    assert amounts(only("reasoning-heavy", [row])) == dec("0", "1", "2")
    assert found("reasoning-heavy", [row | {"reasoning_tokens": 499_999}]) == []


def test_context_growth():
    def days(last):
        return [
            dict(
                model="gpt-4.1",
                billed="0.2",
                day=DAY + timedelta(at),
                input_tokens=size * 10,
                output_tokens=0,
                cached_tokens=0,
                requests=10,
            )
            for at, size in enumerate([1000, 1000, 1200, 1200, last, last])
        ]

    hit = only("context-growth", days(1500))
    assert "from 1,000 to 1,500 tokens over 6 days" in hit.note
    assert hit.amount == Decimal("1.2")
    part = Decimal("1.2") * Decimal(14_000) / Decimal(74_000)  # excess over a thousand a request, of all input
    assert hit.saving[0] == 0
    assert hit.saving[2].quantize(Decimal("1e-9")) == part.quantize(Decimal("1e-9"))
    assert found("context-growth", days(1499)) == []
    assert found("context-growth", days(1500)[:5]) == []


def test_embeddings_again():
    row = dict(model="text-embedding-3-small", billed="1", input_tokens=50 * M, output_tokens=0)
    rows = [row | {"day": DAY + timedelta(at)} for at in range(3)]
    assert amounts(only("embeddings-again", rows)) == dec("0", "1", "2")
    assert found("embeddings-again", rows[:2]) == []
    assert found("embeddings-again", [*rows[:2], row | {"day": DAY + timedelta(3), "input_tokens": 49 * M}]) == []
    assert found("embeddings-again", [r | {"day_end": r["day"] + timedelta(6)} for r in rows]) == []  # sums of a week say nothing of days
    assert found("embeddings-again", [r | {"model": "gpt-4.1"} for r in rows]) == []


def test_endpoint_premium():
    row = dict(model="us.anthropic.claude-sonnet-4-5-20250929-v1:0", provider="AWS", billed="3.3", input_tokens=M, output_tokens=0)
    assert amounts(only("endpoint-premium", [row])) == dec("0", "0.3", "0.3")
    assert found("endpoint-premium", [row | {"model": "global.anthropic.claude-sonnet-4-5-20250929-v1:0"}]) == []


def test_long_context_surcharge():
    row = dict(model="gpt-5.4", billed="1.5", input_tokens=300_000, cached_tokens=0, output_tokens=0)
    hit = only("long-context-surcharge", [row, row | {"input_tokens": 272_000, "billed": "0.68"}])
    assert (hit.amount, hit.rows) == (Decimal("1.5"), 1)
    assert amounts(hit) == dec("0", "0.375", "0.75")
    assert found("long-context-surcharge", [row | {"requests": 2}]) == []


@pytest.mark.parametrize(
    ("status", "detail", "saving"),
    [
        ("error", "calls failed", ("0.5", "1.2", "2")),
        ("429", "calls failed", ("0.5", "1.2", "2")),
        ("503 Service Unavailable", "calls failed", ("0.5", "1.2", "2")),
        ("Timed out", "calls failed", ("0.5", "1.2", "2")),
        ("cancelled", "calls cancelled", ("0.5", "1.2", "2")),
        ("content_filter", "calls blocked by a filter", ("0", "0.6", "2")),
        ("length", "calls cut off at the token limit", ("0", "0.6", "2")),
        ("max_tokens", "calls cut off at the token limit", ("0", "0.6", "2")),
    ],
)
def test_failed_calls(status, detail, saving):
    good = dict(model="gpt-4.1", billed="1", input_tokens=1000, output_tokens=10, status="stop")
    rows = [good] * 8 + [good | {"status": status}] * 2
    hit = only("failed-calls", rows)
    assert (hit.detail, hit.amount, hit.rows) == (detail, 2, 2)
    assert amounts(hit) == dec(*saving)
    assert hit.note == "2 of 10 calls with a status"


@pytest.mark.parametrize("status", ["stop", "200", "success", "tool_calls", "no error", "false", "OK", "4096", "end_turn", "DEFAULT"])
def test_calls_that_went_well(status):
    assert found("failed-calls", [dict(model="gpt-4.1", billed="1", input_tokens=1000, output_tokens=10, status=status)] * 5) == []


def test_one_failure_in_more_than_a_hundred_is_no_finding():
    rows = [
        dict(model="gpt-4.1", billed="1", input_tokens=9, status="stop", rows=100),
        dict(model="gpt-4.1", billed="1", input_tokens=9, status="error"),
    ]
    assert found("failed-calls", rows) == []


def test_repeated_calls():
    def calls(sizes):
        return [dict(model="gpt-4.1", billed="1", input_tokens=size, output_tokens=at, account="key") for at, size in enumerate(sizes)]

    hit = only("repeated-calls", calls([500, 500, 700, 700, 700, 900]))
    assert (hit.amount, hit.rows) == (3, 3)
    assert amounts(hit) == dec("0", "1.5", "3")
    assert "3 of 6 calls" in hit.note
    assert found("repeated-calls", calls([500, 500, 700, 700, 800, 900])) == []
    assert found("repeated-calls", calls([150, 150, 150, 150, 150, 150])) == []  # short prompts agree by accident
    assert found("repeated-calls", [row | {"requests": 5} for row in calls([500] * 6)]) == []


@pytest.mark.parametrize(
    ("sign", "note"),
    [
        ({"workload": "nightly-report"}, "nightly"),
        ({"environment": "dev"}, "environment dev"),
        ({"off_hours": "8"}, "at night"),
    ],
)
def test_batch_candidates(sign, note):
    hit = only("batch-candidate", [HEAVY | sign])
    assert note in hit.note
    assert amounts(hit) == dec("1.25", "3", "5")  # the batch price is half; a quarter, 60 % and all of it may wait


def test_batch_candidate_near_misses():
    assert found("batch-candidate", [HEAVY]) == []
    assert found("batch-candidate", [HEAVY | {"off_hours": "7.9"}]) == []
    assert found("batch-candidate", [HEAVY | {"workload": "nightly", "pricing": "batch"}]) == []
    assert found("batch-candidate", [HEAVY | {"workload": "nightly", "model": "gpt-4-turbo"}]) == []  # no batch price is known
    assert found("batch-candidate", [HEAVY | {"workload": "fortnightly chat"}]) == []


def test_embeddings_can_wait():
    hit = only("batch-candidate", [dict(model="text-embedding-3-small", billed="1", input_tokens=50 * M)])
    assert (hit.note, amounts(hit)) == ("embeddings", dec("0.125", "0.3", "0.5"))


def test_concentration():
    def keys(first):
        return [dict(model="gpt-4.1", billed=cost, account=who) for who, cost in (("key-a", first), ("key-b", "20"), ("key-c", "20"))]

    hit = only("api-concentration", keys("60"))
    assert (hit.detail, hit.amount) == ("key-a", 60)
    assert hit.note == "60.0 % of API spend; 3 keys or projects"
    assert found("api-concentration", keys("59.9")) == []
    assert found("api-concentration", keys("60")[:2]) == []


def test_model_sprawl_by_money_and_by_tokens():
    many = [dict(model=f"m{at}", billed="1", input_tokens=10) for at in range(5)]
    hit = only("model-sprawl", [dict(model="big", billed="100", input_tokens=1000), *many])
    assert (hit.detail, hit.amount) == ("m0, m1, m2, m3, m4", 5)
    assert found("model-sprawl", [dict(model="big", billed="100"), *many[:4]]) == []
    usage = only("model-sprawl", [dict(model="big", input_tokens=1000), *[row | {"billed": None} for row in many]])
    assert usage.amount is None
    assert "5 of 6 models" in usage.note


def test_billed_above_and_below_the_list():
    row = dict(model="gpt-4.1", token_type="input", unit="tokens", quantity=M)
    above = only("billed-above-list", [row | {"billed": "2.5"}])
    assert (above.detail, above.amount) == ("gpt-4.1 input", Decimal("2.5"))
    assert amounts(above) == dec("0", "0.25", "0.5")
    assert "25.0 % above the list price read on 2026-08-21" in above.note
    assert "no explanation" in above.note
    below = only("billed-below-list", [row | {"billed": "1"}])
    assert "batch price" in below.note
    assert below.saving is None
    assert found("billed-above-list", [row | {"billed": "2.02"}]) == []
    assert found("billed-below-list", [row | {"billed": "1.98"}]) == []


TOKENS = st.integers(0, 5 * 10**8)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(["gpt-4o", "gpt-4.1", "o3", "gpt-5.4", "claude-sonnet-4-5", "text-embedding-3-small", "composer-1"]),
            "billed": st.one_of(st.none(), st.decimals("0.01", "1000", places=2)),
            "input_tokens": TOKENS,
            "cached_tokens": st.one_of(st.none(), st.integers(0, 10**6)),
            "cache_write_tokens": st.one_of(st.none(), st.integers(0, 10**6)),
            "output_tokens": st.one_of(st.none(), TOKENS),
            "requests": st.one_of(st.none(), st.integers(1, 10**6)),
            "day": st.dates(DAY, DAY + timedelta(8)),
            "workload": st.sampled_from(["", "nightly", "chat"]),
            "status": st.sampled_from(["", "stop", "error", "length"]),
            "pricing": st.sampled_from(["", "batch"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, apart=st.booleans())
def test_no_saving_exceeds_its_amount_and_all_are_ordered(rows, apart):
    for hit in asked(RULES, rows, apart={0: apart}):
        assert hit.rows > 0
        assert len(hit.places) <= 20
        if hit.saving:
            low, likely, high = hit.saving
            assert 0 <= low <= likely <= high
            assert hit.amount is None or high <= hit.amount


@settings(max_examples=10, deadline=None)
@given(rows=ROWS)
def test_the_order_of_rows_changes_nothing_but_their_places(rows):
    rules = sorted(set(RULES) - {"repeated-calls"})  # neighbours are what that rule is about
    one, other = ([(h.rule, h.detail, h.amount, h.saving, h.rows, h.note) for h in asked(rules, some)] for some in (rows, rows[::-1]))
    assert one == other
