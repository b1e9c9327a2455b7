"""Stay, switch or shrink: the three ways side by side on the allocation basis, each with the volume from which it pays.

Stay: by the token as now. Switch: the open model on rented machines. Shrink: another model by the token. The verdict is the cheapest
likely month with people's time; under a quality floor only what is known to keep it may win. Makes no evidence and writes no sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tools.estimation.hosting.break_even import BreakEven, utilization, volume
from tools.estimation.hosting.hosted import Hosted, usd_per_request
from tools.estimation.hosting.option import Option
from tools.estimation.hosting.question import Question

Choice = Literal["stay", "switch", "shrink", "none"]


@dataclass(frozen=True)
class Pays:
    """Where a rented option pays against a price by the token. Each: everything better than thought, as thought, worse; None = never."""

    option: Option
    against: Option
    volumes: tuple[BreakEven | None, BreakEven | None, BreakEven | None]

    @property
    def likely(self) -> BreakEven | None:
        """As thought."""
        return self.volumes[1]


@dataclass(frozen=True)
class Verdict:
    """`switch`: the cheapest rented option that is not interruptible, of the machines that were asked about where some were; `shrink`: the
    cheapest other model by the token.
    """

    choice: Choice
    stay: Option | None
    switch: Option | None
    shrink: Option | None
    pays: Pays | None  # against what is used now
    pays_hosted: Pays | None  # against the cheapest host of the same open model, where that is another
    needed: tuple[float | None, float | None, float | None]  # utilization of `switch` from which it pays: better, as thought, worse
    shrink_from: float | None  # requests a month from which shrinking pays
    aside: Option | None = None  # what is cheaper than `switch` on a machine that is kept out of the ranking
    pays_aside: Pays | None = None  # the first of those to break even against what is used now
    other: Option | None = None  # the cheapest ranked machines beside those that were asked about

    @property
    def is_conditional(self) -> bool:
        """Whether it names a model or format whose quality on the user's data nobody knows."""
        return self.choice in ("switch", "shrink") and self.chosen is not None and not self.chosen.quality.is_known

    @property
    def chosen(self) -> Option | None:
        """The option that the verdict names."""
        return {"stay": self.stay, "switch": self.switch, "shrink": self.shrink, "none": None}[self.choice]


def _total(option: Option | None) -> Decimal | None:
    return None if option is None or option.total is None else Decimal(option.total.likely)


def cheapest(options: Iterable[Option]) -> Option | None:
    """The cheapest with a price that nobody can take away."""
    priced = [o for o in options if o.total is not None and not o.interruptible]
    return min(priced, key=lambda o: (_total(o), o.name, o.provider), default=None)


def decide(question: Question, rented: list[Option], firsts: tuple[Option | None, Option | None], bought: Hosted) -> Verdict:
    """The verdict. `firsts`: the rented option that breaks even at the smallest volume, and that of those kept out of the ranking."""
    ranked, aside = [o for o in rented if not o.aside], cheapest(o for o in rented if o.aside)
    held = next((o for o in ranked if o.held), None)
    switch, other = held or cheapest(ranked), cheapest(o for o in ranked if not o.held) if held is not None else None
    first, first_aside = firsts
    shrink = _smaller(question, bought)
    ways: list[tuple[Choice, Option | None]] = [("stay", bought.now), ("switch", switch), ("shrink", shrink)]
    open_ways = [(cost, n, name) for n, (name, o) in enumerate(ways) if (cost := _total(o)) is not None and _may_win(name, o, question)]
    choice: Choice = min(open_ways)[2] if open_ways else "none"
    host = bought.managed[0] if bought.managed and bought.now is not None and bought.managed[0].model != bought.now.model else None
    return Verdict(
        choice,
        bought.now,
        switch,
        shrink,
        _pays(question, first or switch, bought.now),
        _pays(question, first or switch, host),
        _needed(question, switch, bought.now),
        _from(question, bought.now, shrink),
        aside if held is None and _saves(aside, switch) else None,
        _pays(question, first_aside, bought.now) if held is None else None,
        other,
    )


def _saves(aside: Option | None, switch: Option | None) -> bool:
    """Whether its machines cost less than those of the cheapest that is ranked by more than a figure's rounding."""
    if aside is None or aside.usd is None or switch is None or switch.usd is None:
        return aside is not None
    return Decimal(aside.usd.likely) < Decimal(switch.usd.likely) * Decimal("0.99")


def _smaller(question: Question, bought: Hosted) -> Option | None:
    """The other model to think of first: the named open one by the token, else a cheaper one of the same seller, else the cheapest."""
    now = bought.now
    others = [o for o in (*bought.managed, *bought.shrink) if now is None or o.model != now.model]
    if question.api is None:
        return cheapest(o for o in others if o.kind == "api")
    named = [o for o in others if o.asked]
    siblings = [o for o in others if now is not None and o.provider == now.provider]
    return cheapest(named) or cheapest(siblings) or cheapest(others)


def _may_win(name: Choice, option: Option | None, question: Question) -> bool:
    """What is used now needs no proof; anything else must keep a floor. Who wants an open model did not ask for another one."""
    if option is None or (name == "shrink" and question.api is None):
        return False
    return name == "stay" or option.quality.passes(question.floor)


def _pays(question: Question, option: Option | None, against: Option | None) -> Pays | None:
    if option is None or option.steps is None or against is None:
        return None
    low, likely, high = usd_per_request(against, question)
    best, as_thought, worst = option.steps
    return Pays(option, against, (volume(best, high), volume(as_thought, likely), volume(worst, low)))


def _needed(question: Question, switch: Option | None, now: Option | None) -> tuple[float | None, float | None, float | None]:
    if switch is None or now is None or switch.usd is None or switch.full_requests is None:
        return None, None, None
    rent, full, work = float(switch.usd.likely), switch.full_requests, switch.work
    low, likely, high = usd_per_request(now, question)
    cases = ((work.low, full.high, high), (work.likely, full.likely, likely), (work.high, full.low, low))
    better, thought, worse = (utilization(rent + float(more), float(carried), price) for more, carried, price in cases)
    return better, thought, worse


def _from(question: Question, now: Option | None, shrink: Option | None) -> float | None:
    """Where a line with a fixed part crosses one without."""
    if now is None or shrink is None:
        return None
    gap = usd_per_request(now, question)[1] - usd_per_request(shrink, question)[1]
    return float(shrink.work.likely) / gap if gap > 0 else None
