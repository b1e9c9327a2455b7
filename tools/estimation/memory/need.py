"""What a setup needs on each of its GPUs, part by part, in bytes: puts the formulas of serving, plain loops and training together.

`Setup` is everything asked; `parts` answers for one bound, `need` for the three as ranges. Knows neither the catalogue of
accelerators nor what fits; refuses nothing.
"""

from typing import NamedTuple

from knowledge.ranges import Range
from knowledge.schemas import ModelArchitecture
from tools.estimation.memory import eager, formulas, training
from tools.estimation.memory.formulas import HIGH, LIKELY, LOW

#: Tokens that a serving engine computes at once (vLLM: chunks of 2 048, 8 192, 16 384) and sequences it samples at once.
PREFILL_TOKENS = (2048, 8192, 16384)
SAMPLED = (1, 1, 256)
TRAINING = ("lora", "qlora", "full")


class Setup(NamedTuple):
    """What is to be sized. `context`: tokens of a sequence; `batch`: sequences at once, on each GPU in training.

    `mode`: inference (a serving engine, tensor parallel over `gpus`), eager (a plain transformers loop), lora, qlora or
    full (data parallel over `gpus`, sharded by ZeRO `stage`).
    """

    mode: str = "inference"
    precision: str = "bf16"
    kv_precision: str = "bf16"
    context: int = 4096
    batch: int = 1
    gpus: int = 1
    optimizer: str = "adamw"
    stage: int = 3
    checkpointing: bool | None = None

    @property
    def plan(self) -> training.Plan:
        """The same as a plan of training."""
        return training.Plan(self.mode, self.precision, self.optimizer, self.stage if self.gpus > 1 else 0, self.gpus, self.checkpointing)


class Parts(NamedTuple):
    """Bytes on one GPU."""

    weights: float
    kv_cache: float
    activations: float
    optimizer: float  # gradients and optimiser states, adapters included
    overhead: float


def parts(shape: ModelArchitecture, setup: Setup, case: int = LIKELY) -> Parts:
    """Memory on each GPU in one case (LOW, LIKELY or HIGH)."""
    if setup.mode in TRAINING:
        return _training_parts(shape, setup, case)
    if setup.mode == "eager":
        return _eager_parts(shape, setup, case)
    tokens = float(max(setup.context, shape.source_positions or 0) * setup.batch)
    if shape.kind != "encoder":
        chunk = max(PREFILL_TOKENS[case], setup.context) if case == HIGH else PREFILL_TOKENS[case]
        tokens = min(tokens, float(chunk))
    activations = formulas.activation_bytes(shape, tokens, max(setup.batch, SAMPLED[case]), setup.gpus, setup.precision, case)
    if shape.kind == "encoder" and case == HIGH:  # attention scores stored
        activations += setup.batch * shape.heads * float(setup.context) ** 2 * 2.0 / setup.gpus
    return Parts(
        formulas.weight_bytes_per_gpu(shape, setup.precision, setup.gpus, case),
        setup.batch * formulas.sequence_bytes_per_gpu(shape, setup.context, setup.kv_precision, setup.gpus, case),
        activations,
        0.0,
        formulas.overhead_bytes(setup.gpus, case),
    )


def _eager_parts(shape: ModelArchitecture, setup: Setup, case: int) -> Parts:
    cache = setup.batch * eager.cache_bytes(shape, setup.context, setup.kv_precision, case)
    working = eager.working_bytes(shape, setup.context, 0, setup.batch, setup.precision, setup.kv_precision, case)
    weights = formulas.weight_bytes(shape, setup.precision, case)
    return Parts(weights, cache, max(0.0, working - cache), 0.0, eager.eager_overhead_bytes(case))


def _training_parts(shape: ModelArchitecture, setup: Setup, case: int) -> Parts:
    states = training.state_bytes(shape, setup.plan, case)
    activations = training.training_activation_bytes(shape, setup.plan, setup.context, setup.batch, case)
    communication = formulas.COMMUNICATION_GIB[case] * formulas.GIB if setup.gpus > 1 else 0.0
    overhead = eager.eager_overhead_bytes(case) + communication
    return Parts(states.weights, 0.0, activations, states.gradients + states.optimizer, overhead)


def bytes_per_gpu(shape: ModelArchitecture, setup: Setup, case: int = LIKELY) -> float:
    """Sum of the parts on each GPU."""
    return sum(parts(shape, setup, case))


class Need(NamedTuple):
    """Memory over all GPUs by part, and on each of them, as ranges of bytes."""

    parts: dict[str, Range]
    total: Range
    per_gpu: Range


def need(shape: ModelArchitecture, setup: Setup) -> Need:
    """The three cases together. Bounds are ordered part by part: what saves in one case may be what another never had."""
    cases = [parts(shape, setup, case) for case in (LOW, LIKELY, HIGH)]
    found = {}
    for name in Parts._fields:
        low, likely, high = (getattr(one, name) for one in cases)
        found[name] = Range(min(low, likely), likely, max(likely, high))
    sums = [sum(float(getattr(part, bound)) for part in found.values()) for bound in ("low", "likely", "high")]
    return Need({name: part * float(setup.gpus) for name, part in found.items()}, Range(*(s * setup.gpus for s in sums)), Range(*sums))
