"""Promise to a finance team in any language: the total of a dirty hand-made sheet is exact, or the audit says what it does not know.

The sheets are made by dirty_sheets.py and dirty_special.py (seeded). Each is checked for its total, its currency, the accounting of its
rows, the questions it must raise and the list of columns left out.
"""

import random
from decimal import Decimal

import pytest

from tests.tools.audit.dirty_sheets import EVERY_LANGUAGE, Case
from tests.tools.audit.dirty_special import SPECIAL
from tests.tools.audit.dirty_words import ALL
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

#: Each shape in three languages, so that every language meets several shapes.
CORPUS = {
    f"{shape.__name__}-{words.code}": (shape, words)
    for at, shape in enumerate(EVERY_LANGUAGE)
    for words in (ALL[at % 16], ALL[(at + 5) % 16], ALL[(at + 10) % 16])
}


def audit(case: Case, tmp_path, name: str) -> dict:
    return run(AuditCosts(file=[str(case.write(tmp_path, name))]), ToolContext(out_dir=tmp_path / "out")).result


def check(case: Case, result: dict) -> None:
    assert result["total_text"] == ("" if case.total is None else format(case.total.normalize(), "f"))
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    assert result["rows_unknown"] == case.unknown
    if case.excluded is not None:
        assert result["rows_excluded"] == case.excluded
    assert result["rows_excluded"] == sum(entry["rows"] for entry in result["exclusions"])
    if case.currency:
        assert result["currency"] == case.currency
    questions = " | ".join(result["questions"])
    for words in case.asks:
        assert words in questions
    listed = " | ".join(note for sheet in result["sheets"] for note in sheet["notes"])
    for column in case.not_counted:
        assert f'"{column}" was not counted' in listed


def test_the_corpus_covers_every_language_and_enough_sheets():
    assert len(CORPUS) + len(SPECIAL) >= 120
    assert {words.code for _, words in CORPUS.values()} == {words.code for words in ALL}


@pytest.mark.parametrize("name", CORPUS)
def test_sheet_of_the_corpus(name, tmp_path):
    shape, words = CORPUS[name]
    case = shape(words, random.Random(name))
    check(case, audit(case, tmp_path, name))


@pytest.mark.parametrize("trap", SPECIAL, ids=lambda trap: trap.__name__)
def test_trap(trap, tmp_path):
    case = trap(random.Random(trap.__name__))
    check(case, audit(case, tmp_path, trap.__name__))


#: Sheets in one line each: content, total, words that a question or a check must hold ("" = nothing need be asked).
SMALL = {
    "month numbers as names": ("Service,1,2,3\nEC2,10.5,11,12\nS3,1,2,3\n", "39.5", ""),
    "years as names": ("Service,2023,2024,2025\nEC2,10.5,11,12\nS3,1,2,3\n", "39.5", ""),
    "first days of months as names": ("Service,1/1/2025,2/1/2025,3/1/2025\nEC2,10.5,11,12\nS3,1,2,3\n", "39.5", ""),
    "debit, credit, balance": (
        "Item,Debit,Credit,Balance\nAWS,100.50,,100.50\nBack,,20.25,80.25\nGPU,50,,130.25\n",
        "150.5",
        "not taken off",
    ),
    "cost centres are no cost": ("Centre de coûts;Libellé;Montant\n4711;EC2;10,50\n4712;S3;3,25\n", "13.75", ""),
    "text written as a formula": ('Service,Cost\nEC2,"=""10.50"""\nS3,"=""3.25"""\n', "13.75", ""),
    "quantity, price, total": ("Item,Qty,Cost,Total\nA,2,10.50,21.00\nB,3,5.00,15.00\nC,4,1.25,5.00\n", "41", ""),
    "before and after credits": ("Meter,Cost before credits,Credits applied,Cost after credits\na,20,5,15\nb,5,5,0\nc,21,1,20\n", "35", ""),
    "price after discount": ("产品,原价,优惠金额,应付金额\nECS,100.00,20.00,80.00\nOSS,10.00,1.00,9.00\nPAI,50.00,0,50.00\n", "139", ""),
    "euro and dollar with a rate": ("Item,Amount EUR,Rate,Amount USD\nA,10,1.08,10.8\nB,20,1.08,21.6\n", "30", "Amount USD"),
    "own currency beside a currency column": (
        "Item,Amount,Currency,Amount USD\nA,10,EUR,10.8\nB,1000,INR,12\nC,5,USD,5\n",
        "27.8",
        "Which column",
    ),
    "unlabelled total of two columns": ("Dienst;Kosten\nA;10,50\nB;20,25\nC;30,10\n;60,85\n", "60.85", ""),
    "budget and rest below": ("Service,Cost\nA,10.50\nB,20.25\nTotal,30.75\nBudget,100\nRemaining,69.25\n", "30.75", ""),
    "rate and statistics below": ("Service,Cost EUR\nA,10.50\nB,20.25\nTotal,30.75\nExchange rate,1.08\nAverage,15.38\n", "30.75", ""),
    "balances around": ("Item,Amount\nOpening balance,500.10\nA,10.50\nB,20.25\nClosing balance,530.85\n", "30.75", ""),
    "parents above their parts": (
        "Category,Item,Cost\nAWS,,30.50\n,EC2,10.50\n,S3,20.00\nAzure,,15.50\n,OpenAI,15.50\n",
        "92",
        "the sum of the rows below",
    ),
    "cents": ("Service,amount_cents\na,1050\nb,2025\n", "30.75", "units of 0.01"),
    "cancelled rows": ("Invoice,Amount USD,Status\n1,10.5,paid\n2,20,cancelled\n3,30,paid\n", "60.5", "cancelled"),
    "net and tax without gross": ("Item,Net amount,VAT amount\na,100,19\nb,50,9.5\n", "150", "VAT amount"),
    "an estimate and nothing else": ("Service,Estimated cost\nEC2,10.50\nS3,3.25\n", "13.75", "a plan or forecast"),
    "total that misses a row": ("Service,Region,Cost\nEC2,eu,10\nS3,eu,5\nTotal,,18\n", "15", "states more"),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_sheet(name, tmp_path):
    content, total, asked = SMALL[name]
    result = text(tmp_path, content)
    assert result["total_text"] == total
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    assert asked in " | ".join([*result["questions"], *result["checks"]])


def text(tmp_path, content: str, **more: str) -> dict:
    path = tmp_path / "sheet.csv"
    path.write_text(content, encoding="utf-8")
    return run(AuditCosts(file=[str(path)], **more), ToolContext(out_dir=tmp_path / "out")).result


def confidence(result: dict) -> float:
    return next(entry["confidence"] for entry in result["mapping"] if entry["role"] == "billed")


def test_confidence_is_high_where_the_name_says_it_and_low_where_it_is_guessed(tmp_path):
    rows = "a,10.25\nb,20.50\nc,7.75\n"
    assert confidence(text(tmp_path, f"Service,Cost USD\n{rows}")) >= 0.9
    guessed = text(tmp_path, f"Service,Zzz\n{rows}")
    assert confidence(guessed) <= 0.5
    assert any("Zzz" in question for question in guessed["questions"])
    rivals = text(tmp_path, "Service,Cloud cost,Support cost\na,10.25,3.5\nb,20.5,4.5\nc,7.75,9.5\n")
    assert confidence(rivals) <= 0.5


def test_a_total_that_misses_rows_is_reported_after_subtotals_too(tmp_path):
    result = text(tmp_path, "Team,Service,Cost\nml,a,10.50\nml,b,5.25\nSubtotal,,15.75\nweb,c,7\nSubtotal,,7\nGrand Total,,99\n")
    assert result["total_text"] == "22.75"
    assert any("Grand Total" in check and "states more" in check for check in result["checks"])


def test_a_named_row_that_happens_to_be_a_small_round_sum_is_counted(tmp_path):
    result = text(tmp_path, "Service,Region,Cost\nEC2,eu,10\nS3,eu,5\nRDS,,15\nSQS,eu,1\n")
    assert result["total_text"] == "31"


@pytest.mark.parametrize("sign", ["$", "US$", "USD ", ""])
def test_a_correction_of_the_currency_holds_against_a_dollar_sign(tmp_path, sign):
    result = text(tmp_path, f"Service,Cost\na,{sign}10.50\nb,{sign}2.25\n", mapping="currency=CAD")
    assert result["total_text"] == "12.75"
    assert result["currency"] == ("USD" if "U" in sign else "CAD")


def test_status_and_usage_type_of_calls_are_found(tmp_path):
    result = text(
        tmp_path, "timestamp,model,usage_type,finish_reason,cost\n2025-03-01,gpt-4o,chat,stop,0.25\n2025-03-02,gpt-4o,batch,error,0.5\n"
    )
    roles = {entry["column"]: entry["role"] for entry in result["mapping"]}
    assert (roles["finish_reason"], roles["usage_type"]) == ("status", "usage_type")


def test_amounts_are_exact_whatever_the_multiple(tmp_path):
    result = text(tmp_path, "Dienst;Kosten (k€)\na;1,234\nb;0,001\nc;12,5\n", mapping="decimal=comma")
    assert Decimal(result["total_text"]) == Decimal("13735")
