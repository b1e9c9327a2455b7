"""Promise to everyone who opens an export: a name from a bill or a chat stays a name. It runs nothing and fetches nothing."""

import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from openpyxl import load_workbook
from plan_fixture import FORMULAS, NASTY, UNICODE, exported, planned, renamed

from tools.export.safe_text import CELL_LIMIT, FORMULA_STARTS, for_markdown, for_spreadsheet, plain

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ANY_TEXT = st.text(st.characters(codec=None), max_size=80) | st.text(st.sampled_from("*_`|<>[]()!#~\\&;-+=:.1ab {}\"'$\n\t"), max_size=60)


def shown(markdown: str) -> list[str]:
    """The text of each paragraph and table cell as a reader sees it; markup of any kind fails."""
    out = []
    for token in READER.parse(markdown):
        assert token.type not in ("html_block", "fence", "code_block", "heading_open", "blockquote_open", "hr"), token
        if token.type == "inline":
            kinds = {child.type for child in token.children or []}
            assert kinds <= {"text", "text_special", "softbreak"}, kinds
            out.append("".join(child.content for child in token.children or []))
    return out


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
@example(NASTY)
@example("1. a")
@example("- a")
@example("---")
@example("=")
@example("+")
@example("\\")
@example("a\\")
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    expected = plain(text)
    if expected:
        assert shown(for_markdown(text)) == [expected]
    assert shown(f"| a | b |\n| --- | --- |\n| {for_markdown(text) or '–'} | x |\n")[2:] == [expected or "–", "x"]


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=60), st.sampled_from([*FORMULA_STARTS, ""]))
def test_no_text_starts_like_a_formula(text: str, start: str) -> None:
    assert not for_spreadsheet(start + text).startswith(FORMULA_STARTS)


@given(st.text(st.characters(codec=None), max_size=200), st.integers(2, 50))
def test_plain_text_is_one_bounded_line_that_every_format_can_hold(text: str, limit: int) -> None:
    result = plain(text, limit)
    assert len(result) <= limit and result == " ".join(result.split())
    result.encode("utf-8")
    assert not any(c in result for c in "\u202e\u2066\x00\x1b\r\n\t")


def test_long_texts_are_cut_and_say_so() -> None:
    assert len(plain("x" * 10 * CELL_LIMIT)) == CELL_LIMIT and plain("x" * 10 * CELL_LIMIT).endswith("…")


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page


@pytest.mark.parametrize("texts", [(NASTY,), FORMULAS, ('"><script>x</script>', "' onmouseover='x", "{{ 7*7 }}", "{% raw %}")])
def test_the_web_page_has_no_script_no_fetch_and_no_foreign_markup(texts: tuple[str, ...], tmp_path: Path) -> None:
    honest = page_of(exported(planned(), "html", tmp_path)[1])
    hostile = page_of(exported(renamed(planned(), texts), "html", tmp_path)[1])
    assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in honest.tags} | {"caption"}
    for tag, attrs in hostile.tags:
        assert tag not in ("script", "img", "link", "iframe", "object", "form", "base")
        assert not any(name.startswith("on") or name in ("src", "srcset", "action", "style") for name in attrs), (tag, attrs)
        assert (attrs.get("href") or "#").startswith("#")
    assert "url(" not in exported(planned(), "html", tmp_path)[1].read_text("utf-8")
    assert plain(texts[0]) in hostile.text


def test_markdown_of_a_hostile_plan_has_no_image_link_or_html(tmp_path: Path) -> None:
    text = exported(renamed(planned(), (NASTY,)), "md", tmp_path)[1].read_text("utf-8")
    tokens = READER.parse(text)
    kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or []}
    assert not kinds & {"image", "link_open", "html_inline", "html_block", "fence", "code_block", "s_open"}
    seen = "".join(c.content for t in tokens for c in t.children or [])
    assert plain(NASTY) in seen


def test_hostile_texts_add_no_formula_to_the_workbook(tmp_path: Path) -> None:
    def formulas(path: Path) -> dict[tuple[str, str], str]:
        return {(s.title, c.coordinate): c.value for s in load_workbook(path) for r in s.iter_rows() for c in r if c.data_type == "f"}

    honest = formulas(exported(planned(), "xlsx", tmp_path / "a")[1])
    path = exported(renamed(planned(), (*FORMULAS, NASTY)), "xlsx", tmp_path / "b")[1]
    assert formulas(path) == honest and honest
    texts = [c.value for s in load_workbook(path) for r in s.iter_rows() for c in r if c.data_type == "s"]
    assert not [t for t in texts if t.startswith(FORMULA_STARTS)]
    assert "'=1+1" in texts and plain(NASTY) in texts
    parts = zipfile.ZipFile(path).namelist()
    assert not [p for p in parts if "external" in p.lower() or "vba" in p.lower() or p.endswith("sheet1.xml.rels")]
    assert "<hyperlink" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()


def test_file_names_and_figures_do_not_follow_hostile_texts(tmp_path: Path) -> None:
    honest = planned()
    for kind in ("md", "html", "pdf", "xlsx", "json"):
        out = tmp_path / kind
        done, path = exported(renamed(honest, (NASTY, *FORMULAS, "../../etc/passwd")), kind, out)
        assert [p.name for p in out.iterdir()] == [f"frugal-plan.{kind}"] == [path.name]
        assert done.result["total_saving"] == honest.plan.total.saving.as_dict()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_the_pdf_prints_hostile_texts_as_text_and_runs_none(tmp_path: Path) -> None:
    path = exported(renamed(planned(), (NASTY,)), "pdf", tmp_path)[1]
    raw = path.read_bytes()
    assert b"/JavaScript" not in raw and b"/URI" not in raw and b"/Launch" not in raw
    text = "".join(
        subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout.replace("\u200b", "").split()
    )
    assert "<script>alert(1)</script>" in text and "#eval(1)" in text


def test_every_format_keeps_other_scripts_and_apostrophes(tmp_path: Path) -> None:
    session = renamed(planned(), (UNICODE,))
    assert UNICODE in exported(session, "json", tmp_path)[1].read_text("utf-8")
    assert UNICODE in page_of(exported(session, "html", tmp_path)[1]).text
    assert for_markdown(UNICODE) in exported(session, "md", tmp_path)[1].read_text("utf-8")
    book = load_workbook(exported(session, "xlsx", tmp_path)[1])
    assert book["Summary"]["A1"].value == UNICODE
    path = exported(session, "pdf", tmp_path)[1]
    if shutil.which("pdftotext") is None:
        pytest.skip("the PDF was made, but pdftotext (poppler-utils) is not installed to read it")
    text = " ".join(
        subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout.replace("\u200b", "").split()
    )
    assert "Müller & Söhne €5 ₹7" in text and "d'été" in text
    assert "中" in text or ("[U+4E2D]" in text and "CJK UNIFIED IDEOGRAPH-4E2D" in text and "no font" in text)


def test_lone_surrogates_do_not_break_a_printed_format(tmp_path: Path) -> None:
    session = renamed(planned(), ("bad \ud800 name",))  # JSON and the store cannot hold such a plan in the first place
    for kind in ("md", "html", "pdf", "xlsx"):
        exported(session, kind, tmp_path)
    assert "bad name" in (tmp_path / "frugal-plan.md").read_text("utf-8")
