"""The house rules on imports hold, and they bite: planted violations in a copy of the tree are each reported.

Also rules that import-linter cannot state: names of modules, and who may read the environment.
"""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "agent", "tools", "knowledge")
_FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}


def lint(tree: Path) -> tuple[int, str]:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code alone, without data and weights."""
    for path in modules():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_contract_is_kept() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    assert "0 broken" in said


def test_an_untouched_copy_passes_so_that_the_planted_ones_fail_for_their_own_reason(copy: Path) -> None:
    assert lint(copy)[0] == 0


@pytest.mark.parametrize(
    ("where", "line", "contract"),
    [
        ("knowledge/planted.py", "import tools.registry", "app -> agent -> tools -> knowledge"),
        ("tools/audit/planted.py", "import agent.events", "app -> agent -> tools -> knowledge"),
        ("agent/planted.py", "def later():\n    import app", "app -> agent -> tools -> knowledge"),
        ("tools/audit/planted.py", "import tools.planning.tool", "inside tools"),
        ("tools/contracts/planted.py", "import tools.store.store", "inside tools"),
        ("tools/jobs/planted.py", "import tools.registry", "inside tools"),
        ("agent/planted.py", "import gradio", "only app imports gradio"),
        ("tools/store/planted.py", "import fastapi", "only app imports gradio"),
        ("tools/planning/planted.py", "from langchain_core.messages import AIMessage", "only agent imports langgraph"),
        ("app/planted.py", "import torch", "the screen never imports the model libraries"),
    ],
)
def test_a_planted_violation_is_reported(copy: Path, where: str, line: str, contract: str) -> None:
    (copy / where).write_text(f'"""Planted."""\n\n{line}\n')
    code, said = lint(copy)
    assert code == 1, said
    broken = said.split("Broken contracts", 1)[1]
    assert contract in broken


def test_every_folder_of_tools_is_in_the_contract() -> None:
    """A new tool folder that nobody added to the layers would be free to import anything."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = next(c for c in settings["tool"]["importlinter"]["contracts"] if "inside tools" in c["name"])["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    found = {f"tools.{path.parent.name}" for path in (ROOT / "tools").glob("*/__init__.py")}
    assert found <= named


def test_no_module_is_named_like_one_of_the_standard_library_or_like_a_drawer() -> None:
    names = {path.parent.name if path.stem == "__init__" else path.stem for path in modules()}
    assert not names & sys.stdlib_module_names
    assert not names & _FORBIDDEN_NAMES


@pytest.mark.parametrize("room", ROOMS[1:])
def test_only_app_reads_the_environment(room: str) -> None:
    readers = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / room).rglob("*.py")) if _reads_environment(path.read_text())]
    assert readers == []


def test_the_search_for_environment_readers_finds_them() -> None:
    for text in ("import os\nos.environ['X']", "from os import environ", "import os\nos.getenv('X')", "import os as o\no.environ.get('X')"):
        assert _reads_environment(text)
    for text in ("environment = {}", "process.environ()", "import os\nos.environ['X'] = '1'", "import os\nos.environ.update(X='1')"):
        assert not _reads_environment(text)


def _reads_environment(text: str) -> bool:
    """Reading means looking up; passing settings down to a library (`os.environ["X"] = ...`, `.update(...)`) is not."""
    tree = ast.parse(text)
    aliases = {
        alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names if alias.name == "os"
    }
    written = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    written |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "update"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os" and any(a.name in ("environ", "getenv") for a in node.names):
            return True
        is_os = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases
        if is_os and node.attr in ("environ", "getenv") and id(node) not in written:
            return True
    return False
