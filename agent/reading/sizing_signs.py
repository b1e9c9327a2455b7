"""The signs that a message gives of what it wants to know of a model to be sized: what it names, and what kind of thing it asks. Pure code.

A sign says that words are there, never what follows from it: that is the table in `serving_asked.py`. Words are looked for in the
text with its typing errors put right.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Mapping
from enum import Flag, auto
from typing import Any

from agent.reading.serving_words import is_api_only


class Sign(Flag):
    """The first block is named, the second is asked, the third is known from before."""

    NONE = 0
    MODEL = auto()  # an open one
    API = auto()  # a model sold as an API alone, or its seller
    GPU = auto()
    GPUS = auto()  # two or more
    RATE = auto()
    PER_SECOND = auto()

    TRAIN = auto()
    HOW_MUCH = auto()  # of a training: cost, time, memory
    OWN = auto()  # hosting it oneself, or which hardware to get
    VERSUS = auto()  # held against an API
    CPU = auto()
    MOVE = auto()
    RUN = auto()  # running, serving, hosting
    COST = auto()
    SPEED = auto()
    HOLDS = auto()  # enough, keeps up
    MEMORY = auto()
    CAN_RUN = auto()
    COUNT = auto()
    MACHINE = auto()  # hardware without its name
    WHAT_FOR = auto()
    CHEAPEST = auto()
    COMPARES = auto()
    TURNS = auto()  # where owning begins to pay
    ELSEWHERE = auto()  # what no sizing tool says

    KNOWN = auto()  # an open model was spoken of
    ABOUT = auto()  # the question before was about sizing


_HARDWARE = r"(?:graphics? )?(?:gpu|card|accelerator|instance|machine|hardware|chip|box|server)"
_API = r"(?:\w+ )?(?:api|openai|anthropic|bedrock|vertex)"
_WORDS: dict[Sign, str] = {
    Sign.TRAIN: r"fine[- ]?tun\w*|(?:re|pre)?-?train(?:ing|ed)?|q?lora|peft|tun(?:e|ing)",
    Sign.HOW_MUCH: r"costs?|how (?:long|much|many)|hours?|price|expensive|fits?|memory|vram|gpus?|budget|take",
    Sign.OWN: (
        r"self[- ]?host\w*|of our own|(?:host|run|serve|hosting|running|serving)\b.{0,40}\b(?:ourselves|myself|on our own|in[- ]house)|break[- ]?even|in[- ]house|on[- ]prem(?:ise)?s?"
        rf"|(?:our|my|your|their) own {_HARDWARE}(?:e?s)?|(?:own|rent|buy)ing(?: (?:\d+|our own|our|own|some|the))* {_HARDWARE}(?:e?s)?"
        r"|(?:or|than|versus|vs\.?) (?:self-)?hosting|hosting (?:it|them|[\w .-]{2,30}) (?:or|than|versus|vs\.?)"
        rf"|(?:which|what|best|cheapest|right) (?:kind of |type of |cloud )?{_HARDWARE}(?:e?s)?\b(?! (?:is|are|was|do we|did) (?:idle|ours?|running)| (?:utili[sz]ation|memory|hours|count))"
        r"|(?:cheapest|most cheaply|cheapest way|least expensive|best value)\b.{0,30}\b(?:serve|serving|run|running|host|hosting|deploy\w*|way|option)"
        r"|(?:run|serve|host|deploy)\b.{0,40}\b(?:most cheaply|(?:the )?cheapest|for the least)"
        r"|(?:cpu|gpu)s? (?:or|vs\.?|versus|or rather) (?:an? )?(?:cpu|gpu|api)s?|(?:gpus?|servers?|machines?) (?:or|vs\.?|versus) (?:the |an? )?api"
        r"|what (?:do|does|should|shall|would|must|can) (?:i|we|one) (?:buy|rent|get|need|order|provision)"
        r"|where (?:should|do|would|can|could|shall) (?:i|we|one) (?:best )?(?:run|host|serve|deploy|put)"
        rf"|(?:mov(?:e|ing)|switch(?:ing)?|migrat(?:e|ing)|get(?:ting)?) (?:off|away from|from) (?:the |our |an? )?{_API}"
        rf"|(?:stay|stick|remain)\w* (?:with|on|at) (?:the |our )?{_API}|(?:beats?|than|versus|vs\.?) (?:the |an? )?(?:api|pay(?:ing)? (?:per|by))"
        r"|gpus? for \d"
    ),
    Sign.VERSUS: r"api|self[- ]?host\w*|break[- ]?even|pay\w* (?:per|by)",
    Sign.API: r"openai|anthropic|bedrock|vertex",
    Sign.CPU: r"cpus?",
    Sign.MOVE: r"(?:switch|mov(?:e|ing)|migrat(?:e|ing)|chang(?:e|ing))\w*(?: over)? to",
    Sign.RUN: r"(?:to|we|i|of|for) (?:run(?:ning)?|serv(?:e|ing)|host(?:ing)?|deploy(?:ing)?)|running|serving|hosting|deploying",
    Sign.COST: r"costs?|costing|prices?|cheap|cheaper|dearer|expensive|buy|buying|rent|renting|pay|how much(?! (?:memory|ram|vram|hbm|space))|save (?:us )?money|savings?|money|for less|set (?:us|me) back|(?:what|how much|come to|be|that)\b.{0,30}\b(?:monthly|(?:per|a|each) month)|(?:in|how many) (?:\$|usd|dollars|euros)",
    Sign.SPEED: (
        r"how (?:fast|quick\w*)|how many (?:tokens|requests|users|calls|queries|rps|qps)|how long (?:does|will|would|until|before|to)|"
        r"(?:what|which|max(?:imum)?) (?:rps|qps)|replicas?|throughput|latenc(?:y|ies)|ttft|tpot|first token|tok(?:en)?s? ?(?:/|per|a) ?s(?:ec|econd)?s?|t/s|tps|"
        r"inter-?token|time per (?:output )?token|keeps? up with|sustain|cope with|capacity|utili[sz]ation|how (?:busy|loaded)|(?:the|what) speed|how many .{0,30}\b(?:per|a) second"
    ),
    Sign.HOLDS: r"quicker|faster|slower|fast enough|enough|keep|handle|serve|serving|served|sufficient|(?:still|be) (?:ok(?:ay)?|possible|fine)|holds?|the max(?:imum)?|do (?:that|it|this|the same)",
    Sign.MEMORY: (
        r"fits?|fitting|vram|hbm|(?:gpu |video |how much )memory|how much (?:gpu )?(?:ram|vram|space)|memory (?:does|do|would|will|need|use|footprint|requirement)\w*|"
        r"big enough|too big|out of memory|oom|how (?:big|large) (?:is|are|would|does)"
    ),
    Sign.CAN_RUN: r"(?:can|could|will|would|does|do|is)\b.{0,40}\b(?:run|runs|hold|host|load|live|work|possible|go (?:in|into|on|onto))",
    Sign.COUNT: rf"how many(?! (?:tokens|requests|users|calls|queries|rps|qps))|(?:what|which) (?:number|count) of|number of {_HARDWARE}s",
    Sign.MACHINE: r"gpus?|cards?|accelerators?|machines?|servers?",
    Sign.WHAT_FOR: r"what (?:could|can|would|might) (?:they|it|these|those|that) (?:serve|run|host|hold|handle|do)",
    Sign.CHEAPEST: r"cheapest|least expensive|best value|most cheaply",
    Sign.COMPARES: r"against|versus|vs\.?|than|compared? (?:to|with)|instead of|rather|or|leav(?:e|ing)|stay\w*|switch\w*",
    Sign.TURNS: r"worth(?:while| it)|pays? off|pay ?back|flips?|breaks? even|tipping point|owning",
    Sign.ELSEWHERE: r"co2|carbon|energy|electricity|watts?|emissions?|accura\w+|quality|licen[cs]e\w*|secur\w+|privacy|gdpr|bugs?|plan|report|export|for free|commercial\w*",
}  # fmt: skip
_PATTERNS = {sign: re.compile(rf"(?i)(?<![\w-])(?:{words})(?![\w])") for sign, words in _WORDS.items()}


def has(sign: Sign, text: str) -> bool:
    """Whether the words of one sign are there."""
    return _PATTERNS[sign].search(text) is not None


def signs_in(text: str, said: Mapping[str, Any]) -> Sign:
    """The signs of a text whose typing errors are put right. `said` is what `serving_words` found."""
    found = Sign.NONE
    for sign, pattern in _PATTERNS.items():
        if pattern.search(text):
            found |= sign
    gpus, model = said.get("gpus", ()), str(said.get("model", ""))
    named = {
        Sign.MODEL: bool(model) and not is_api_only(model),
        Sign.API: "api_model" in said or (bool(model) and is_api_only(model)),
        Sign.GPU: bool(gpus),
        Sign.GPUS: len(gpus) > 1,
        Sign.RATE: "requests_per_second" in said or "requests_per_month" in said,
        Sign.PER_SECOND: "requests_per_second" in said,
    }
    for sign, is_named in named.items():
        found |= sign if is_named else Sign.NONE
    return found
