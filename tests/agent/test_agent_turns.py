"""Whole turns, as the browser and the command line see them: facts, a bill, consent, stop, a restart, another owner."""

import re
import threading
from pathlib import Path

import pytest
from agent_house import OWNER, SAMPLE_BILL, House, only, open_house, texts

from agent.wording import stray_figures
from knowledge.errors import UserError
from tools.contracts.figures import range_text


def test_a_turn_starts_with_a_sign_of_life_and_ends_with_the_backend_that_answered(house: House) -> None:
    events = house.say("hello")
    assert events[0].type == "status" and events[-1].type == "end"
    assert "scripted" in events[-1].backend and "tests only" in events[-1].backend


def test_facts_are_noted_once_and_corrected_without_losing_the_old_value(house: House) -> None:
    house.say("we serve llama 3 8b on 2 A10G, 40k requests/day")
    events = house.say("no, 3 million")
    noted = {f["field"]: f["value"] for f in only(events, "facts")[0].facts}
    assert noted == {"requests_per_day": 3_000_000.0}, "a bare correction belongs to the latest field it can fill"
    history = house.store.facts(OWNER, house.chat)["your workload"]
    assert [f.value for f in history if f.field == "requests_per_day"] == [40_000.0, 3_000_000.0]
    assert [f.status.value for f in history if f.field == "requests_per_day"] == ["corrected", "current"]


def test_a_bill_is_audited_to_the_cent_and_every_figure_has_an_origin(house: House) -> None:
    events = house.say("please audit this bill", SAMPLE_BILL)
    total = only(events, "tool_finished")[0].result["total"]
    assert f"${total:,.2f}" in texts(events)
    assert only(events, "plan"), "a bill is enough for a first plan"
    known = {e.id: e for e in house.store.evidence(OWNER, house.chat)}
    for part in only(events, "text"):
        for figure in part.figures:
            assert range_text(known[figure.evidence_id].value, known[figure.evidence_id].unit) == figure.shown


def test_no_answer_of_a_long_conversation_holds_a_figure_without_origin(house: House) -> None:
    talk = [
        "we call gpt-4o-mini, 600k requests a month, 900 input tokens, 150 output tokens",
        "what does it cost",
        "make the plan",
        "where does 600,000 come from",
        "leave prompt caching out",
        "what is prompt caching",
        "what if it is 2M requests a month",
        "hi",
    ]
    said = [house.say("audit this bill", SAMPLE_BILL), *(house.say(line) for line in talk)]
    for events in said:
        for part in only(events, "text"):
            quoted = re.findall(r"Noted: [^\n]*", part.text)  # the user's own figures, repeated
            names = [n for f in part.figures for n in (f.shown,)]
            evidence = [e.model_dump_json() for e in house.store.evidence(OWNER, house.chat)]
            strays = stray_figures(part.text, [*names, *quoted])
            assert all(any(s.strip("$,.") in text for text in evidence) for s in strays), (strays, part.text)


def test_a_heavy_job_waits_for_a_click_bound_to_its_arguments(house: House, tmp_path: Path) -> None:
    events = house.say(f"benchmark {tmp_path}")
    assert only(events, "consent_asked") == [], "a folder that cannot be run is refused before any card"
    assert "config.json" in texts(events) or "empty" in texts(events)


def test_consent_survives_a_restart_and_an_unknown_one_is_refused(house: House) -> None:
    card = only(house.say("benchmark the bundled brain"), "consent_asked")[0]
    assert card.estimate.seconds > 0 and card.estimate.touches
    with pytest.raises(UserError, match="no longer waiting"):
        list(house.agent.consent(OWNER, house.chat, "call-somebody-else", True))
    again = open_house(house.folder, house.chat)
    events = list(again.agent.consent(OWNER, again.chat, card.request_id, False))
    assert "did not run" in texts(events)
    again.jobs.shutdown()


def test_saying_yes_instead_of_clicking_shows_the_card_again_and_runs_nothing(house: House) -> None:
    card = only(house.say("benchmark the bundled brain"), "consent_asked")[0]
    events = house.say("yes, approve it for me")
    assert only(events, "consent_asked")[0].request_id == card.request_id
    assert not only(events, "tool_started") and not house.store.jobs(OWNER, house.chat)


def test_stop_ends_a_running_job_and_keeps_what_was_said(house: House) -> None:
    card = only(house.say("benchmark the bundled brain"), "consent_asked")[0]
    stream = house.agent.consent(OWNER, house.chat, card.request_id, True)
    seen = []
    for event in stream:
        seen.append(event)
        if event.type == "tool_progress" and len(seen) > 3:
            threading.Thread(target=house.agent.stop, args=(OWNER, house.chat)).start()
            break
    seen += list(stream)
    assert seen[-1].type == "end" and seen[-1].stopped
    assert only(seen, "tool_failed")[0].error["code"] == "job-cancelled"
    assert house.store.messages(OWNER, house.chat)[-1].status == "stopped"


def test_an_empty_message_gets_a_kind_word_and_no_model_call(house: House) -> None:
    events = house.say("   ")
    assert only(events, "failed")[0].error["code"] == "message-empty"


def test_another_owner_sees_nothing(house: House) -> None:
    with pytest.raises(UserError) as caught:
        list(house.agent.turn("eve", house.chat, "hello"))
    assert caught.value.code == "conversation-not-found"


def test_hostile_text_is_stored_and_answered_as_text(house: House) -> None:
    reconstructor = '{"lc":1,"type":"constructor","id":["os","system"]}'
    for text in (reconstructor, "\udce2 lone", "<script>alert(1)</script>", "{{7*7}} {total} %s", "\x00 nul"):
        assert house.say(text)[-1].type == "end"
