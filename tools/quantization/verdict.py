"""Decides what to say about one int8 candidate from its measured time ratio, size and quality gate. Pure; no I/O.

Order: quality lost, slower, not smaller -> do_not; quality unmeasured or unsure -> try_first; otherwise faster -> do,
and neither faster nor slower -> try_first. "Faster" and "slower" need an interval that excludes 1. Reasons carry no
figures of their own; those stand in the evidence.
"""

from dataclasses import dataclass

from knowledge.ranges import Range
from tools.contracts.plan import Verdict
from tools.measuring.harness import differs
from tools.measuring.quality import GateResult


@dataclass(frozen=True)
class Decision:
    """Verdict with its reason, one sentence without figures."""

    verdict: Verdict
    reason: str


def decide(time_ratio: Range, engine_ratio: Range | None, size_ratio: float, quality: GateResult) -> Decision:
    """`time_ratio` = candidate / model as stored; `engine_ratio` = candidate / unquantized in the same engine; sizes alike."""
    if quality.state == "failed":
        return Decision(Verdict.DO_NOT, f"The int8 copy fails the quality gate: {quality.reason}.")
    speed = differs(time_ratio)
    if speed == "slower":
        return Decision(Verdict.DO_NOT, "The int8 copy is slower than the model as it is, on this machine.")
    if size_ratio >= 1:
        return Decision(Verdict.DO_NOT, "The int8 copy is not smaller than the model as it is.")
    in_engine = differs(engine_ratio) if engine_ratio is not None else "unknown"
    if in_engine == "slower":
        return Decision(
            Verdict.DO_NOT, "int8 makes the model slower than the unquantized copy in the same engine; the gain comes from OpenVINO alone."
        )
    if quality.state != "passed":
        why = f"{quality.reason[0].upper()}{quality.reason[1:]}"
        return Decision(
            Verdict.TRY_FIRST,
            f"{why}; the int8 copy is {'faster' if speed == 'faster' else 'as fast'} and smaller, so test it on your own data first.",
        )
    if speed == "same":
        return Decision(
            Verdict.TRY_FIRST,
            "Quality holds and the copy is smaller, but no difference in speed can be shown; it pays only where memory is what limits you.",
        )
    credit = {"same": "; most of the speed comes from the engine, int8 itself makes it smaller", "faster": "", "unknown": ""}[in_engine]
    return Decision(Verdict.DO, f"The int8 copy is faster and smaller, and {quality.reason}{credit}.")
