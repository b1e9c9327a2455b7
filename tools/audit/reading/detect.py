"""Which container a file really is, by its first bytes and inner names, and the error for each one that is not read.

Looks at content, never trusts the suffix. Opens nothing but the file itself.
"""

import hashlib
import re
import zipfile
from pathlib import Path

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.reading.delimited import open_bytes
from tools.audit.reading.sheet import LARGEST_FILE, LARGEST_PARQUET, missing

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MAGIC = (
    (b"%PDF", "PDF document"),
    (b"\x89PNG", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"7z\xbc\xaf", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ", "xz archive"),
    (b"\x28\xb5\x2f\xfd", "zstd archive"),
    (b"SQLite format 3", "SQLite database"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
    (b"{\\rtf", "RTF document"),
)
_JSON = re.compile(rb'(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:\{|\[\s*[\[{"\]])')
_SAVE = "Save it as XLSX or CSV and upload that."


def file_hash(path: Path) -> str:
    """sha256 of the content. Raises UserError file-missing: a file may go while it is being audited."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise missing(shown(path.name, 120)) from error


def state_of(path: Path, name: str) -> tuple[int, int, int]:
    """What changes when a file is written or replaced. Raises UserError file-missing."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise missing(name) from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def size_of(path: Path, name: str) -> int:
    """Bytes of the file. Raises UserError file-missing."""
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise missing(name) from error


def container_of(path: Path, name: str) -> str:
    """ "xlsx", "parquet", "text", "gzip", "json" or "json-gzip". Raises UserError naming the real type for anything else."""
    try:
        head = _head(path, name)
    except FileNotFoundError as error:
        raise missing(name) from error
    if head.startswith(_OLE):
        raise _ole_error(path, name)
    if head.startswith(b"PK"):
        return _zip_kind(path, name)
    if head.startswith((b"PAR1", b"PARE")):
        return "parquet"
    if head.startswith(b"\x1f\x8b"):
        return "json-gzip" if _is_json(_unpacked_head(path, name)) else "gzip"
    for magic, title in _MAGIC:
        if head.startswith(magic):
            raise _mismatch(name, title)
    if _is_json(head):
        return "json"
    stripped = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if stripped[:200].lower().startswith((b"<!doctype html", b"<html", b"<?xml", b"<table")):
        raise _mismatch(name, "HTML or XML page")
    return "text"


def _is_json(head: bytes) -> bool:
    """Whether the text begins as an object or as a list of objects, lists or texts do, in any encoding of Unicode."""
    return _JSON.match(head.translate(None, b"\0")) is not None


def _unpacked_head(path: Path, name: str) -> bytes:
    with open_bytes(path, name, packed=True) as file:
        return file.read(4096)


def _head(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise UserError("file-is-folder", f"{name} is a folder.", "Name the files in it one by one.")
    size = path.stat().st_size
    if size == 0:
        raise UserError("file-empty", f"{name}: the file is empty.", "Upload a file with a header row and at least one cost row.")
    largest = LARGEST_PARQUET if path.suffix.casefold() == ".parquet" else LARGEST_FILE
    if size > largest:
        limit = largest // 1024**3
        raise UserError(
            "file-too-large", f"{name} is larger than the limit of {limit} GiB.", "Split it by month, or keep only the cost columns."
        )
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except PermissionError as error:
        raise UserError("file-unreadable", f"{name} may not be read by this account.", "Change its permissions or copy it.") from error


def _mismatch(name: str, title: str) -> UserError:
    return UserError("file-type-mismatch", f"{name} is really a {title}, which the audit does not read.", _SAVE, {"real_type": title})


def _ole_error(path: Path, name: str) -> UserError:
    with path.open("rb") as file:
        content = file.read(8 * 1024**2)
        file.seek(max(0, path.stat().st_size - 1024**2))
        content += file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return UserError(
            "file-password-protected",
            f"{name} is password-protected.",
            "Open it, remove the password (File > Info > Protect), save a copy and upload that.",
        )
    if any(stream.encode("utf-16-le") in content for stream in ("Workbook", "Book")):
        return _mismatch(name, "Excel 97-2003 workbook (.xls)")
    return _mismatch(name, "old Office document")


def _zip_kind(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise UserError("file-password-protected", f"{name} is password-protected.", "Upload a copy without a password.")
            mime = archive.read("mimetype")[:80] if "mimetype" in names and archive.getinfo("mimetype").file_size < 200 else b""
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise UserError(
            "file-damaged", f"{name} is damaged: its packing cannot be read.", "Save it again from the program that made it."
        ) from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise _mismatch(name, "Excel binary workbook (.xlsb)")
    if b"opendocument.spreadsheet" in mime:
        raise _mismatch(name, "OpenDocument sheet (.ods)")
    if any(member.endswith(".iwa") for member in names):
        raise _mismatch(name, "Apple Numbers sheet (.numbers)")
    if "word/document.xml" in names:
        raise _mismatch(name, "Word document (.docx)")
    inside = ", ".join(shown(member, 40) for member in sorted(names)[:3])
    raise UserError(
        "file-type-mismatch",
        f"{name} is a ZIP archive ({inside}).",
        "Unpack it and upload the sheets inside.",
        {"real_type": "ZIP archive"},
    )
