"""The page itself: stop, retry, edit, consent, errors, hostile text, keyboard, both themes, small screens, axe."""

import pytest
from playwright.sync_api import expect
from visitors import SAMPLE


def _serious(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in {"serious", "critical"}]


def test_stop_ends_a_running_turn_and_says_so(visit, stand_in_server):
    person = visit(stand_in_server)
    person.say("something slow")
    stop = person.page.locator("button#stop")
    expect(stop).to_be_visible()
    stop.click()
    expect(person.page.locator("#chat")).to_contain_text("Stopped", timeout=10_000)
    expect(stop).to_be_hidden()


def test_a_reload_finds_the_running_turn_and_escape_stops_it(visit, stand_in_server):
    person = visit(stand_in_server)
    page = person.page
    person.say("something slow")
    expect(page.locator("#chat")).to_contain_text("Working")
    page.reload()
    person.complaints.clear()  # the old page reports its cut stream while it goes
    expect(page.locator("#chat")).to_contain_text("something slow")
    expect(page.locator("#chat")).to_contain_text("Working", timeout=15_000)
    expect(page.locator("button#stop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#chat")).to_contain_text("Stopped", timeout=15_000)


def test_consent_is_asked_and_either_answer_is_kept(visit, stand_in_server):
    person = visit(stand_in_server)
    page = person.page
    person.say("please benchmark it")
    card = page.locator(".consent-card")
    expect(card).to_contain_text("about 1 min 15 s")
    page.locator("#consent-no").click()
    expect(page.locator("#chat")).to_contain_text("nothing was run")
    expect(card).to_be_hidden()
    person.say("please benchmark it")
    page.locator("#consent-run").click()
    expect(page.locator("#chat")).to_contain_text("Benchmarking brain")
    expect(page.locator("#chat")).to_contain_text("Benchmarked brain", timeout=15_000)


def test_a_failed_tool_stays_open_with_its_next_step(visit, stand_in_server):
    person = visit(stand_in_server)
    person.say("this will fail")
    expect(person.page.get_by_text("Check the name.")).to_be_visible()
    expect(person.page.locator("#chat")).to_contain_text("model-not-found")


def test_retry_and_edit_replace_the_answer(visit, stand_in_server):
    person = visit(stand_in_server)
    page = person.page
    person.say("first words")
    expect(page.locator("#chat")).to_contain_text("You said: first words")
    person.settled()
    page.locator("#chat").get_by_label("Retry").click()
    person.settled()
    expect(page.locator("#chat .user-row")).to_have_count(1)
    page.locator("#chat").get_by_label("Edit").click()
    field = page.locator("#chat textarea")
    field.fill("other words")
    page.locator("#chat").get_by_label("Submit").click()
    expect(page.locator("#chat")).to_contain_text("You said: other words")
    expect(page.locator("#chat")).not_to_contain_text("first words")


def test_a_message_sent_while_frugal_answers_is_given_back_with_the_reason(visit, stand_in_server):
    person = visit(stand_in_server)
    page, prompt = person.page, person.page.locator("#prompt textarea")
    person.say("something slow")
    expect(page.locator("button#stop")).to_be_visible()
    person.enter("my next thought")
    expect(page.locator("#notice")).to_contain_text("still answering")
    expect(prompt).to_have_value("my next thought")
    page.wait_for_timeout(1500)
    expect(page.locator("#notice")).to_contain_text("still answering")  # the running stream does not wipe it
    page.locator("button#stop").click()
    person.settled()
    prompt.press("Enter")
    expect(page.locator("#chat")).to_contain_text("You said: my next thought")


def test_an_offered_answer_is_sent_by_clicking_it(visit, stand_in_server):
    person = visit(stand_in_server)
    person.say("hello there")
    person.page.get_by_role("button", name="1 million").click()
    expect(person.page.locator("#chat")).to_contain_text("You said: 1 million")


def test_nothing_to_answer_is_said_gently_and_text_stays(visit, stand_in_server):
    person = visit(stand_in_server)
    prompt = person.page.locator("#prompt textarea")
    person.enter("...")
    expect(person.page.locator("#notice")).to_contain_text("nothing to answer yet")
    expect(prompt).to_have_value("...")


def test_typing_asks_the_server_nothing_and_a_pasted_message_is_sent_at_once(visit, stand_in_server):
    """Asked at every key, the server's answers crossed the message, and the browser lost it without a word."""
    person = visit(stand_in_server)
    page, asked = person.page, []
    page.wait_for_timeout(4000)
    page.on("request", lambda request: asked.append(request.url) if "/queue/join" in request.url else None)
    prompt = page.locator("#prompt textarea")
    prompt.press_sequentially("hello", delay=30)
    assert asked == []
    prompt.fill("hello again")
    prompt.press("Enter")
    expect(prompt).to_have_value("")
    expect(page.locator("#chat .user").last).to_contain_text("hello again")


def test_the_preview_follows_the_files_of_the_message(visit, stand_in_server, tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("service,cost\nGPU,1\n")
    page = visit(stand_in_server).page
    tables = page.locator("#upload-preview table")
    page.set_input_files("#prompt input[type=file]", [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    expect(tables).to_have_count(2)
    for left in (1, 0):
        page.locator("#prompt .delete-button").first.click()
        expect(tables).to_have_count(left)


def test_hostile_text_and_files_are_inert(visit, stand_in_server, tmp_path):
    person = visit(stand_in_server)
    page = person.page
    page.on("dialog", lambda dialog: person.complaints.append(f"a script ran: {dialog.message}"))
    evil = tmp_path / "<img src=x onerror=alert(1)>.csv"
    evil.write_text('"<img src=x onerror=alert(2)>",cost\n"<script>alert(3)</script>",=1+1\n')
    page.set_input_files("#prompt input[type=file]", str(evil))
    expect(page.locator("#upload-preview")).to_contain_text("<script>alert(3)</script>")
    person.say("<script>alert(4)</script> ![x](http://evil.test/a.png) [y](javascript:alert(5)) <iframe src=//evil.test>")
    person.settled()
    person.say("<svg onload=alert(6)> http://evil.test/?leak=1 ![z][q]\n\n[q]: http://evil.test/b.png")
    person.settled()
    expect(page.locator("#chat")).to_contain_text("alert(4)")
    assert page.locator("#chat img, #chat iframe, #chat script, #chat a[href*=evil], #upload-preview img").count() == 0
    bill = page.locator("#bill-panel")
    expect(bill).to_contain_text("<img src=x onerror=alert(1)>")  # a service; also sheet, header, file and finding names
    assert bill.locator("img, script, iframe, svg[onload], [onfocus], [onerror]").count() == 0
    bill.locator("summary").evaluate_all("folds => folds.forEach(fold => fold.click())")
    bill.get_by_label('Role of column D, " onfocus="alert(4)').focus()


def test_chats_can_be_opened_again_and_deleted(visit, stand_in_server):
    person = visit(stand_in_server)
    page = person.page
    person.say("a chat about apples")
    person.settled()
    page.locator("#new-chat").click()
    expect(page.locator("#chat")).to_contain_text("What does your AI cost?")
    page.locator("#history .toggle-button").click()
    page.locator("#history-list label", has_text="a chat about apples").first.click()
    expect(page.locator("#chat")).to_contain_text("You said: a chat about apples")
    page.get_by_role("button", name="Delete this chat").click()
    page.get_by_role("button", name="Delete for good", exact=True).click()
    expect(page.locator("#history-list")).not_to_contain_text("a chat about apples")
    expect(page.locator("#chat")).to_contain_text("What does your AI cost?")


def test_the_keyboard_reaches_the_prompt_and_starts_new_lines(visit, stand_in_server):
    person = visit(stand_in_server)
    page = person.page
    page.locator("#new-chat").focus()
    page.keyboard.press("/")
    prompt = page.locator("#prompt textarea")
    expect(prompt).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two/three")
    expect(prompt).to_have_value("one\ntwo/three")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_axe_finds_nothing_serious_in_any_state(visit, stand_in_server, scheme, width):
    person = visit(stand_in_server, scheme=scheme, width=width)
    page = person.page
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    found = {"empty": _serious(page)}
    page.set_input_files("#prompt input[type=file]", str(SAMPLE))
    expect(page.locator("#upload-preview table")).to_be_visible()
    found["preview"] = _serious(page)
    person.say("audit this bill")
    person.settled()
    expect(page.locator("#bill-panel .headline")).to_be_visible()
    found["bill"] = _serious(page)
    person.picture(f"bill-{scheme}-{width}")
    person.say("this will fail")
    person.settled()
    person.say("please benchmark it")
    expect(page.locator(".consent-card")).to_be_visible()
    found["consent"] = _serious(page)
    person.picture(f"consent-{scheme}-{width}")
    page.locator("#consent-no").click()
    person.settled()
    person.say("make the plan")
    person.settled()
    person.tab("Evidence")
    found["evidence"] = _serious(page)
    person.picture(f"evidence-{scheme}-{width}")
    person.tab("Plan")
    expect(page.locator("#plan-panel .headline")).to_be_visible()
    found["plan"] = _serious(page)
    person.picture(f"plan-{scheme}-{width}")
    assert not any(found.values()), found
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out sideways"
