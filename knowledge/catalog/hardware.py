"""Look-ups of accelerators and CPU families by any usual spelling."""

import re
from collections.abc import Mapping
from functools import cache

from knowledge.catalog.shelf import Shelf, load_shelf
from knowledge.schemas import Accelerator, CpuFamily


@cache
def accelerators() -> Shelf[Accelerator]:
    """All accelerators."""
    return load_shelf("accelerator", "hardware", Accelerator)


_MEMORY_TAIL = re.compile(r"[\s_-]*(\d+)\s*(gib|gb|g)$")


def find_accelerator(name: str) -> Accelerator | None:
    """An accelerator by any usual spelling; a memory size behind the name ("RTX 4080 16GB") must be the card's own."""
    found = accelerators().find(name)
    size = _MEMORY_TAIL.search(name.strip().lower())
    if found is None and size is not None:
        bare = accelerators().find(name.strip()[: size.start()])
        if bare is not None and bare.memory_gib is not None and abs(bare.memory_gib - float(size.group(1))) <= 0.08 * bare.memory_gib:
            found = bare
    return found


def accelerator(name: str) -> Accelerator:
    """An accelerator by any usual spelling. Raises UserError `unknown-accelerator` with the nearest names."""
    return find_accelerator(name) or accelerators().get(name)


def accelerator_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return accelerators().aliases


@cache
def cpus() -> Shelf[CpuFamily]:
    """All CPU families."""
    return load_shelf("CPU", "cpus", CpuFamily)


def cpu(name: str) -> CpuFamily:
    """A CPU family. Raises UserError `unknown-cpu` with the nearest names."""
    return cpus().get(name)
