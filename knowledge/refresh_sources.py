"""The public files that `knowledge.refresh` reads, each with a parser into plain prices. The README names their licences.

What was fetched is hostile: read as text and JSON only, every name and figure checked, and a form that is not the known one refused.
Compares nothing with the fact base.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

RAW = "https://raw.githubusercontent.com"
_MOST_PRICES = 200_000
_NAME = re.compile(r"[A-Za-z0-9][\w .:/@+-]{0,119}")
_DEAREST = Decimal(1_000_000)


class NotUnderstood(Exception):
    """The file has another form than the known one, or was cut off; the text says where."""


@dataclass(frozen=True)
class TokenRow:
    """A model's prices in USD per million tokens as the file states them, under the field names of our schema."""

    amounts: Mapping[str, Decimal]
    long_context: Mapping[str, Decimal]  # with `above_tokens`; empty where the file has none
    valid_from: date | None = None


@dataclass(frozen=True)
class Published:
    """What a file says. `day` is the day it gives itself; None where it gives none."""

    day: date | None = None
    machines: Mapping[tuple[str, str], tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)  # (name, region)
    models: Mapping[str, TokenRow] = field(default_factory=dict)  # "provider/model" as the file calls them
    skipped: tuple[str, ...] = ()  # what it says in a way that our schema has no place for


@dataclass(frozen=True)
class Upstream:
    """A public file, and which of our entries it is the source of: those with source key `key` in files of `kinds` (of one provider)."""

    name: str
    url: str
    ref: str
    kinds: tuple[str, ...]
    key: str
    parse: Callable[[bytes, date], Published]
    provider: str = ""


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUnderstood("it is not UTF-8 text") from None


def amount(text: object) -> Decimal:
    """A price that can be one. Raises NotUnderstood."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        raise NotUnderstood(f"{str(text)[:40]!r} is not a price") from None
    if not value.is_finite() or not 0 <= value <= _DEAREST:
        raise NotUnderstood(f"{str(text)[:40]} is not a possible price")
    return value


def _refuse_constant(text: str) -> Any:
    raise NotUnderstood(f"{text} is not a price")


def load_json(raw: bytes) -> Any:
    """JSON with exact figures. Raises NotUnderstood."""
    try:
        return json.loads(_text(raw), parse_float=Decimal, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError, ValueError) as problem:
        raise NotUnderstood(f"it is not whole JSON ({str(problem)[:80]})") from None


_GO_REGION = re.compile(r'^\s*(?:\w+\[)?"([a-z0-9-]+)"\]?\s*(?:=\s*map\[[^]]*\]\w+\s*\{|:\s*\{)')
_GO_PRICE = re.compile(r'"([A-Za-z0-9][\w. -]{0,80})":\s*([0-9][0-9.eE+-]*)')
_GO_DAY = re.compile(r"generated at (\d{4}-\d{2}-\d{2})T")


def go_map(raw: bytes, _today: date) -> Published:
    """Karpenter's generated Go tables of AWS and Azure: a map of regions to maps of machine types to USD an hour."""
    text = _text(raw)
    if text.count("{") != text.count("}") or not text.rstrip().endswith("}"):
        raise NotUnderstood("its brackets do not match; it was cut off")
    found: dict[tuple[str, str], tuple[Decimal | None, Decimal | None]] = {}
    region = ""
    for line in text.splitlines():
        if (head := _GO_REGION.match(line)) is not None:
            region = head[1]
        elif region:
            for name, figure in _GO_PRICE.findall(line):
                found[name, region] = (amount(figure), None)
    day = _GO_DAY.search(text)
    return Published(_some(day[1] if day else None), _not_empty(found))


def gcp_json(raw: bytes, _today: date) -> Published:
    """Karpenter's prices of Google Cloud: {"prices": {region: {"on_demand": {type: USD}, "spot": {type: USD}}}}."""
    content = load_json(raw)
    regions = content.get("prices") if isinstance(content, dict) else None
    if not isinstance(regions, dict):
        raise NotUnderstood('it has no table "prices"')
    found: dict[tuple[str, str], tuple[Decimal | None, Decimal | None]] = {}
    for region, tables in regions.items():
        if not isinstance(tables, dict) or not isinstance(tables.get("on_demand"), dict):
            raise NotUnderstood(f"{str(region)[:40]} has no on-demand prices")
        spot: dict[str, Any] = tables["spot"] if isinstance(tables.get("spot"), dict) else {}
        for name, figure in tables["on_demand"].items():
            found[str(name), str(region)] = (_six(figure), _six(spot[name]) if name in spot else None)
    return Published(None, _not_empty(found))


def _six(figure: object) -> Decimal:
    """Google's prices are products of part prices with fifteen digits; a millionth of a dollar is exact enough."""
    return amount(figure).quantize(Decimal("0.000001")).normalize()


def genai_json(raw: bytes, today: date) -> Published:
    """pydantic/genai-prices: providers with models with prices in USD per million tokens, some from a day on."""
    content = load_json(raw)
    if not isinstance(content, list):
        raise NotUnderstood("it is not a list of providers")
    found: dict[str, TokenRow] = {}
    skipped: list[str] = []
    for provider in content:
        if not isinstance(provider, dict) or not isinstance(provider.get("models"), list):
            raise NotUnderstood("a provider has no list of models")
        for model in provider["models"]:
            name = f"{provider.get('id')}/{model.get('id') if isinstance(model, dict) else None}"
            row = _token_row(model.get("prices") if isinstance(model, dict) else None, today)
            if row is None:
                skipped.append(name)
            else:
                found[name] = row
    if not found:
        raise NotUnderstood("no price could be read from it")
    return Published(None, models=_named(found), skipped=tuple(skipped))


_GENAI = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "requests_kcount": "per_thousand_requests",
}


def _token_row(prices: object, today: date) -> TokenRow | None:
    """The prices in force today; None where they follow the hour, have several steps, or are of another form."""
    since: date | None = None
    if isinstance(prices, list):
        chosen: object = None
        for step in prices:
            bound = step.get("constraint") if isinstance(step, dict) else None
            if bound is not None and not (isinstance(bound, dict) and set(bound) == {"start_date"}):
                return None
            start = _some(bound["start_date"]) if bound else None
            if start is None or start <= today:
                chosen, since = step.get("prices"), start
        prices = chosen
    if not isinstance(prices, dict) or "input_mtok" not in prices:
        return None
    amounts, longer, starts = {}, {}, set()
    for theirs, value in prices.items():
        ours = _GENAI.get(theirs)
        if ours is None:
            continue
        if isinstance(value, dict):
            tiers = value.get("tiers")
            if not isinstance(tiers, list) or len(tiers) != 1 or not isinstance(tiers[0], dict):
                return None
            starts.add(tiers[0].get("start"))
            longer[ours] = amount(tiers[0].get("price"))
            value = value.get("base")
        amounts[ours] = amount(value)
    if len(starts) > 1 or not all(isinstance(start, int) and start > 0 for start in starts):
        return None
    if longer and "input" not in longer:
        return None
    return TokenRow(amounts, {"above_tokens": amount(starts.pop()), **longer} if longer else {}, since)


def _some(text: object) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").date()
    except ValueError:
        raise NotUnderstood(f"{str(text)[:40]!r} is not a day") from None


def _named(found: dict[Any, Any]) -> dict[Any, Any]:
    """The same where it is not too much and every name is plain. Raises NotUnderstood."""
    if len(found) > _MOST_PRICES:
        raise NotUnderstood("it holds more prices than there can be")
    for key in found:
        for part in key if isinstance(key, tuple) else (key,):
            if not _NAME.fullmatch(part):
                raise NotUnderstood(f"{part[:40]!r} is not a name")
    return found


def _not_empty(found: dict[tuple[str, str], tuple[Decimal | None, Decimal | None]]) -> Any:
    if not found:
        raise NotUnderstood("no price could be read from it; its form may have changed")
    return _named(found)


def upstreams() -> tuple[Upstream, ...]:
    """All public files, at the head of their main branch."""
    from knowledge.refresh_gpu_clouds import offerings_json

    machines = ("prices/instances", "prices/cpu_machines")
    aws, azure, gcp = "aws/karpenter-provider-aws", "Azure/karpenter-provider-azure", "cloudpilot-ai/karpenter-provider-gcp"
    clouds, tokens = "tardellirs/gpu-pricing", "pydantic/genai-prices"
    folder = "pkg/providers/pricing"
    return (
        _upstream("aws", aws, f"{folder}/zz_generated.pricing_aws.go", machines, "karpenter", go_map, "aws"),
        _upstream("azure", azure, f"{folder}/zz_generated.pricing.go", machines, "karpenter", go_map, "azure"),
        _upstream("gcp", gcp, f"{folder}/initial-prices.json", machines, "karpenter", gcp_json, "gcp"),
        _upstream("gpu-clouds", clouds, "src/data/offerings.json", ("prices/instances",), "offers", offerings_json),
        _upstream("tokens", tokens, "prices/data_slim.json", ("prices/api",), "genai", genai_json),
    )


def _upstream(
    name: str, repository: str, path: str, kinds: tuple[str, ...], key: str, parse: Callable[[bytes, date], Published], provider: str = ""
) -> Upstream:
    return Upstream(name, f"{RAW}/{repository}/main/{path}", f"github.com/{repository} main {path}", kinds, key, parse, provider)
