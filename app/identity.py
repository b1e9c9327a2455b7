"""Who is asking: signed session cookies, password hashes, and the bound on guesses. No HTTP here.

On loopback without a login there is one person, "local"; the cookie then proves that a request comes from our own
page and not from another site. With an auth file the cookie carries the user's name. The key that signs lives in the
data folder (0600), so sessions survive a restart; signing out revokes a session at once, also across restarts.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.errors import UserError

LOCAL_OWNER = "local"
COOKIE = "frugal_session"
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}


def hash_password(password: str) -> str:
    """`scrypt$salt$hash` (base64, n=2^15, r=8). Raises UserError `password-weak` under 10 characters."""
    if len(password) < 10:
        raise UserError("password-weak", "The password is shorter than 10 characters.", "Choose a longer one.")
    salt = secrets.token_bytes(16)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(_digest(password, salt)).decode()}"


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)


def check_password(password: str, stored: str) -> bool:
    """Constant-time comparison with a stored hash."""
    try:
        kind, salt, digest = stored.split("$")
        return kind == "scrypt" and hmac.compare_digest(_digest(password, base64.b64decode(salt)), base64.b64decode(digest))
    except ValueError:
        return False


def read_users(auth_file: Path) -> dict[str, str]:
    """User name -> hash. Raises UserError `auth-file-unreadable`, naming the line, never its content."""
    fix = 'Each line is "user:hash"; make a hash with: python -m app password'
    try:
        lines = auth_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError("auth-file-unreadable", "The file with users and password hashes cannot be read.", fix) from None
    users: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, stored = line.strip().partition(":")
        if not name.isprintable() or not 1 <= len(name) <= 64 or not stored.startswith("scrypt$") or name in users:
            raise UserError("auth-file-unreadable", f"Line {number} of the users file is not valid.", fix)
        users[name] = stored
    if not users:
        raise UserError("auth-file-unreadable", "The users file names no user.", fix)
    return users


@dataclass
class Sessions:
    """Issues and reads session cookies. `hours` is their life."""

    key: bytes
    hours: int = 12
    revoked_file: Path | None = None
    _revoked: set[str] = field(default_factory=set)

    @classmethod
    def in_folder(cls, data_dir: Path, hours: int = 12) -> "Sessions":
        """Key from the data folder, made on first use."""
        path = data_dir / "session.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(secrets.token_bytes(32))
        except FileExistsError:
            path.chmod(0o600)
        key = path.read_bytes()
        if len(key) < 32:
            raise UserError(
                "session-key-short", "The key that signs sessions is shorter than 32 bytes.", "Delete session.key in the data folder."
            )
        revoked_file = data_dir / "sessions.revoked"
        known = set(revoked_file.read_text().split()) if revoked_file.exists() else set()
        return cls(key, hours, revoked_file, known)

    def issue(self, owner: str, now: float | None = None) -> str:
        """A signed cookie value for that owner."""
        born = int(time.time() if now is None else now)
        body = base64.urlsafe_b64encode(json.dumps([owner, born, secrets.token_hex(8)]).encode()).decode().rstrip("=")
        return f"{body}.{self._sign(body)}"

    def owner(self, cookie: str | None, now: float | None = None) -> str | None:
        """The owner a cookie stands for; None where it is missing, forged, expired or revoked."""
        parts = self._read(cookie)
        if parts is None:
            return None
        owner, born, session = parts
        age = (time.time() if now is None else now) - born
        return None if age > self.hours * 3600 or age < -60 or session in self._revoked else owner

    def revoke(self, cookie: str | None) -> None:
        """Ends a session for good."""
        parts = self._read(cookie)
        if parts is None:
            return
        self._revoked.add(parts[2])
        if self.revoked_file is not None:
            with self.revoked_file.open("a") as out:
                out.write(parts[2] + "\n")

    def _sign(self, body: str) -> str:
        return hmac.new(self.key, body.encode(), hashlib.sha256).hexdigest()

    def _read(self, cookie: str | None) -> tuple[str, int, str] | None:
        body, _, signature = (cookie or "").partition(".")
        if not body or not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        owner, born, session = json.loads(base64.urlsafe_b64decode(body + "=="))
        return str(owner), int(born), str(session)


@dataclass
class GuessLimit:
    """At most `most` failed logins in `window_s` seconds, over all addresses: passwords cannot be searched."""

    most: int = 20
    window_s: float = 60.0
    _failed: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_open(self, now: float | None = None) -> bool:
        """Whether another attempt may be tried now."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            while self._failed and moment - self._failed[0] > self.window_s:
                self._failed.popleft()
            return len(self._failed) < self.most

    def failed(self, now: float | None = None) -> None:
        """Counts a failed attempt."""
        with self._lock:
            self._failed.append(time.monotonic() if now is None else now)
