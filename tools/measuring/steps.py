"""Progress of a measurement as numbered steps, with a heartbeat so that a long step shows that it lives. No work."""

from collections.abc import Callable


class Steps:
    """Counts steps and passes (phase, done, total) on. `tick` and `inner` are for harness and child."""

    def __init__(self, progress: Callable[[str, float, float], None], total: int) -> None:
        self._progress, self._total = progress, float(max(1, total))
        self._done, self._phase = -1.0, "starting"

    def next(self, phase: str) -> None:
        """Begins the next step."""
        self._done, self._phase = min(self._done + 1, self._total), phase
        self.tick()

    def tick(self) -> None:
        """Heartbeat: says again where the run is."""
        self._progress(self._phase, max(0.0, self._done), self._total)

    def inner(self, _phase: str, done: float, total: float) -> None:
        """Progress inside the current step, as the child reports it."""
        share = done / total if total else 0.0
        self._progress(self._phase, min(self._total, self._done + min(1.0, share)), self._total)
