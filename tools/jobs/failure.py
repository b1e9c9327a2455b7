"""Turns whatever a tool raised into an error a person may see, and words the ways a job can be stopped from outside.

Never passes on the text of a foreign exception (it may hold paths or data); that text goes to the job's log only.
"""

import errno
from collections.abc import Mapping

from knowledge.errors import FrugalError, JobStopped, ToolError

_DISK = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_OFFLINE = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH}
_MEMORY_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "cannot allocate memory")

_STOPPED: Mapping[str, tuple[str, str]] = {
    "job-cancelled": ("The job was stopped on request.", "Start it again when you want the result; nothing of it was kept."),
    "job-out-of-time": (
        "The job ran into its time limit.",
        "Try a smaller model or less data, or ask an administrator for a longer limit.",
    ),
    "job-out-of-memory": (
        "The job needed more memory than it may use.",
        "Try a smaller model, a smaller batch size or less data, or run it on a machine with more memory.",
    ),
    "job-out-of-disk": (
        "The job ran out of disk space.",
        "Free some space in the data folder, or try a smaller model, then start it again.",
    ),
    "job-died": (
        "The job's process ended without a result.",
        "Start it again. If it happens again, try a smaller model: a machine that is short of memory ends processes like this.",
    ),
    "job-lost": ("The job was cut off when Frugal itself was stopped.", "Start it again; everything finished before is still there."),
}


#: What to do instead where the job read files and no model.
_FOR_FILES: Mapping[str, str] = {
    "job-out-of-time": "Try fewer or smaller files, or ask an administrator for a longer limit.",
    "job-out-of-memory": "Try fewer or smaller files, or run it on a machine with more memory.",
    "job-out-of-disk": "Free some space in the data folder, or try fewer or smaller files, then start it again.",
    "job-died": (
        "Start it again. If it happens again, try fewer or smaller files: a machine that is short of memory ends processes like this."
    ),
}


def advised(error: FrugalError, args: Mapping[str, object]) -> FrugalError:
    """The error with advice that fits a job of these arguments: one that names files and no model is not told to try a smaller model."""
    if args.get("file") and not args.get("model") and isinstance(error, JobStopped):
        error.hint = _FOR_FILES.get(error.code, error.hint)
    return error


def stopped(code: str, **details: object) -> JobStopped:
    """The error of one of the ways a job ends before its result."""
    message, hint = _STOPPED[code]
    return JobStopped(code, message, hint, details)


class NetworkRefused(ConnectionRefusedError):
    """Raised by the socket guard; libraries treat it as being offline."""


def _is_offline(error: BaseException | None) -> bool:
    return isinstance(error, NetworkRefused) or (isinstance(error, OSError) and error.errno in _OFFLINE)


def as_frugal(error: BaseException, tool: str) -> FrugalError:
    """The error as it may be shown; a FrugalError stays itself."""
    if isinstance(error, FrugalError):
        return error
    if isinstance(error, MemoryError) or any(word in str(error).lower() for word in _MEMORY_WORDS):
        return stopped("job-out-of-memory")
    if _is_offline(error) or _is_offline(error.__cause__ or error.__context__):
        return ToolError(
            "tool-offline",
            f"{tool} tried to reach the network, which jobs may not do.",
            "Download the model or data first, then give the local folder or file.",
        )
    if isinstance(error, OSError) and error.errno in _DISK:
        return stopped("job-out-of-disk")
    if isinstance(error, ImportError):
        return ToolError(
            "tool-unavailable",
            f"{tool} cannot run here: a library it needs could not be loaded ({error.name or 'unknown'}).",
            "Run make setup, then start Frugal again.",
            {"library": error.name},
        )
    return ToolError(
        "tool-crashed",
        f"{tool} stopped on an error of its own ({type(error).__name__}). It has no result.",
        "Check the file or model you gave. If it is fine, report this with the job's log file.",
        {"kind": type(error).__name__},
    )
