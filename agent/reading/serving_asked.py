"""Finds whether a message asks to size a model, and for what: its speed, its memory, where best to host it, or its training. Pure code.

Goes by the words alone, so that the tool does not depend on which language model read the message. A statement asks nothing; nor does
a question about the past (a bill), about a concept, or about how to make something better.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from agent.reading.serving_words import is_api_only


class Asks(StrEnum):
    """What a sizing question is after."""

    SPEED = "speed"
    MEMORY = "memory"
    HOSTING = "hosting"
    TRAINING = "training"


_FILLERS = r"(?i)\W*(?:(?:ok|okay|so|and|but|then|now|please|well|hi|hello|hey|thanks|great|also)\b[,!. ]*)*"
_OPENS = re.compile(
    _FILLERS
    + r"(?:h(?:o)?w|wh?at'?s?|which|whi?ch|wats?|who|where|when|why|will|would|wil|can|cna|could|do|does|did|is|are|shall|should|may|at what|in what|on what|"
    r"best|cheapest|fastest|size|sizing|estimate|compare|tell me|show me|give me|find|recommend|i (?:need|want) to know|"
    r"throughput|latency|speed|replicas?|ttft|tpot|tok(?:en)?s? ?(?:/|per)|vram|memory|gpus?|hardware|requests? per second|break-?even)\b"
)
_STATES = re.compile(r"(?i)\b(?:we|i|our|my|us|let'?s|leave|put|drop|use|set)\b")
_WANTS = re.compile(r"(?i)\b(?:want|need|plan|like|hope|going|have) to (?:serve|host|run|deploy|self-host)\b.*\d")
_PAST = re.compile(
    r"(?i)\b(?:did|have|has|had|was|were) (?:we|i|it|our|my|the|they)\b|\bspen[dt]\b|\bspending\b|\b(?:went|gone?|going) up\b|\bbills?\b|\binvoices?\b"
    r"|\bidle\b|\blast (?:week|month|year|quarter)\b|\b(?:can|could|do|will|would|are) you\b(?! (?:recommend|suggest|advise|size|estimate|tell|show|find))"
)
_WHAT_FOR = re.compile(r"(?i)\bwhat (?:could|can|would|might) (?:they|it|these|those|that) (?:serve|run|host|hold|handle|do)\b")
_IMPROVE = re.compile(
    r"(?i)\bhow (?:do|can|could|should|would|to)(?: i| we| you| one)? (?:best )?(?:make|speed|improve|increase|get|raise|optimi[sz]e|boost|cut|reduce|lower|accelerate)\b"
    r"|^\W*why (?:is|are|does|do|has|have)\b"
)
_CONCEPT = re.compile(
    _FILLERS
    + r"(?:explain|define|tell me about|how does|how do|why (?:is|are|does|do)|wh?at(?:'s| is| are| does| do you mean by| do we mean by))"
    r"(?: the| an?)?(?: [\w-]+){1,5}\W*$"
)
_BY_NAME = re.compile(r"(?i)\b(?:it|its|that|this|them|our|we|my|i)\b")

_SPEED = re.compile(
    r"(?i)\b(?:h(?:o)?w (?:fast|quick\w*)|how many (?:tokens|requests|users|calls|queries)|how long (?:does|will|would|until|before|to)|"
    r"replicas?|thr(?:ough|u)put|latenc(?:y|ies)|ttft|tpot|first token|tok(?:en)?s? ?(?:/|per|a) ?s(?:ec|econd)?s?|t/s|tps|"
    r"inter-?token|time per (?:output )?token|keeps? up with|sustain|cope with|capacity|how many .{0,30}\b(?:per|a) second)\b"
)
_FASTER = re.compile(r"(?i)\b(?:quicker|faster|slower|fast enough|enough|keep|handle|serve|serving|served)\b")
_COSTS = re.compile(r"(?i)\b(?:cost|costs|price|cheaper|dearer|expensive|buy|rent|pay)\b")
_COUNT = re.compile(r"(?i)\bhow many\b|\bwhat (?:number|count) of\b|\bnumber of (?:gpus?|cards|accelerators)\b")
_MEMORY = re.compile(
    r"(?i)\b(?:fits?|fitting|vram|hbm|(?:gpu |video |how much )memory|how much (?:gpu )?(?:ram|vram|space)|memory (?:does|do|would|will|need|use|footprint|requirement)\w*|"
    r"big enough|too big|out of memory|oom|how (?:big|large) (?:is|are|would|does))\b"
)
_RUNS = re.compile(r"(?i)\b(?:can|could|will|would|does|do|is)\b.{0,40}\b(?:run|runs|hold|host|load|live|work|possible)\b")
_RUNNING = re.compile(
    r"(?i)\b(?:to|we|i|of|for) (?:run(?:ning)?|serv(?:e|ing)|host(?:ing)?|deploy(?:ing)?)\b|\b(?:running|serving|hosting|deploying)\b"
)
_HOSTING = re.compile(
    r"(?i)\bself[- ]?host|\b(?:host|run|serve)\b.{0,40}\b(?:ourselves|myself|on our own|in[- ]house)\b|\bbreak[- ]?even\b|\bin[- ]house\b|\bon[- ]prem(?:ise)?s?\b"
    r"|\b(?:or|than|versus|vs\.?) (?:self-)?hosting\b|\bhosting (?:it|them|[\w .-]{2,30}) (?:or|than|versus|vs\.?)\b"
    r"|\b(?:which|what|wich|best|cheapest|right) (?:kind of |type of |cloud )?(?:gpu|card|accelerator|instance|machine|hardware|chip|box)s?\b(?! (?:is|are|was|do we|did) (?:idle|ours?|running))"
    r"|\b(?:cheapest|most cheaply|cheapest way|least expensive|best value)\b.{0,30}\b(?:serve|serving|run|running|host|hosting|deploy\w*|way|option)\b"
    r"|\b(?:run|serve|host|deploy)\b.{0,40}\b(?:most cheaply|(?:the )?cheapest|for the least)\b"
    r"|\b(?:cpu|gpu)s? (?:or|vs\.?|versus|or rather) (?:an? )?(?:cpu|gpu|api)s?\b|\b(?:gpus?|servers?|machines?) (?:or|vs\.?|versus) (?:the |an? )?api\b"
    r"|\bwhat (?:do|does|should|shall|would|must|can) (?:i|we|one) (?:buy|rent|get|need|order|provision)\b"
    r"|\bwhere (?:should|do|would|can|could|shall) (?:i|we|one) (?:best )?(?:run|host|serve|deploy|put)\b"
    r"|\b(?:mov(?:e|ing)|switch(?:ing)?|migrat(?:e|ing)|get(?:ting)?) (?:off|away from|from) (?:the |our |an? )?(?:\w+ )?(?:api|openai|anthropic|bedrock|vertex)\b"
    r"|\b(?:stay|stick|remain)\w* (?:with|on|at) (?:the |our )?(?:\w+ )?api\b|\b(?:beats?|than|versus|vs\.?) (?:the |an? )?(?:api|pay(?:ing)? (?:per|by))\b"
    r"|\bgpus? for \d"
)
_MOVES = re.compile(r"(?i)\b(?:switch|mov(?:e|ing)|migrat(?:e|ing)|chang(?:e|ing))\w*(?: over)? to\b")
_TRAINING = re.compile(r"(?i)\b(?:fine[- ]?tun\w*|(?:re|pre)?-?train(?:ing|ed)?|q?lora|peft|tun(?:e|ing))\b")
_TRAINS_HOW = re.compile(r"(?i)\b(?:cost|costs|how (?:long|much|many)|hours?|price|expensive|fits?|memory|vram|gpus?|budget|take)\b")


def asks(text: str, said: Mapping[str, Any]) -> Asks | None:
    """What the message asks about sizing; None where it asks nothing of the kind. `said` is what `serving_words` found."""
    if not _is_question(text) or looks_back(text) or _IMPROVE.search(text):
        return None
    names_something = any(name in said for name in ("model", "gpus", "requests_per_second", "requests_per_month", "ttft_ms"))
    if _CONCEPT.match(text) and not names_something and not _BY_NAME.search(text):
        return None
    if _TRAINING.search(text):
        return Asks.TRAINING if _TRAINS_HOW.search(text) else None
    gpus, rate = said.get("gpus", ()), "requests_per_second" in said or "requests_per_month" in said
    hosts = _HOSTING.search(text) is not None
    names_model = "model" in said and not is_api_only(str(said["model"]))
    hosts = (
        hosts or (names_model and moves_to(text)) or (names_model and bool(_RUNNING.search(text)) and (rate or bool(_COSTS.search(text))))
    )
    if hosts and (not gpus or is_against_api(text) or re.search(r"(?i)\bcpus?\b", text)):
        return Asks.HOSTING
    compares = names_model and len(gpus) > 1
    if (
        compares
        or (gpus and _WHAT_FOR.search(text))
        or _SPEED.search(text)
        or (gpus and _FASTER.search(text))
        or (gpus and names_model and (hosts or (rate and _COSTS.search(text))))
    ):
        return Asks.SPEED
    if _MEMORY.search(text) or (gpus and _RUNS.search(text)):
        return Asks.SPEED if gpus and "requests_per_second" in said else Asks.MEMORY
    if _COUNT.search(text) and (gpus or re.search(r"(?i)\b(?:gpus?|cards|accelerators|machines|servers)\b", text)):
        return Asks.SPEED if rate or gpus else Asks.MEMORY
    if names_model and "requests_per_second" in said:
        return Asks.SPEED
    return None


def is_against_api(text: str) -> bool:
    """Whether own machines are held against an API, or against paying by the token."""
    return re.search(r"(?i)\bapi\b|\bself[- ]?host|\bbreak[- ]?even\b|\bpay\w* (?:per|by)\b", text) is not None


def moves_to(text: str) -> bool:
    """Whether the words weigh a move to what they name, which is then not what runs now."""
    return _MOVES.search(text) is not None


def looks_back(text: str) -> bool:
    """Whether the sentences that ask are about what was: a bill, or what runs idle."""
    asking = [one for one in re.split(r"(?<=[.!?;])\s+", text) if "?" in one or _OPENS.match(one)] or [text]
    return any(_PAST.search(one) for one in asking) and not _WHAT_FOR.search(text)


def _is_question(text: str) -> bool:
    return "?" in text or _OPENS.match(text) is not None or _WANTS.search(text) is not None or _STATES.search(text) is None


_GOES_ON = re.compile(
    _FILLERS
    + r"(?:and\b|what about|how about|what if|what of|or\b|same\b|instead|with\b|without\b|on\b|at\b|in\b|for\b|only\b|try\b|suppose|say\b|if\b|let'?s say|make it|assume|double|half)"
)
_VERB = re.compile(_FILLERS + r"(?:how|what|which|who|where|when|why|will|would|can|could|do|does|did|is|are|shall|should|may|explain)\b")
_INSTEAD = re.compile(r"(?i)\b(?:instead|what if|what about|how about|as well|same (?:thing|question|for|on|with))\b|^\W*(?:and|or) ")
_TIMES = (
    (re.compile(r"(?i)\b(?:doubl(?:e|es|ed|ing)|twice|two times|2x|x2)\b"), 2.0),
    (re.compile(r"(?i)\b(?:tripl(?:e|es|ed|ing)|three times|3x|x3|three-?fold)\b"), 3.0),
    (re.compile(r"(?i)\b(?:quadrupl(?:e|es|ed|ing)|four times|4x|x4)\b"), 4.0),
    (re.compile(r"(?i)\bhalv(?:e|es|ed|ing)\b|\bhalf (?:of )?(?:the|that|this|our|as)\b"), 0.5),
)
_TRAFFIC = re.compile(r"(?i)\b(?:traffic|load|requests?|volume|usage|demand|users?|calls|rate|peaks?|rps|qps|it|we|that)\b")
_MANY_TIMES = re.compile(r"(?i)\b(\d{1,4}(?:\.\d+)?) ?(?:x|×|times|fold)(?![\w])")
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
        return float(hit.group(1)) or None
    return next((factor for pattern, factor in _TIMES if pattern.search(text)), None)


_SUPPOSES = re.compile(_FILLERS + r"(?:what (?:if|about|happens|would)|suppose|imagine|assume|if|say|and if|how about)\b")


def supposed_scale(text: str) -> float | None:
    """As `scale_in`, of words that only suppose it: "what if traffic doubles?"."""
    return scale_in(text) if _SUPPOSES.match(text) else None


def goes_on(text: str) -> bool:
    """Whether the words go on with the question before: "and on an L40S instead?", "what if we have 100 rps?"."""
    words = len(text.split())
    is_bare = words <= (6 if "?" in text else 4) and not _VERB.match(text) and not _STATES.search(text)
    return words <= 18 and bool(_GOES_ON.match(text) or _INSTEAD.search(text) or is_bare)


_WHY = re.compile(_FILLERS + r"(?:why|how come|how so|where (?:does|do|did|is|are)|how (?:did|do) you|what is behind|explain)\b")
#: Words for a figure of a serving answer -> the beginning of its record's claim.
_FIGURES: tuple[tuple[str, str], ...] = (
    (r"(?:gpus?|cards?|accelerators?)\b.{0,20}\b(?:replica|each|instance|copy)|tensor[- ]parallel|\btp ?\d", "Accelerators of a replica"),
    (r"replicas?\b", "Replicas"),
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
