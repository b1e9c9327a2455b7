"""Corrections of an audit: read where a person means one, never where the words only look like one."""

import pytest

from agent.audited import Audited
from agent.reading.bill_words import BillChange, Known, change_in
from agent.reading.candidates import candidates
from agent.reading.form import Reading
from agent.reading.settled import settled
from tools.audit.mapping import parse

KNOWN = Known(("Date", "Service", "Total USD", "Team"), frozenset("ABCDEFG"), ("Summary", "Detail"), files=("Jan.csv", "Jan (rev2).csv"))


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("the cost is column F", "cost=F"),
        ("no, the cost is in column g", "cost=G"),
        ("column D is the team", "team=D"),
        ("the cost is Total USD", "cost=Total USD"),
        ('the cost is "Net amount"', "cost=Net amount"),
        ("amounts are in INR", "currency=INR"),
        ("everything is in US dollars", "currency=USD"),
        ("it's in euros", "currency=EUR"),
        ("the cost is column F and the currency is INR", "cost=F,currency=INR"),
        ("token type is column E", "tokentype=E"),
        ("count the hidden sheet Detail", "also=Detail"),
        ("count the sheet Detail too", "also=Detail"),
        ("also count the sheet Detail", "also=Detail"),
        ("include the sheet Detail", "also=Detail"),
        ("count the sheet Detail", "sheet=Detail"),
        ("count only the sheet Detail", "sheet=Detail"),
        ("use the sheets Summary and Detail", "sheet=Summary|Detail"),
        ("do not count the sheet Summary", "sheet=Detail"),
        ("leave out the sheet Summary", "sheet=Detail"),
        ("sheet=Summary|Detail", "sheet=Summary|Detail"),
        ('Audit again: sheet="Costs, May"|"Detail"; cost=F', "sheet=Costs, May|Detail,cost=F"),
        ("also=Detail", "also=Detail"),
        ("ignore column G", "ignore=G"),
        ("ignore the columns G and H, please", "ignore=G|H"),
        ("don't use the column Total USD", "ignore=Total USD"),
        ("column team is not used", "ignore=Team"),
        ('ignore "Fee", the cost is column F', "ignore=Fee,cost=F"),
        ("ignore column G and audit again", "ignore=G"),
        ("ignore=G|H", "ignore=G|H"),
        ("leave out the file Jan (rev2).csv", "ignore=Jan (rev2).csv"),
        ('ignore "Jan.csv"', "ignore=Jan.csv"),
        ("ignore=Jan (rev2).csv", "ignore=Jan (rev2).csv"),
        ("cost=Net|Betrag", "cost=Net|Betrag"),
        ('Audit again: cost="Net"; cost="Betrag"; ignore="Fee"', "cost=Net|Betrag,ignore=Fee"),
        ("the amounts are in thousands", "scale=thousand"),
        ("they are not in thousands", "scale=1"),
        ("scale=1", "scale=1"),
        ("it is tab separated", "delimiter=tab"),
        ("the delimiter is a semicolon", "delimiter=semicolon"),
        ("use the sheet Detail only", "sheet=Detail"),
        ("the header is in row 5", "header=5"),
        ("it has a decimal comma", "decimal=comma"),
        ("dates are day first", "dates=dmy"),
        ("Audit again: cost=F, service=B; decimal=dot", "cost=F,service=B,decimal=dot"),
        ("Audit again: dates=dmy; date=A; currency=C", "dates=dmy,date=A,currency=C"),
    ],
)
def test_a_correction_is_read_as_the_command_line_would_write_it(text: str, mapping: str) -> None:
    assert change_in(text, KNOWN).applied_to({})["mapping"] == mapping


@pytest.mark.parametrize(
    "text",
    [
        "the service is slow",
        "our model is llama 3",
        "the cost is 12000 a month",
        "cost = 500 dollars a month",
        "the model is gpt-4o and cost is $500",
        "the price is EUR 4 per hour",
        "is the cost column F?",
        "what is amortized cost?",
        "we want effective cost reductions",
        "the team is search",
        "it is all day",
        "A100 at 2 USD per hour",
        "audit this bill",
        "we skip the team",
        "skip the file that I sent yesterday",
        "do not use the model for chat",
        "ignore the cost of storage",
        "our sheets are in thousands of places",
        "requests? they are in millions",
        "costs are in millions a year",
        "count the sheet Nowhere",
        "should column G be ignored?",
    ],
)
def test_words_that_only_look_like_a_correction_change_nothing(text: str) -> None:
    assert not change_in(text, KNOWN)


@pytest.mark.parametrize("text", ["use the effective basis", "could you use amortized costs?", "basis=effective", "on an amortised basis"])
def test_the_basis_is_chosen_in_words(text: str) -> None:
    assert change_in(text, KNOWN).applied_to({}) == {"mapping": "", "basis": "effective"}


@pytest.mark.parametrize("text", ["1 EUR = 1.08 USD", "one euro is 1.08 dollars", "EUR=1.08 USD"])
def test_a_rate_names_both_currencies(text: str) -> None:
    assert change_in(text, KNOWN).applied_to({}) == {"mapping": "", "basis": "billed", "rate": "EUR=1.08", "currency": "USD"}


def test_corrections_add_up_until_they_are_dropped() -> None:
    before = {"file": ["x"], "mapping": "cost=F,team=D", "basis": "effective", "rate": "EUR=1.08", "currency": "USD", "engine": "duckdb"}
    again = change_in("the cost is column G and 1 GBP = 1.30 USD", KNOWN).applied_to(before)
    assert again == {"mapping": "cost=G,team=D", "basis": "effective", "currency": "USD", "rate": "EUR=1.08,GBP=1.30"}
    before["mapping"] = "cost=F,ignore=G,also=Detail"
    assert change_in("ignore column H", KNOWN).applied_to(before)["mapping"] == "cost=F,ignore=G|H,also=Detail"
    assert change_in("ignore column F", KNOWN).applied_to(before)["mapping"] == "ignore=G|F,also=Detail", "one column has no two uses"
    assert change_in("the team is column G", KNOWN).applied_to(before)["mapping"] == "cost=F,also=Detail,team=G"
    assert change_in("use the sheet Summary only", KNOWN).applied_to(before)["mapping"] == "cost=F,ignore=G,sheet=Summary"
    assert change_in("count the sheet Summary too", KNOWN).applied_to(before)["mapping"] == "cost=F,ignore=G,also=Detail|Summary"
    assert change_in("Audit again as found", KNOWN).applied_to(before) == {"mapping": "", "basis": "billed"}
    assert not BillChange() and Audited().result == {}


def test_a_sheet_that_was_left_out_is_counted_beside_the_others() -> None:
    known = Known.of({"sheets": [{"sheet": "May"}, {"sheet": "Old"}], "skipped": [{"sheet": "Draft"}, {"file": "b.csv", "sheet": ""}]})
    assert change_in("count the sheet Draft", known).mapping == {"also": "Draft"}
    assert change_in("count the sheet May", known).mapping == {"sheet": "May"}
    assert change_in("don't count the sheet Old", known).mapping == {"sheet": "May"}


def test_what_the_reader_writes_the_audit_reads() -> None:
    for words in (
        "amounts are in thousands",
        "costs are stated in lakhs",
        "everything is in 1,000s",
        "it is tab separated",
        "ignore columns G and H",
    ):
        assert parse(change_in(words, KNOWN).applied_to({})["mapping"]) != parse(""), words


def test_corrections_state_no_facts_and_other_words_of_the_message_still_do() -> None:
    for text, left in (("1 EUR = 1.08 USD", []), ("amounts are in INR. We do 2M requests a month", ["2M requests a month"])):
        found = candidates(text)
        reading = Reading("describe_workload", "none", {c.fields[0]: (c,) for c in found}, tuple(found))
        done = settled(reading, text, "", change_in(text, KNOWN).spans)
        assert [c.words for chosen in done.assigned.values() for c in chosen] == left
        assert done.intent == ("describe_workload" if left else "ask_audit_file")
