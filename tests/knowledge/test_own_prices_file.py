"""What is promised of a user's price file: it is read exactly or not at all, every flaw is named with its line, and nothing in it acts."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.errors import UserError
from knowledge.own_price_file import MOST_BYTES, MOST_ROWS, is_price_header, parse_own_prices, read_own_prices
from knowledge.own_prices import OwnPrices

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "prices.md"
HEAD = (
    "machine,accelerator,model,provider,region,on_demand_per_hour,spot_per_hour,input_per_million,output_per_million,"
    "valid_from,currency,usd_per_unit,note\n"
)


def block(kind: str) -> bytes:
    return DOCUMENT.read_text(encoding="utf-8").split(f"```{kind}\n")[1].split("```")[0].encode()


def flaws(raw: bytes | str, name: str = "prices.yaml") -> list[tuple[int, str]]:
    """The flaws for which the file is refused."""
    with pytest.raises(UserError) as caught:
        parse_own_prices(raw if isinstance(raw, bytes) else raw.encode(), name)
    assert caught.value.code == "price-file-invalid" and name in caught.value.message and caught.value.hint
    return [(one["line"], one["flaw"]) for one in caught.value.details["flaws"]]


def flaw(row: str) -> tuple[int, str]:
    """The one flaw of a table with one row."""
    (found,) = flaws(HEAD + row, "prices.csv")
    return found


def test_the_examples_of_the_document_are_read_as_it_says() -> None:
    found = parse_own_prices(block("yaml"), "ours.yaml")
    p5, h100 = found.machines
    assert (p5.machine, p5.provider, p5.region, p5.note) == ("p5.48xlarge", "aws", "eu-west-1", "agreement of 2026")
    assert (p5.on_demand, p5.committed, p5.spot) == (Decimal("44.8200"), Decimal("30.2400"), Decimal("18.6300"))
    assert (h100.accelerator, h100.provider, h100.on_demand, h100.committed) == ("H100 SXM", "lambda", Decimal("2.2680"), None)
    (model,) = found.tokens
    assert (model.model, model.input, model.batch_output, model.currency) == ("gpt-4o", Decimal("2.1600"), Decimal("4.3200"), "EUR")
    assert {e.valid_from for e in (*found.machines, *found.tokens)} == {date(2026, 10, 1)}
    assert p5.source.ref == "ours.yaml, line 5" and p5.source.checked_on is None
    table = parse_own_prices(block("csv"), "ours.csv")
    assert [e.source.ref for e in (*table.machines, *table.tokens)] == ["ours.csv, line 2", "ours.csv, line 3", "ours.csv, line 4"]
    assert (table.machines[0].on_demand, table.machines[1].on_demand) == (p5.on_demand, Decimal("2.10"))


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("p5.48xlrge,,,,,40", "did you mean p5.48xlarge"),
        ("H100,,,,,3", "write it under `accelerator`"),
        (",H1000,,,,3", "`accelerator`"),
        (",,gpt-4oo,,,,,2", "did you mean gpt-4o"),
        (",H100,,amazn,,3", "Did you mean aws"),
        ("p5.48xlarge,,,gcp,,40", "is a machine of aws, not of gcp"),
        (",,gpt-4o,anthropic,,,,2", "not known from anthropic"),
        (",H100,,aws,us-esat-1,3", "did you mean us-east-1"),
        ("p5.48xlarge,H100,,,,40", "names machine and accelerator"),
        (",,,aws,,40", "names nothing"),
        ("p5.48xlarge", "has no price"),
        (",,gpt-4o", "has no price"),
        ("p5.48xlarge,,,,,-40", "is negative"),
        ("p5.48xlarge,,,,,0.00", "is zero"),
        ("p5.48xlarge,,,,,4e3", "not a plain figure"),
        ('p5.48xlarge,,,,,"1,000.00"', "thousands separators"),
        ("p5.48xlarge,,,,,$40", "currency sign"),
        ("p5.48xlarge,,,,,NaN", "not a plain figure"),
        ("p5.48xlarge,,,,,Infinity", "not a plain figure"),
        ("p5.48xlarge,,,,,٤٠", "not a plain figure"),
        ("p5.48xlarge,,,,,=40+0", "looks like a formula"),
        ('p5.48xlarge,,,,,"=HYPERLINK(""x"")"', "looks like a formula"),
        ("p5.48xlarge,,,,,5504", "check the unit"),
        ("p5.48xlarge,,,,,0.05", "check the unit"),
        ("p5.48xlarge,,,,,1000000000", "comes to 1000000000 USD; between 1.101 and 1101 is possible"),
        ("p5.48xlarge,,,,,1e9", "not a plain figure"),
        ("p5.48xlarge,,,,,40,45", "`spot_per_hour` is above `on_demand_per_hour`"),
        (",H100,,,,2,2.01", "`spot_per_hour` is above `on_demand_per_hour`"),
        ("p5.48xlarge,,,,,40,,,,,XYZ,2", '`currency` "XYZ" is not known; known are AED'),
        (",,gpt-4o,,,,,0.0025", "check the unit"),
        (",,gpt-4o,,,,,2500", "check the unit"),
        (",,gpt-4o,,,40", "says nothing about a model"),
        ("p5.48xlarge,,,,,40,,2", "says nothing about a machine"),
        ("p5.48xlarge,,,,,40,,,,01.10.2026", "is not a day"),
        ("p5.48xlarge,,,,,40,,,,2026-02-30", "is not a day"),
        ("p5.48xlarge,,,,,40,,,,1026-02-03", "is not a day"),
        ("p5.48xlarge,,,,,40,,,,,EUR", "need `usd_per_unit`"),
        ("p5.48xlarge,,,,,40,,,,,EURO,1.08", "did you mean EUR"),
        ("p5.48xlarge,,,,,40,,,,,USD,1.08", "but the currency is USD"),
        ("p5.48xlarge,,,,,40,,,,,EUR,0", "is zero"),
        ("p5.48xlarge,,,,,40,,,,,EUR,1080", "check the unit"),
        ("p5.48xlarge,,,,,40,,,,,,,a,b", "has 14 cells under 13 columns"),
        ('p5.48xlarge,,,,,40,,,,,,,"a\x07b"', "control character"),
        ('p5.48xlarge,,,,,40,,,,,,,"' + "a" * 501 + '"', "more than 500 characters"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_the_reason(row: str, word: str) -> None:
    line, text = flaw(row)
    assert line == 2 and word in text, text


def test_a_commitment_dearer_than_on_demand_is_refused_in_any_currency() -> None:
    rows = "machines:\n  - machine: p5.48xlarge\n    currency: EUR\n    usd_per_unit: 1.1\n    on_demand_per_hour: 40\n"
    assert flaws(rows + "    committed_per_hour: 41\n") == [(6, "`committed_per_hour` is above `on_demand_per_hour`")]
    equal = parse_own_prices((rows + "    committed_per_hour: 40\n    spot_per_hour: 40\n").encode(), "p.yaml")
    assert equal.machines[0].committed == equal.machines[0].on_demand == Decimal(44)


def test_a_cell_that_looks_like_a_formula_is_only_text() -> None:
    found = parse_own_prices((HEAD + "p5.48xlarge,,,,,40,,,,,,,=cmd|' /C calc'!A0").encode(), "prices.csv")
    assert found.machines[0].note == "=cmd|' /C calc'!A0"


def test_all_flaws_are_named_at_once_and_nothing_is_used() -> None:
    rows = "".join(f"p5.48xlarge,,,,,-{n}\n" for n in range(1, 10))
    assert [line for line, _ in flaws(HEAD + rows, "prices.csv")] == list(range(2, 11))


def test_the_same_thing_twice_is_refused_unless_at_another_time() -> None:
    twice = HEAD + "p5.48xlarge,,,,,40\np5.48xlarge,,,,,41\n"
    assert flaws(twice, "prices.csv") == [(3, "says again what line 2 says")]
    later = HEAD + "p5.48xlarge,,,,,40\np5.48xlarge,,,,,41,,,,2026-10-01\n"
    found = parse_own_prices(later.encode(), "prices.csv")
    assert [e.on_demand for e in found.machines_on(date(2026, 9, 30))] == [40]
    assert [e.on_demand for e in found.machines_on(date(2026, 10, 1))] == [41]


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("machine,on_demand_per_hr\n", "did you mean `on_demand_per_hour`"),
        ("machine,machine,on_demand_per_hour\n", "the name of two columns"),
        ("model,zzzz\n", "is not a name of the form"),
    ],
)
def test_a_wrong_header_is_refused(header: str, word: str) -> None:
    assert word in flaws(header + "a,b,c\n", "prices.csv")[0][1]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"", "p.yaml"),
        (b"", "p.csv"),
        (b"# nothing\n", "p.yaml"),
        (b"machines: []\n", "p.yaml"),
        (HEAD.encode(), "p.csv"),
        (b"\n\n", "p.csv"),
    ],
)
def test_a_file_without_prices_is_refused(raw: bytes, name: str) -> None:
    assert flaws(raw, name) == [(1, "holds no prices")]


@pytest.mark.parametrize(
    ("raw", "line", "word"),
    [
        ("machines:\n  - &a {machine: p5.48xlarge}\n  - *a\n", 2, "anchor or alias"),
        ("machines: !!python/object/apply:os.system ['true']\n", 1, "tag"),
        ("machines:\n  - {machine: !!binary aGk=}\n", 2, "tag"),
        ("machines:\n  - {machine: ! x}\n", 2, "tag"),
        ("machines: []\n---\nmachines: []\n", 2, "more documents"),
        ("machines:\n  - machine: [[[[a]]]]\n", 2, "nested"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: {a: b}}\n", 2, "nested"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: 40, on_demand_per_hour: 41}\n", 2, "stands there twice"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand: 40}\n", 2, "did you mean `on_demand_per_hour`"),
        ("machins:\n  - {machine: p5.48xlarge}\n", 1, "did you mean `machines`"),
        ("machines: p5.48xlarge\n", 1, "is not a list"),
        ("machines: [p5.48xlarge]\n", 1, "not a mapping"),
        ("[1, 2]\n", 1, "needs `machines:`"),
        ("just text\n", 1, "needs `machines:`"),
        ("machines: [\n", 2, "is not YAML"),
        ("a: b: c\n", 1, "is not YAML"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: 1:30}\n", 2, "not a plain figure"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: .inf}\n", 2, "not a plain figure"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: yes}\n", 2, "not a plain figure"),
        ("machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: ~}\n", 2, "has no price"),
        ("<<: {machines: []}\n", 1, "is not a name of the form"),
        ("currency: EUR\nmachines:\n  - {machine: p5.48xlarge, on_demand_per_hour: 40}\n", 3, "need `usd_per_unit`"),
    ],
)
def test_yaml_that_a_price_file_does_not_need_is_refused(raw: str, line: int, word: str) -> None:
    first = flaws(raw)[0]
    assert first[0] == line and word in first[1], first


def test_figures_are_exact_whether_quoted_or_not() -> None:
    found = parse_own_prices(
        b"machines:\n  - {machine: p5.48xlarge, on_demand_per_hour: 40.10}\n  - {machine: p5.4xlarge, on_demand_per_hour: '4.1'}", "p.yml"
    )
    assert [str(e.on_demand) for e in found.machines] == ["40.10", "4.1"]


@pytest.mark.parametrize("raw", [b"\xff\xfem\x00", b"machine\n\xe9\n", b"\x00" * 40])
@pytest.mark.parametrize("name", ["p.csv", "p.yaml"])
def test_bytes_that_are_no_text_are_refused(raw: bytes, name: str) -> None:
    assert flaws(raw, name)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"a" * (MOST_BYTES + 1))
    with pytest.raises(UserError) as caught:
        read_own_prices(large)
    assert caught.value.code == "price-file-too-large"
    with pytest.raises(UserError) as caught:
        read_own_prices(tmp_path / "none.csv")
    assert caught.value.code == "price-file-missing" and str(tmp_path) not in caught.value.message


def test_what_is_made_to_take_for_ever_is_refused_at_its_beginning() -> None:
    bomb = "a: &a [x,x,x]\n" + "".join(f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    assert "anchor" in flaws(bomb)[0][1]
    assert "nested" in flaws("[" * 300_000)[0][1]
    assert "more values" in flaws("machines: [" + "a," * 200_000 + "]")[0][1]
    many = HEAD + "p5.48xlarge,,,,,40\n" * (MOST_ROWS + 50)
    assert f"at most {MOST_ROWS:,}" in flaws(many, "p.csv")[0][1]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))),
    st.sampled_from(["p.csv", "p.yaml"]),
)
@example(b'machine,note\n"', "p.csv")
@example(b"machines:\n  - {? [a]: b}", "p.yaml")
@example(b"? {a: b}\n: c", "p.yaml")
def test_whatever_the_bytes_it_is_prices_or_a_typed_error(raw: bytes, name: str) -> None:
    try:
        assert isinstance(parse_own_prices(raw, name), OwnPrices)
    except UserError as error:
        assert error.code == "price-file-invalid"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("machine,on_demand_per_hour", True),
        ("\ufeffModel;Input_per_million;Output per million", True),
        ("model\tinput-per-million", True),
        ("model,input,output", False),  # token counts of a usage export
        ("service,cost", False),
        ("on_demand_per_hour,cost", False),
        ("", False),
    ],
)
def test_a_price_file_is_told_from_a_bill_by_its_header(line: str, expected: bool) -> None:
    assert is_price_header(line) is expected
