"""A newcomer finds their room in a minute: docs/files.md names every module with the first line of its own docstring.

Renew it after adding a file: `python tests/contracts/test_file_captions.py`.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "files.md"


def caption(path: Path) -> str:
    """The first sentence of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def page() -> str:
    """The whole page, by folder."""
    out = ["# Every file, with its own caption", "", "Made from the modules' docstrings by tests/contracts/test_file_captions.py."]
    for top in ("app", "agent", "tools", "knowledge"):
        folders = sorted({p.parent for p in (ROOT / top).rglob("*.py") if "versions" not in p.parts})
        for folder in folders:
            out += ["", f"## {folder.relative_to(ROOT)}/", "", "| file | what it is |", "|---|---|"]
            for path in sorted(folder.glob("*.py")):
                out.append(f"| `{path.name}` | {caption(path).replace('|', chr(92) + '|')} |")
    return "\n".join(out) + "\n"


def test_every_module_has_a_caption_and_the_page_is_up_to_date() -> None:
    bare = [
        str(p.relative_to(ROOT)) for top in ("app", "agent", "tools", "knowledge") for p in (ROOT / top).rglob("*.py") if not caption(p)
    ]
    assert bare == []
    assert PAGE.read_text(encoding="utf-8") == page(), "renew it: python tests/contracts/test_file_captions.py"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
