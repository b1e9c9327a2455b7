"""`python -m app`: the one entry point, for the screen and for every command. Turns errors into exit codes.

0 done, 1 failed with a clear message on stderr, 2 wrong usage. Never a traceback for an error that a person may see.
"""

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.jobs.launch import Spawned


def main() -> int:
    """Runs the command line; returns the exit code."""
    gc.disable()  # imports make many objects and no garbage, and looking for it takes a tenth of a command's time; see wiring.build
    worker = _early_worker(sys.argv[1:])
    try:
        return _command(worker)
    finally:
        if worker is not None:
            worker.end()


def _early_worker(words: list[str]) -> "Spawned | None":
    """For `run`: a worker without a tool, which imports what every job needs while this process finds out what is asked of it."""
    if words[:1] != ["run"]:
        return None
    from tools.jobs.launch import spawn

    with contextlib.suppress(OSError):  # tried again, and then said in words, once it is known to be needed
        return spawn(os.environ)
    return None


def _command(worker: "Spawned | None") -> int:
    from app.quiet import quiet_libraries

    removed = quiet_libraries()
    if removed:
        print(f"note: ignored from the environment: {', '.join(removed)} (Frugal has settings of its own)", file=sys.stderr)
    from app.cli.commands import cli
    from app.cli.printing import say_error
    from knowledge.errors import FrugalError

    try:
        cli(obj=worker)
    except FrugalError as problem:
        return say_error(problem)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
