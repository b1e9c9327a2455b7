"""Changes values inside a YAML fact file and leaves all else as it was written: comments, order, quotes, line breaks.

Works on the places of the parsed nodes, not on a rewritten file: the files are edited by hand too. ruamel.yaml would keep comments as well,
but it is not among our dependencies, rewraps long lines, and would still need the check that stands here: the changed text is read again
and must say exactly what was meant, or nothing is used.
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any


class EditFailed(Exception):
    """The file could not be changed as meant; nothing was."""


class FactText:
    """A fact file as text with the changes asked for. `data` is what it says now, `meant` what it shall say."""

    def __init__(self, path: Path) -> None:
        import yaml

        self.path = path
        self.text = path.read_text(encoding="utf-8")
        try:
            self.root = yaml.compose(self.text, Loader=_loader())
            self.data: dict[str, Any] = yaml.load(self.text, Loader=_loader())  # noqa: S506 - a safe loader
        except yaml.YAMLError as problem:
            raise EditFailed(f"{path.name} is not YAML: {problem}") from None
        self.meant: dict[str, Any] = deepcopy(self.data)
        self._starts = [0]
        for line in self.text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._edits: list[tuple[int, int, str]] = []

    def set(self, value: Any, *way: str | int) -> None:
        """Another value at the end of keys and positions; a key that is not there yet comes last in its block mapping."""
        target = self._meant(way)
        if not isinstance(way[-1], int) and way[-1] not in target:
            key_node, last = self._node(way[:-1]).value[-1]
            self._insert_after(last, f"{' ' * key_node.start_mark.column}{way[-1]}: {flow(value)}\n")
        elif target[way[-1]] != value:
            node = self._node(way)
            self._edits.append((self._offset(node.start_mark), self._offset(node.end_mark), flow(value)))
        target[way[-1]] = value

    def drop(self, *way: str | int) -> None:
        """Takes a key with its value out of a block mapping."""
        for key_node, node in self._node(way[:-1]).value:
            if key_node.value == way[-1]:
                self._edits.append((self._starts[key_node.start_mark.line], self._end_of_line(node), ""))
        del self._meant(way)[way[-1]]

    def append(self, value: Any, *way: str | int) -> None:
        """A further item at the end of a block list."""
        last = self._node(way).value[-1]
        self._insert_after(last, f"{' ' * (last.start_mark.column - 2)}- {flow(value)}\n")
        self._meant(way)[way[-1]].append(value)

    def changed(self) -> str:
        """The whole new text. Raises EditFailed where it would not say exactly what is meant."""
        import yaml

        text = self.text if self.text.endswith("\n") else self.text + "\n"
        for _, start, end, new in sorted(
            ((n, *edit) for n, edit in enumerate(self._edits)), key=lambda e: (e[1], e[2], e[0]), reverse=True
        ):
            text = text[:start] + new + text[end:]
        try:
            said = yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader
        except yaml.YAMLError as problem:
            raise EditFailed(f"{self.path.name} would not be YAML any more: {problem}") from None
        if said != self.meant:
            raise EditFailed(f"{self.path.name} would say something else than is meant")
        return text

    def _meant(self, way: tuple[str | int, ...]) -> Any:
        at: Any = self.meant
        for step in way[:-1]:
            at = at[step]
        return at

    def _node(self, way: tuple[str | int, ...]) -> Any:
        at: Any = self.root
        for step in way:
            found = at.value[step] if isinstance(step, int) else next((value for key, value in at.value if key.value == step), None)
            if found is None:
                raise EditFailed(f"{self.path.name} has no {' / '.join(map(str, way))}")
            at = found
        return at

    def _insert_after(self, node: Any, text: str) -> None:
        place = self._end_of_line(node)
        self._edits.append((place, place, text))

    def _offset(self, mark: Any) -> int:
        return int(self._starts[mark.line] + mark.column)

    def _end_of_line(self, node: Any) -> int:
        """The beginning of the line after a node. A block node says where the next token begins; only its last leaf knows its own end."""
        while getattr(node, "flow_style", None) is False and node.value:
            node = node.value[-1][1] if isinstance(node.value[-1], tuple) else node.value[-1]
        return self._starts[min(node.end_mark.line + 1, len(self._starts) - 1)]


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def flow(value: Any) -> str:
    """A value as it is written in our fact files: one line, money as quoted text."""
    import yaml

    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, date | int):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    if value.replace(".", "", 1).isdigit():
        return f"'{value}'"
    return str(yaml.safe_dump([value], default_flow_style=True, width=100_000, allow_unicode=True)).strip()[1:-1]
