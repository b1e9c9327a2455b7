"""Promise to whoever adds up: the total row of a recognised export is left out however full it is; the word in a tag is no total."""

import pytest

from tests.tools.audit.test_audit_fold import agree, both

REPORT = "Month,Project name,Service description,Cost ($),Discounts ($),Promotions and others ($),Subtotal ($),Percent change\n"


def saved(tmp_path, text):
    file = tmp_path / "export.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_full_row_labelled_total_in_its_first_cell_is_a_total(tmp_path, monkeypatch):
    lines = [f"2026-0{month},p-{at},Compute Engine,{at}.5,-1,0,{at - 0.5},3%\n" for month in (1, 2) for at in range(1, 9)]
    file = saved(tmp_path, REPORT + "".join(lines) + "Grand total,all,all,80,-16,0,64,3%\n")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert (folded.result["form"], folded.result["total_text"], folded.result["rows_excluded"]) == ("gcp_report", "64", 1)
    assert folded.result["checks"] == []


@pytest.mark.parametrize(("stated", "words"), [("32.05", "states more"), ("32.04", "by rounding (0.04)")])
def test_one_that_does_not_agree_is_left_out_and_reported(tmp_path, monkeypatch, stated, words):
    lines = [f"2026-01,p-{at},Compute Engine,{at}.5,-1,0,{at - 0.5},3%\n" for at in range(1, 9)]
    direct, folded = both([saved(tmp_path, REPORT + "".join(lines) + f"Total,all,all,40,-8,0,{stated},3%\n")], tmp_path, monkeypatch)
    agree(direct, folded)
    assert folded.result["total_text"] == "32"
    assert [check for check in folded.result["checks"] if words in check]


def test_the_word_in_a_tag_column_is_a_tag(tmp_path, monkeypatch):
    columns = ["resourceTags/user:Scope", *(f"lineItem/{name}" for name in ("LineItemType", "ProductCode", "UsageType", "UnblendedCost"))]
    head = ",".join(columns) + ",lineItem/CurrencyCode\n"
    lines = [f"{scope},Usage,AmazonEC2,BoxUsage:m5.large,{at}.25,USD\n" for at in range(1, 5) for scope in ("Total", "team")]
    direct, folded = both([saved(tmp_path, head + "".join(lines))], tmp_path, monkeypatch)
    agree(direct, folded)
    assert (folded.result["total_text"], folded.result["rows_excluded"]) == ("22", 0)
