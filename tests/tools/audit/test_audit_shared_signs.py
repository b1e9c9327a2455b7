"""Promise to whoever is billed abroad: a sign that several countries share names no currency until the sheet or the user says which."""

import pytest

from tests.tools.audit.test_audit_fold import agree, both
from tools.audit.cells import currency_in, currency_meant, currency_of, read_money


@pytest.mark.parametrize(("stated", "known", "code"), [
    ("¥", "", ""), ("￥", "JPY", "JPY"), ("¥", "CNY", "CNY"), ("¥", "USD", ""),
    ("kr", "SEK", "SEK"), ("kr", "EUR", ""), ("EUR", "USD", "EUR"), ("", "USD", "USD"),
])  # fmt: skip
def test_what_a_sign_means(stated, known, code):
    assert currency_meant(stated, known) == code


def test_the_sign_alone_is_no_currency():
    assert (currency_of("¥"), currency_in("Cost (¥)"), currency_of("円"), currency_of("元")) == ("", "", "JPY", "CNY")
    assert str(read_money("￥1,000").value) == str(read_money("1,000 ¥").value) == "1000"


@pytest.mark.parametrize(
    ("content", "mapping", "currency", "asked"),
    [
        ("Service,Cost\nA,¥1000\nB,¥250\n", "", "", "yen"),
        ("Service,Cost (¥)\nA,1000\nB,250\n", "", "", "yen"),
        ("Service,Cost\nA,¥1000\nB,¥250\n", "currency=CNY", "CNY", ""),
        ("服务,费用\nA,￥1000\nB,￥250\n", "", "CNY", ""),
        ("サービス,料金(¥)\nA,1000\nB,250\n", "", "JPY", ""),
        ("Dienst,Betrag,Währung\nA,¥1000,JPY\nB,¥250,JPY\n", "", "JPY", ""),
        ("Tjänst,Belopp\nA,1000 kr\nB,250 kr\n", "currency=SEK", "SEK", ""),
    ],
)
def test_the_sheet_or_the_user_says_which(tmp_path, monkeypatch, content, mapping, currency, asked):
    file = tmp_path / "sheet.csv"
    file.write_text(content, encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch, mapping=mapping)
    agree(direct, folded)
    assert (folded.result["total_text"], folded.result["currency"]) == ("1250", currency)
    assert any(asked in question for question in folded.result["questions"]) if asked else not folded.result["questions"]


def test_a_sign_that_contradicts_the_sheet_is_not_added_to_it(tmp_path, monkeypatch):
    file = tmp_path / "sheet.csv"
    file.write_text("Service,Cost (USD)\nA,¥1000\nB,250\n", encoding="utf-8")
    direct, folded = both([file], tmp_path, monkeypatch)
    agree(direct, folded)
    assert {entry["currency"]: entry["total_text"] for entry in folded.result["totals"]} == {"": "1000", "USD": "250"}
