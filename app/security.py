"""The guard in front of everything, Gradio's routes included: deny by default. Pure ASGI, knows no business rules.

For each request, in this order: known Host, listed route, size of the body, own Origin on state changes, a valid
session cookie, and a page session that belongs to the same person. Every response, errors included, leaves with the
headers below. Gradio's page needs two exceptions, both made as small as they go: inline scripts carry a fresh nonce
(no 'unsafe-inline' for scripts), and styles may be inline.
"""

import asyncio
import json
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.identity import COOKIE, LOCAL_OWNER, Sessions

_STATE_CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
#: Routes that anyone may ask for: they hold no user data.
_OPEN = re.compile(r"^/(health|login|own/[a-z0-9_.-]+|assets/[^?]*|static/[^?]*|theme\.css|favicon\.ico|robots\.txt|manifest\.json)$")
#: The part of Gradio's and our own surface that the page uses. Everything else does not exist.
_USED = re.compile(
    r"^/(|logout|config|downloads/[A-Za-z0-9_-]+/[^/]+|jobs/[A-Za-z0-9_-]+/cancel"
    r"|gradio_api/(queue/(join|data)|heartbeat/[a-z0-9]+|upload|upload_progress|startup-events|info|theme\.css))$"
)
_SMALL_BODY = 4_000_000  # bytes; event payloads carry texts and choices, never files
_SESSION_HASH = re.compile(r"^[A-Za-z0-9]{1,64}$")


@dataclass(frozen=True)
class Limits:
    """What the guard enforces. Sizes in bytes."""

    hosts: frozenset[str]
    upload_bytes: int
    needs_login: bool = False
    behind_tls: bool = False


@dataclass
class PageSessions:
    """Which person a Gradio page session belongs to: the first to use its id. Bounded, oldest forgotten."""

    most: int = 20_000
    _owner: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def belongs(self, session_hash: str, owner: str) -> bool:
        """True where the id is the person's own or new."""
        if not _SESSION_HASH.match(session_hash):
            return False
        with self._lock:
            known = self._owner.setdefault(session_hash, owner)
            self._owner.move_to_end(session_hash)
            while len(self._owner) > self.most:
                self._owner.popitem(last=False)
        return known == owner


def host_names(host: str, port: int, more: str = "") -> frozenset[str]:
    """Values of the Host header that are ours, with and without the port."""
    names = {"127.0.0.1", "localhost", "[::1]", *(name.strip().lower() for name in more.split(",") if name.strip())}
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        names.add(f"[{host}]" if ":" in host else host.lower())
    return frozenset(names | {f"{name}:{port}" for name in names})


def content_security_policy(nonce: str) -> str:
    """The policy of every response."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _headers(nonce: str, path: str, behind_tls: bool) -> list[tuple[bytes, bytes]]:
    long_lived = path.startswith(("/assets/", "/static/"))
    lines = {
        "content-security-policy": content_security_policy(nonce),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "x-frame-options": "DENY",
        "cache-control": "public, max-age=86400" if long_lived else "no-store",
    }
    if behind_tls:
        lines["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in lines.items()]


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint


def _too_large(most: int) -> _Refused:
    return _Refused(
        413,
        "upload-too-large",
        f"The limit is {most // 1_000_000} MB.",
        "Send a sample first: one month, or only the columns with date, service, cost and currency, packed as .csv.gz. "
        "An administrator may raise FRUGAL_UPLOAD_MB.",
    )


class Guard:
    """ASGI middleware; see the module text."""

    def __init__(self, app: ASGIApp, limits: Limits, sessions: Sessions) -> None:
        self.app, self.limits, self.sessions = app, limits, sessions
        self.pages = PageSessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page uses no web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(16)
        answer = _Answer(send, nonce, scope["path"], self.limits.behind_tls)
        try:
            await self._serve(scope, receive, answer)
        except _Refused as no:
            await answer.refuse(no, receive)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path, method = scope["path"], scope["method"]
        if headers.get("host", "").lower() not in self.limits.hosts:
            raise _Refused(400, "host-unknown", "This address is not one that Frugal is reached under.")
        is_open = bool(_OPEN.match(path))
        if not is_open and not _USED.match(path):
            raise _Refused(404, "not-found", "There is nothing at this address.")
        receive = self._bounded(headers, path, receive, answer)
        if method in _STATE_CHANGING:
            self._check_origin(headers)
        owner = self.sessions.owner(_cookie(headers))
        if owner is None and path == "/" and not self.limits.needs_login:
            owner = LOCAL_OWNER
            answer.cookie = session_cookie(self.sessions.issue(owner), self.sessions.hours, self.limits.behind_tls)
        if owner is None and not is_open:
            if path == "/" and method in {"GET", "HEAD"}:
                await answer.redirect("/login")
                return
            raise _Refused(401, "login-needed", "Open the page first: this request carries no valid session.")
        if owner is not None:
            scope.setdefault("state", {})["owner"] = owner
            receive = await self._own_page(scope, path, owner, receive)
        if path == "/":
            answer.is_page = True
            scope = {**scope, "headers": [(n, v) for n, v in scope["headers"] if n.lower() != b"accept-encoding"]}
        await self.app(scope, receive, answer)

    def _check_origin(self, headers: dict[str, str]) -> None:
        parts = urlsplit(headers.get("origin", ""))
        if parts.scheme not in {"http", "https"} or parts.netloc.lower() != headers["host"].lower():
            raise _Refused(403, "origin-foreign", "This request does not come from Frugal's own page.")

    def _bounded(self, headers: dict[str, str], path: str, receive: Receive, answer: "_Answer") -> Receive:
        most = self.limits.upload_bytes if path in {"/gradio_api/upload"} else _SMALL_BODY
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            raise _too_large(most)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:  # no exception: the application would turn it into a server error
                await answer.refuse(_too_large(most), receive)
                answer.is_closed = True
                return {"type": "http.disconnect"}
            return message

        return counted

    async def _own_page(self, scope: Scope, path: str, owner: str, receive: Receive) -> Receive:
        """Refuses a page session id of another person; the answer equals that of an unknown address."""
        replay = receive
        claimed: Iterable[Any] = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [])
        if path == "/gradio_api/queue/join":
            body, replay = await _read_all(receive)
            try:
                claimed = [*claimed, json.loads(body)["session_hash"]]
            except (ValueError, KeyError, TypeError, RecursionError):
                raise _Refused(422, "request-invalid", "The request is not one that the page sends.") from None
        elif path.startswith("/gradio_api/heartbeat/"):
            claimed = [path.rsplit("/", 1)[1]]
        if any(not isinstance(one, str) or not self.pages.belongs(one, owner) for one in claimed):
            raise _Refused(404, "not-found", "There is nothing at this address.")
        return replay


async def _read_all(receive: Receive) -> tuple[bytes, Receive]:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    body, is_sent = b"".join(parts), False

    async def again() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return body, again


def _cookie(headers: dict[str, str]) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def session_cookie(value: str, hours: int, secure: bool) -> str:
    """The Set-Cookie line; an empty value removes the cookie."""
    age = hours * 3600 if value else 0
    return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{'; Secure' if secure else ''}"


class _Answer:
    """The outgoing side: adds our headers, drops permissive ones, and rewrites Gradio's page."""

    def __init__(self, send: Send, nonce: str, path: str, behind_tls: bool) -> None:
        self.send, self.nonce, self.path, self.behind_tls = send, nonce, path, behind_tls
        self.cookie, self.is_page, self.is_started, self.is_closed = "", False, False, False
        self._held: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if self.is_closed:
            return
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._with_ours(message.get("headers", []))}
            if self.is_page:
                self._held = message
                return
            self.is_started = True
        elif message["type"] == "http.response.body" and self._held is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = own_page(self._body, self.nonce)
            head = [(n, v) for n, v in self._held["headers"] if n.lower() != b"content-length"]
            self.is_started = True
            await self.send({**self._held, "headers": [*head, (b"content-length", str(len(body)).encode())]})
            message = {"type": "http.response.body", "body": body}
        await self.send(message)

    def _with_ours(self, theirs: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        ours = _headers(self.nonce, self.path, self.behind_tls)
        names = {name for name, _ in ours} | {b"server"}
        kept = [(n, v) for n, v in theirs if n.lower() not in names and not n.lower().startswith(b"access-control-")]
        return kept + ours + ([(b"set-cookie", self.cookie.encode())] if self.cookie else [])

    async def refuse(self, no: _Refused, receive: Receive) -> None:
        """A short JSON error, unless an answer is already on its way. Too large a body ends the connection: the rest is not taken in."""
        if self.is_started:
            return
        self.is_page, self.cookie, self._held = False, "", None
        body = json.dumps({"code": no.code, "message": no.message, **({"hint": no.hint} if no.hint else {})}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        is_cut = no.status == 413
        headers += [(b"connection", b"close")] if is_cut else []
        await self({"type": "http.response.start", "status": no.status, "headers": headers})
        await self({"type": "http.response.body", "body": body, "more_body": is_cut})
        if is_cut:
            await _linger(receive)
            await self({"type": "http.response.body", "body": b""})

    async def redirect(self, to: str) -> None:
        """303 to one of our own pages."""
        await self({"type": "http.response.start", "status": 303, "headers": [(b"location", to.encode()), (b"content-length", b"0")]})
        await self({"type": "http.response.body", "body": b""})


async def _linger(receive: Receive, seconds: float = 1.0, most: int = 4_000_000) -> None:
    """Takes in a little more of a refused body, so that the caller can read the answer before the connection ends."""
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while seen <= most and (message := await receive()).get("more_body"):
                seen += len(message["body"])


_REMOTE_TAGS = re.compile(rb"<(?:link|meta)[^>]*(?:https?:)?//(?!127\.0\.0\.1)[^>]*>|<meta[^>]*(?:og:|twitter:)[^>]*>", re.S)
_OWN_HEAD = b'<link rel="stylesheet" href="/own/frugal.css"><script src="/own/frugal.js" defer></script></head>'


def own_page(body: bytes, nonce: str) -> bytes:
    """Gradio's page without references to other hosts, with our style and script, every inline script under the nonce."""
    head, found, rest = body.partition(b"</head>")
    if not found:
        return body
    # the configuration is JSON inside a script: tags are looked for outside scripts only
    pieces = re.split(rb"(<script.*?</script>)", head, flags=re.S)
    head = b"".join(piece if piece.startswith(b"<script") else _REMOTE_TAGS.sub(b"", piece) for piece in pieces)
    page = head + _OWN_HEAD + rest
    # after own markup is in place; texts inside JSON are escaped by the template, so "<script" there cannot occur
    return page.replace(b"<script>", b'<script nonce="' + nonce.encode() + b'">').replace(
        b"<script data-gradio-mode>", b'<script data-gradio-mode nonce="' + nonce.encode() + b'">'
    )
