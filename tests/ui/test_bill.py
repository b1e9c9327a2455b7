"""The bill in the browser, with the real audit: several files, correcting on screen and in words, a large file stopped."""

import xlsxwriter
from playwright.sync_api import expect

SEPTEMBER = "Date,Service,Net,Gross\n2026-09-01,OpenAI API,100.00,119.00\n2026-09-02,GPU server,50.00,59.50\n"
OCTOBER = SEPTEMBER.replace("2026-09", "2026-10").replace("100.00,119.00", "200.00,238.00")


def test_two_files_make_one_bill_that_is_corrected_on_screen_and_in_words(visit, real_server, tmp_path):
    files = [tmp_path / "september.csv", tmp_path / "october.csv"]
    for file, text in zip(files, (SEPTEMBER, OCTOBER), strict=True):
        file.write_text(text)
    person = visit(real_server)
    page, bill = person.page, person.page.locator("#bill-panel")
    page.set_input_files("#prompt input[type=file]", [str(file) for file in files])
    expect(page.locator("#upload-preview table")).to_have_count(2)
    person.say("audit these two")
    person.settled()
    expect(page.get_by_role("tab", name="Bill")).to_have_attribute("aria-selected", "true")
    expect(bill.locator(".headline").first).to_contain_text("Total 476.00")
    expect(bill).to_contain_text("no currency stated")
    expect(bill).to_contain_text("september.csv, october.csv")
    bill.get_by_label("Role of column C, Net").first.select_option(label="cost")
    bill.get_by_label("Currency of the amounts").select_option("INR")
    bill.get_by_role("button", name="Audit again", exact=True).click()
    expect(page.locator("#chat .user").last).to_contain_text('Audit again: cost="Net"; currency=INR')
    expect(bill.locator(".headline").first).to_contain_text("Total ₹400.00", timeout=30_000)
    expect(bill).to_contain_text("In force: cost=Net, currency=INR")
    person.settled()
    person.say("1 INR = 0.01 USD")
    person.settled()
    expect(bill.locator(".headline").first).to_contain_text("Total $4.00")
    bill.locator(".sum .counted a.fig").last.click()
    expect(page.get_by_role("tab", name="Evidence")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#evidence-panel details[open]")).to_contain_text("Reconciliation of the files")
    page.locator("#chat .bot a[href^='#ev-']").first.click()
    old = page.locator("#evidence-panel details.fold details[open]")
    expect(old).to_contain_text("superseded")
    expect(old.locator("summary")).to_be_visible()
    person.tab("Bill")
    bill.get_by_role("button", name="Audit again", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("Nothing was changed")
    bill.get_by_role("button", name="Drop the corrections").click()
    expect(bill.locator(".headline").first).to_contain_text("Total 476.00", timeout=30_000)


def test_columns_are_left_unused_and_hidden_sheets_counted_on_screen(visit, real_server, tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "costs.xlsx")
    for name, cost in (("May", 1), ("June", 10), ("Old part", 100)):
        sheet = book.add_worksheet(name)
        for at, row in enumerate([("Service", "Team", "Cost USD"), ("OpenAI API", "search", cost), ("GPU server", "ml", cost * 2)]):
            sheet.write_row(at, 0, row)
        if name == "Old part":
            sheet.hide()
    book.close()
    person = visit(real_server)
    page, bill = person.page, person.page.locator("#bill-panel")
    page.set_input_files("#prompt input[type=file]", str(tmp_path / "costs.xlsx"))
    person.say("audit this")
    person.settled()
    expect(bill.locator(".headline").first).to_contain_text("Total $33.00")
    expect(bill.get_by_text("also=Old part")).to_be_visible()
    boxes = bill.get_by_role("group", name="Sheets to count")
    expect(boxes.get_by_role("checkbox", name="Old part")).not_to_be_checked()
    boxes.get_by_role("checkbox", name="Old part").check()
    boxes.get_by_role("checkbox", name="June").uncheck()
    bill.get_by_label("Role of column B, Team").first.select_option(label="not used")
    bill.get_by_role("button", name="Audit again", exact=True).click()
    expect(page.locator("#chat .user").last).to_contain_text('Audit again: ignore="Team"; sheet="May"|"Old part"')
    expect(bill.locator(".headline").first).to_contain_text("Total $303.00", timeout=30_000)
    expect(bill).to_contain_text("In force: ignore=Team, sheet=May|Old part")
    expect(boxes.get_by_role("checkbox", name="June")).not_to_be_checked()
    person.settled()
    person.say("count the sheet June too")
    person.settled()
    expect(bill.locator(".headline").first).to_contain_text("Total $333.00", timeout=30_000)


def test_an_audit_of_a_large_file_shows_progress_and_stops(visit, real_server, tmp_path):
    file = tmp_path / "large.csv"
    with file.open("w") as rows:
        rows.write("Date,Service,Team,Cost USD\n")
        rows.writelines(f"2026-10-{day % 28 + 1:02d},OpenAI API,team-{day},1.25\n" for day in range(300_000))
    person = visit(real_server)
    page = person.page
    page.set_input_files("#prompt input[type=file]", str(file))
    expect(page.locator("#upload-preview table")).to_be_visible()
    person.say("audit this")
    expect(page.locator("#chat")).to_contain_text("Auditing large.csv")
    page.locator("button#stop").click()
    expect(page.locator("#chat")).to_contain_text("Stopped", timeout=15_000)
    person.tab("Jobs")
    expect(page.locator("#jobs-panel .job").first).to_contain_text("cancelled")
    expect(page.locator("#bill-panel")).to_contain_text("No bill has been read")
