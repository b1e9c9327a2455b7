"""Process settings: the only module that reads the environment (prefix FRUGAL_). Pure validation, no work.

Command-line options win over the environment, the environment over the defaults. An unknown FRUGAL_ name is refused
and the nearest valid one named. Not pydantic-settings: what it would read here is one prefix, and importing it holds up
every command's worker by 30 ms. Sizes are in MB (10^6 bytes), times in hours.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from knowledge.errors import UserError

PREFIX = "FRUGAL_"


def default_data_dir() -> Path:
    """Where conversations, uploads and results live unless told otherwise (XDG data folder)."""
    base = os.environ.get("XDG_DATA_HOME") or ""
    try:
        home = Path.home()
    except RuntimeError:  # no HOME and no passwd entry
        home = Path.cwd()
    return (Path(base) if base.startswith("/") else home / ".local" / "share") / "frugal"


class Settings(BaseModel):
    """Effective settings of one process. Frozen; build it with `load`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir, description="Folder for conversations, uploads and results")
    host: str = Field("127.0.0.1", min_length=1, max_length=255, description="Address to listen on; other than loopback needs auth_file")
    port: int = Field(7860, ge=1, le=65535, description="Port to listen on")
    model: str = Field("brain", min_length=1, max_length=500, description='"brain", "hf:org/name", "http://host:port/v1#model"')
    model_key: SecretStr = Field(SecretStr(""), description="API key of the endpoint given as model")
    auth_file: Path | None = Field(None, description='Lines "user:hash" made with "python -m app password"; turns the login on')
    allowed_hosts: str = Field("", max_length=2000, description="Further host names the page may be reached under, comma separated")
    behind_tls: bool = Field(False, description="A proxy in front speaks HTTPS: cookies become Secure, HSTS is sent")
    model_roots: str = Field(
        "", max_length=4000, description="Folders that models may be read from, comma separated; with a login, none but these"
    )
    session_hours: int = Field(12, ge=1, le=720, description="How long a login lasts")
    upload_mb: int = Field(2000, ge=1, le=100_000, description="Largest upload")
    upload_files: int = Field(31, ge=1, le=100, description="Files in one message (31: the daily files of a month)")
    message_chars: int = Field(20_000, ge=200, le=1_000_000, description="Longest message")
    prices: Path | None = Field(None, description="Price file of your own (YAML or CSV); its prices win over list prices")
    log: Literal["text", "json"] = Field("text", description="Form of the log lines on stderr")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line shown")

    @field_validator("host", "model", "allowed_hosts")
    @classmethod
    def _plain(cls, value: str) -> str:
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise ValueError("must not hold control characters or line breaks")
        return value.strip()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the page."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    def shown(self) -> dict[str, str]:
        """Effective values as text, secrets masked."""
        return {name: _shown(getattr(self, name)) for name in type(self).model_fields}


def process_environment() -> dict[str, str]:
    """The environment as it is; the job runner passes an allow-list of it on to its workers."""
    return dict(os.environ)


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else "(not set)"
    return "(not set)" if value is None or value == "" else str(value)


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from options (None = not given) over the environment. Raises UserError `setting-unknown`, `setting-invalid`."""
    known = set(Settings.model_fields)
    stated = {}
    for key, value in (os.environ if environ is None else environ).items():
        if not key.startswith(PREFIX):
            continue
        name = key[len(PREFIX) :].lower()
        if name not in known:
            raise UserError("setting-unknown", f"The environment sets {key}, which is not a setting of Frugal.", _nearest(name, known))
        if value:
            stated[name] = value
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    try:
        return Settings(**{**stated, **given})
    except ValidationError as problem:
        first = problem.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        where = f"--{name.replace('_', '-')}" if name in given else PREFIX + name.upper()
        raise UserError("setting-invalid", f"{where} is not valid: {first['msg']}.", _example(name)) from None


def _nearest(name: str, known: set[str]) -> str:
    from rapidfuzz import process

    hit = process.extractOne(name, sorted(known), score_cutoff=50)
    valid = ", ".join(PREFIX + k.upper() for k in sorted(known))
    return f"Did you mean {PREFIX}{hit[0].upper()}? Unset it or correct the name." if hit else f"Unset it. Valid names: {valid}."


def _example(name: str) -> str:
    field = Settings.model_fields.get(name)
    if field is None:
        return "See python -m app --check for the settings."
    limits = [f"{kind} {bound}" for item in field.metadata for kind, attr in (("at least", "ge"), ("at most", "le"))
              if (bound := getattr(item, attr, None)) is not None]  # fmt: skip
    default = (
        ""
        if field.default is None or isinstance(field.default, SecretStr) or field.default_factory
        else f" The default is {field.default}."
    )
    return f"{field.description}{' (' + ', '.join(limits) + ')' if limits else ''}.{default}"


def set_upload_folder(folder: Path) -> None:
    """Uploads land in our data folder before they are accepted, not in a folder that all users of the machine share."""
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
