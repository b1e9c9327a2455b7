"""The promise behind every answer: a figure without evidence is never shown, whoever wrote the sentence."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agent.wording import NOT_MEASURED, guarded, render, stray_figures
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement


def total() -> Evidence:
    value = Range.exact(Decimal("41234.50"))
    return Evidence.record(tier=Tier.BILLED, claim="Billed total", source=SourceRef(ref="bill.csv"), value=value, unit="USD")


def test_figures_come_from_evidence_and_are_listed_with_it() -> None:
    record = total()
    text, figures = render([Statement(text="The file adds up to {total}.", figures={"total": record.id})], {record.id: record})
    assert text == "The file adds up to $41,234.50."
    assert [(f.shown, f.evidence_id) for f in figures] == [("$41,234.50", record.id)]


def test_each_figure_knows_its_place_and_a_name_that_reads_like_it_is_none() -> None:
    record = Evidence.record(tier=Tier.ASSUMED, claim="Peak", source=SourceRef(ref="x"), value=Range.exact(3.0), method="m")
    first = Statement(text="{model} costs nothing.", names={"model": "gemma-3-27b on 3 cards"})
    second = Statement(text="Peak {n}, cut {n}.", figures={"n": record.id})
    text, figures = render([first, Statement(text="You save 90 percent."), second], {record.id: record})
    assert [(f.at, f.shown) for f in figures] == [(text.index("Peak 3") + 5, "3"), (text.index("cut 3") + 4, "3")]


def test_a_figure_in_the_sentence_itself_is_cut() -> None:
    text, figures = render([Statement(text="You will save 90 percent."), Statement(text="Use int8 on an H100 with gpt-4o.")], {})
    assert text == f"{NOT_MEASURED}\n\nUse int8 on an H100 with gpt-4o."
    assert figures == ()


def test_missing_evidence_is_said_to_be_unknown_never_zero() -> None:
    text, _ = render([Statement(text="It costs {cost}.", figures={"cost": "ev-000000000000"})], {})
    assert text == "It costs an unknown amount."


def test_names_may_hold_digits_and_braces_without_being_filled_again() -> None:
    text, _ = render([Statement(text="Read {file}.", names={"file": "bill {total} 2026.csv"})], {})
    assert text == "Read bill {total} 2026.csv."


@given(st.floats(1, 1e6, allow_nan=False), st.sampled_from(["{x} saved", "saves ${x}", "about {x} % less", "{x} ms"]))
def test_no_invented_number_passes_the_guard(value: float, sentence: str) -> None:
    text = sentence.replace("{x}", f"{value:.2f}")
    assert guarded(text, []) == NOT_MEASURED
    assert stray_figures(text, []) != []
    assert guarded(text, [f"{value:.2f}"]) == text
