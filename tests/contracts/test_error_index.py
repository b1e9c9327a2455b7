"""Whoever meets an error code finds it in docs/errors.md, under its family, with cause and remedy; nothing stale is listed.

Codes are read from the source, not from running it. What counts as raising one is spelt out in `codes_of`; a constructor
whose code cannot be read there fails the test instead of going unseen.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "agent", "tools", "knowledge")
#: Constructor -> family, as in knowledge/errors.py; the guard's refusals travel as HTTP answers and are a family of their own.
FAMILIES = {
    "UserError": "user",
    "KnowledgeError": "knowledge",
    "ToolError": "tool",
    "JobStopped": "job",
    "AgentError": "agent",
    "FrugalError": "error",
}
_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
#: Functions that build an error from a code they are given: their calls are read instead, at this argument.
_GIVEN_A_CODE = {"_bad": ("UserError", 2), "stopped": ("JobStopped", 0)}

Found = tuple[str, str]  # family, code


def codes_of(text: str) -> Iterator[Found]:
    """Every (family, code) that a module's source can raise. Raises LookupError for a code that cannot be read."""
    tree = ast.parse(text)
    inside_builder = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name in _GIVEN_A_CODE
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):  # an HTTP answer written by hand
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "code" and _is_text(value) and _has_message(node):
                    yield "http", value.value  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "_STOPPED":
            assert isinstance(node.value, ast.Dict)
            yield from (("job", ast.literal_eval(key)) for key in node.value.keys if key is not None)
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name == "_Refused":
            yield "http", _text(node, 1)
        elif name == "load_shelf":  # its look-up refuses a name as unknown-<what>
            yield "user", "unknown-" + _text(node, 0).lower().replace(" ", "-")
        elif name in _GIVEN_A_CODE and not _is_table_key(node, name):
            kind, at = _GIVEN_A_CODE[name]
            yield FAMILIES[kind], _text(node, at)
        elif name in FAMILIES and id(node) not in inside_builder and not _is_look_up_refusal(node):
            yield FAMILIES[name], _text(node, 0)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _has_message(node: ast.Dict) -> bool:
    return any(isinstance(key, ast.Constant) and key.value == "message" for key in node.keys)


def _is_table_key(node: ast.Call, name: str) -> bool:
    """`stopped(run.cause)`: the cause is a key of the table, whose keys are all counted already; also a bare `stopped()`."""
    return name == "stopped" and not (node.args and _is_text(node.args[0]))


def _is_look_up_refusal(node: ast.Call) -> bool:
    """The one f-string: `unknown-{what}` of a shelf, counted where each shelf is made."""
    first = node.args[0] if node.args else None
    return isinstance(first, ast.JoinedStr) and _is_text(first.values[0]) and first.values[0].value == "unknown-"  # type: ignore[attr-defined]


def _text(node: ast.Call, at: int) -> str:
    given = node.args[at] if len(node.args) > at else None
    if given is None or not _is_text(given):
        raise LookupError(f"line {node.lineno}: the code of {ast.unparse(node)[:80]} cannot be read from the source")
    return given.value  # type: ignore[attr-defined,no-any-return]


def index_of(text: str) -> Iterator[Found]:
    """Every (family, code) with its row, `| code | what happened | what to do |`, below a heading that names the family."""
    family = ""
    for line in text.splitlines():
        if line.startswith("## "):
            family = line.removeprefix("## ").split(":")[0].strip().lower()
        row = re.match(r"\| `([^`]+)` \|(.*)\|(.*)\|$", line)
        if row:
            assert family, f"{row[1]} stands under no family"
            assert row[2].strip() and row[3].strip(), f"{row[1]} lacks what happened or what to do"
            yield family, row[1]


@pytest.fixture(scope="module")
def raised() -> dict[Found, list[str]]:
    """Where each code is raised."""
    where: dict[Found, list[str]] = defaultdict(list)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "Error" not in text and "stopped" not in text and "_Refused" not in text:
                continue
            try:
                for found in codes_of(text):
                    where[found].append(path.relative_to(ROOT).as_posix())
            except LookupError as unreadable:
                pytest.fail(f"{path.relative_to(ROOT)}: {unreadable}")
    return where


@pytest.fixture(scope="module")
def listed() -> list[Found]:
    return list(index_of((ROOT / "docs" / "errors.md").read_text(encoding="utf-8")))


def test_every_code_is_explained_under_its_family(raised: dict[Found, list[str]], listed: list[Found]) -> None:
    missing = {found: places for found, places in raised.items() if found not in listed}
    assert not missing, f"write these into docs/errors.md: {missing}"


def test_no_explained_code_is_gone_from_the_source(raised: dict[Found, list[str]], listed: list[Found]) -> None:
    assert sorted(set(listed) - set(raised)) == []


def test_a_family_explains_a_code_once(listed: list[Found]) -> None:
    assert sorted({found for found in listed if listed.count(found) > 1}) == []


def test_codes_are_kebab_case(raised: dict[Found, list[str]]) -> None:
    assert [code for _, code in raised if not _KEBAB.fullmatch(code)] == []


def test_families_here_are_those_of_the_source() -> None:
    tree = ast.parse((ROOT / "knowledge" / "errors.py").read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    families = {
        name: ast.literal_eval(line.value)
        for name, node in classes.items()
        for line in node.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id == "family"
    }
    assert families == FAMILIES


def test_the_reader_of_source_sees_each_way_of_raising() -> None:
    for text, found in (
        ('raise UserError("file-empty", "x")', ("user", "file-empty")),
        ('return errors.ToolError(\n  "port-in-use", "x")', ("tool", "port-in-use")),
        ('_STOPPED: dict = {"job-lost": ("a", "b")}', ("job", "job-lost")),
        ('raise stopped("job-gone")', ("job", "job-gone")),
        ('raise _bad(name, "short", "weights-cut")', ("user", "weights-cut")),
        ('load_shelf("API model", "x", X)', ("user", "unknown-api-model")),
        ('raise _Refused(404, "not-found", "x")', ("http", "not-found")),
        ('JSONResponse({"code": "not-found", "message": "x"}, 404)', ("http", "not-found")),
    ):
        assert list(codes_of(text)) == [found], text


def test_the_reader_refuses_a_code_it_cannot_read() -> None:
    for text in ("raise UserError(code, 'x')", "raise UserError(f'bad-{x}', 'x')", "raise ToolError()", "raise _bad(name, 'x', code)"):
        with pytest.raises(LookupError):
            list(codes_of(text))
