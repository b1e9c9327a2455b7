"""How a short message goes on with the question before it: "and on an L40S?", "what if traffic doubles?", "why 2 GPUs?". Pure code.

Finds what is changed in words (traffic multiplied, a figure without its unit) and which figure of the answer is asked about. Does not
decide what is asked (`serving_asked.py`).
"""

# ruff: noqa: E501 - patterns are data

import re

from agent.reading.serving_asked import FILLERS, STATES

_GOES_ON = re.compile(
    FILLERS
    + r"(?:an?d\b|what about|how about|what if|what of|or\b|same\b|instead|with\b|without\b|on\b|at\b|in\b|for\b|only\b|try\b|suppose|say\b|if\b|let'?s (?:say|look at|take|try|consider|assume|go with)|consider\b|make it|assume|double|half|back to)"
)
_VERB = re.compile(FILLERS + r"(?:how|what|which|who|where|when|why|will|would|can|could|do|does|did|is|are|shall|should|may|explain)\b")
_INSTEAD = re.compile(
    r"(?i)\b(?:instead|in place|what if|what about|how about|what changes|as well|same (?:thing|question|for|on|with))\b|^\W*(?:and|or) "
)
_COUNTS = {
    "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "twelve": 12.0, "twenty": 20.0,
    "fifty": 50.0, "hundred": 100.0, "a hundred": 100.0,
}  # fmt: skip
_TIMES = (
    (re.compile(r"(?i)\b(?:doubl(?:e|es|ed|ing)|twice)\b"), 2.0),
    (re.compile(r"(?i)\b(?:tripl(?:e|es|ed|ing)|three-?fold)\b"), 3.0),
    (re.compile(r"(?i)\b(?:quadrupl(?:e|es|ed|ing))\b"), 4.0),
    (
        re.compile(
            r"(?i)\bhalv(?:e|es|ed|ing)\b|\bhalf (?:of )?(?:(?:the|our|those|these) (?:traffic|load|volume|requests|calls|chats|messages|users)|that|this|our|as)\b"
        ),
        0.5,
    ),
)
_TRAFFIC = re.compile(
    r"(?i)\b(?:traffic|load|requests?|volume|usage|demand|users?|calls|chats?|messages?|queries|prompts?|sessions?|people|customers?|tickets?|documents?|rate|peaks?|rps|qps|it|we|that|this)\b"
)
_MANY_TIMES = re.compile(
    rf"(?i)\b(?:(\d{{1,4}}(?:\.\d+)?) ?(?:x|×|times|fold)|x ?(\d{{1,4}})|({'|'.join(_COUNTS)})(?: ?times|[- ]?fold))(?![\w])"
)
_GROWS = re.compile(
    r"(?i)\b(grow|rise|increase|climb|go|goes|drop|fall|shrink|decrease)\w*(?: up| down)?(?: by)? (\d{1,4}(?:\.\d+)?) ?(?:%|percent)|\b(\d{1,4}) ?(?:%|percent) (more|less|fewer|lower|higher) (?:traffic|load|requests|volume|users|calls)"
)


def scale_in(text: str) -> float | None:
    """By what the words multiply the traffic: "doubles" 2, "grows by 50 %" 1.5; None where they do not."""
    if not _TRAFFIC.search(text):
        return None
    if hit := _GROWS.search(text):
        share = float(hit.group(2) or hit.group(3)) / 100
        falls = re.match(r"(?i)drop|fall|shrink|decrease|less|fewer|lower", hit.group(1) or hit.group(4)) or re.search(
            r"(?i) down\b", hit.group()
        )
        return None if falls and share >= 1 else 1 - share if falls else 1 + share
    if hit := _MANY_TIMES.search(text):
        return _COUNTS[hit.group(3).lower()] if hit.group(3) else float(hit.group(1) or hit.group(2)) or None
    return next((factor for pattern, factor in _TIMES if pattern.search(text)), None)


_SUPPOSES = re.compile(FILLERS + r"(?:what (?:if|about|happens|would)|suppose|imagine|assume|if|say|and if|how about)\b")


def supposed_scale(text: str) -> float | None:
    """As `scale_in`, of words that only suppose it: "what if traffic doubles?"."""
    return scale_in(text) if _SUPPOSES.match(text) else None


def goes_on(text: str) -> bool:
    """Whether the words go on with the question before: "and on an L40S instead?", "what if we have 100 rps?"."""
    words = len(text.split())
    is_bare = words <= (6 if "?" in text else 4) and not _VERB.match(text) and not STATES.search(text)
    return words <= 18 and bool(_GOES_ON.match(text) or _INSTEAD.search(text) or is_bare)


_BARE = re.compile(
    FILLERS
    + r"(?:(?:what|and|or|if|about|how|with|for|at|only|just|say|it|it's|is|was|were|be|becomes?|gets?|goes to|grows to|up to|more like|rather|maybe|make|we|had|have|take|suppose)\b ?)*"
    r"(?<![\w.$€£])(\d[\d,]*(?:\.\d+)?) ?(k|m|million|thousand)?(?: (?:then|instead|only|of them|now))?\W*$"
)


def bare_number(text: str) -> float | None:
    """The figure of words that hold one without its unit and nothing else: "and for 10?", "what if it's only 1M?"."""
    hit = _BARE.match(text)
    if hit is None:
        return None
    return float(hit.group(1).replace(",", "")) * {"k": 1e3, "t": 1e3, "m": 1e6}.get((hit.group(2) or " ")[0].lower(), 1.0)


_WHY = re.compile(FILLERS + r"(?:why|how come|how so|where (?:does|do|did|is|are)|how (?:did|do) you|what is behind|explain)\b")
#: Words for a figure of a serving answer -> the beginning of its record's claim.
_FIGURES: tuple[tuple[str, str], ...] = (
    (r"(?:gpus?|cards?|accelerators?)\b.{0,20}\b(?:replica|each|instance|copy)|tensor[- ]parallel|\btp ?\d", "Accelerators of a replica"),
    (r"replicas?\b", "Replicas"),
    (
        r"(?:that|this|so|how) many (?:\w+ )?(?:gpus?|cards?|accelerators?|machines?|of (?:them|those))|\d+ (?:gpus?|cards?|accelerators?)",
        "Accelerators of all replicas",
    ),
    (r"first token|ttft", "Mean time to first token"),
    (r"per (?:output )?token\b(?!s)|tpot|a token\b|between tokens|inter-?token", "Mean time per output token"),
    (r"tok(?:en)?s? ?(?:/|per|a) ?s|throughput", "Output tokens a second"),
    (r"requests? ?(?:/|per|a) ?s|\brps\b|\bqps\b|sustain", "Requests a second"),
    (r"utili[sz]ation|\bbusy\b", "Share of the sustainable rate"),
    (r"(?:an|per|/) ?hour", "All replicas"),
    (r"million (?:output )?tokens|per million|allocation", "Allocation: all replicas over the output tokens"),
)


def figure_asked(text: str) -> str:
    """The beginning of the claim that a "why ...?" about a serving answer asks about; "" where it asks about none."""
    if not _WHY.match(text):
        return ""
    return next((claim for words, claim in _FIGURES if re.search(rf"(?i){words}", text)), "")
