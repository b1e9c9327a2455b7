"""Finds whether a message asks to size a model, and for what: its speed, its memory, where best to host it, or its training. Pure code.

Goes by the signs in the words (`sizing_signs.py`) and one table over them, so that the tool does not depend on which language model read
the message. A statement asks nothing; nor does a question about the past (a bill), about a concept, or about how to make something better.
"""

# ruff: noqa: E501 - patterns are data

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from agent.reading.sizing_signs import Sign, has, signs_in
from agent.reading.spelling import spelled


class Asks(StrEnum):
    """What a sizing question is after."""

    SPEED = "speed"
    MEMORY = "memory"
    HOSTING = "hosting"
    TRAINING = "training"


FILLERS = r"(?i)\W*(?:(?:ok|okay|so|and|but|then|now|please|well|hi|hello|hey|thanks|great|also)\b[,!. ]*)*"
#: Says what the user's own is.
OF_OURS = re.compile(
    r"(?i)\b(?:we|i)(?: now| currently|'re| are| am|'ve)* (?:run|running|have|got|serve|serving|use|using|get|pay|call|host|see|own)\b"
)
STATES = re.compile(r"(?i)\b(?:we|i|our|my|us|let'?s|leave|put|drop|use|set)\b")
_OPENS = re.compile(
    FILLERS + r"(?:how|what'?s?|which|who|where|when|why|will|would|can|could|do|does|did|is|are|shall|should|may|at what|in what|on what|"
    r"best|cheapest|fastest|size|sizing|estimate|compare|tell me|show me|give me|find|recommend|i (?:need|want) to know|"
    r"throughput|latency|speed|replicas?|ttft|tpot|tok(?:en)?s? ?(?:/|per)|vram|memory|gpus?|hardware|requests? per second|break-?even)\b"
)
_SUPPOSES = re.compile(
    r"(?i)\bif (?:we|i|you) (?:put|took|take|ran|run|use|used|moved?|host|hosted|switch|switched|served?|go|went|had|rented|bought)\b"
)
_ASKS_WITHIN = re.compile(
    r"(?i)\b(?:(?:looking|searching|search)(?: for)? (?:a|the|an|some)|whether|wonder(?:s|ing)?|curious|how (?:many|much|fast|long)"
    r"|to know (?:what|which|how|if)|asking)\b"
)
_WANTS = re.compile(r"(?i)\b(?:want|need|plan|like|hope|going|have) to (?:serve|host|run|deploy|self-host)\b.*\d")
_PAST = re.compile(
    r"(?i)\b(?:did|have|has|had|was|were) (?:we|i|it|our|my|the|they)\b|\bdo (?:we|i) (?:run|own|have|pay|use)\b|\bspen[dt]s?\b|\bspending\b"
    r"|\b(?:went|gone?|going) up\b|\bbills?\b|\binvoices?\b|\bidle\b|\blast (?:week|month|year|quarter)\b"
    r"|\b(?:can|could|do|will|would|are) you\b(?! (?:recommend|take|choose|pick|buy|suggest|advise|size|estimate|tell|show|find))|\b(?:did|was|were)\b.{0,60}\bcost\b"
)
_IMPROVE = re.compile(
    r"(?i)\bhow (?:do|can|could|should|would|to)(?: i| we| you| one)? (?:best )?(?:make|speed|improve|increase|get|raise|optimi[sz]e|boost|cut|reduce|lower|accelerate)\b"
    r"|^\W*why (?:is|are|does|do|has|have)\b"
)
_CONCEPT = re.compile(
    FILLERS
    + r"(?:explain|define|tell me about|how does|how do|why (?:is|are|does|do)|what(?:'s| is| are| does| do you mean by| do we mean by))"
    r"(?: the| an?)?(?: [\w-]+){1,5}\W*$"
)
_MEANING = re.compile(FILLERS + r"(?:explain|define)\b|(?i:\b(?:mean|means|stand for|stands for|the term|the word)\W*$)")
_BY_NAME = re.compile(r"(?i)\b(?:it|its|that|this|them|our|we|my|i|there)\b")
_THE = re.compile(r"(?i)\bthe\b")
_FEW = 10  # words that can hardly be about anything but what was spoken of
_READ_AS_ASKING = frozenset({"ask_estimate_cost", "ask_hardware", "ask_model_choice", "ask_batching_serving", "ask_benchmark"})

S = Sign
#: Signs that must be there, signs that must not, what is then asked. The first row that holds decides.
_TABLE: tuple[tuple[Sign, Sign, Asks | None], ...] = (
    (S.TRAIN | S.HOW_MUCH, S.RUN, Asks.TRAINING),
    (S.TRAIN, S.RUN, None),
    # own machines against an API; an API beside an open model or beside hardware is weighed against it
    (S.OWN | S.VERSUS, S.NONE, Asks.HOSTING),
    (S.OWN | S.CPU, S.NONE, Asks.HOSTING),
    (S.OWN | S.API, S.NONE, Asks.HOSTING),
    (S.API | S.MODEL | S.COST, S.NONE, Asks.HOSTING),
    (S.API | S.GPU | S.COST, S.MODEL, Asks.HOSTING),
    (S.API | S.MACHINE | S.TURNS, S.MODEL, Asks.HOSTING),
    (S.API | S.COMPARES | S.ABOUT, S.NONE, Asks.HOSTING),
    (S.VERSUS | S.MODEL | S.COST, S.NONE, Asks.HOSTING),
    (S.VERSUS | S.TURNS, S.NONE, Asks.HOSTING),
    (S.VERSUS | S.COMPARES | S.ABOUT, S.NONE, Asks.HOSTING),
    (S.RUN | S.CPU | S.MODEL, S.GPU, Asks.HOSTING),
    # a place to host what is named
    (S.OWN, S.GPU, Asks.HOSTING),
    (S.MOVE | S.MODEL, S.GPU, Asks.HOSTING),
    (S.RUN | S.MODEL | S.RATE, S.GPU | S.COUNT, Asks.HOSTING),
    (S.RUN | S.MODEL | S.COST, S.GPU | S.COUNT, Asks.HOSTING),
    (S.CHEAPEST | S.ABOUT, S.GPU, Asks.HOSTING),
    (S.TURNS | S.ABOUT, S.GPU, Asks.HOSTING),
    # on hardware that is named
    (S.GPUS | S.MODEL, S.ELSEWHERE, Asks.SPEED),
    (S.GPUS | S.KNOWN, S.ELSEWHERE, Asks.SPEED),
    (S.GPU | S.WHAT_FOR, S.NONE, Asks.SPEED),
    (S.SPEED, S.NONE, Asks.SPEED),
    (S.GPU | S.HOLDS, S.NONE, Asks.SPEED),
    (S.GPU | S.MODEL | S.COST, S.MEMORY, Asks.SPEED),
    (S.GPU | S.MEMORY | S.PER_SECOND, S.NONE, Asks.SPEED),
    (S.MEMORY, S.NONE, Asks.MEMORY),
    (S.GPU | S.CAN_RUN | S.RATE, S.NONE, Asks.SPEED),
    (S.GPU | S.CAN_RUN, S.NONE, Asks.MEMORY),
    (S.GPU | S.COUNT, S.NONE, Asks.SPEED),
    (S.MACHINE | S.COUNT | S.RATE, S.NONE, Asks.SPEED),
    (S.MACHINE | S.COUNT | S.ABOUT, S.NONE, Asks.SPEED),
    (S.MACHINE | S.COUNT, S.NONE, Asks.MEMORY),
    (S.MODEL | S.PER_SECOND, S.NONE, Asks.SPEED),
    (S.MODEL | S.GPU, S.ELSEWHERE, Asks.SPEED),
    (S.KNOWN | S.GPU | S.COST, S.ELSEWHERE, Asks.SPEED),
    # more about what the conversation sizes
    (S.KNOWN | S.GPU | S.ABOUT, S.API | S.ELSEWHERE, Asks.SPEED),
    (S.HOLDS | S.ABOUT, S.API | S.ELSEWHERE, Asks.SPEED),
)
#: What a question about money asks, by what the conversation was about.
_COSTS_OF = {Asks.HOSTING: Asks.HOSTING, Asks.SPEED: Asks.SPEED, Asks.TRAINING: Asks.TRAINING, Asks.MEMORY: Asks.SPEED}


def asks(text: str, said: Mapping[str, Any], before: Asks | None = None, is_known: bool = False, read_as: str = "") -> Asks | None:
    """What the message asks about sizing; None where it asks nothing of the kind.

    `said` is what `serving_words` found, `before` what the sizing question before asked; `is_known` = an open model was spoken of.
    `read_as` is the language model's intent: heard only where the words leave open whether they ask, and whether they ask for money.
    """
    text = spelled(text)
    is_read = read_as in _READ_AS_ASKING and not OF_OURS.search(text)
    if not (_is_question(text) or is_read) or looks_back(text) or _IMPROVE.search(text):
        return None
    signs = signs_in(text, said) | (S.KNOWN if is_known else S.NONE) | (S.ABOUT if before is not None else S.NONE)
    if _is_concept(text, signs, said):
        return None
    if before is Asks.TRAINING and not signs & (S.RUN | S.RATE | S.SPEED | S.OWN | S.ELSEWHERE):
        return before if signs & (S.TRAIN | S.HOW_MUCH | S.COST | S.GPU | S.COUNT) else None
    for needs, lacks, found in _TABLE:
        if needs in signs and not lacks & signs:
            return found
    of_money = S.COST in signs or (read_as == "ask_estimate_cost" and _BY_NAME.search(text) and len(text.split()) <= _FEW)
    goes_on = before is not None and of_money and not signs & (S.API | S.ELSEWHERE)
    if goes_on and before is not None:
        return _COSTS_OF[before]
    return before if before is not None and changes_of(said) and not signs & (S.API | S.ELSEWHERE) else None


#: What is said of no size.
_NO_CHANGE = frozenset({"latency", "at_once", "provider", "region", "batch", "context"})


def changes_of(said: Mapping[str, Any]) -> bool:
    """Whether what was said changes a question: in a conversation about sizing, a question that names such a thing goes on with it."""
    return any(name not in _NO_CHANGE for name in said)


def _is_concept(text: str, signs: Sign, said: Mapping[str, Any]) -> bool:
    """Whether the words ask what something is, not how much of it there is."""
    if signs & (S.MODEL | S.API | S.GPU | S.RATE) or "ttft_ms" in said:
        return False
    if _MEANING.search(text):
        return True
    is_of_before = S.ABOUT in signs and _THE.search(text)
    return _CONCEPT.match(text) is not None and not _BY_NAME.search(text) and not is_of_before


def moves_to(text: str) -> bool:
    """Whether the words weigh a move to what they name, which is then not what runs now."""
    return has(Sign.MOVE, text)


def looks_back(text: str) -> bool:
    """Whether the clauses that ask are about what was: a bill, or what runs idle."""
    asking = [one for one in re.split(r"(?<=[.!?;,:])\s+", text) if "?" in one or _OPENS.match(one)] or [text]
    return any(_PAST.search(one) and not _SUPPOSES.search(one) for one in asking) and not has(Sign.WHAT_FOR, text)


def _is_question(text: str) -> bool:
    if "?" in text or _OPENS.match(text) or _ASKS_WITHIN.search(text) or _SUPPOSES.search(text) or _WANTS.search(text):
        return True
    return STATES.search(text) is None
