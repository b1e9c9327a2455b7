"""Promise to a team with a hand-made sheet: merged headers, subtotals, credits, decimal commas and several sheets give the true total."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from knowledge.errors import UserError
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext, ToolResult


def audit(tmp_path: Path, *paths: Path, **more: str) -> ToolResult:
    return run(AuditCosts(file=[str(path) for path in paths], **more), ToolContext(out_dir=tmp_path / "out"))


def text(tmp_path: Path, content: str, name: str = "bill.csv", **more: str) -> dict:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return audit(tmp_path, path, **more).result


def book(path: Path, sheets: dict[str, list[list]], merges=(), hidden=()) -> Path:
    with xlsxwriter.Workbook(str(path)) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
            for target, *span in merges:
                if target == name:
                    sheet.merge_range(*span)
            if name in hidden:
                sheet.hide()
    return path


def test_merged_two_line_header_subtotals_and_credit(tmp_path):
    rows = [
        ["Cloud costs October 2026"],
        [],
        ["Service", "", "Costs", "", "Team"],
        ["Name", "Region", "Net", "Gross", ""],
        ["EC2 p3.2xlarge", "eu-west-1", 100.25, 119.3, "ml"],
        ["S3", "eu-west-1", 10.5, 12.5, "web"],
        ["Subtotal AWS", "", 110.75, 131.8, ""],
        ["Azure OpenAI", "westeurope", 50, 59.5, "ml"],
        ["Credit", "", -20, -23.8, ""],
        ["Subtotal Azure", "", 30, 35.7, ""],
        ["Grand Total", "", 140.75, 167.5, ""],
    ]
    merges = [("Costs", 2, 2, 2, 3, "Costs"), ("Costs", 2, 0, 2, 1, "Service")]
    result = audit(tmp_path, book(tmp_path / "a.xlsx", {"Costs": rows}, merges), mapping="cost=Costs Gross").result
    assert result["total_text"] == "167.5"
    assert result["rows_counted"] == 4
    assert result["exclusions"][0]["rows"] == 3
    assert result["checks"] == []
    assert {c["category"]: c["amount_text"] for c in result["categories"]}["Credit"] == "-23.8"


def test_decimal_comma_euro_sheet_with_preface_and_total(tmp_path):
    content = (
        "Kostenübersicht;;\nWährung;EUR;\n;;\nDienst;Abteilung;Betrag\nGPU-Server;KI;1.234,56\nSpeicher;Web;12,30\n"
        "Gutschrift;KI;-100,00\nZwischensumme;;1.146,86\nLizenz;KI;0,14\nGesamtsumme;;1.147,00\n"
    )
    result = text(tmp_path, content)
    assert (result["total_text"], result["currency"]) == ("1147", "EUR")
    assert result["rows_excluded"] == 2
    assert result["sheets"][0]["decimal"] == "comma"
    assert result["sheets"][0]["currency_from"] == "the lines above the table"


def test_monthly_sheets_add_up_and_a_summary_sheet_does_not(tmp_path):
    sheets = {
        "Jan": [["Service", "Cost USD"], ["EC2", 10], ["S3", 5]],
        "Feb": [["Service", "Cost USD"], ["EC2", 11], ["S3", 6]],
        "Summary": [["Month", "Cost USD"], ["Jan", 15], ["Feb", 17], ["Total", 32]],
        "Notes": [["Written by", "Anna"], ["Remark", "none"]],
    }
    result = audit(tmp_path, book(tmp_path / "a.xlsx", sheets)).result
    assert (result["total_text"], result["currency"]) == ("32", "USD")
    reasons = {s["sheet"]: s["reason"] for s in result["skipped"]}
    assert reasons == {"Summary": "repeats the total of the other sheets", "Notes": "no cost column"}


def test_hidden_sheet_is_shown_and_asked(tmp_path):
    sheets = {"Costs": [["Service", "Cost"], ["EC2", 10]], "Old": [["Service", "Cost"], ["EC2", 99]]}
    result = audit(tmp_path, book(tmp_path / "a.xlsx", sheets, hidden=("Old",))).result
    assert result["total_text"] == "10"
    assert any("hidden" in question for question in result["questions"])


def test_months_across_the_top(tmp_path):
    content = "Service,Jan 2026,Feb 2026,Mar 2026,Total\nSageMaker,100,110,120,330\nS3,1.5,1.5,1.5,4.5\nTotal,101.5,111.5,121.5,334.5\n"
    result = text(tmp_path, content)
    assert result["total_text"] == "334.5"
    assert (result["period"]["start"], result["period"]["end"], result["period"]["months"]) == ("2026-01-01", "2026-03-31", "3")
    assert {s["name"]: s["cost"] for s in result["services"]} == {"SageMaker": 330.0, "S3": 4.5}


def test_excel_outline_subtotals_and_group_labels(tmp_path):
    content = "Team,Service,Cost\nml,EC2,10\nml,S3,5\nml Total,,15\nweb,EC2,7\nweb Total,,7\nGrand Total,,22\n"
    result = text(tmp_path, content)
    assert result["total_text"] == "22"
    assert result["rows_excluded"] == 3


def test_unlabelled_total_at_the_end(tmp_path):
    content = "Date,Service,Region,Team,Cost\n" + "".join(f"2026-10-0{n},EC2,eu,ml,{n}.10\n" for n in range(1, 6)) + ",,,,15.50\n"
    result = text(tmp_path, content)
    assert result["total_text"] == "15.5"
    assert result["rows_excluded"] == 1


def test_total_that_does_not_agree_is_reported_not_trusted(tmp_path):
    result = text(tmp_path, "Service,Region,Cost\nEC2,eu,10\nS3,eu,5\nTotal,,18\n")
    assert result["total_text"] == "15"
    assert "states more" in result["checks"][0]


def test_a_service_whose_name_holds_total_is_not_a_total(tmp_path):
    result = text(tmp_path, "Date,Service,Region,Cost\n2026-10-01,Total Defense Antivirus,eu,10\n2026-10-02,EC2,us,5\n2026-10-03,S3,us,7\n")
    assert result["total_text"] == "22"


def test_two_equal_rows_in_a_row_are_not_a_subtotal(tmp_path):
    result = text(tmp_path, "Service,Cost\nEC2,10\nS3,10\nRDS,20\n")
    assert result["total_text"] == "40"


def test_total_in_first_row(tmp_path):
    result = text(tmp_path, "Service,Region,Cost\nTotal,,15\nEC2,eu,10\nS3,eu,5\n")
    assert result["total_text"] == "15"
    assert result["checks"] == []


def test_repeated_header_and_blank_lines(tmp_path):
    result = text(tmp_path, "Service,Cost\nEC2,10\n\nService,Cost\nS3,5\n,\n")
    assert result["total_text"] == "15"
    assert {e["reason"] for e in result["exclusions"]} == {"repeated header"}


def test_net_tax_gross_takes_the_gross(tmp_path):
    result = text(tmp_path, "Item,Net,VAT,Gross amount\nGPU,100,19,119\nAPI,50,9.5,59.5\nDisk,10,1.9,11.9\n")
    assert result["total_text"] == "190.4"


GERMAN = (
    "Leistung;Netto;MwSt;Brutto\nGPU;41.632,63;7.910,20;49.542,83\nAPI;8.000,00;1.520,00;9.520,00\nSumme;49.632,63;9.430,20;59.062,83\n"
)


def test_net_and_gross_are_one_question_with_both_totals(tmp_path):
    result = text(tmp_path, GERMAN)
    assert result["total_text"] == "59062.83"
    asked = [question for question in result["questions"] if "tax" in question]
    assert len(asked) == 1
    assert '"Brutto" (59,062.83)' in asked[0] and '"Netto" (49,632.63)' in asked[0]
    assert "cost=Netto" in asked[0] and "cost=Brutto" in asked[0]
    for column, total in (("Netto", "49632.63"), ("Brutto", "59062.83")):
        answered = text(tmp_path, GERMAN, mapping=f"cost={column},currency=EUR")
        assert (answered["total_text"], answered["questions"]) == (total, [])


def test_net_and_gross_of_a_workbook_of_months_are_one_question(tmp_path):
    sheets = {month: [["Item", "Net", "VAT", "Gross"], ["GPU", 100, 19, 119], ["API", 50, 9.5, 59.5]] for month in ("May", "June")}
    result = audit(tmp_path, book(tmp_path / "a.xlsx", sheets)).result
    assert [q for q in result["questions"] if '"Gross" (357.00)' in q and '"Net" (300.00)' in q]
    assert sum("tax" in question for question in result["questions"]) == 1


def test_net_and_gross_of_which_a_row_lacks_one_tells_no_totals(tmp_path):
    result = text(tmp_path, "Item,Net,VAT,Gross\nGPU,100,19,119\nAPI,50,9.5,59.5\nTax,,19,19\nDisk,10,1.9,11.9\nCPU,20,3.8,23.8\n")
    asked = [question for question in result["questions"] if "tax" in question]
    assert len(asked) == 1 and '"Gross" was counted and "Net" is the same before tax' in asked[0]


def test_quantity_and_unit_price_are_not_the_cost(tmp_path):
    result = text(tmp_path, "Item,Hours,Rate,Cost\nA100,10,3.5,35\nT4,20,0.5,10\n")
    assert result["total_text"] == "45"
    roles = {m["column"]: m["role"] for m in result["mapping"]}
    assert roles["Cost"] == "billed"
    assert roles["Hours"] == "quantity"


@pytest.mark.parametrize(
    ("header", "total"),
    [
        ("Coût (€)", "30.5"),
        ("Importe total EUR", "30.5"),
        ("費用", "30.5"),
        ("Стоимость", "30.5"),
        ("Spend USD", "30.5"),
        ("amount_usd", "30.5"),
        ("Total Cost ($)", "30.5"),
    ],
)
def test_cost_columns_in_many_words(tmp_path, header, total):
    result = text(tmp_path, f"Name,{header},id\nA,10.25,1\nB,20.25,2\n")
    assert result["total_text"] == total


def test_budget_and_forecast_columns_are_not_the_cost(tmp_path):
    result = text(tmp_path, "Service,Budget USD,Actual cost USD,Forecast USD\nA,100,40,120\nB,200,50,210\n")
    assert result["total_text"] == "90"


def test_user_corrections_win(tmp_path):
    content = "Name,A1,B1\nx,10,3\ny,20,4\n"
    assert text(tmp_path, content, mapping="cost=C,currency=INR")["total_text"] == "7"
    assert text(tmp_path, content, mapping="cost=C,currency=INR")["currency"] == "INR"
    assert text(tmp_path, content, mapping="cost=A1")["total_text"] == "30"
    assert text(tmp_path, "Service;Cost\nA;1,234\nB;2,345\n", mapping="decimal=dot")["total_text"] == "3579"


def test_column_letters_are_those_of_the_sheet(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate([["Name", "x1", "x2"], ["a", 1, 10], ["b", 2, 20]]):
            sheet.write_row(at + 2, 3, row)
    assert audit(tmp_path, path, mapping="cost=F").result["total_text"] == "30"


def test_missing_currency_is_asked_and_can_be_given(tmp_path):
    content = "Service,Cost\nEC2,10\nS3,5\n"
    unknown = text(tmp_path, content)
    assert unknown["currency"] == ""
    assert "Which currency" in unknown["questions"][0]
    assert text(tmp_path, content, currency="EUR")["currency"] == "EUR"


def test_blank_currency_cells_are_not_added_to_the_stated_ones(tmp_path):
    result = text(tmp_path, "Service,Cost,Currency\nEC2,10,USD\nS3,5,\nRDS,7,USD\n")
    assert result["total"] is None
    assert {t["currency"]: t["total"] for t in result["totals"]} == {"USD": 17, "": 5}


def test_excel_dates_and_exact_floats(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd.mm.yyyy"}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Day", "Service", "Cost USD"])
        for at in range(10):
            sheet.write_datetime(at + 1, 0, date(2026, 10, at + 1))
            sheet.write(at + 1, 1, "EC2")
            sheet.write(at + 1, 2, 0.1)
    result = audit(tmp_path, path).result
    assert result["total_text"] == "1"
    assert (result["period"]["start"], result["period"]["end"], result["period"]["days"]) == ("2026-10-01", "2026-10-10", 10)


def test_several_files_make_one_bill(tmp_path):
    one, two = tmp_path / "sep.csv", tmp_path / "oct.csv"
    one.write_text("Date,Service,Cost USD\n2026-09-01,EC2,10\n2026-09-30,S3,5\n")
    two.write_text("Date,Service,Cost USD\n2026-10-01,EC2,11.5\n2026-10-31,S3,5\n")
    done = audit(tmp_path, one, two)
    assert done.result["total_text"] == "31.5"
    assert done.bill is not None
    assert done.bill.files == ("sep.csv", "oct.csv")
    assert done.bill.total == Decimal("31.5")


def test_resource_inventory_counts_as_one_month(tmp_path):
    path = tmp_path / "inv.csv"
    path.write_text("resource_id,type,monthly_cost,currency,env\ni-1,p3.2xlarge,2200,USD,prod\ni-2,m5.large,70,USD,dev\n")
    done = audit(tmp_path, path)
    assert done.bill is not None
    assert done.bill.months == 1
    assert done.result["period"]["stated_as_month"]


def test_cur_two_names_and_commitments(tmp_path):
    content = (
        "identity_line_item_id,line_item_line_item_type,line_item_usage_start_date,line_item_product_code,line_item_unblended_cost,line_item_currency_code,"
        "reservation_effective_cost,reservation_unused_recurring_fee,product_instance_type,line_item_usage_amount,pricing_unit\n"
        "a,DiscountedUsage,2026-10-01T00:00:00Z,AmazonEC2,0,USD,12.5,,g5.xlarge,24,Hrs\n"
        "b,RIFee,2026-10-01T00:00:00Z,AmazonEC2,20,USD,,7.5,,1,\n"
        "c,Usage,2026-10-01T00:00:00Z,AmazonS3,3,USD,,,,1,GB\n"
        "c,Usage,2026-10-01T00:00:00Z,AmazonS3,3,USD,,,,1,GB\n"
    )
    billed = text(tmp_path, content)
    assert (billed["form"], billed["total_text"], billed["rows_excluded"]) == ("aws_cur", "23", 1)
    assert billed["exclusions"][0]["reason"] == "duplicate line"
    assert text(tmp_path, content, basis="effective")["total_text"] == "23"
    assert text(tmp_path, content, basis="effective")["ai_total_text"] == "12.5"


def test_gcp_cost_table_with_preface_rounding_and_total(tmp_path):
    content = (
        "Invoice number,123\nInvoice date,2026-11-01\nBilling account,ABC\nTotal amount due,USD 31.00\n\n"
        "Billing account name,Project name,Project ID,Service description,SKU description,Credit type,Cost type,Usage start date,Usage end date,Usage amount,Usage unit,Unrounded Cost ($),Cost ($)\n"  # noqa: E501
        "Acme,ml,ml-1,Vertex AI,Gemini 2.0 Flash input tokens,,Usage,2026-10-01,2026-10-31,1000,count,20.001,20.00\n"
        "Acme,ml,ml-1,Compute Engine,Nvidia L4 GPU,,Usage,2026-10-01,2026-10-31,10,hour,12.502,12.50\n"
        "Acme,ml,ml-1,Compute Engine,Nvidia L4 GPU,Committed use discount,Usage,2026-10-01,2026-10-31,,,-1.503,-1.50\n"
        "Acme,,,,,,Rounding error,,,,,,0.00\n"
        ",,,,,,Total,,,,,31.00,31.00\n"
    )
    result = text(tmp_path, content)
    assert (result["form"], result["total_text"], result["currency"]) == ("gcp_cost_table", "31", "USD")
    assert result["rows_excluded"] == 1


def test_openai_cost_export_with_an_empty_day(tmp_path):
    content = (
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id,project_name\n"
        '1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,1.2500001,usd,500000,tokens,"gpt-4o-2024-08-06, input",p,chat\n'  # noqa: E501
        '1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0.75,usd,75000,tokens,"gpt-4o-2024-08-06, output",p,chat\n'  # noqa: E501
        "1759708800,1759795200,2025-10-06T00:00:00+00:00,2025-10-07T00:00:00+00:00,,,,,,,\n"
    )
    result = text(tmp_path, content)
    assert (result["form"], result["total_text"], result["currency"]) == ("openai_cost", "2.0000001", "USD")
    assert result["ai_total_text"] == "2.0000001"
    costs = {(m["model"], m["token_type"]): m["cost"] for m in result["models"]}
    assert costs[("gpt-4o-2024-08-06", "output")] == 0.75
    assert result["exclusions"][0]["reason"] == "no amount in the row"


def test_azure_amortized_mca_lower_case(tmp_path):
    content = (
        "subscriptionid,resourceid,metercategory,metername,date,quantity,unitofmeasure,costinbillingcurrency,billingcurrency,chargetype,pricingmodel,additionalinfo\n"
        's,/vm/1,Virtual Machines,NC24ads A100 v4,10/01/2026,24,1 Hour,88.15,EUR,Usage,OnDemand,"{""ServiceType"":""Standard_NC24ads_A100_v4""}"\n'  # noqa: E501
        "s,/oai,Cognitive Services,gpt-4o Input Tokens,10/02/2026,3,1M,7.5,EUR,Usage,OnDemand,\n"
        "s,,Virtual Machines,,10/03/2026,1,1,1.35,EUR,UnusedReservation,Reservation,\n"
    )
    result = text(tmp_path, content)
    assert (result["form"], result["total_text"], result["currency"]) == ("azure_amortized", "97", "EUR")
    assert {k["kind"]: k["cost"] for k in result["by_kind"]}["gpu"] == 88.15
    assert result["period"]["start"] == "2026-10-01"


def test_a_second_table_below_is_not_added_to_the_first(tmp_path):
    result = text(tmp_path, "Service,Cost\nA,10\nB,20\n\nRegion,Hours\neu,5\nus,7\n")
    assert result["total_text"] == "30"
    assert {e["reason"]: e["rows"] for e in result["exclusions"]} == {"second table on the sheet": 3}
    assert any("second table" in question for question in result["questions"])


def test_first_rows_with_unreadable_costs_do_not_become_the_header(tmp_path):
    result = text(tmp_path, "Service,Cost USD\nEC2,N/A\nS3,pending\nRDS,300\n")
    assert (result["total_text"], result["rows_read"], result["rows_unknown"]) == ("300", 3, 2)


def test_thousands_and_millions_suffixes(tmp_path):
    assert text(tmp_path, "Service,Cost\nEC2,$1.2k\nS3,$300\nGPU,$0.5M\n")["total_text"] == "501500"


def test_semicolon_sheet_with_grouped_whole_numbers(tmp_path):
    result = text(tmp_path, "Dienst;Kosten\nA;1.234\nB;12\n")
    assert result["total_text"] == "1246"
    assert any("is that right" in question for question in result["questions"])


def test_three_decimals_in_a_workbook_stay_decimals(tmp_path):
    rows = [["Service", "Cost EUR"], ["A", 1.234], ["B", "12,50 €"]]
    assert audit(tmp_path, book(tmp_path / "a.xlsx", {"Costs": rows})).result["total_text"] == "13.734"


def test_a_list_without_header_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("OpenAI,1200.5\nAnthropic,800\nAWS,300.25\n")
    with pytest.raises(UserError) as caught:
        audit(tmp_path, path)
    assert caught.value.code == "no-header"


def test_gpu_share_of_kubernetes_costs_is_ai_spend(tmp_path):
    content = "Date,Namespace,Container,CPUCost,RAMCost,GPUCost,TotalCost\n2026-10-01,ml,vllm,1,1,8.5,10.5\n2026-10-01,web,nginx,2,1,0,3\n"
    result = text(tmp_path, content)
    assert (result["total_text"], result["ai_total_text"], result["rows_counted"]) == ("13.5", "8.5", 2)
