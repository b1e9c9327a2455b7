"""Fetches one public file for `knowledge.refresh`: https, a known host, a size, a time, no way elsewhere. What comes back is only bytes.

Plain http is for the tests' own server. Nothing here knows what the bytes mean.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Collection
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

MOST_BYTES = 8_000_000
MOST_SECONDS = 60.0
_SOCKET_SECONDS = 15.0
_BLOCK = 1 << 16


class NotFetched(Exception):
    """The file could not be had; the text says why, in words for a person."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to the same host and scheme only."""

    max_redirections = 3

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            raise NotFetched(f"it leads to another host ({(after.hostname or 'none')[:80]})")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, plain_http: Collection[str] = (), most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS) -> bytes:
    """The file's bytes. Raises NotFetched."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in plain_http):
        raise NotFetched("only https is used")
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "frugal-knowledge-refresh"})  # noqa: S310
    opener = urllib.request.build_opener(_SameHost())
    deadline = time.monotonic() + most_seconds
    try:
        with opener.open(request, timeout=min(_SOCKET_SECONDS, most_seconds)) as answer:
            return _body(answer, most_bytes, deadline)
    except urllib.error.HTTPError as problem:
        raise NotFetched(f"the server answered {problem.code}") from None
    except urllib.error.URLError as problem:
        raise NotFetched(f"no connection ({_reason(problem.reason)})") from None
    except (OSError, HTTPException) as problem:
        raise NotFetched(f"the connection broke ({_reason(problem)})") from None


def _body(answer: Any, most_bytes: int, deadline: float) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched("it comes packed, which was not asked for")
    said = answer.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > most_bytes:
        raise NotFetched(f"it is larger than {most_bytes // 1_000_000} MB")
    body = bytearray()
    while block := answer.read1(_BLOCK):
        body += block
        if len(body) > most_bytes:
            raise NotFetched(f"it is larger than {most_bytes // 1_000_000} MB")
        if time.monotonic() > deadline:
            raise NotFetched("it took too long")
    if said.isdigit() and len(body) < int(said):
        raise NotFetched("it was cut off on the way")
    return bytes(body)


def _reason(problem: object) -> str:
    text = getattr(problem, "strerror", None) or getattr(problem, "reason", None) or type(problem).__name__
    return "".join(c for c in str(text) if c.isprintable())[:120]
