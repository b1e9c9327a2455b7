"""An option and a rejection, as the search hands them on: what it is, what its month costs, how fast it is, and why not.

Plain records and the tally that groups rejections so that people can read them; computes nothing else. Money is USD a month, times are
milliseconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.estimation.hosting.break_even import Steps
from tools.estimation.hosting.quality import Quality

Kind = Literal["gpu", "cpu", "managed", "api", "edge"]
NOTHING = Range.exact(Decimal(0))
#: Reasons by how far a configuration came: the last one that any of a group reached is the one that is told.
STAGES = ("model", "price", "calibration", "fit", "machine", "quality", "context", "retired", "latency", "cost")


@dataclass(frozen=True)
class Option:
    """One way to host. `usd`: rent or tokens; `work`: people's time, spread over the months; None = no price is known."""

    kind: Kind
    name: str
    provider: str
    region: str
    precision: str  # "" = the seller does not say
    count: int  # accelerators of one replica; sockets' shares count as one; 0 for tokens
    usd: Range | None
    source: Source | None
    method: str
    quality: Quality
    work: Range = NOTHING
    machine: str = ""
    machines: tuple[int, int, int] | None = None  # low, likely, high
    replicas: tuple[int, int, int] | None = None
    ttft_ms: Range | None = None
    tpot_ms: Range | None = None
    tokens_per_second: Range | None = None  # of one stream on a device, else of everything that is rented
    utilization: Range | None = None
    full_requests: Range | None = None  # requests a month that everything rented would carry without a pause
    steps: tuple[Steps, Steps, Steps] | None = None  # the month by volume where everything is better than thought, as thought, worse
    interruptible: bool = False
    reserve: str = ""  # why a company would think twice about it: a machine of strangers, a desktop card
    held: bool = False  # on the machines that were asked about
    aside: bool = False  # for that reason beside the ranking, as it was not asked for
    sellers: int = 0  # that offer the same accelerators
    median_usd: Decimal | None = None  # rent at the median of them; `usd` is the cheapest's
    tier: Tier = Tier.ESTIMATED
    is_old: bool = False
    model: str = ""  # the API model, for tokens
    asked: bool = True  # the model that was named, or the one in use; False = another that was never named
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Range | None:
        """The month with people's time; None where no price is known."""
        return None if self.usd is None else self.usd + self.work


@dataclass(frozen=True)
class Rejected:
    """A group of configurations that are not offered: the reason of the best attempt of those that came furthest, and the nearest."""

    kind: Kind
    names: tuple[str, ...]
    reason: str
    nearest: str
    configurations: int
    by_stage: dict[str, int]


@dataclass
class _Group:
    reason: dict[str, tuple[float, str, str]] = field(default_factory=dict)  # the best attempt of each stage
    count: dict[str, int] = field(default_factory=dict)


class Tally:
    """Counts every configuration that was looked at, and groups those that are not offered."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Kind, str], _Group] = {}
        self.configurations = 0
        self.pruned = 0  # never sized, because even without targets they are dearer than what is shown

    def saw(self, count: int) -> None:
        """So many configurations come under the search."""
        self.configurations += count

    def reject(self, kind: Kind, name: str, stage: str, reason: str, nearest: str = "", count: int = 1, score: float = 0.0) -> None:
        """So many of them are out. Of a stage the attempt with the lowest score is told."""
        if count <= 0:
            return
        group = self._groups.setdefault((kind, name), _Group())
        if stage not in group.reason or score < group.reason[stage][0]:
            group.reason[stage] = (score, reason, nearest)
        group.count[stage] = group.count.get(stage, 0) + count

    def why(self, kind: Kind, name: str) -> str:
        """The reason of what came furthest of a group; "" where none of it was turned down."""
        group = self._groups.get((kind, name))
        return "" if group is None else group.reason[max(group.count, key=STAGES.index)][1]

    def rejected(self) -> Iterator[Rejected]:
        """The groups, those that came furthest first; what has the same reason and nearest is one group."""
        merged: dict[tuple[Kind, str, str, str], list[tuple[str, _Group]]] = {}
        for (kind, name), group in self._groups.items():
            last = max(group.count, key=STAGES.index)
            _, reason, nearest = group.reason[last]
            merged.setdefault((kind, last, reason, nearest), []).append((name, group))
        for (kind, _, reason, nearest), found in sorted(merged.items(), key=lambda item: -STAGES.index(item[0][1])):
            stages: dict[str, int] = {}
            for _, group in found:
                for stage, count in group.count.items():
                    stages[stage] = stages.get(stage, 0) + count
            yield Rejected(kind, tuple(name for name, _ in found), reason, nearest, sum(stages.values()), stages)


def ranked(options: Iterable[Option]) -> list[Option]:
    """What was asked for first, then cheapest first by what a month likely costs in all; then what is kept aside; without a price last."""

    def key(option: Option) -> tuple[bool, bool, bool, Decimal, str, str]:
        total = option.total
        cost = Decimal(0) if total is None else Decimal(total.likely)
        return (total is None, option.aside, not option.asked, cost, option.name, option.provider)

    return sorted(options, key=key)
