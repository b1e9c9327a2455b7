"""Promise to who keeps a workbook in any language: a sheet that sums the others is not counted beside them."""

import pytest
import xlsxwriter

from tools.audit.tool import AuditCosts
from tools.audit.which_sheets import is_summary_name
from tools.audit.work import run
from tools.contracts.tool import ToolContext

NAMES = (
    *("Summary", "Kostenübersicht", "Gesamt", "Récapitulatif", "Synthèse", "Resumen", "Resumo", "Riepilogo", "Overzicht", "Podsumowanie"),
    *(
        "Razem",
        "Přehled",
        "Översikt",
        "Oversikt",
        "Yhteenveto",
        "Összesítő",
        "Сводная",
        "Итого",
        "Зведення",
        "Усього",
        "Özet",
        "Genel Toplam",
    ),
    *("汇总", "总计", "集計", "合計", "サマリー", "요약", "합계", "सारांश", "कुल योग", "ملخص", "الإجمالي", "Re\u0301sume\u0301 2025"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_named_as_a_summary_with_the_total_of_another_is_left_out(tmp_path, name):
    """Two sheets with as many rows: only its name says which of them repeats the other."""
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    for title, rows in ((name, [("AI", 13), ("Rest", 17)]), ("Lines", [("API", 10), ("GPU", 20)])):
        sheet = book.add_worksheet(title)
        for at, row in enumerate([("Service", "Cost USD"), *rows]):
            sheet.write_row(at, 0, row)
    book.close()
    found = run(AuditCosts(file=[str(tmp_path / "a.xlsx")]), ToolContext(out_dir=tmp_path / "out")).result
    assert found["total_text"] == "30" and [one["sheet"] for one in found["skipped"]] == [name]


@pytest.mark.parametrize("name", ["May", "Sheet1", "Januar", "Lines", "Details", "生产", "Costs EU", "сентябрь", "Resources", ""])
def test_other_names_are_no_summary(name):
    assert not is_summary_name(name)
