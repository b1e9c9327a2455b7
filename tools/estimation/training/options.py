"""The ways to do one training job: method, accelerator and count, with memory, hours, money and energy of each. Makes no evidence.

A job is tokens in sequences of a length. The smallest count of accelerators that holds a method is found with the memory
formulas (likely need, gradient checkpointing, ZeRO stage 3), one sequence on each. Nothing here is refused: what is unknown is None.
"""

from dataclasses import dataclass

from knowledge import catalog
from knowledge.own_prices import NONE, OwnPrices
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.memory import fit
from tools.estimation.memory.formulas import HIGH, LIKELY, LOW
from tools.estimation.memory.need import Need, Setup, need
from tools.estimation.memory.training import state_bytes
from tools.estimation.training import cost, interruptions, work
from tools.estimation.training.cost import Hourly

CASES = (LOW, LIKELY, HIGH)
COUNTS = (1, 2, 4, 8, 16, 32, 64)
MOST = 1024
FAST_LINK_GB_S = 100.0  # in one direction: NVLink and its like, not PCIe


@dataclass(frozen=True)
class Job:
    """What is to be trained on what. `tokens`: all that pass the model; `length`: of a sequence."""

    shape: ModelArchitecture
    tokens: Range
    length: int
    provider: str = ""
    region: str = ""
    usd_per_gpu_hour: float = 0.0  # the user's own; 0 = look it up
    own: OwnPrices = NONE

    def setup(self, method: str, count: int, gpu: Accelerator) -> Setup:
        """The same as a memory setup, one sequence on each accelerator."""
        precision = "fp16" if gpu.supports("bf16") is False else "bf16"
        return Setup("full" if method == "pretrain" else method, precision, "bf16", self.length, 1, count)


@dataclass(frozen=True)
class Option:
    """One way. Hours are of the clock, gpu_hours of all accelerators; `usd` None where no price is known."""

    method: str
    gpu: Accelerator
    count: int
    need: Need
    fits: bool
    hours: Range
    on_demand: Hourly | None
    spot: Hourly | None
    spot_loss: Range | None  # share of useful time lost to interruptions; None where the high case never ends

    @property
    def gpu_hours(self) -> Range:
        """Hours times accelerators."""
        return self.hours * float(self.count)

    @property
    def usd(self) -> Range | None:
        """On demand."""
        return None if self.on_demand is None else cost.total(self.on_demand.usd, self.hours)

    @property
    def spot_usd(self) -> Range | None:
        """On spot machines, with what interruptions lose."""
        if self.spot is None or self.spot_loss is None:
            return None
        return cost.total(self.spot.usd, self.hours * (self.spot_loss + 1.0))


def smallest_count(job: Job, method: str, gpu: Accelerator) -> int | None:
    """Fewest accelerators, as a power of two, that hold the method; None beyond 1 024 or where the memory is unknown."""
    if gpu.memory_gib is None:
        return None
    return fit.gpus_needed(job.shape, job.setup(method, 1, gpu), gpu.memory_gib, MOST)


def hours_of(job: Job, method: str, gpu: Accelerator, count: int, share: float = 1.0) -> Range:
    """Wall-clock hours for a share of the data."""
    tokens = (float(job.tokens.low), float(job.tokens.likely), float(job.tokens.high))
    return Range(*(work.hours(job.shape, method, share * tokens[case], job.length, gpu, count, case) for case in CASES))


def option(job: Job, method: str, gpu: Accelerator, count: int) -> Option:
    """One way with its figures. Raises ValueError where the accelerator's throughput or memory is unknown."""
    if gpu.memory_gib is None:
        raise ValueError(f"the memory of {gpu.name} is unknown")
    setup = job.setup(method, count, gpu)
    on_demand = _priced(job, gpu, count, "on_demand")
    spot = None if job.usd_per_gpu_hour else _priced(job, gpu, count, "spot")
    return Option(
        method,
        gpu,
        count,
        need(job.shape, setup),
        fit.holds(job.shape, setup, gpu.memory_gib),
        hours_of(job, method, gpu, count),
        on_demand,
        spot,
        None if spot is None else _spot_loss(job, setup, spot),
    )


def _priced(job: Job, gpu: Accelerator, count: int, basis: str) -> Hourly | None:
    if job.usd_per_gpu_hour:
        return cost.stated(job.usd_per_gpu_hour, gpu.name, count)
    return cost.hourly(gpu.name, count, "spot" if basis == "spot" else "on_demand", job.provider, job.region, job.own)


def checkpoint_bytes(job: Job, setup: Setup) -> float:
    """What a checkpoint holds: the trained weights with their states; frozen weights are at hand already."""
    states = state_bytes(job.shape, setup._replace(gpus=1).plan)
    return states.optimizer + (states.weights if setup.mode == "full" else 0.0)


def _spot_loss(job: Job, setup: Setup, spot: Hourly) -> Range | None:
    size, machines = checkpoint_bytes(job, setup), spot.offers[0].machines
    shares = [interruptions.loss(size, machines, case).share for case in CASES]
    return None if shares[HIGH] == float("inf") else Range(*shares)


def cheapest_count(job: Job, method: str, gpu: Accelerator) -> int | None:
    """The count that costs least: the fewest that hold it, unless machines are sold whole with more, which are then put to use."""
    least = smallest_count(job, method, gpu)
    if least is None:
        return None
    priced = [(one.usd.likely, one.count) for one in by_count(job, method, gpu, least) if one.usd is not None]
    return min(priced)[1] if priced else least


def methods_beside(method: str) -> tuple[str, ...]:
    """The methods that are compared with one: pre-training stands alone."""
    return ("pretrain",) if method == "pretrain" else ("lora", "qlora", "full")


def by_method(job: Job, method: str, gpu: Accelerator) -> list[Option]:
    """Each method on the count that costs least."""
    found = ((name, cheapest_count(job, name, gpu)) for name in methods_beside(method))
    return [option(job, name, gpu, count) for name, count in found if count is not None]


def by_count(job: Job, method: str, gpu: Accelerator, least: int) -> list[Option]:
    """The method on the fewest accelerators and on up to eight times as many."""
    counts = sorted({least, *(count for count in COUNTS if least <= count <= 8 * least)})
    return [option(job, method, gpu, count) for count in counts]


def _is_practical(gpu: Accelerator, count: int) -> bool:
    """Whether one would choose it unasked: it computes in bf16, and several of them are linked fast enough to shard a model."""
    return gpu.supports("bf16") is True and (count == 1 or (gpu.link_gb_s or 0.0) >= FAST_LINK_GB_S)


def cheapest_first(job: Job, method: str) -> list[Option]:
    """Practical GPUs of the catalogue with a known price and throughput, each on its cheapest count, by likely cost."""
    found = []
    for gpu in catalog.accelerators().entries.values():
        if gpu.kind != "gpu" or gpu.memory_gib is None or work.peak_flops(gpu) is None:
            continue
        count = cheapest_count(job, method, gpu)
        if count is not None and count <= COUNTS[-1] and _is_practical(gpu, count):
            one = option(job, method, gpu, count)
            if one.usd is not None:
                found.append((one.usd.likely, one.hours.likely, gpu.name, one))
    return [one for _, _, _, one in sorted(found, key=lambda row: row[:3])]
