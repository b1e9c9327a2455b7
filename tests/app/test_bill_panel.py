"""The Bill panel: every part from its key, every figure with its origin, nothing from a file becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from stand_in_audit import EVIL, RECORDS, RESULT, SCRIPT

from agent.reading.bill_words import Known, change_in
from app.panels import bill as panel
from app.render.bill import bill
from app.render.charts import HEIGHT, bars, columns
from knowledge.errors import UserError
from tools.audit.mapping import parse


class Page(HTMLParser):
    """Tags with attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(bill(RESULT, RECORDS, None, {"mapping": "cost=E", "basis": "billed"}))


def test_the_reconciliation_stands_there_as_a_person_would_draw_it(page):
    shown = re.sub(r"\s+", " ", page.text)
    for part in (
        "Total $57,822.02",
        "Every amount in the files1,225$173,466.05",
        "less: total or subtotal row",
        "−$115,644.03",
        "Counted: the total1,219$57,822.02",
    ):
        assert part in shown, part
    assert "1,225 read, 1,219 counted, 4 left out, 2 not understood. A rule explains 96.8 %" in shown
    assert "Not understood: amount unreadable2unknown" in shown, "no money is made up for rows that could not be read"


def test_nothing_from_a_file_becomes_markup(page):
    allowed = {
        *("div", "p", "strong", "a", "dl", "dt", "dd", "section", "h2", "ul", "li", "span", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td", "caption", "figure", "figcaption", "svg", "g", "title", "rect", "line"),
        *("select", "option", "label", "input", "button", "fieldset", "legend"),
    }
    assert {tag for tag, _ in page.tags} <= allowed
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") or name in ("src", "srcdoc") for name in attrs)]
    assert all((attrs.get("href") or "").startswith("#") for attrs in page.all("a"))
    assert page.text.count(EVIL) >= 5 and SCRIPT in page.text
    assert any(attrs.get("aria-label", "").endswith('" onfocus="alert(4)') for attrs in page.all("select"))


def test_every_figure_of_money_leads_to_a_record(page):
    known = {record.id for record in RECORDS}
    links = [attrs["href"][1:] for attrs in page.all("a") if attrs["href"].startswith("#ev-")]
    assert set(links) <= known and len(links) > 60
    html = bill(RESULT, RECORDS, None, {})
    money_cells = re.findall(r'<td class="num">([^<]*\$[\d,]+\.\d\d)</td>', html)
    assert not money_cells, "a figure in a table stands without its origin"


def test_prices_stand_beside_what_was_billed_with_the_day_of_the_list(page):
    for part in (
        "$2,312.83",
        "dearer than the list",
        "List prices of 2026-08-21. Some prices are older",
        "$312.83 is not explained",
        "At list prices it is $12.50",
    ):
        assert part in page.text, part


@pytest.mark.parametrize("key", sorted(RESULT))
def test_a_missing_key_hides_its_part_and_nothing_else(key):
    html = bill({name: value for name, value in RESULT.items() if name != key}, RECORDS, None, {})
    assert "Amazon Elastic Compute Cloud" in html or key == "services"


def test_an_audit_without_any_key_but_rows_still_paints():
    assert "hold no money" in bill({"rows_read": 3}, (), None, {})
    assert "No bill has been read" in bill({}, (), None, {})


def test_low_confidence_is_marked_in_words_and_every_column_can_be_given_a_role(page):
    selects = {attrs["data-column"]: attrs for attrs in page.all("select") if "data-column" in attrs}
    assert set(selects) == set("ABCDEF") and selects["E"]["data-was"] == "cost" and selects["F"]["data-was"] == ""
    assert [attrs["class"] for attrs in page.all("span") if "unsure" in (attrs.get("class") or "")] == ["badge unsure"] * 2
    words = {attrs["value"] for attrs in page.all("option") if attrs.get("value")}
    for word in sorted(words - {"dot", "comma", "dmy", "mdy", "billed", "effective"}):
        assert change_in(f"Audit again: {word}=F", Known()).mapping == {word: "F"}, "each choice is a word that the chat understands"
    assert "ignore" in words


def options(html: str, column: str) -> list[str]:
    [inner] = re.findall(rf'<select data-column="{column}"[^>]*>(.*?)</select>', html)
    return re.findall(r'<option value="([^"]*)"', inner)


def test_a_column_that_is_used_can_be_set_to_not_used():
    html = bill(RESULT, RECORDS, None, {})
    assert "ignore" in options(html, "E") and "" not in options(html, "E")
    assert "ignore" not in options(html, "F") and "" in options(html, "F"), "one that is not used says so already"
    change = change_in('Audit again: ignore="Net"|F', Known())
    assert parse(change.applied_to({})["mapping"]).ignored == ("Net", "F")


def test_columns_that_a_correction_in_force_names_are_marked_so_that_they_stay_said():
    html = bill(RESULT, RECORDS, None, {"mapping": "cost=X|E,team=Cost center"})
    said = re.findall(r'<select data-column="([^"]*)" data-was="[^"]*" data-said', html)
    assert said == ["C", "E"]


def test_each_sheet_of_a_file_with_several_can_be_counted_or_not():
    page = Page(bill(RESULT, RECORDS, None, {}))
    boxes = {attrs["data-sheet"]: "checked" in attrs for attrs in page.all("input") if "data-sheet" in attrs}
    assert boxes == {SCRIPT: True, EVIL: False}
    said = "Audit again: sheet=" + "|".join(f'"{name}"' for name in boxes)
    mapping = change_in(said, Known.of(RESULT)).applied_to({})["mapping"]
    assert parse(mapping).sheets == (SCRIPT, EVIL)
    other = {"file": "b.csv", "sheet": "Sheet1"}
    assert "Sheet1" not in bill({**RESULT, "sheets": [*RESULT["sheets"], other]}, RECORDS, None, {}).partition("Sheets to count")[2]
    unsayable = {**RESULT["skipped"][0], "sheet": "a, cost=F"}
    assert "Sheets to count" not in bill({**RESULT, "skipped": [unsayable]}, RECORDS, None, {})


def test_a_change_on_screen_says_what_a_person_could_type(house):
    said = (
        'Audit again: cost=F; currency=INR; decimal=comma; dates=dmy; sheet=Detail; basis=effective; 1 EUR = 1.08 USD; team="Cost center"'
    )
    assert panel.asked(house, "ada", "", said) == said
    change = change_in(said, Known())
    assert change.mapping == {"cost": "F", "currency": "INR", "decimal": "comma", "dates": "dmy", "sheet": "Detail", "team": "Cost center"}
    assert (change.basis, change.rates, change.target) == ("effective", {"EUR": "1.08"}, "USD")
    with pytest.raises(UserError) as caught:
        panel.asked(house, "ada", "", "")
    assert caught.value.code == "audit-unchanged"


def test_a_failed_audit_is_told_above_the_one_that_is_shown():
    problem = {"message": f"There is no column {EVIL}.", "hint": "The columns are: A.", "code": "mapping-unknown-column"}
    for html in (bill(RESULT, RECORDS, problem, {}), bill({}, (), problem, {})):
        assert "mapping-unknown-column" in html and "<img" not in html


def test_days_are_stacked_and_credits_hang_below_the_line():
    chart = columns([{"day": "a", "cost": 10, "ai_cost": 4}, {"day": "b", "cost": -10, "ai_cost": 0}], ["a", "b"])
    first, second = chart.columns
    assert chart.zero == HEIGHT / 2 and (first.lower, first.upper) == (20.0, 30.0) and (first.lower_y, first.upper_y) == (30.0, 0.0)
    assert (second.lower, second.upper_y, second.upper) == (0.0, 50.0, 50.0)
    assert columns([{"day": "a", "cost": 1}], ["a"]) is None


def test_whole_months_are_told_as_months():
    months = [{"day": f"2026-0{month}", "cost": month, "ai_cost": 0} for month in (7, 8, 9)]
    html = bill({**RESULT, "days": months}, RECORDS, None, {})
    assert "highest: 2026-09" in Page(html).text and "(3 months)" in Page(html).text
    assert "<h2>By month</h2>" in html and "<h2>By day</h2>" not in html


def test_bars_keep_the_order_and_mark_credits():
    from decimal import Decimal

    drawn = bars([("a", Decimal(200), "$200"), ("b", Decimal(-50), "-$50")])
    assert [(bar.likely, bar.is_negative) for bar in drawn] == [(100.0, False), (25.0, True)]
    assert bars([("a", Decimal(0), "$0")]) == []


def test_one_of_a_thing_is_told_as_one():
    finding = {**RESULT["findings"][0], "amount": None, "saving": None, "rows": 1}
    shown = Page(bill({**RESULT, "findings": [finding], "period": {**RESULT["period"], "days": 1}}, RECORDS, None, {})).text
    assert "(1 day, partly covered)" in shown and "1 row" in shown and "1 rows" not in shown
    assert "1 smaller finding is in Evidence" in Page(bill({**RESULT, "findings": [finding] * 61}, RECORDS, None, {})).text
    assert "2 smaller findings are in Evidence" in Page(bill({**RESULT, "findings": [finding] * 62}, RECORDS, None, {})).text
