"""The whole way in the browser, with the real tools: describe, upload, audit, plan, download, reload, restart."""

import csv
import json
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from visitors import ROOT, SAMPLE

from tools.contracts.figures import money_text

TURNS = (
    "We run a support chatbot on gpt-4o with 500,000 requests a month.",
    "Each request has 1,500 input tokens and 400 output tokens.",
    "No, it is 600,000 requests a month.",
)


@pytest.fixture(scope="module")
def sample_total():
    from tools.contracts.tool import ToolContext
    from tools.registry import tool

    spec = tool("audit_costs")
    return Decimal(str(spec.load()(spec.args(file=[str(SAMPLE)]), ToolContext(out_dir=ROOT / ".build")).result["total"]))


def test_the_sample_total_is_the_sum_of_its_rows_as_a_plain_reader_adds_them(sample_total):
    with SAMPLE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    column = next(name for name in rows[0] if "cost" in name.lower())
    amounts = [
        Decimal(row[column].replace(",", "").replace("$", ""))
        for row in rows
        if row[column].strip() and "total" not in " ".join(row.values()).lower()
    ]
    assert sum(amounts) == sample_total


def test_five_turns_from_words_to_downloads(visit, real_server, sample_total):
    person = visit(real_server)
    page = person.page
    for text in TURNS:
        person.say(text)
        person.settled()
        expect(page.locator("#chat .user").last).to_contain_text(text[:30])
    page.set_input_files("#prompt input[type=file]", str(SAMPLE))
    expect(page.locator("#upload-preview table")).to_be_visible()
    expect(page.locator("#upload-preview")).to_contain_text("Nothing leaves this machine")
    person.say("Audit this bill.")
    person.settled()
    total = money_text(sample_total, "USD")
    expect(page.locator("#chat")).to_contain_text(total)
    expect(page.locator("#chat")).to_contain_text("Audited acme_ai_bill.csv")
    person.tab("Evidence")
    expect(page.locator("#evidence-panel")).to_contain_text(total)
    person.say("Make the plan.")
    person.settled()
    person.picture("whole-way-evidence")
    person.tab("Plan")
    expect(page.locator("#plan-panel .headline")).to_contain_text("a month")
    person.picture("whole-way-plan")
    for form, start in {"md": b"#", "html": b"<!", "xlsx": b"PK", "json": b"{", "pdf": b"%PDF"}.items():
        with page.expect_download() as download:
            page.locator(f'.downloads a[href$="current.{form}"]').click()
        assert download.value.suggested_filename == f"frugal-plan.{form}"
        content = download.value.path().read_bytes()
        assert content.lstrip().startswith(start), form
        if form == "json":
            assert json.loads(content)


def test_a_figure_in_an_answer_opens_its_evidence(visit, real_server):
    person = visit(real_server)
    page = person.page
    page.get_by_text("Audit the sample bill").click()
    expect(page.locator("#chat")).to_contain_text("Audited acme_ai_bill.csv")
    person.settled()
    person.tab("Plan")
    figure = page.locator('#chat a[href^="#ev-"]').first
    target = figure.get_attribute("href")[1:]
    figure.click()
    row = page.locator(f"#{target}")
    expect(row).to_have_attribute("open", "")
    expect(row.locator("dl")).to_be_visible()


def test_a_reload_and_a_restart_keep_the_conversation(visit, real_server):
    person = visit(real_server)
    page = person.page
    person.say("What does gpt-4o cost for 1,000 requests a month, 1,000 input and 200 output tokens each?")
    person.settled()
    before = page.locator("#chat .message-row").all_inner_texts()
    assert len(before) >= 2 and "c=conv-" in page.url
    page.reload()
    person.complaints.clear()  # the old page may report its cut stream while it goes
    expect(page.locator("#chat .message-row")).to_have_count(len(before))
    assert page.locator("#chat .message-row").all_inner_texts() == before
    page.goto("about:blank")
    real_server.stop()
    real_server.start()
    person.complaints.clear()
    person.open("")  # no address: the newest chat
    expect(page.locator("#chat .message-row")).to_have_count(len(before))
    assert page.locator("#chat .message-row").all_inner_texts() == before


def test_leaving_an_action_out_recomputes_the_plan(visit, real_server):
    person = visit(real_server)
    page = person.page
    page.get_by_text("Audit the sample bill").click()
    expect(page.locator("#chat")).to_contain_text("Audited")
    person.settled()
    person.say("Make the plan.")
    person.settled()
    person.tab("Plan")
    before = page.locator("#plan-panel .headline").inner_text()
    boxes = page.locator("#plan-keep input[type=checkbox]")
    expect(boxes.first).to_be_checked()
    boxes.first.uncheck()
    page.locator("#recompute").click()
    expect(page.locator("#plan-panel .headline")).not_to_have_text(before)


@pytest.mark.heavy
@pytest.mark.timeout(900)  # a minute's work of two cores; a machine that does other work too may take long
def test_consent_then_a_real_benchmark_of_the_bundled_model(visit, real_server):
    if not (ROOT / "agent" / "brain" / "weights" / "config.json").exists():
        pytest.skip("the bundled model is not in this checkout")
    person = visit(real_server)
    page = person.page
    page.get_by_text("Benchmark the bundled model").click()
    expect(page.locator(".consent-card")).to_be_visible(timeout=60_000)
    for part in ("Time", "Memory", "Disk", "Touches"):
        expect(page.locator(".consent-card")).to_contain_text(part)
    person.picture("consent-real")
    page.locator("#consent-run").click()
    person.tab("Jobs")
    expect(page.locator("#jobs-panel .job").first).to_contain_text("Benchmark")
    expect(page.locator("#jobs-panel .job").first).to_contain_text("finished", timeout=600_000)
    person.settled()
    person.picture("benchmark-real")
    person.tab("Evidence")
    expect(page.locator("#evidence-panel .tier-measured").first).to_be_attached()


def test_a_platform_lead_sizes_a_service_in_the_middle_of_a_conversation(visit, real_server):
    person = visit(real_server)
    page = person.page
    person.open()
    person.say("we call gpt-4o-mini, 600k requests a month, 900 tokens in, 200 out")
    person.settled()
    person.say("Llama-3.1-70B fp8 on H100, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?")
    person.settled()
    answer = page.locator("#chat .bot-row").last
    expect(answer).to_contain_text("Estimated the serving of Llama-3.1-70B")
    expect(answer).to_contain_text("accelerators in all")
    expect(answer.locator('a[href^="#ev-"]', has_text="request/s")).to_have_count(1)
    person.say("why so many replicas?")
    person.settled()
    expect(page.locator("#chat .bot-row").last).to_contain_text("Replicas for the peak: llama-3.1-70b on H100 SXM")
    page.locator("#chat .bot-row").last.locator('a[href^="#ev-"]').first.click()
    opened = page.locator("#evidence-panel details[open]")
    expect(opened).to_contain_text("Replicas for the peak")
    expect(opened).to_contain_text("calibration of")
