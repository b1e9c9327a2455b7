"""Finds what a message states about serving a model: names, traffic, lengths, latency targets and engine options. Pure code.

Keys are the argument names of the sizing tools; `gpus` holds every accelerator that is named and `cards` how many of them the user
has (which is not how a replica is split: only "tensor parallel 2" says that); `latency` (a time of nothing in particular), `at_once` and `below_zero` are words that no tool takes. Does not judge whether anything is asked
(`serving_asked.py`). Times in milliseconds, shares 0 to 1.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.reading.candidates import Candidate, candidates
from agent.reading.price_words import cached_share
from knowledge.catalog import find_api_model, models

_NUMBER = r"(\d[\d,]*(?:\.\d+)?|\.\d+)"
_TIME = _NUMBER + r"\s*(ms|msec|milliseconds?|s|secs?|seconds?)\b"
_TTFT = re.compile(
    rf"(?i)\b(?:ttft|first token)(?:[^\d.?!;]{{0,24}}?){_TIME}|{_TIME}\s+(?:mean |median |p\d\d )?(?:ttft|(?:to|till|until|for) (?:the )?first token)"
)
_TPOT = re.compile(
    rf"(?i)\b(?:tpot|itl|inter-?token latency)\b[^\d.?!;]{{0,16}}?{_TIME}|{_TIME}\s*(?:a|an|per|/|each|for each)\s*(?:output |further |next )?tok(?:en)?\b"
)
_STREAM = re.compile(
    rf"(?i){_NUMBER}\s*tok(?:en)?s?\s*(?:/|per|a)\s*s(?:ec|econd)?\s*(?:/|per|a|an|for each|for every|each)\s*(?:user|stream|request|session|person)\b"
)
_CACHE = re.compile(
    r"(?i)\b(fp8|int8|int4|bf16)[\s-]+(?:kv|cache\b)|\b(?:kv[\s-]*)?cache (?:in|at|as|of|to|with|=|:)\s*(fp8|int8|int4|bf16)\b"
)
_DRAFT = re.compile(
    r"(?i)\b(\d{1,2}) (?:draft(?:ed)?|speculat\w+|guessed) tokens?\b|\b(?:draft(?:ing)?|speculat\w+)(?: decoding)?(?: length| depth)?(?: of| with|:|=| k ?=)? (\d{1,2})(?: tokens?)?\b(?! ?%)"
)
_ACCEPTED = re.compile(
    rf"(?i){_NUMBER}\s*(%|percent)?\s*(?:of (?:them|these|those|the drafts?|the tokens|draft tokens) )?(?:are |is |get |being )?(?:accepted|acceptance)\b"
    rf"|\baccept(?:ance|ing|ed)?(?: rate| share)?(?: of| is| at|:|=| about| ~)*\s*{_NUMBER}\s*(%|percent)?"
)
_DRAFT_MODEL = re.compile(r"(?i)^\W*(?:as|for|is) (?:the |a |our )?draft|^\W*draft(?:s|ing| model)\b")
_DRAFT_BEFORE = re.compile(r"(?i)\bdraft(?:er|ing)?(?: model| tokens?)?(?: is| of| by| from| with|:)?\s*(?:the |a )?$")
_TENSOR = re.compile(r"(?i)\b(?:tp|tensor[\s-]?parallel(?:ism|ized?)?(?: (?:size|degree))?)(?: of| size|=|:| ?= ?|[\s-]|)*?(\d{1,2})\b")
_DATA = re.compile(r"(?i)\b(?:dp|data[\s-]?parallel(?:ism)?)(?: of|=|:|[\s-])*(\d{1,2})\b")
_EXPERT = re.compile(r"(?i)\b(?:ep|expert[\s-]?parallel(?:ism)?)(?: of|=|:|[\s-])*(\d{1,3})\b")
_LINK = re.compile(r"(?i)\b(nvlink|pcie)\b(?! ?\d* ?gb)")
_TIMES = r"(?:x\b|×|times\b|-?fold\b)"
_PEAK = re.compile(
    rf"(?i)\bpeaks?\b[^\d.?!;]{{0,24}}?{_NUMBER}\s*{_TIMES}(?! (?:more|less|the (?:traffic|load|requests)))"
    rf"|{_NUMBER}\s*{_TIMES}\s*(?:the |our |a |as high as (?:the )?)?(?:mean|average|peaks?)\b"
    rf"|\bpeak[- ](?:to|over)[- ](?:the )?(?:mean|average)(?: ratio)?(?: of| is|=|:)*\s*{_NUMBER}"
)
_FLAT = re.compile(
    r"(?i)\b(?:flat|even|constant|steady) (?:traffic|load)\b|\b(?:traffic|load)(?: is|'s) (?:flat|even|constant|steady)\b|\bspread evenly\b|\b(?:no|without) peaks?\b"
)
_USD = rf"(?:\$\s?|\busd\s?){_NUMBER}\s?(k\b)?"
_RUNNING_USD = re.compile(rf"(?i)\brunning (?:it|that|them|work|costs?)\b[^\d.?!;]{{0,24}}?{_USD}")
_MOVING_USD = re.compile(rf"(?i)\b(?:moving|migration|migrating|the move)\b[^\d.?!;]{{0,24}}?{_USD}")
_AT_ONCE = re.compile(
    r"(?i)(?<![\w.,])\d[\d,]*k? (?:(?:concurrent|simultaneous|parallel) (?:users?|people|sessions?|streams?|chats?|requests?|calls)"
    r"|(?:users?|people|sessions?|streams?|chats?|requests?|calls) (?:at once|at a time|at the same time|concurrently|simultaneously|in parallel))\b"
)
_BELOW_ZERO = re.compile(
    r"(?i)(?<![\w.)%-])[-−]\d[\d,.]*k?\s?(?:requests?|reqs?|rps|qps|calls|tok(?:en)?s?|users?|gpus?|ms)\b(?:\s?(?:/|per|a)\s?\w+)?"
)
_SPOT = re.compile(r"(?i)\b(?:spot|preemptible)\b")
_BEFORE_IN = re.compile(
    r"(?i)\b(?:prompts?|inputs?|contexts?|questions?|documents?)(?: (?:length|size|tokens))?(?: of| with| are| is| at|:|=|,)*\s*(?:about |around |~|roughly |some )?$"
)
_BEFORE_OUT = re.compile(
    r"(?i)\b(?:answers?|outputs?|repl(?:y|ies)|completions?|responses?|generat\w+|writes?)(?: (?:length|size|tokens))?(?: of| with| are| is| at|:|=|,)*\s*(?:about |around |~|roughly |some )?$"
)
_PAIR = re.compile(rf"(?i)(?<![\w.,]){_NUMBER}(k?)\s*(?:/|\+|->)\s*{_NUMBER}(k?)\s*tok(?:en)?s?\b")
_OF_PAIR = re.compile(
    rf"(?i)\b(?:requests?|calls?)(?: (?:a|per) \w+|/\w+)? (?:of|at|with) {_NUMBER}(k?)\s?(?:/|\+|->)\s?{_NUMBER}(k?)(?![\w%/]|\.\d)"
)
_IN_OUT = re.compile(
    rf"(?i)\bin(?:puts?)?\s?[=:]?\s?{_NUMBER}(k?)(?: ?tok(?:en)?s?)?[\s,;/+&]*(?:and )?out(?:puts?)?\s?[=:]?\s?{_NUMBER}(k?)\b"
)
_IS_IN = re.compile(rf"(?i)\b(?:in|inputs?|prompts?)\s?[=:]\s?{_NUMBER}(k?)\b")
_IS_OUT = re.compile(rf"(?i)\b(?:out|outputs?|answers?)\s?[=:]\s?{_NUMBER}(k?)\b")
_PART_CACHED = re.compile(r"(?i)\b(half|a third|a quarter|two thirds|three quarters)(?: of)?\b[^.?!;]{0,30}?\bcach")
_PARTS = {"half": 0.5, "a third": 1 / 3, "a quarter": 0.25, "two thirds": 2 / 3, "three quarters": 0.75}
_IN_PLACE = re.compile(r"(?i)\s*(?:instead of|rather than|in place of)\b")
_ENGINES = {"vLLM": "vllm", "SGLang": "sglang", "TensorRT-LLM": "tensorrt-llm"}  # those that were measured
_QUALITY = re.compile(r"(?i)\b(?:quality|accuracy|f1)\b[^.?!;]{0,30}$")
_REQUESTS_AFTER = re.compile(r"(?i)\s*(?:\w+ )?(?:requests?|calls?|queries|prompts?|chats?|messages?)\b")
_PER_SECOND = re.compile(r"(?i)(?:/|per|a|each|every|in one)\s?s(?:ec(?:ond)?s?)?\b|(?<![a-z])(?:rps|qps)\b")
_CONTEXT_AFTER = re.compile(r"(?i)^\s*-?(?:tokens? )?(?:of )?context\b")


def serving_words(text: str, slots: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Argument name -> what the words say. `slots` is what the reading assigned, for lengths that the words leave open."""
    found = candidates(text)
    said: dict[str, Any] = {}
    for part in (_names(text, found), _traffic(text, found), _lengths(text, found, slots or {}), _targets(text), _options(text, found)):
        said.update(part)
    return {name: value for name, value in said.items() if value not in (None, "", ())}


def is_api_only(model: str) -> bool:
    """Whether a model is sold by its maker and its weights are not to be had, as far as the catalogue knows."""
    return find_api_model(model) is not None and models().resolve(model) is None


def _names(text: str, found: Sequence[Candidate]) -> dict[str, Any]:
    drafts = [
        one for one in found if one.kind == "model" and (_DRAFT_MODEL.match(text[one.end :]) or _DRAFT_BEFORE.search(text[: one.start]))
    ]
    named = [str(one.value) for one in found if one.kind == "model" and one not in drafts]
    named.sort(key=is_api_only)  # "from gpt-4o to llama 3.1 8b": what is sized is the one that can be
    gpus = dict.fromkeys(str(one.value) for one in found if one.kind == "hardware")
    cards = [int(one.value) for one in found if one.fields == ("gpu_count",) and isinstance(one.value, float)]
    cache = _CACHE.search(text)
    formats = [
        str(one.value)
        for one in found
        if one.kind == "precision" and not (cache and cache.start() <= one.start < cache.end())
    ]  # fmt: skip
    return {
        "model": next(iter(named), ""),
        "api_model": named[-1] if len(named) > 1 and is_api_only(named[-1]) and not is_api_only(named[0]) else "",
        "draft_model": next((str(one.value) for one in drafts), ""),
        "gpus": tuple(gpus),
        "cards": cards[0] if cards else None,
        "precision": next(iter(formats), ""),
        "formats": tuple(dict.fromkeys(formats)) if len(set(formats)) > 1 else (),
        "provider": next((str(one.value) for one in found if one.kind == "provider"), ""),
        "region": next((str(one.value) for one in found if one.kind == "region"), ""),
    }


def _traffic(text: str, found: Sequence[Candidate]) -> dict[str, Any]:
    """Requests a second or a month. A large count of requests without its period is that of a month, as bills have it."""
    said: dict[str, Any] = {}
    for one in found:
        if one.fields == ("requests_per_day",) and isinstance(one.value, float):
            is_peak = _PER_SECOND.search(one.words)
            said.setdefault(*("requests_per_second", one.value / 86_400) if is_peak else ("requests_per_month", one.value * 365 / 12))
        elif "requests_per_month" in one.fields and (len(one.fields) == 1 or _REQUESTS_AFTER.match(text[one.end :])):
            said.setdefault("requests_per_month", one.value)
    return said


def _lengths(text: str, found: Sequence[Candidate], slots: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens in and out: by the unit, by the word before ("answers of 400 tokens"), else as the reading assigned them."""
    said: dict[str, Any] = {}
    if pair := _PAIR.search(text) or _OF_PAIR.search(text) or _IN_OUT.search(text):  # "2k/500 tokens", "in 800 out 150"
        said["input_tokens"], said["output_tokens"] = (
            _plain(number) * (1000 if scale else 1) for number, scale in (pair.group(1, 2), pair.group(3, 4))
        )
    for name, pattern in (("input_tokens", _IS_IN), ("output_tokens", _IS_OUT)):  # "in=1800"
        if name not in said and (hit := pattern.search(text)):
            said[name] = _plain(hit.group(1)) * (1000 if hit.group(2) else 1)
    for one in found:
        if one.kind != "number" or not {"input_tokens", "output_tokens"} & set(one.fields) or _CONTEXT_AFTER.match(text[one.end :]):
            continue
        before = text[: one.start]
        if len(one.fields) == 1:
            said.setdefault(one.fields[0], one.value)
        elif _BEFORE_OUT.search(before):
            said.setdefault("output_tokens", one.value)
        elif _BEFORE_IN.search(before):
            said.setdefault("input_tokens", one.value)
        elif one.fields == ("input_tokens", "output_tokens"):
            for name in one.fields:
                if slots.get(name) == one.value:
                    said.setdefault(name, one.value)
    return said


def _milliseconds(hit: re.Match[str] | None) -> float | None:
    if hit is None:
        return None
    number, unit = next((hit.group(i), hit.group(i + 1)) for i in range(1, hit.re.groups, 2) if hit.group(i))
    return _plain(number) * (1.0 if unit.lower().startswith("m") else 1000.0)


def _plain(number: str) -> float:
    return float(number.replace(",", ""))


def _targets(text: str) -> dict[str, Any]:
    stream = _STREAM.search(text)
    tpot = _milliseconds(_TPOT.search(text))
    return {
        "ttft_ms": _milliseconds(_TTFT.search(text)),
        "tpot_ms": 1000 / _plain(stream.group(1)) if tpot is None and stream and _plain(stream.group(1)) else tpot,
    }


def _share(number: str, percent: str | None) -> float | None:
    value = _plain(number) / 100 if percent or _plain(number) > 1 else _plain(number)
    return round(value, 6) if 0 <= value <= 1 else None


def _dollars(hit: re.Match[str] | None) -> float | None:
    return None if hit is None else _plain(hit.group(1)) * (1000 if hit.group(2) else 1)


def _peak(text: str) -> float | None:
    """The busiest second over the mean."""
    if hit := _PEAK.search(text):
        return _plain(next(group for group in hit.groups() if group)) or None
    return 1.0 if _FLAT.search(text) else None


def _words(hit: re.Match[str] | None) -> str:
    return hit.group() if hit else ""


def _count(pattern: re.Pattern[str], text: str) -> int | None:
    hit = pattern.search(text)
    return int(next(group for group in hit.groups() if group)) if hit else None


def _part_cached(text: str) -> float | None:
    """A cached share in words: "half of the prompt is cached"."""
    hit = _PART_CACHED.search(text)
    return None if hit is None else round(_PARTS[hit.group(1).lower()], 6)


def _engine(text: str, found: Sequence[Candidate]) -> str:
    """The serving engine, where one alone is named that was measured, or one instead of another."""
    named = [one for one in found if one.kind == "framework" and one.value in _ENGINES]
    is_one = len({one.value for one in named}) == 1
    return _ENGINES[str(named[0].value)] if is_one or (named and _IN_PLACE.match(text[named[0].end :])) else ""


def _options(text: str, found: Sequence[Candidate]) -> dict[str, Any]:
    accepted = _ACCEPTED.search(text)
    pair = (accepted.group(1), accepted.group(2)) if accepted and accepted.group(1) else accepted and (accepted.group(3), accepted.group(4))
    rest = [one for one in found if not (accepted and accepted.start() <= one.start < accepted.end())]
    cached = cached_share(text, rest)
    quality = [one for one in rest if "quality_floor" in one.fields and one is not cached and _QUALITY.search(text[: one.start])]
    cache, link = _CACHE.search(text), _LINK.search(text)
    return {
        "kv_precision": (cache.group(1) or cache.group(2)).lower() if cache else "",
        "cached_share": round(float(cached.value), 6) if cached else _part_cached(text),
        "draft_tokens": _count(_DRAFT, text),
        "acceptance": _share(*pair) if pair and pair[0] else None,
        "gpu_count": _count(_TENSOR, text),
        "data_parallel": _count(_DATA, text),
        "expert_parallel": _count(_EXPERT, text),
        "interconnect": link.group(1).lower() if link else "",
        "engine": _engine(text, found),
        "basis": "spot" if _SPOT.search(text) else "",
        "quality_floor": round(float(quality[0].value), 6) if quality else None,
        "peak_over_mean": _peak(text),
        "running_usd": _dollars(_RUNNING_USD.search(text)),
        "moving_usd": _dollars(_MOVING_USD.search(text)),
        "latency": "" if _TTFT.search(text) or _TPOT.search(text) else next((one.words for one in found if "latency_ms" in one.fields), ""),
        "at_once": _words(_AT_ONCE.search(text)),
        "below_zero": _words(_BELOW_ZERO.search(text)),
    }
