"""The one error root and its families. Imported by every folder; knows nothing of screens or exit codes.

FrugalError(code, message, hint, details)
|- UserError         the user can fix it: file, folder, name, argument, missing fact
|- KnowledgeError    the fact base is wrong; a maintainer fixes it
|- ToolError         a tool failed or is unavailable here; final, recorded as such
|  |- JobStopped     cancelled, out of time, out of memory, worker died
|- AgentError        the language model could not be loaded or used

`code` is kebab-case and documented in docs/errors.md with cause and remedy; `message` says what happened, `hint` the
next step. Neither holds a traceback, an absolute server path or a secret.
"""

from collections.abc import Mapping
from typing import Any


class FrugalError(Exception):
    """Root of every error a person may see."""

    family = "error"

    def __init__(self, code: str, message: str, hint: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.details: dict[str, Any] = dict(details or {})

    def as_dict(self) -> dict[str, Any]:
        """JSON form, the same in events, job records and `--json` output."""
        return {"family": self.family, "code": self.code, "message": self.message, "hint": self.hint, "details": self.details}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "FrugalError":
        """Rebuilds an error that crossed a process border; an unknown family becomes the root class."""
        kind = _FAMILIES.get(str(data.get("family")), FrugalError)
        return kind(str(data["code"]), str(data["message"]), str(data.get("hint", "")), data.get("details"))


class UserError(FrugalError):
    """The user can fix it."""

    family = "user"


class KnowledgeError(FrugalError):
    """The fact base is wrong or lacks an entry."""

    family = "knowledge"


class ToolError(FrugalError):
    """A tool failed or is unavailable on this machine."""

    family = "tool"


class JobStopped(ToolError):
    """A job ended before its result: cancelled, out of time or memory, or its process died."""

    family = "job"


class AgentError(FrugalError):
    """The language model could not be loaded or did not give a usable reading."""

    family = "agent"


_FAMILIES: dict[str, type[FrugalError]] = {c.family: c for c in (UserError, KnowledgeError, ToolError, JobStopped, AgentError)}
