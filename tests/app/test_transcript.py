"""The transcript: hostile text is inert, figures lead to their evidence, tools take one line, failures stay open."""

import pytest
from stand_in_agent import SAVING, TOTAL, plan

from agent.events import End, Failed, FigureRef, Question, Status, Text, ToolFailed, ToolFinished, ToolProgress, ToolStarted
from app.render import markup, pages, transcript

HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![a](http://evil.test/a.png)", "[a](javascript:alert(1))",
           "<iframe src='//evil.test'>", "[x]: http://evil.test\n![y][x]", "http://evil.test/?q=1", "\u202etxt.exe", "\ud800"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_model_or_file_writes_becomes_markup(text):
    from markdown_it import MarkdownIt

    for written in (markup.answer(text), markup.literal(text)):
        html = MarkdownIt("commonmark", {"linkify": True, "html": True}).render(written)
        assert not any(tag in html for tag in ("<script", "<img", "<a ", "<iframe")), html
        assert "\u202e" not in html


def test_a_figure_leads_to_its_evidence_and_names_its_tier():
    shown = markup.answer(
        "It adds up to $41,234.56, not $1,234.56.", (FigureRef(shown="$41,234.56", evidence_id=TOTAL.id),), {TOTAL.id: TOTAL}
    )
    assert f'[\\$41,234.56](#{TOTAL.id} "billed")' in shown and "\\$1,234.56" in shown and shown.count("](#") == 1


def test_a_figure_inside_a_range_is_part_of_the_range():
    figures = (FigureRef(shown="$0.00", evidence_id=TOTAL.id), FigureRef(shown="$3,470 ($0.00 to $3,470)", evidence_id=SAVING.id))
    shown = markup.answer("Save $3,470 ($0.00 to $3,470), spend $0.00.", figures, {TOTAL.id: TOTAL, SAVING.id: SAVING})
    assert f"[\\$3,470 (\\$0.00 to \\$3,470)](#{SAVING.id} " in shown and f"[\\$0.00](#{TOTAL.id} " in shown
    assert shown.count("](#") == 2


def test_a_name_that_reads_like_a_figure_leads_nowhere():
    text = "gemma-3-27b on 3 cards, peak 3, <b>[x](y)"
    shown = markup.answer(text, (FigureRef(shown="3", evidence_id=TOTAL.id, at=text.index("peak") + 5),), {TOTAL.id: TOTAL})
    assert shown == f'gemma-3-27b on 3 cards, peak [3](#{TOTAL.id} "billed"), &lt;b>[x]\\(y)'


def test_notes_of_an_answer_are_folded_under_it():
    lines = transcript.of_events([Text(text="It fits."), Text(text="Prices are old.", is_note=True)], {})
    assert [(line.content, line.metadata.get("title")) for line in lines] == [
        ("It fits.", None),
        ("Prices are old.", "More on this answer"),
    ]


def test_a_tool_takes_one_line_with_progress_then_its_time():
    begun = ToolStarted(call_id="c", tool="audit_costs", subject="bill.csv", args={"file": ["/srv/data/uploads/ab/bill.csv"]})
    running = transcript.of_events([begun, ToolProgress(call_id="c", phase="reading", done=3, total=10, eta_s=7)], {}, is_live=True)
    assert [line.metadata["title"] for line in running] == ["Auditing bill.csv"] and running[0].metadata[
        "log"
    ] == "reading 3/10, about 7.0 s left"
    ended = ToolFinished(call_id="c", tool="audit_costs", seconds=2.04, summary="ok", result={"total": 3})
    done = transcript.of_events([begun, ended], {})
    assert done[0].metadata == {"title": "Audited bill.csv", "status": "done", "duration": 2.0}
    assert "/srv/data" not in done[0].content


def test_a_failed_tool_stays_open_with_code_and_next_step():
    error = {"code": "file-missing", "message": "It is gone.", "hint": "Upload it again."}
    (line,) = transcript.of_events([ToolFailed(call_id="c", tool="audit_costs", seconds=1, error=error)], {})
    assert "status" not in line.metadata and "failed" in line.metadata["title"]
    assert "file-missing" in line.content and "Upload it again" in line.content


def test_a_failure_that_the_answer_tells_is_told_once():
    error = {"code": "file-missing", "message": "It is gone.", "hint": "Upload it again."}
    failed = ToolFailed(call_id="c", tool="audit_costs", seconds=1, error=error)
    lines = transcript.of_events([failed, Text(text="It is gone. Upload it again.")], {})
    assert "file-missing" in lines[0].content and "".join(line.content for line in lines).count("It is gone") == 1


def test_a_failed_turn_and_a_stopped_one_say_so():
    lines = transcript.of_events(
        [Failed(error={"code": "x-y", "message": "M.", "hint": "H."}), End(backend="b", seconds=1, stopped=True)], {}
    )
    assert "x-y" in lines[0].content and "Stopped" in lines[1].content


def test_only_the_last_question_offers_answers():
    question = Question(field="f", text="How many?", options=("1", "2"))
    assert transcript.of_events([question], {})[0].options == ("1", "2")
    assert transcript.of_events([question], {}, is_last=False)[0].options == ()


def test_a_status_shows_only_while_the_turn_runs():
    events = [Text(text="a"), Status(text="Working")]
    assert [line.metadata.get("title") for line in transcript.of_events(events, {}, is_live=True)] == [None, "Working"]
    assert len(transcript.of_events(events, {})) == 1


def test_stored_events_of_another_version_are_left_out():
    assert transcript.parse_events([{"type": "from-the-future"}, {"type": "text", "text": "hi"}, "nonsense"]) == [Text(text="hi")]


def test_superseded_evidence_stands_apart_and_its_links_still_find_it():
    html = pages.evidence([TOTAL, SAVING], {TOTAL.id})
    listed, _, apart = html.partition("1 record of earlier audits")
    assert "1 record, newest first" in listed and f'id="{SAVING.id}"' in listed and f'id="{TOTAL.id}"' not in listed
    assert f'id="{TOTAL.id}"' in apart and "superseded ·" in apart
    assert "superseded" not in pages.evidence([TOTAL, SAVING])


def test_every_evidence_row_shows_value_tier_source_method_and_parents():
    html = pages.evidence([TOTAL, SAVING])
    for part in ("$41,234.56", "billed", "bill.csv rows 2-40", "Sum of the cost column", f'href="#{TOTAL.id}"', f'id="{SAVING.id}"'):
        assert part in html


def test_panels_escape_what_files_and_models_wrote():
    evil = TOTAL.model_copy(update={"claim": "<script>alert(1)</script>", "method": "<img src=x>"})
    html = pages.evidence([evil]) + pages.notice({"message": "<b>x", "hint": "", "code": "c"})
    assert "<script" not in html and "<img" not in html and "<b>" not in html
    assert "\n" not in html, "a blank line would hand the rest to the Markdown reader"


def test_the_plan_panel_has_headline_actions_and_every_download():
    html = pages.plan(plan({"quantization"}), "conv-1")
    assert "$6,000 ($3,900 to $7,400) a month" in html and "(left out)" in html and "Switch the flag off." in html
    for form in ("md", "xlsx", "html", "pdf", "json"):
        assert f'href="/downloads/conv-1/current.{form}"' in html
    assert "Structured pruning" in pages.plan_rest(plan())
