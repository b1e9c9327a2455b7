"""Log set-up, once, for the process: human lines or JSON on stderr. Never logs user text, file contents or keys.

A filter masks what looks like a key or a password in any line, also in lines of libraries.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

_SECRET = re.compile(
    r"(?i)(\b(?:sk|pk|hf|ghp|xox[bp]|AKIA)[-_]?[A-Za-z0-9_\-]{12,}"
    r"|(?<=bearer )[A-Za-z0-9._\-]+"
    r"|(?<=password=)[^\s&]+|(?<=api_key=)[^\s&]+|(?<=token=)[^\s&]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@))"
)


def masked(text: str) -> str:
    """The text with anything that looks like a secret replaced."""
    return _SECRET.sub("********", text)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, ensure_ascii=False))


def set_up(form: Literal["text", "json"] = "text", level: str = "info") -> None:
    """Installs one handler on the root logger. Safe to call again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Lines("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.access", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
