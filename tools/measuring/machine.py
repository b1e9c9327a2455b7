"""What this machine is and how busy it is: CPU, free memory, other load, energy counter. Linux /proc and /sys only.

Unknown stays None (another system, a container that hides the files). Memory in MiB, energy in joule, load as a share 0..1.
"""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MIB = 1024 * 1024


def cpu_name() -> str:
    """Model name of the processor, "unknown" where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor() or "unknown")


def cores() -> int:
    """CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(threads: int) -> dict[str, str]:
    """Machine and library versions, for the evidence of a measurement."""
    found = {
        "cpu": cpu_name(),
        "cores": str(cores()),
        "threads": str(threads),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }
    for package in ("torch", "transformers", "openvino", "optimum-intel", "nncf"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def available_mib() -> float | None:
    """Memory that can be had without swapping: the lesser of the machine's and the container's. None = unknown."""
    found = [v for v in (_machine_available(), _container_available()) if v is not None]
    return min(found) if found else None


def _machine_available() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def _container_available() -> float | None:
    try:
        limit, used = (Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
        return None if limit == "max" else (int(limit) - int(used)) / MIB
    except (OSError, ValueError):
        return None


def memory_of_self() -> dict[str, float]:
    """Resident memory of this process now and at its highest: {"now_mib", "peak_mib"} (VmRSS, VmHWM)."""
    values = {}
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(("VmRSS:", "VmHWM:")):
            values["now_mib" if line.startswith("VmRSS") else "peak_mib"] = int(line.split()[1]) / 1024
    return values


class LoadWatch:
    """Share of the machine's CPU that others used between start and `other_share`, from /proc/stat less our own seconds."""

    def __init__(self) -> None:
        self._start = (time.monotonic(), _busy_seconds())
        self.load_average = os.getloadavg()[0]

    def other_share(self, own_seconds: float) -> float | None:
        """0..1 of all cores; None where the system does not say. `own_seconds` = CPU time of the measured processes."""
        began, before = self._start
        now = _busy_seconds()
        span = (time.monotonic() - began) * (os.cpu_count() or 1)
        if before is None or now is None or span <= 0:
            return None
        return min(1.0, max(0.0, (now - before - own_seconds) / span))


def _busy_seconds() -> float | None:
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    except OSError:
        return None
    ticks = [int(v) for v in first]
    return (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


class EnergyCounter:
    """The processor's own energy counter (RAPL). Counts the whole package, other programs included."""

    def __init__(self, root: Path = Path("/sys/class/powercap")) -> None:
        self._files = [f for f in sorted(root.glob("intel-rapl:?/energy_uj")) if os.access(f, os.R_OK)]
        self._wrap = [int((f.parent / "max_energy_range_uj").read_text(encoding="ascii")) for f in self._files]

    @property
    def available(self) -> bool:
        """Whether a counter can be read."""
        return bool(self._files)

    def read(self) -> tuple[int, ...]:
        """Counter values in microjoule."""
        return tuple(int(f.read_text(encoding="ascii")) for f in self._files)

    def joules(self, before: tuple[int, ...], after: tuple[int, ...]) -> float:
        """Energy between two readings, in joule; a counter that wrapped round once is mended."""
        return sum((b - a) % wrap if b < a else b - a for a, b, wrap in zip(before, after, self._wrap, strict=True)) / 1e6
