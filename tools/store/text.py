"""Makes any JSON value storable: lone surrogates, NUL and non-finite numbers would be refused by a database or by UTF-8.

Text keeps its length (each bad character becomes U+FFFD); NaN and infinities become None, which reads "unknown".
Does not judge content: markup, control characters and other people's instructions pass through as data.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")


def storable_text(text: str) -> str:
    """`text` with every lone surrogate and NUL replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable(value: Any) -> Any:
    """`value` (JSON types, tuples allowed) as it can be written; mappings and sequences are copied."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable_text(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
