"""Reads what a safetensors file holds from its header alone, with limits, before any library opens it.

Layout (safetensors format): 8 bytes little-endian header length N, N bytes of JSON {name: {dtype, shape, data_offsets}},
then the tensor bytes. Loads no tensor and imports no torch. Sizes are in bytes, counts in parameters.
"""

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import UserError

MAX_HEADER_BYTES = 100_000_000  # the format's own limit
#: Bits of one element by dtype name.
DTYPE_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}
_LFS = b"version https://git-lfs"
_PICKLE_HOW = (
    "Convert it once on a machine where you trust the file: "
    "AutoModel.from_pretrained(folder).save_pretrained(new_folder, safe_serialization=True), then point Frugal at the new folder."
)


@dataclass(frozen=True)
class Tensor:
    """One stored tensor: `dtype` as the file writes it (F32, BF16 ...), `shape` in elements."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_tensors(path: Path) -> tuple[Tensor, ...]:
    """The tensors a file declares. Raises UserError naming the file and what is wrong with it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
        _refuse_other_content(path.name, size, head)
        (length,) = struct.unpack("<Q", head[:8])
        if length > MAX_HEADER_BYTES:
            raise _bad(path.name, f"its header claims {length:,} bytes, over the format's limit", "weights-header-too-big")
        if 8 + length > size:
            raise _bad(
                path.name, f"its header claims {length:,} bytes but the file has only {size:,}: it is cut short", "weights-truncated"
            )
        file.seek(8)
        raw = file.read(length)
    return _parse(path.name, raw, size - 8 - length)


def _refuse_other_content(name: str, size: int, head: bytes) -> None:
    if head.startswith(_LFS):
        raise UserError(
            "weights-lfs-pointer",
            f"{name} is a Git LFS pointer, not the weights themselves.",
            "Run `git lfs pull` in that folder, then try again.",
        )
    if (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or head[:4] == b"PK\x03\x04":
        raise UserError(
            "weights-are-pickle", f"{name} is named safetensors but holds a pickle, which can run code when it loads.", _PICKLE_HOW
        )
    if size < 8:
        raise _bad(name, "it is empty" if size == 0 else "it is too short to hold a header", "weights-truncated")


def _parse(name: str, raw: bytes, data_bytes: int) -> tuple[Tensor, ...]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        raise _bad(name, "its header is not JSON", "weights-header-broken") from None
    if not isinstance(header, dict):
        raise _bad(name, "its header is not a JSON object", "weights-header-broken")
    header.pop("__metadata__", None)
    if not header:
        raise _bad(name, "it holds no tensor", "weights-header-broken")
    spans = sorted((_span(name, key, entry) for key, entry in header.items()), key=lambda span: (span[0], span[1]))
    position = 0
    for begin, end, tensor in spans:
        if begin != position:
            what = "overlaps the tensor before it" if begin < position else "leaves a hole before it"
            raise _bad(name, f'tensor "{_short(tensor.name)}" {what}', "weights-header-broken")
        position = end
    if position > data_bytes:
        raise _bad(
            name, f"the header promises {position:,} bytes of weights and the file has {data_bytes:,}: it is cut short", "weights-truncated"
        )
    if position < data_bytes:
        raise _bad(name, f"{data_bytes - position:,} bytes follow the last tensor", "weights-header-broken")
    return tuple(tensor for _, _, tensor in spans)


def _span(name: str, key: str, entry: Any) -> tuple[int, int, Tensor]:
    label = f'tensor "{_short(key)}"'
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise _bad(name, f"{label} lacks dtype, shape or data_offsets", "weights-header-broken")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in DTYPE_BITS:
        raise _bad(name, f'{label} has the unknown number format "{_short(str(dtype))}"', "weights-dtype-unknown")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**48 for n in shape) or len(shape) > 16:
        raise _bad(name, f"{label} has an impossible shape", "weights-header-broken")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(n) is int and n >= 0 for n in offsets):
        raise _bad(name, f"{label} has broken offsets", "weights-header-broken")
    tensor = Tensor(key, dtype, tuple(shape))
    if (offsets[1] - offsets[0]) * 8 != tensor.elements * DTYPE_BITS[dtype]:
        raise _bad(name, f"{label} needs another number of bytes than its offsets give", "weights-header-broken")
    return offsets[0], offsets[1], tensor


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _bad(name: str, what: str, code: str) -> UserError:
    return UserError(code, f"{name} cannot be used: {what}.", "Copy or download the file again and compare its checksum with the original.")
