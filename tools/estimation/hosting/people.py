"""What people's time costs beside the machines: running a model oneself, and moving, from the planner's own technique cards.

What the user did not state is assumed and says so (`Assumed`), with the way to set it. USD a month; knows no machines and no traffic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from knowledge.ranges import Range
from knowledge.source import Source
from knowledge.techniques import card
from tools.contracts.tool import ToolContext
from tools.estimation.traffic import Assumed

#: As the planner's defaults of the same names; the user's edits of those count here too.
DAY_USD, HORIZON_MONTHS = Range(500.0, 800.0, 1200.0), 12.0


#: What is assumed, as the evidence calls it.
RUNNING, MOVING_OWN, MOVING_OTHER = "Running work of self-hosting", "Moving to self-hosting, once", "Moving to another API model, once"
#: How to set it: in words, and in a command.
SAY_RUNNING, SAY_MOVING = '"running it costs us $3000 a month" (running=3000)', '"moving costs $20000" (moving=20000)'
_RUNNING, _MOVING = f"say {SAY_RUNNING} to change it", f"say {SAY_MOVING} to change it"


@dataclass(frozen=True)
class Work:
    """People's time, USD a month: `own` while serving a model oneself, `moving` spread over the months in which a move must pay back."""

    own: Range
    moving: Range  # to self-hosting
    switching: Range  # to another API model
    months: float  # in which a move must pay back


def people(terms: Mapping[str, str | float], context: ToolContext) -> tuple[Work, list[Assumed]]:
    """The cards of the planner say how many days a move takes and what running costs; a day's price is the planner's default."""
    edits = context.session.assumptions
    day = Range.exact(float(edits["engineering_day_usd"])) if "engineering_day_usd" in edits else DAY_USD
    months = float(edits.get("horizon_months", HORIZON_MONTHS))
    own, other = card("self_host_open_model"), card("smaller_model")
    effect = next(e for e in own.effects if "running_usd_month" in e.parameters)
    running, assumed = effect.parameters["running_usd_month"], []
    if "running" in terms:
        running = Range.exact(float(terms["running"]))
    else:
        source = Source(effect.source.ref, effect.source.checked_on)
        assumed.append(Assumed(RUNNING, _usd(running), "USD/month", source, "running=... in --terms", _RUNNING))
    to_own, to_other = (_usd(c.one_time.engineering_days * day) for c in (own, other))
    if "moving" in terms:
        to_own = to_other = _usd(Range.exact(float(terms["moving"])))
    else:
        source = Source("technique cards of self-hosting and of a smaller model; a day's price is a default of this program")
        for what, cost in ((MOVING_OWN, to_own), (MOVING_OTHER, to_other)):
            assumed.append(Assumed(what, cost, "USD", source, "moving=... in --terms", _MOVING))
    return Work(_usd(running), _usd(to_own / months), _usd(to_other / months), months), assumed


def _usd(value: Range) -> Range:
    return Range(*(Decimal(str(round(float(v), 2))) for v in (value.low, value.likely, value.high)))
