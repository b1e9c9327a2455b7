"""Finds how a price is asked for in a message: "cheaper than X", "half in batches", "flex tier", "in euros", "price my usage".

Pure code. What it finds fills the arguments of one pricing call; only a cached share is a fact of the workload, and that is read as
one in `settled.py`. A figure counts only where its own words name what it is a share of.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.reading.candidates import Candidate, candidates
from knowledge.catalog import find_api_model

_USAGE = re.compile(
    r"(?i)\b(?:re-?)?pric(?:e|ed|ing)\b.{0,30}\b(?:my|our|the|this|that|these|those) (?:\w+ )?(?:usage|tokens?|consumption|log|bill)\b"
    r"|\b(?:usage|tokens?|consumption|bill)\b.{0,60}\b(?:at|with|under|by|to) (?:\w+ )?(?:list|today'?s|current) (?:list )?prices?\b"
)
_CHEAPER = re.compile(r"(?i)\bcheaper (?:than|models? than|alternatives? (?:to|than))\b|\binstead of\b.{0,40}\bcheaper\b")
_SHARE = r"(?:(?P<word{0}>half|all|everything|every request|a third|a quarter)|(?P<number{0}>\d{{1,3}}(?:\.\d+)?)\s?(?:%|percent|per cent))"
_BATCH = re.compile(
    rf"(?i){_SHARE.format('')}[^.?!\d]{{0,40}}\bbatch(?:e[sd]|ing)?\b|\bbatch(?:e[sd]|ing)?\b[^.?!\d]{{0,20}}{_SHARE.format(2)}"
)
_TIER = re.compile(r"(?i)\b(flex|priority)(?: service| processing)? (?:tier|pricing|prices?|rates?|processing)\b")
_REGION = re.compile(
    r"(?i)\b(eu|us|europe)\b[ -](?:data )?(?:residency|region|processing)\b"
    r"|\b(?:residency|processed|region)\b.{0,12}\b(?:the )?(eu|us|europe)\b"
)
_CURRENCY = re.compile(
    r"(?i)\bin (euros?|eur|pounds|gbp|rupees|inr|yen|jpy|swiss francs|chf)\b(?:.{0,20}\b(?:at|rate)\b.{0,12}?(\d+(?:\.\d+)?))?"
)
_WORDS = {"half": 0.5, "a third": 1 / 3, "a quarter": 0.25}
_CODES = {"euro": "EUR", "euros": "EUR", "pounds": "GBP", "rupees": "INR", "yen": "JPY", "swiss francs": "CHF"}
_CACHED = re.compile(r"(?i)^.{0,24}\bcach(?:ed?|ing|e hits?)\b|^\s*(?:%\s*)?(?:of .{0,40})?\bcach")
_CACHE_BEFORE = re.compile(r"(?i)\bcach(?:ed?|ing)(?: hit)?(?: rate| share| ratio)?(?: of| is| at|:| to)?\s*(?:about |around |roughly )?$")


@dataclass(frozen=True)
class PriceWords:
    """What a message says about a price. `model` is the API model that it names, in the user's words."""

    of_usage: bool = False  # prices the usage that was audited
    compares: bool = False  # asks for something cheaper than `model`
    model: str = ""
    batch_share: float | None = None
    terms: str = ""

    @property
    def asks(self) -> bool:
        """Whether the message asks for a price in words that are no answer to another question."""
        return self.of_usage or self.asks_again

    @property
    def asks_again(self) -> bool:
        """Whether the same workload is to be priced another way."""
        return bool((self.compares and self.model) or self.batch_share is not None or self.terms)


def price_words(text: str) -> PriceWords:
    """How a price is asked for."""
    return PriceWords(_USAGE.search(text) is not None, _CHEAPER.search(text) is not None, _api_model(text), _batch(text), _terms(text))


def _api_model(text: str) -> str:
    named = (one.words for one in candidates(text) if one.kind == "model")
    return next((words for words in named if find_api_model(words) is not None), "")


def _batch(text: str) -> float | None:
    hit = _BATCH.search(text)
    if hit is None:
        return None
    number, word = hit["number"] or hit["number2"], (hit["word"] or hit["word2"] or "").lower()
    share = float(number) / 100 if number else _WORDS.get(word, 1.0)
    return share if 0 <= share <= 1 else None


def _terms(text: str) -> str:
    tier, region, currency, code = _TIER.search(text), _REGION.search(text), _CURRENCY.search(text), currency_named(text)
    said = []
    if tier:
        said.append(f"tier={tier[1].lower()}")
    if region:
        said.append(f"region={(region[1] or region[2]).lower().replace('europe', 'eu')}")
    if currency:
        said.append(f"currency={code}")
        said += [f"rate={currency[2]}"] if currency[2] else []
    return ", ".join(said)


def currency_named(text: str) -> str:
    """The currency that figures are wanted in, "INR"; "" where none is named."""
    hit = _CURRENCY.search(text)
    return _CODES.get(hit[1].lower(), hit[1].upper()) if hit else ""


def cached_share(text: str, found: Sequence[Candidate]) -> Candidate | None:
    """The candidate that is a share of cached input by its own words; None where there is none or more than one."""
    fits = [
        one for one in found if "cached_share" in one.fields and (_CACHED.match(text[one.end :]) or _CACHE_BEFORE.search(text[: one.start]))
    ]
    return fits[0] if len(fits) == 1 else None
