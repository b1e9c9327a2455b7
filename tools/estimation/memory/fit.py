"""What fits: the largest batch and context, how many GPUs, and which accelerators of the catalogue. Searches over `need`.

Fits means that the likely need on each GPU is at most the memory that a card gives: to a serving engine the share that engines take, to
a plain loop and to training nearly all. Plain numbers; makes no evidence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from knowledge import catalog
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.memory import training
from tools.estimation.memory.formulas import HIGH, LIKELY, LOW, engine_bytes, splits_evenly, usable_bytes
from tools.estimation.memory.need import TRAINING, Setup, bytes_per_gpu

MAX_BATCH = 1 << 20
MAX_GPUS = 1024
COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Placed:
    """A setup on cards of one size."""

    gpus: int
    fits: bool
    certain: bool  # the whole range lies on the same side
    largest_batch: int  # at the asked context; 0 where one sequence is too much
    largest_context: int  # at the asked batch, up to the model's own limit


@dataclass(frozen=True)
class Variant:
    """Another way to train the same model on the same GPUs."""

    optimizer: str
    stage: int
    checkpointing: bool
    setup: Setup
    fits: bool | None


def largest(fits: Callable[[int], bool], limit: int) -> int:
    """Largest n in 0..limit that fits, for a test that turns false once and stays so."""
    if not fits(1):
        return 0
    low, high = 1, limit + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def allowed(shape: ModelArchitecture, mode: str, gpus: int) -> bool:
    """Whether that many GPUs can share the work: heads divide evenly in serving; a plain loop has one GPU; training any."""
    if mode in TRAINING:
        return True
    return gpus == 1 if mode == "eager" else splits_evenly(shape, gpus)


def given_bytes(setup: Setup, memory_gib: float, case: int = LIKELY) -> float:
    """Memory of a card that the setup may fill."""
    return engine_bytes(memory_gib, case) if setup.mode == "inference" else usable_bytes(memory_gib, case)


def holds(shape: ModelArchitecture, setup: Setup, memory_gib: float) -> bool:
    """Whether the likely need fits what each card gives."""
    return bytes_per_gpu(shape, setup) <= given_bytes(setup, memory_gib)


def place(shape: ModelArchitecture, setup: Setup, memory_gib: float) -> Placed:
    """The setup on cards of that memory, with the largest batch and context that fit."""
    fits = holds(shape, setup, memory_gib)
    worst = bytes_per_gpu(shape, setup, HIGH) <= given_bytes(setup, memory_gib, HIGH)
    best = bytes_per_gpu(shape, setup, LOW)
    return Placed(
        setup.gpus,
        fits,
        worst if fits else best > given_bytes(setup, memory_gib, LOW),
        largest(lambda n: holds(shape, setup._replace(batch=n), memory_gib), MAX_BATCH),
        largest(lambda n: holds(shape, setup._replace(context=n), memory_gib), shape.max_context),
    )


def by_count(shape: ModelArchitecture, setup: Setup, memory_gib: float) -> Iterator[Placed]:
    """The setup on 1, 2, 4 and 8 cards, where the model can be shared by so many."""
    for count in COUNTS:
        if allowed(shape, setup.mode, count):
            yield place(shape, setup._replace(gpus=count), memory_gib)


def gpus_needed(shape: ModelArchitecture, setup: Setup, memory_gib: float, at_most: int = MAX_GPUS) -> int | None:
    """Smallest power of two of cards that holds it; None beyond `at_most`, or where more cards would not help."""
    count = 1
    while count <= at_most:
        if allowed(shape, setup.mode, count) and holds(shape, setup._replace(gpus=count), memory_gib):
            return count
        count *= 2
    return None


def accelerators_that_fit(shape: ModelArchitecture, setup: Setup) -> list[tuple[Accelerator, int]]:
    """GPUs of the catalogue with the smallest count that holds it, up to 8 in serving and 64 in training; the least memory first."""
    found, most = [], 64 if setup.mode in TRAINING else COUNTS[-1]
    for gpu in catalog.accelerators().entries.values():
        if gpu.kind != "gpu" or gpu.memory_gib is None:  # overhead and splitting are those of GPU engines
            continue
        count = gpus_needed(shape, setup, gpu.memory_gib, most)
        if count is not None:
            found.append((count * gpu.memory_gib, gpu.name, gpu, count))
    return [(gpu, count) for _, _, gpu, count in sorted(found, key=lambda one: one[:2])]


def variants(shape: ModelArchitecture, setup: Setup, memory_gib: float | None) -> list[Variant]:
    """The same training with each optimizer, ZeRO stage and with and without gradient checkpointing."""
    stages = (0, 1, 2, 3) if setup.gpus > 1 else (0,)
    found = []
    for optimizer, stage, recompute in product(training.OPTIMIZERS, stages, (False, True)):
        one = setup._replace(optimizer=optimizer, stage=stage, checkpointing=recompute)
        fits = None if memory_gib is None else holds(shape, one, memory_gib)
        found.append(Variant(optimizer, stage, recompute, one, fits))
    return found
