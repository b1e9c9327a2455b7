"""What limits a model on this machine: memory, arithmetic, or the overhead of many small steps (roofline model).

A pass cannot be faster than its bytes over the bandwidth, nor than its FLOPs over the arithmetic speed (Williams,
Waterman, Patterson 2009). Where the measured time is far above both, neither is the limit. Times in ms.
"""

from dataclasses import dataclass

OVERHEAD_FACTOR = 3.0  # measured time beyond this multiple of the higher roof is overhead


@dataclass(frozen=True)
class Limit:
    """`kind`: memory, compute or overhead; the two roofs in ms and the measured time in ms."""

    kind: str
    memory_ms: float
    compute_ms: float
    measured_ms: float

    @property
    def words(self) -> str:
        """One sentence without figures."""
        return {
            "memory": "Reading the weights from memory is what limits it, so fewer bytes (int8) help more than fewer operations.",
            "compute": "Arithmetic is what limits it, so fewer or cheaper operations (int8 arithmetic, a smaller model) help.",
            "overhead": "Neither memory nor arithmetic limits it: most of the time goes into many small steps, "
            "so another engine or a larger batch helps first.",
        }[self.kind]


def limit_of(bytes_read: float, flops: float, measured_ms: float, bandwidth_gb_s: float, gflop_s: float) -> Limit:
    """Which roof is nearest. Bytes and FLOPs of one pass; bandwidth in GB/s, arithmetic in GFLOP/s."""
    memory, compute = bytes_read / bandwidth_gb_s / 1e6, flops / gflop_s / 1e6
    if measured_ms > OVERHEAD_FACTOR * max(memory, compute):
        return Limit("overhead", memory, compute, measured_ms)
    return Limit("memory" if memory > compute else "compute", memory, compute, measured_ms)
