"""Promise to the next developer: no form takes another's export, and a header name is found in every way it is written."""

import pytest

from tools.audit.forms.form import Form, names_of
from tools.audit.forms.known import ALL, recognise, variant


@pytest.mark.parametrize(
    ("written", "answers_to"),
    [
        ("lineItem/UnblendedCost", "lineitemunblendedcost"),
        ("line_item_unblended_cost", "lineitemunblendedcost"),
        ("Cost ($)", "cost"),
        ("Unrounded Cost (CHF)", "unroundedcost"),
        ("Kosten (EUR)", "kosten"),
        ("Ressourcengruppe (ResourceGroup)", "resourcegroup"),
        ("Input (w/o Cache Write)", "inputwocachewrite"),
    ],
)
def test_a_name_is_found_however_it_is_written(written, answers_to):
    assert answers_to in names_of(written)


@pytest.mark.parametrize("written", ["Cost (incl. VAT)", "Usage (GB)", "Cost (est.)"])
def test_words_in_brackets_that_are_neither_currency_nor_name_stay_part_of_the_name(written):
    assert names_of(written) == (names_of(written)[0],)


def test_a_whole_name_beats_a_name_in_brackets_and_the_first_of_two_equal_ones_counts():
    form = Form(id="f", title="", needs=("Cost",), roles={"billed": ("Cost",), "tags": ("Tags",)})
    assert form.columns(["Kosten (Cost)", "Cost", "Tags", "Tags"]) == {"billed": (1,), "tags": (2,)}


def smallest_header(form: Form) -> list[str]:
    return list(dict.fromkeys([*form.needs, *(group[0] for group in form.one_of)]))


@pytest.mark.parametrize("form", [form for form in ALL if not form.variant_of], ids=lambda form: form.title)
def test_every_form_is_recognised_by_its_least_and_its_full_header(form):
    assert recognise(smallest_header(form))[0].id == form.id
    full = [name for names in form.roles.values() for name in names]
    assert recognise([*smallest_header(form), *full])[0].id == form.id


@pytest.mark.parametrize(
    "header",
    [
        ["Date", "Item", "Cost"],
        ["Service", "Region", "Monthly cost ($)"],
        ["name", "model", "price"],
        ["Date", "Model", "Input tokens", "Output tokens", "Cost (USD)"],
        ["resource_id", "service", "monthly_cost", "currency", "owner", "team", "env"],
    ],
)
def test_a_sheet_of_ones_own_is_no_export(header):
    assert recognise(header) == (None, 0)


def test_a_row_of_no_cost_shows_no_variant():
    azure = next(form for form in ALL if form.id == "azure_cost")
    header = ["ChargeType", "PricingModel", "Cost"]
    assert variant(azure, header, [["Usage", "Reservation", "0"], ["Usage", "OnDemand", "5"], ["Purchase", "Reservation", "9"]]) is azure
    assert variant(azure, header, [["Usage", "Reservation", "0.5"]]).id == "azure_amortized"
    assert variant(azure, header, [["UnusedSavingsPlan", "", "0.5"]]).id == "azure_amortized"
