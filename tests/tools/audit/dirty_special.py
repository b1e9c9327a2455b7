"""Dirty sheets that are traps of their own, in no particular language: digits of other scripts, two tables, token logs, inventories and more."""

# ruff: noqa: E501 - a sheet reads better with a row of it in one line

import random
from collections.abc import Callable
from decimal import Decimal

from tests.tools.audit.dirty_sheets import Case, amount, lines, num, table
from tests.tools.audit.dirty_words import BY_CODE

EN, DE, JA, AR, HI = (BY_CODE[code] for code in ("en", "de", "ja", "ar", "hi"))
D = Decimal


def swiss_apostrophes(rng: random.Random) -> Case:
    rows = lines(rng)
    text = "Dienst;Betrag CHF\n" + "".join(f"{s};{a:,.2f}\n".replace(",", "’") for s, _, a in rows) + "Support;1’250.--\nGutschrift;-50.–\n"
    return Case(sum(r[2] for r in rows) + 1200, text, currency="CHF", excluded=0)


def lakhs(rng: random.Random) -> Case:
    rows = [(s, D(rng.randrange(10**6, 10**10)) / 100) for s, _, _ in lines(rng)]
    text = table(
        [
            ["Service", "Amount (₹)"],
            *[[s, num(HI, a)] for s, a in rows],
            ["Rent", "Rs. 2,50,000/-"],
            ["Total", num(HI, sum(a for _, a in rows) + 250000)],
        ]
    )
    return Case(sum(a for _, a in rows) + 250000, text, currency="INR", excluded=1)


def full_width(rng: random.Random) -> Case:
    wide = str.maketrans("0123456789,.", "０１２３４５６７８９，．")
    rows = lines(rng)
    content = [
        ["サービス", "金額(円)"],
        *[[s, num(JA, a).translate(wide)] for s, _, a in rows],
        ["合計", num(JA, sum(r[2] for r in rows)).translate(wide)],
    ]
    return Case(sum(r[2] for r in rows), table(content), currency="JPY", excluded=1)


def arabic_digits(rng: random.Random) -> Case:
    arabic = str.maketrans("0123456789,.", "٠١٢٣٤٥٦٧٨٩٬٫")
    rows = lines(rng)
    content = [
        ["الخدمة", "المبلغ (AED)"],
        *[[s, num(AR, a).translate(arabic)] for s, _, a in rows],
        ["الإجمالي", num(AR, sum(r[2] for r in rows)).translate(arabic)],
    ]
    return Case(sum(r[2] for r in rows), table(content), currency="AED", excluded=1)


def devanagari_digits(rng: random.Random) -> Case:
    nagari = str.maketrans("0123456789", "०१२३४५६७८९")
    rows = lines(rng)
    return Case(
        sum(r[2] for r in rows),
        table([["सेवा", "लागत (INR)"], *[[s, num(HI, a).translate(nagari)] for s, _, a in rows]]),
        currency="INR",
        excluded=0,
    )


def credit_and_debit_marks(rng: random.Random) -> Case:
    rows = lines(rng, 4)
    marks = [" DR", " CR", " DR", " DR"]
    text = table([["Service", "Amount USD"], *[[s, f"{a:,.2f}{m}"] for (s, _, a), m in zip(rows, marks, strict=True)]])
    return Case(sum(r[2] for r in rows) - 2 * rows[1][2], text, currency="USD", excluded=0)


def brackets_after_the_sign(rng: random.Random) -> Case:
    rows = lines(rng, 3)
    text = table(
        [
            ["Service", "Cost"],
            [rows[0][0], f"$ {rows[0][2]:,.2f}"],
            [rows[1][0], f"$({rows[1][2]:,.2f})"],
            [rows[2][0], f"({rows[2][2]:,.2f}) USD"],
        ]
    )
    return Case(rows[0][2] - rows[1][2] - rows[2][2], text, currency="USD", excluded=0)


def excel_serials(rng: random.Random) -> Case:
    rows = [[45658 + at, s, a] for at, (s, _, a) in enumerate(lines(rng))]
    return Case(sum(r[2] for r in rows), table([["Date", "Service", "Cost USD"], *rows]), currency="USD", excluded=0)


def weeks(rng: random.Random) -> Case:
    rows = [[f"2025W{at + 3:02d}", s, a] for at, (s, _, a) in enumerate(lines(rng))]
    return Case(sum(r[2] for r in rows), table([["Week", "Service", "Cost USD"], *rows]), currency="USD", excluded=0)


def thousands_in_header(rng: random.Random) -> Case:
    rows = [[s, (a / 1000).quantize(D("0.1"))] for s, _, a in lines(rng)]
    return Case(
        sum(r[1] for r in rows) * 1000, table([["Dienst", "Kosten (k€)"], *rows], ";", DE), currency="EUR", excluded=0, asks=("1000",)
    )


def millions_of_yen(rng: random.Random) -> Case:
    rows = [[s, D(rng.randrange(10, 9999)) / 10] for s, _, _ in lines(rng)]
    content = [["クラウド費用"], ["単位:百万円"], ["サービス", "金額"], *rows]
    return Case(sum(r[1] for r in rows) * 10**6, sheets={"集計": content}, currency="JPY", excluded=0, asks=("1000000",))


def price_per_million_is_no_scale(rng: random.Random) -> Case:
    rows = [[s, p := D(rng.randrange(1, 90)), q := rng.randrange(2, 50), p * q] for s, _, _ in lines(rng)]
    return Case(
        sum(r[3] for r in rows),
        table([["Model", "Price per million tokens", "Million tokens", "Cost USD"], *rows]),
        currency="USD",
        excluded=0,
    )


def token_log_with_cost(rng: random.Random) -> Case:
    rows = [
        [f"2025-03-01T10:{at:02d}:00Z", "gpt-4o", rng.randrange(9000), rng.randrange(900), "stop", D(rng.randrange(1, 9000)) / 100000]
        for at in range(40)
    ]
    text = "timestamp,model,prompt_tokens,completion_tokens,finish_reason,cost_usd\n" + "".join(
        ",".join(map(str, row)) + "\n" for row in rows
    )
    return Case(sum(r[5] for r in rows), text, currency="USD", excluded=0)


def token_log_without_cost(rng: random.Random) -> Case:
    rows = [[f"2025-03-01T10:{at:02d}:00Z", "gpt-4o", rng.randrange(9000), rng.randrange(900), 200] for at in range(40)]
    text = "timestamp,model,prompt_tokens,completion_tokens,http status\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    return Case(None, text, asks=("no prices",), excluded=0)


def token_costs_by_part(rng: random.Random) -> Case:
    rows = [
        ["gpt-4o", rng.randrange(9000), rng.randrange(900), i := D(rng.randrange(9000)) / 1000, o := D(rng.randrange(9000)) / 1000, i + o]
        for _ in range(20)
    ]
    return Case(
        sum(r[5] for r in rows),
        table(
            [["model", "input tokens", "output tokens", "input cost", "output cost", "total cost"], *[[str(c) for c in r] for r in rows]]
        ),
        excluded=0,
        not_counted=("input cost",),
    )


def inventory_with_counts(rng: random.Random) -> Case:
    rows = [[f"i-{at}", "g5.xlarge", n := rng.randrange(2, 9), p := amount(rng), n * p] for at in range(6)]
    content = [["Instance", "Instance type", "Count", "Monthly cost each", "Monthly cost total"], *rows]
    return Case(sum(r[4] for r in rows), sheets={"inv": content}, excluded=0)


def inventory_each_or_all(rng: random.Random) -> Case:
    rows = [[f"host-{at}", rng.randrange(2, 9), amount(rng)] for at in range(6)]
    return Case(
        sum(r[2] for r in rows), table([["Server", "Count", "Monthly cost USD"], *rows]), currency="USD", excluded=0, asks=("for each of",)
    )


def side_by_side_same_header(rng: random.Random) -> Case:
    left, right = lines(rng, 7), lines(rng, 5)
    content: list[list[object]] = [["AWS", "", "", "Azure", ""], ["Service", "Cost USD", "", "Service", "Cost USD"]]
    for at in range(7):
        content.append([left[at][0], left[at][2], "", *([right[at][0], right[at][2]] if at < 5 else [])])
    return Case(sum(r[2] for r in left + right), sheets={"S": content}, currency="USD", asks=("side by side",))


def side_by_side_two_views(rng: random.Random) -> Case:
    left = lines(rng, 7)
    teams = {team: sum(a for _, t, a in left if t == team) for team in ("ml", "web", "data")}
    content: list[list[object]] = [["Service", "Cost USD", "", "Team", "Cost USD"]]
    for at in range(7):
        content.append([left[at][0], left[at][2], "", *(list(teams.items())[at] if at < 3 else [])])
    return Case(sum(r[2] for r in left), sheets={"S": content}, currency="USD", asks=("side by side",))


def rate_box_beside(rng: random.Random) -> Case:
    left = lines(rng, 7)
    content: list[list[object]] = [["Service", "Team", "Cost EUR", "", "FX rates", ""]]
    for at, row in enumerate(left):
        content.append([*row, "", *(["USD", 1.08] if at == 0 else [])])
    return Case(sum(r[2] for r in left), sheets={"S": content}, currency="EUR")


def second_table_below(rng: random.Random) -> Case:
    rows = lines(rng)
    content = [
        ["Service", "Team", "Cost USD"],
        *map(list, rows),
        [],
        ["Team", "Headcount", "Budget USD"],
        ["ml", 5, 90000],
        ["web", 7, 80000],
    ]
    return Case(sum(r[2] for r in rows), sheets={"S": content}, currency="USD", asks=("second table",), excluded=3)


def html_export(rng: random.Random) -> Case:
    rows = lines(rng)
    text = (
        "Service,Team,Amount\n"
        + "".join(f'{s},{t},"&euro;{a:,.2f}"\n' for s, t, a in rows)
        + f'<b>Total</b>,&nbsp;,"<b>&euro;{sum(r[2] for r in rows):,.2f}</b>"\n'
    )
    return Case(sum(r[2] for r in rows), text, currency="EUR", excluded=1)


def ragged_rows(rng: random.Random) -> Case:
    rows = lines(rng)
    text = (
        "Service,Cost USD,Team,Note\n"
        + "".join(f"{s},{a}{',' + t if at % 2 else ''}\n" for at, (s, t, a) in enumerate(rows))
        + "S3,12.5,ml,a,too,many\n"
    )
    return Case(sum(r[2] for r in rows), text, currency="USD", unknown=1, excluded=0)


def gross_discount_net(rng: random.Random) -> Case:
    rows = [["2025-03-01", s, a, d := (a * rng.randrange(0, 30) / 100).quantize(D("0.01")), a - d] for s, _, a in lines(rng)]
    return Case(
        sum(r[4] for r in rows),
        table([["date", "product", "gross_amount", "discount_amount", "net_amount"], *rows]),
        excluded=0,
        not_counted=("gross_amount",),
    )


def list_and_paid(rng: random.Random) -> Case:
    rows = [[s, a, (a * rng.randrange(50, 95) / 100).quantize(D("0.01"))] for s, _, a in lines(rng)]
    return Case(sum(r[2] for r in rows), table([["Service", "List price", "Cost"], *rows]), excluded=0, not_counted=("List price",))


def two_costs(rng: random.Random) -> Case:
    rows = [[s, a, amount(rng)] for s, _, a in lines(rng)]
    return Case(
        sum(r[1] for r in rows),
        table([["Service", "Cloud cost", "Support cost"], *rows]),
        excluded=0,
        asks=("Which column is the cost", "Support cost"),
    )


def canadian_dollars(rng: random.Random) -> Case:
    rows = lines(rng)
    content = [["All amounts in CAD", ""], ["Service", "Cost"], *[[s, f"${a:,.2f}"] for s, _, a in rows]]
    return Case(sum(r[2] for r in rows), table(content), currency="CAD", excluded=0)


def yuan_sign(rng: random.Random) -> Case:
    rows = lines(rng)
    return Case(sum(r[2] for r in rows), table([["服务", "费用"], *[[s, f"￥{a:,.2f}"] for s, _, a in rows]]), currency="CNY", excluded=0)


def total_on_top(rng: random.Random) -> Case:
    rows = lines(rng)
    return Case(
        sum(r[2] for r in rows),
        table([["Service", "Team", "Cost USD"], ["Total", "", sum(r[2] for r in rows)], *map(list, rows)]),
        currency="USD",
        excluded=1,
    )


def invoice_with_tax_line(rng: random.Random) -> Case:
    rows = [[s, a] for s, _, a in lines(rng)]
    net = sum(r[1] for r in rows)
    tax = (net * D("0.19")).quantize(D("0.01"))
    content = [["Position", "Betrag EUR"], *rows, ["Zwischensumme", net], ["MwSt 19 %", tax], ["Rechnungsbetrag", net + tax]]
    return Case(net + tax, table(content, ";", DE), currency="EUR", excluded=2)


def total_with_an_unknown_label(rng: random.Random) -> Case:
    rows = lines(rng)
    content = [
        ["Service", "Team", "Region", "Cost USD"],
        *[[s, t, "eu", a] for s, t, a in rows],
        ["Jumla kuu", "", "", sum(r[2] for r in rows)],
    ]
    return Case(sum(r[2] for r in rows), table(content), currency="USD", excluded=1)


def services_across(rng: random.Random) -> Case:
    rows = [[f"2025-03-{day:02d}", amount(rng), amount(rng), amount(rng)] for day in range(1, 9)]
    return Case(
        sum(sum(r[1:]) for r in rows), table([["Day", "SageMaker", "Bedrock", "Kendra"], *rows]), excluded=0, asks=("one service each",)
    )


def services_across_with_total(rng: random.Random) -> Case:
    rows = [[f"2025-03-{day:02d}", a := amount(rng), b := amount(rng), a + b] for day in range(1, 9)]
    return Case(sum(r[3] for r in rows), table([["Day", "SageMaker", "Bedrock", "Total"], *rows]), excluded=0)


def actual_then_forecast_months(rng: random.Random) -> Case:
    rows = [[s, *(amount(rng) for _ in range(6))] for s, _, _ in lines(rng)]
    head = [
        "Service",
        "Jan 2025 Actual",
        "Feb 2025 Actual",
        "Mar 2025 Actual",
        "Apr 2025 Forecast",
        "May 2025 Forecast",
        "Jun 2025 Forecast",
    ]
    return Case(
        sum(sum(r[1:4]) for r in rows), table([head, *rows]), excluded=0, asks=("Apr 2025 Forecast",), not_counted=("Apr 2025 Forecast",)
    )


def year_to_date_beside_months(rng: random.Random) -> Case:
    rows = [[s, a := amount(rng), b := amount(rng), a + b, amount(rng)] for s, _, _ in lines(rng)]
    return Case(
        sum(r[1] + r[2] for r in rows),
        sheets={"S": [["Service", "Jan 2025", "Feb 2025", "YTD", "Budget 2025"], *rows]},
        excluded=0,
        not_counted=("YTD", "Budget 2025"),
    )


def days_across(rng: random.Random) -> Case:
    rows = [[s, *(amount(rng) for _ in range(7))] for s, _, _ in lines(rng)]
    return Case(sum(sum(r[1:]) for r in rows), table([["Service", *[f"2025-03-{day:02d}" for day in range(1, 8)]], *rows]), excluded=0)


def utf16_tabs(rng: random.Random) -> Case:
    rows = lines(rng)
    return Case(
        sum(r[2] for r in rows),
        table([["Service", "Team", "Cost USD"], *map(list, rows)], "\t"),
        currency="USD",
        encoding="utf-16",
        suffix="txt",
        excluded=0,
    )


def unreadable_cells(rng: random.Random) -> Case:
    rows = lines(rng)
    content = [["Service", "Cost USD"], *[[s, a] for s, _, a in rows], ["A", "n/a"], ["B", "#REF!"], ["C", "-"], ["D", "tbd"]]
    return Case(sum(r[2] for r in rows), table(content), currency="USD", unknown=4, excluded=0)


def lira_thousands(rng: random.Random) -> Case:
    rows = lines(rng)
    return Case(
        sum(r[2] for r in rows),
        table([["Hizmet", "Tutar (TL)"], *[[s, num(DE, a) + " TL"] for s, _, a in rows]], ";"),
        currency="TRY",
        excluded=0,
    )


def mixed_currencies(rng: random.Random) -> Case:
    rows = [[s, a, "USD" if at % 2 else "EUR"] for at, (s, _, a) in enumerate(lines(rng))]
    return Case(None, table([["Service", "Amount", "Currency"], *rows]), asks=("several currencies",), excluded=0)


def broken_grouping(rng: random.Random) -> Case:
    rows = lines(rng)
    return Case(
        sum(r[2] for r in rows),
        table([["Service", "Cost USD"], *[[s, a] for s, _, a in rows], ["Odd", "1,23,4.50"]]),
        currency="USD",
        unknown=1,
        excluded=0,
    )


def hidden_helper_column(rng: random.Random) -> Case:
    rows = [[s, t, a, a * 2] for s, t, a in lines(rng)]
    return Case(
        sum(r[2] for r in rows),
        sheets={"S": [["Service", "Team", "Cost USD", "helper"], *rows]},
        hidden_columns=(3,),
        currency="USD",
        excluded=0,
        not_counted=("helper",),
    )


def actual_and_plan_rows(rng: random.Random) -> Case:
    rows = [[s, kind, amount(rng)] for s, _, _ in lines(rng) for kind in ("Budget", "Actual")]
    return Case(sum(r[2] for r in rows), table([["Service", "Scenario", "Amount USD"], *rows]), currency="USD", asks=("Budget",))


SPECIAL: tuple[Callable[[random.Random], Case], ...] = (
    swiss_apostrophes, lakhs, full_width, arabic_digits, devanagari_digits, credit_and_debit_marks, brackets_after_the_sign, excel_serials, weeks,
    thousands_in_header, millions_of_yen, price_per_million_is_no_scale, token_log_with_cost, token_log_without_cost, token_costs_by_part,
    inventory_with_counts, inventory_each_or_all, side_by_side_same_header, side_by_side_two_views, rate_box_beside, second_table_below, html_export,
    ragged_rows, gross_discount_net, list_and_paid, two_costs, canadian_dollars, yuan_sign, total_on_top, invoice_with_tax_line,
    total_with_an_unknown_label, services_across, services_across_with_total, actual_then_forecast_months, year_to_date_beside_months, days_across,
    utf16_tabs, unreadable_cells, lira_thousands, mixed_currencies, broken_grouping, hidden_helper_column, actual_and_plan_rows,
)  # fmt: skip
