"""Compares what a public file says of token prices with ours: a change becomes a new dated entry, and the history before it stays.

Only prices that were read in that file before are renewed; where ours came from somewhere else and differs, that is said and left alone.
Writes nothing: the changes wait in a `FactText`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.refresh_compare import Comparison, dated, fact_files, guard, impossible, is_of, move, plain, renew_source, shown
from knowledge.refresh_edit import FactText
from knowledge.refresh_sources import Published, TokenRow, Upstream

_SPOKEN = ("input", "cached", "cache_write", "output", "audio_input", "audio_output", "per_thousand_requests")
#: What other sources say beside the plain prices: it holds on while the plain prices do.
_BESIDE = ("batch_input", "batch_output", "tiers", "regions", "region_factor", "region_source", "batch_source")


def compare_tokens(upstream: Upstream, published: Published, data: Path, today: date) -> Comparison:
    """Prices of models by the token. Raises NotUsable."""
    found = Comparison(upstream, published.day or today)
    known: set[str] = set()
    ours = missing = 0
    for text in fact_files(data, upstream.kinds):
        source = text.data["sources"].get(upstream.key)
        if source is None:
            continue
        if source["checked_on"] >= found.day:
            found.remarks.append(f"{shown(text.path)} is of {source['checked_on']} already")
            wanted = [name for model in text.data["models"] if (name := _listed_as(model, upstream.key))]
            ours, missing = ours + len(wanted), missing + sum(name not in published.models for name in wanted)
            continue
        used: set[str] = set()
        for position, model in enumerate(text.data["models"]):
            name = _listed_as(model, upstream.key)
            if name:
                known.add(name)
                taken = _one_model(text, position, model, name, published, found, today)
                ours += 1
                missing += name not in published.models and name not in published.skipped
                used |= _settle_sources(text, position, model, name, upstream.key, is_taken=bool(taken))
        if upstream.key in used:
            renew_source(text, found, used)
            found.files.append(text)
    guard(found, ours, missing)
    found.further = len(set(published.models) - known)
    return found


def _listed_as(model: Mapping[str, Any], key: str) -> str:
    """The model's name in the file, whichever reading of it we have."""
    return next((str(name) for source, name in model.get("listed_as", {}).items() if is_of(source, key)), "")


def _in_force(prices: list[Mapping[str, Any]], today: date) -> int:
    current = 0
    for position, price in enumerate(prices):
        if price.get("valid_from") is None or price["valid_from"] <= today:
            current = position
    return current


def _amount(price: Mapping[str, Any], key: str) -> Decimal | None:
    value = price.get(key)
    return None if value is None else Decimal(str(value))


def _one_model(
    text: FactText, position: int, model: Mapping[str, Any], listed_as: str, published: Published, found: Comparison, today: date
) -> bool | None:
    """Takes the prices of one model over, or says why not. True: confirmed or taken; None: the file says it in another way."""
    name, current = str(model["name"]), _in_force(model["prices"], today)
    price, row = model["prices"][current], published.models.get(listed_as)
    if row is None:
        if listed_as in published.skipped:
            found.remarks.append(f"{name}: its prices there depend on the hour or have several steps; left as they are")
            return None
        found.gone.append(name)
        return False
    moves = {kind: (_amount(price, kind), row.amounts[kind]) for kind in _SPOKEN if kind in row.amounts}
    moves = {kind: pair for kind, pair in moves.items() if pair[0] != pair[1]}
    longer = price.get("long_context") or {}
    if not moves and all(_amount(longer, kind) == value for kind, value in row.long_context.items()):
        found.confirmed += 1
        return is_of(price.get("source"), found.upstream.key)
    if not is_of(price.get("source"), found.upstream.key) or current != len(model["prices"]) - 1:
        found.remarks.append(f"{name}: differs there ({_told(moves) or 'long context'}), but ours was read elsewhere; left as it is")
        return True
    why = next((why for before, after in moves.values() if (why := impossible(before, after))), "")
    if why:
        found.refused.append(f"{name} {why}")
        return False
    entry = _new_entry(price, row, found.upstream.key, today, is_same_plain={"input", "output"}.isdisjoint(moves))
    text.append(entry, "models", position, "prices")
    lost = [each for each in _BESIDE if each in price and each not in entry and not each.endswith("_source")]
    found.changes.append(f"{name}: {_told(moves) or 'long context'}" + (f"; not known any more: {', '.join(lost)}" if lost else ""))
    return True


def _told(moves: Mapping[str, tuple[Decimal | None, Decimal]]) -> str:
    return ", ".join(f"{kind} {move(*pair)}" for kind, pair in moves.items())


def _new_entry(price: Mapping[str, Any], row: TokenRow, key: str, today: date, *, is_same_plain: bool) -> dict[str, Any]:
    """The price from now on, or from the day that the file gives."""
    former = price.get("valid_from")
    since = row.valid_from if row.valid_from is not None and (former is None or row.valid_from > former) else today
    entry: dict[str, Any] = {"valid_from": since}
    entry.update({kind: plain(row.amounts[kind]) for kind in _SPOKEN if kind in row.amounts})
    if row.long_context:
        rates = {kind: plain(value) for kind, value in row.long_context.items() if kind in ("input", "output", "cached", "cache_write")}
        entry["long_context"] = {"above_tokens": int(row.long_context["above_tokens"]), **rates}
    if is_same_plain:
        entry.update({kind: price[kind] for kind in _BESIDE if kind in price})
    return {**entry, "source": key}


def _settle_sources(text: FactText, position: int, model: Mapping[str, Any], name: str, key: str, *, is_taken: bool) -> set[str]:
    """Sets every source of the model to the reading it rests on; returns all source keys that the model uses then.

    Confirmed: the price in force and the entry are of the new reading. Changed: the prices before stay of the old one. Not found: all do.
    """
    before, after = model["prices"], text.meant["models"][position]["prices"]
    for number, price in enumerate(before):
        in_force_still = is_taken and len(after) == len(before) and number == len(before) - 1
        if is_of(price.get("source"), key):
            text.set(_reading(text, price["source"], key, is_new=in_force_still), "models", position, "prices", number, "source")
    if is_of(model["source"], key):
        text.set(_reading(text, model["source"], key, is_new=is_taken), "models", position, "source")
    now = text.meant["models"][position]
    used = {str(found) for found in _source_keys(now)}
    others = {source: theirs for source, theirs in model["listed_as"].items() if not is_of(source, key)}
    text.set({**others, **{source: name for source in sorted(used) if is_of(source, key)}}, "models", position, "listed_as")
    return used


def _reading(text: FactText, source: str, key: str, *, is_new: bool) -> str:
    return key if is_new else dated(text, key) if source == key else source


def _source_keys(value: Any) -> Iterator[str]:
    """Every source key inside an entry, however deep."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name in ("source", "batch_source", "region_source", "retires_source"):
                yield each
            else:
                yield from _source_keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _source_keys(each)
