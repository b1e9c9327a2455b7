"""Asking about the audited bill in the browser: an answer from its tables, whose figures lead to their rows; and one step back."""

from playwright.sync_api import expect

SHEET = "Month,Vendor,Item,Charge,Adjusted\n2026-09,AWS,p4d.24xlarge,3277.00,3000.00\n2026-09,AWS,Credit,-100.00,-100.00\n"


def test_a_question_about_the_bill_is_answered_and_traced_to_its_rows(visit, real_server, tmp_path):
    file = tmp_path / "sheet.csv"
    file.write_text(SHEET)
    person = visit(real_server)
    page, bill = person.page, person.page.locator("#bill-panel")
    page.set_input_files("#prompt input[type=file]", str(file))
    expect(page.locator("#upload-preview table")).to_be_visible()
    person.say("audit this")
    person.settled()
    expect(page.locator("#chat")).not_to_contain_text("failed")  # no currency, so no plan: that is a question, not a failure
    person.say("how much did we pay for p4d.24xlarge?")
    person.settled()
    answer = page.locator("#chat .bot-row").last
    expect(answer).to_contain_text("p4d.24xlarge: 3,277.00")
    answer.locator('a[href^="#ev-"]').first.click()
    opened = page.locator("#evidence-panel details[open]")
    expect(opened).to_contain_text("Cost of the service p4d.24xlarge")
    expect(opened).to_contain_text("Sums by service")
    person.tab("Bill")
    person.say("the cost is column E")
    person.settled()
    expect(bill.locator(".headline").first).to_contain_text("Total 2,900.00")
    person.say("undo that")
    person.settled()
    expect(bill.locator(".headline").first).to_contain_text("Total 3,177.00")
