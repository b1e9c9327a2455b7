"""What a worker does to itself before any tool code runs: die with its parent, limits, no network, first to go when memory is short.

Linux only. Does not sandbox the file system: a tool can read what the user can read. The network is cut by an empty
network namespace where the kernel allows one, and always by an audit hook (which native code could step round).
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tools.jobs.failure import NetworkRefused

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_GUARDED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"}


def isolate(parent_pid: int, cpu_limit_s: int, file_limit_bytes: int, folder: Path) -> None:
    """Applies everything, in the order that works: new credentials would clear the death signal, so that comes last."""
    cut_network()
    _guard_sockets(folder)
    for kind, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, cpu_limit_s), (resource.RLIMIT_FSIZE, file_limit_bytes)):
        hard = resource.getrlimit(kind)[1]
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (wanted, wanted))
    with contextlib.suppress(OSError):  # a courtesy to the server; not every sandbox allows it
        Path("/proc/self/oom_score_adj").write_text("900")
    _die_with(parent_pid)


def _die_with(parent_pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 1)  # entering a namespace clears it, and the supervisor must still see our memory use
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "the death signal could not be set")
    if os.getppid() != parent_pid:  # it died before the call above
        os.kill(os.getpid(), signal.SIGKILL)


def cut_network() -> bool:
    """Moves this process into a network namespace without interfaces; False where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with contextlib.suppress(OSError):  # without the mapping we still are who we are, only shown as "nobody"
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    return True


def _guard_sockets(folder: Path) -> None:
    own = str(folder.resolve()) + os.sep

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event not in _GUARDED:
            return
        address = args[1] if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind") and len(args) > 1 else None
        if isinstance(address, str) and address.startswith(own):
            return  # processes of one job may talk to each other inside its own folder
        raise NetworkRefused("jobs run without network")

    sys.addaudithook(refuse)
