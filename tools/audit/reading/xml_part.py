"""Reads one small XML part of a workbook element by element (expat), without building a tree.

A part with a document type definition is refused before anything in it is read, so no entity is ever expanded.
"""

from collections.abc import Callable
from xml.parsers import expat

from knowledge.errors import UserError

Start = Callable[[tuple[str, ...], dict[str, str]], None]
_DEEPEST = 200


def walk(xml: bytes, name: str, start: Start) -> None:
    """Calls `start(path, attributes)` for each element; path and attributes carry local names. Raises file-dtd, file-damaged."""
    path: list[str] = []

    def opened(tag: str, attributes: dict[str, str]) -> None:
        path.append(tag.rpartition(":")[2])
        if len(path) > _DEEPEST:
            raise damaged(name)
        start(tuple(path), {key.rpartition(":")[2]: value for key, value in attributes.items()})

    def doctype(*_: object) -> None:
        raise document_type(name)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = opened
    parser.EndElementHandler = lambda _: path.pop()
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise damaged(name) from error


def document_type(name: str) -> UserError:
    """The error for a part that declares a document type."""
    return UserError(
        "file-dtd",
        f"{name} contains a document type definition, which a spreadsheet never needs.",
        "Save it again from Excel or LibreOffice.",
    )


def damaged(name: str) -> UserError:
    """The error for a workbook whose parts cannot be read."""
    return UserError(
        "file-damaged", f"{name} is damaged: a part of it cannot be read.", "Open it in Excel or LibreOffice and save it again as XLSX."
    )
