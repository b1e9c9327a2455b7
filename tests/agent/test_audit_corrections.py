"""Whole turns that correct an audit: the same files are read again, corrections add up, and the plan follows the newest bill."""

import threading
from pathlib import Path

from agent_house import OWNER, House, only, texts

from agent.audited import audited, superseded

SHEET = "Date,Service,Net,Gross\n2026-10-01,OpenAI API,100.00,119.00\n2026-10-02,GPU server,50.00,59.50\n"
FOCUS = (
    "BilledCost,EffectiveCost,BillingCurrency,ServiceName,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,"
    "BillingPeriodEnd,ProviderName,ChargeDescription,ListCost,ContractedCost\n"
    "0,12.50,USD,Amazon SageMaker,Usage,2026-10-01,2026-10-02,2026-10-01,2026-11-01,AWS,ml,12.5,12.5\n"
    "100,0,USD,Amazon SageMaker,Purchase,2026-10-01,2026-10-02,2026-10-01,2026-11-01,AWS,plan,100,100\n"
)


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_corrections_in_words_add_up_and_the_files_stay(house: House, tmp_path: Path) -> None:
    first = house.say("audit this", written(tmp_path, "sheet.csv", SHEET))
    assert only(first, "tool_finished")[0].result["currency"] == ""
    done = only(house.say("the cost is column D"), "tool_finished")[0].result
    assert done["total"] == 178.5
    events = house.say("amounts are in INR")
    done = only(events, "tool_finished")[0].result
    assert (done["total"], done["currency"]) == (178.5, "INR"), "the column stays corrected"
    job = audited(house.store, OWNER, house.chat).finished
    assert job is not None and job.args["mapping"] == "cost=D,currency=INR"
    done = only(house.say("1 INR = 0.012 USD"), "tool_finished")[0].result
    assert (done["total_text"], done["currency"]) == ("2.142", "USD")
    assert not only(events, "facts"), "a correction of a bill is no fact of a workload"
    done = only(house.say("undo that"), "tool_finished")[0].result
    assert (done["total"], done["currency"]) == (178.5, "INR"), "one step back"
    done = only(house.say("Audit again as found"), "tool_finished")[0].result
    assert done["currency"] == "" and done["total"] != 2.142


def test_the_plan_follows_the_basis_that_was_chosen_last(house: House, tmp_path: Path) -> None:
    house.say("audit this", written(tmp_path, "focus.csv", FOCUS))
    for words, basis in (("use the effective basis", "effective"), ("use the billed basis", "billed")):
        house.say(words)
        assert [bill.basis for bill in house.store.bills(OWNER, house.chat)] == [basis]
        assert house.store.session(OWNER, house.chat).audit["basis"] == basis


def test_several_files_make_one_bill_and_a_later_file_joins_it(house: House, tmp_path: Path) -> None:
    files = [
        written(tmp_path, f"{m}.csv", f"Date,Service,Cost USD\n2026-{m}-01,OpenAI API,{m}.50\n2026-{m}-02,S3,1\n") for m in ("08", "09")
    ]
    done = only(house.say("audit these", *files), "tool_finished")[0].result
    assert done["total"] == 20.0 and len(done["files"]) == 2
    house.say("the service is column B and the cost is column C")
    events = house.say("and this", written(tmp_path, "10.csv", "Day,Product,Amount USD,Cost center\n2026-10-01,OpenAI API,5.00,a\n"))
    assert only(events, "tool_finished")[0].result["total"] == 25.0
    assert "not carried over" in texts(events), "columns of new files are not guessed from old corrections"
    assert [len(bill.files) for bill in house.store.bills(OWNER, house.chat)] == [3], "one bill, nothing counted twice"


def test_a_reading_that_is_no_single_bill_leaves_none_behind_for_the_plan(house: House, tmp_path: Path) -> None:
    text = "Date,Service,Net,Cost,Currency\n2026-10-01,OpenAI API,5,100.00,USD\n2026-10-02,GPU server,6,50.00,EUR\n"
    house.say("audit this", written(tmp_path, "two.csv", text))
    assert not house.store.bills(OWNER, house.chat), "two currencies are no bill yet"
    house.say("1 EUR = 1.10 USD")
    assert [bill.total for bill in house.store.bills(OWNER, house.chat)] == [155]
    house.say("Audit again as found")
    assert not house.store.bills(OWNER, house.chat)


def test_a_wrong_correction_says_the_columns_and_does_not_stick(house: House, tmp_path: Path) -> None:
    house.say("audit this", written(tmp_path, "sheet.csv", SHEET))
    events = house.say("the cost is column Z")
    assert "mapping-unknown-column" in only(events, "tool_failed")[0].error["code"] and "Gross" in texts(events)
    done = only(house.say("amounts are in EUR"), "tool_finished")[0].result
    assert done["currency"] == "EUR"


def test_figures_of_an_audit_that_was_corrected_are_superseded_and_kept(house: House, tmp_path: Path) -> None:
    house.say("audit this", written(tmp_path, "sheet.csv", SHEET))
    first = {record.id for record in house.store.evidence(OWNER, house.chat)}
    assert first and not superseded(house.store, OWNER, house.chat)
    house.say("the cost is column C")
    old, kept = superseded(house.store, OWNER, house.chat), house.store.evidence(OWNER, house.chat)
    assert old and old <= first and first <= {record.id for record in kept}
    totals = {str(r.value.likely): r.id in old for r in kept if r.value and r.claim.startswith("Total of the uploaded files")}
    assert totals == {"178.50": True, "150.00": False}
    assert not [r.claim for r in kept if r.id not in old and old.intersection(r.parents)], "what rests on an old figure is old"
    house.say("and this", written(tmp_path, "10.csv", "Day,Product,Amount\n2026-11-01,OpenAI API,5.00\n"))
    assert superseded(house.store, OWNER, house.chat) > old, "a bill of more files takes the place of one of fewer"


def test_stop_ends_an_audit_of_a_large_file(house: House, tmp_path: Path) -> None:
    row = "2026-10-01,OpenAI API,team-{},1.25\n"
    file = written(tmp_path, "big.csv", "Date,Service,Team,Cost USD\n" + "".join(row.format(n) for n in range(300_000)))
    upload = house.store.record_upload(OWNER, house.chat, file.name, str(file), file.stat().st_size, "0" * 64).id
    seen, stream = [], house.agent.turn(OWNER, house.chat, "audit this", (upload,))
    for event in stream:
        seen.append(event)
        if event.type == "tool_progress" and event.phase not in ("queued", "running"):
            threading.Thread(target=house.agent.stop, args=(OWNER, house.chat)).start()
            break
    seen += list(stream)
    assert seen[-1].stopped and only(seen, "tool_failed")[0].error["code"] == "job-cancelled"
    assert not house.store.bills(OWNER, house.chat) and audited(house.store, OWNER, house.chat).finished is None


def test_a_bill_without_a_plan_is_audited_without_a_failure(house: House, tmp_path: Path) -> None:
    for name, text, said in (
        ("no-ai.csv", "Date,Service,Cost USD\n2026-10-01,Amazon Simple Storage Service,100.00\n", "shows no AI spend"),
        ("two.csv", "Date,Service,Cost,Currency\n2026-10-01,OpenAI API,100.00,USD\n2026-10-02,GPU server,50.00,EUR\n", "Which rates"),
    ):
        house.chat = house.store.create_conversation(OWNER).id
        events = house.say("audit this", written(tmp_path, name, text))
        assert not only(events, "tool_failed") and texts(events).count(said) == 1
        assert "nothing to plan" not in texts(events)
        assert only(house.say("make the plan"), "tool_failed"), "asked for, it says why there is none"


def test_a_question_beside_a_bill_describes_no_workload(house: House, tmp_path: Path) -> None:
    events = house.say("what does gpt-4o cost us here?", written(tmp_path, "sheet.csv", SHEET))
    assert only(events, "tool_finished") and not only(events, "facts")
    events = house.say("we run it on 4 H100, here is more", written(tmp_path, "more.csv", SHEET.replace("-01,", "-03,")))
    assert [f["field"] for e in only(events, "facts") for f in e.facts], "what is stated is noted"


def test_questions_about_the_bill_are_answered_from_it_and_state_no_fact(house: House, tmp_path: Path) -> None:
    house.say("audit this", written(tmp_path, "sheet.csv", SHEET))
    house.say("the cost is column C and amounts are in USD")
    for words, said in (
        ("how much did we spend on the GPU server?", "$50.00"),
        ("which service costs most?", "OpenAI API: $100.00"),
        ("what did we spend in October?", "2026-10: $150.00"),
        ("where does the total come from?", "Counted: the total $150.00, 2 rows"),
        ("how much did we spend on Oracle?", "is named like that"),
    ):
        events = house.say(words)
        assert said in texts(events), words
        assert not only(events, "facts"), words
        assert [e.tool for e in only(events, "tool_finished")] == ["explain"], words
        shown = [f for e in only(events, "text") for f in e.figures]
        known = {record.id: record for record in house.store.evidence(OWNER, house.chat)}
        assert shown and all(f.evidence_id in known for f in shown), "every figure has its record"
    house.say("make the plan")
    assert "Plan panel" in texts(house.say("why?")), "the plan's own reason, no shrug"
