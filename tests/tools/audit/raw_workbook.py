"""Writes XLSX packages part by part, as no honest program would: for the tests of bad input. Not a test itself."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def write_workbook(
    path: Path,
    sheet: Iterable[str],
    *,
    texts: Iterable[str] = (),
    formats: tuple[str, ...] = (),
    name: str = "Costs",
    book: str = "",
    level: int = 1,
) -> Path:
    """One sheet from pieces of XML; `texts`: the shared strings; `formats`: number formats of the cell styles 1, 2, ..."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations(("rId1", "officeDocument", "xl/workbook.xml")))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}">'
            f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>{book}</workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations(
                ("rId1", "worksheet", "worksheets/sheet1.xml"),
                ("rId2", "styles", "styles.xml"),
                ("rId3", "sharedStrings", "sharedStrings.xml"),
            ),
        )
        archive.writestr("xl/styles.xml", _styles(formats))
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(f'<sst xmlns="{MAIN}">'.encode())
            for text in texts:
                part.write(f"<si><t>{text}</t></si>".encode())
            part.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for piece in sheet:
                part.write(piece.encode())
    return path


def sheet_of(rows: Iterable[str], before: str = "", after: str = "") -> Iterable[str]:
    """The XML of a sheet around its rows; `before`: what stands above them (dimension, columns)."""
    yield f'<worksheet xmlns="{MAIN}">{before}<sheetData>'
    yield from rows
    yield f"</sheetData>{after}</worksheet>"


def row(number: int, *cells: str | float, style: int = 0, attributes: str = "") -> str:
    """One row: texts as inline strings, numbers with the cell style `style`."""
    made = []
    for at, cell in enumerate(cells):
        place = f"{chr(65 + at)}{number}"
        if isinstance(cell, str):
            made.append(f'<c r="{place}" t="inlineStr"><is><t>{cell}</t></is></c>')
        else:
            made.append(f'<c r="{place}"{f" s={chr(34)}{style}{chr(34)}" if style else ""}><v>{cell}</v></c>')
    return f'<row r="{number}"{" " + attributes if attributes else ""}>{"".join(made)}</row>'


def _relations(*each: tuple[str, str, str]) -> str:
    lines = "".join(f'<Relationship Id="{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>' for number, kind, target in each)
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'


def _styles(formats: tuple[str, ...]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{code.replace("&", "&amp;").replace(chr(34), "&quot;")}"/>'
        for at, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{164 + at}" applyNumberFormat="1"/>' for at in range(len(formats)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{codes}</numFmts><fonts><font/></fonts><fills><fill/></fills>'
        f'<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
    )
