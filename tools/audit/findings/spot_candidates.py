"""Training, batch and development accelerators bought on demand, or nobody says how: work that can wait may run on spare capacity.

What can wait is told by the environment or by words in names and descriptions; serving and endpoints are left out.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from knowledge.catalog import checked, source_of
from knowledge.source import Tier
from tools.audit.findings.machines import MACHINE, held
from tools.audit.findings.rule import Ask, Match, Rule, effect_of

_QUESTION = """
with told as (
  select *, lower(concat_ws(' ', resource, workload, service, description, usage_type)) as words from machine where pricing in ('on_demand', ''))
select name, lower(hardware), lower(region), sum(cost), sum(rows), min(place, 20),
  case when bool_and(pricing = '') then 'how it was bought is not stated; ' else '' end || coalesce(min(case when environment in ('dev', 'test') then 'environment ' || environment end),
    'named ' || min(regexp_extract(words, 'train|fine-?tun|batch|offline|nightly|backfill|experiment|pre-?process'))) as reason
from told where not regexp_matches(words, 'endpoint|serving|inference|hosting|notebook')
  and (environment in ('dev', 'test') or regexp_matches(words, '\\b(?:re)?train|fine-?tun|\\bbatch|offline|nightly|backfill|experiment|pre-?process'))
group by 1, 2, 3 having sum(cost) > 0 order by 4 desc, 1, 2, 3"""  # noqa: E501
#: What an interruption costs again, as a share of the price paid: the technique card's allowance for lost work.
_LOST_WORK = Decimal("0.1")


def _work(ask: Ask, values: Mapping[str, Any]) -> Iterable[Match]:
    found = ask(_QUESTION, dict(values))
    card = effect_of("spot") if found else None
    for name, hardware, region, amount, rows, places, reason in found:
        machine = held(hardware).instance
        price = machine.price(region) if machine else None
        if machine and price and price.on_demand and price.spot and not price.doubtful and card:
            share = price.spot / price.on_demand
            likely = max(Decimal(0), 1 - share * (1 + _LOST_WORK))
            source = source_of(machine, price.source)
            why = f"Spot price of {machine.name} in {region} ({source.ref}, {checked(source)}), a tenth added for lost work"
            saving = (min(card.low, likely) * amount, likely * amount, (1 - share) * amount)
            yield Match(name, amount, rows, places, saving, f"{reason}; spot at {100 * share:.0f} % of on demand", Tier.CATALOGUE, why)
        else:
            yield Match(name, amount, rows, places, None, reason)


RULE = Rule(
    id="spot-candidate",
    title="Work that can wait, not known to be on spot",
    confirm="That the job writes checkpoints and may end later: interruptions a day over two weeks.",
    given=MACHINE,
    work=_work,
    technique="spot",
)
