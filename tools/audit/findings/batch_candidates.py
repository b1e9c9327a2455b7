"""Use at the normal rate of models that have a batch price, where the rows look as if nobody waits for the answers.

Signs: embeddings, a development or test environment, words such as "nightly" or "backfill", or nearly all cost at night and weekends.
The batch price is the list's; the share that may wait is assumed.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tools.audit.findings.rule import Ask, Match, Rule
from tools.audit.pricing.desk import prices_of
from tools.audit.pricing.models import ModelCost, ranked
from tools.audit.pricing.use import price_for

WORDS = (
    r"\b(?:batch|bulk|back-?fill|night(?:ly)?|cron|schedul\w*|etl|offline|eval\w*|benchmark\w*|index(?:ing|er)?|ingest\w*|embed\w*"
    r"|enrich\w*|label(?:l?ing)?|summari[sz]\w*|transcri\w*|report(?:s|ing)?|translat\w*|classif\w*|extract\w*)\b"
)
#: Assumed share of such use that may wait a day (low, likely, high).
SHARES = (Decimal("0.25"), Decimal("0.6"), Decimal(1))
NIGHT = Decimal("0.8")
_LINES = "category = 'Usage' and model <> '' and (kind = 'api_tokens' or input_tokens is not null or output_tokens is not null)"
_SIGNS = (
    """
select model, environment, workload || ' ' || team || ' ' || account as words, sum(billed), sum(off_hours), sum(cost), sum(rows),
  min(place, 20)
from spend_by_name_and_day
where pricing not in ('batch', 'flex', 'committed')
  and not regexp_matches(lower(description || ' ' || usage_type), $batch)
  and """
    + _LINES
    + " group by 1, 2, 3 order by 1, 2, 3"
)


def _waiting(ask: Ask, values: Mapping[str, Any]) -> list[Match]:
    models = {one.model: one for one in prices_of(ask, values).models}
    groups: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in ask(_SIGNS, {"batch": r"\bbatch"}) if models else []:
        one = models.get(row[0])
        if one is not None and (sign := _sign(one, row)):
            groups.setdefault((row[0], sign), []).append(row)
    found = []
    for (model, sign), rows in groups.items():
        amount, factor = sum((row[3] for row in rows), Decimal(0)), _factor(models[model])
        if factor is None or amount <= 0:
            continue
        low, likely, high = (amount * (1 - factor) * share for share in SHARES)
        places = sorted({place for row in rows for place in row[7]})[:20]
        why = f"batch and normal list price, {models[model].source()}; share that may wait assumed"
        found.append(Match(model, amount, sum(row[6] for row in rows), places, (low, likely, high), sign, why=why))
    return ranked(found)


def _sign(one: ModelCost, row: Sequence[Any]) -> str:
    if one.entry is not None and "embedding" in one.entry.tasks:
        return "embeddings"
    if row[1] in ("dev", "test", "staging"):
        return f"environment {row[1]}"
    if word := re.search(WORDS, row[2].casefold().replace("_", " ").replace("-", " ")):
        return f'the word "{word[0]}" in its name'
    if row[4] is not None and row[5] and row[4] >= NIGHT * row[5]:
        return "nearly all of it at night or at weekends"
    return ""


def _factor(one: ModelCost) -> Decimal | None:
    """List cost of the input and output tokens in a batch over their normal list cost; None where the list has no batch price."""
    normal = batch = Decimal(0)
    for name in ("input", "output"):
        if not (count := one.tokens.get(name)) or one.price is None:
            continue
        each, less = price_for(one.price, name, False, None), price_for(one.price, name, True, None)
        if each is None or less is None:
            return None
        normal, batch = normal + count * each, batch + count * less
    return batch / normal if 0 < batch < normal and one.list_total else None


RULE = Rule(
    id="batch-candidate",
    title="Work that could wait, paid at the normal rate",
    confirm="Whether anybody waits for these answers; what may take a day goes through the batch interface.",
    needs=_LINES,
    work=_waiting,
)
