"""Finds candidates in a message: names and quantities with the fields they could fill. Pure code, no language model.

A candidate is a span of the user's own words plus a value; the language model later only *assigns* candidates to
fields, so a figure that nobody said cannot appear. Quantities are read in `quantities.py`, names here.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from agent.reading.quantities import quantities

#: How each kind is abbreviated in candidate ids and which field a name of that kind may fill.
NAME_FIELDS = {
    "model": "m",
    "hardware": "h",
    "framework": "f",
    "provider": "p",
    "precision": "q",
    "task": "t",
    "region": "r",
    "technique": "k",
}


@dataclass(frozen=True)
class Candidate:
    """`id` such as "n1" or "m2"; text[start:end] are the user's words; `fields` are the roles code allows."""

    id: str
    kind: str
    start: int
    end: int
    words: str
    value: str | float
    fields: tuple[str, ...]


# A count of something after a model's name is no part of it: "gpt-4o 500k times a month", "llama 3.1 8b 2 million calls".
_THINGS = (
    r"requests?|reqs?|calls?|times|messages?|quer(?:y|ies)|prompts?|users?|chats?|conversations?|documents?|tickets?|tok(?:en)?s?|rps|qps"
)
_A_TIME = r"(?:/ ?|per |an? |each |every )(?:s|sec|second|minute|hour|day|week|month)"
_COUNTED = rf"\d[\d.,]* ?(?:(?:million|thousand|billion)\b|(?:k|m|bn)? ?(?:(?:api |chat )?(?:{_THINGS})\b|{_A_TIME}\b))"
# What may follow a model family: version numbers, sizes, and the words makers append.
_MODEL_PIECE = (
    rf"(?:(?: (?!{_COUNTED})|[_-]|:(?=\w))?"
    r"(?:v?\d+(?:\.\d+)*(?:x\d+)?(?:bn(?![a-z])|[bmke](?![a-z])|o)?|"
    r"large|small|medium|base|tiny|mini|nano|micro|pro|flash|turbo|ultra|max|lite|huge|giant|"
    r"xl|xxl|instruct|chat|it|coder|code|vl|vision|math|distill(?:ed)?|reranker|embed(?:ding)?|text|multilingual|uncased|cased|haiku|sonnet|opus|llama|"
    r"qwen|mistral|r1|preview|latest|thinking|reasoner|moe|omni|audio|image|xlsr|a\d+b|k2(?:\.\d)?|oss|air|scout|maverick|nemo|expanse|"
    r"(?<=-)(?:next|plus|guard)|[sbl]\d{1,2}|r\d{2,3}|m3|[nslmx](?![a-z'])|hf|awq|gptq|gguf))*"
)


@cache
def _lexicon() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    raw = yaml.safe_load(resources.files("agent.reading").joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    tables: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for section, block in raw.items():
        if section in ("model_families", "regions"):
            continue
        kind = {"techniques": "technique", "hardware": "hardware"}.get(section, section.removesuffix("s"))
        tables[kind] = []
        for line in block.splitlines():
            expression, _, name = line.partition(" =>")
            tables[kind].append(
                (re.compile(rf"(?:(?<![A-Za-z0-9_-])|(?<=\dx))(?:{expression.strip()})(?![A-Za-z0-9_])", re.I), name.strip())
            )
    family = re.sub(r"\|\s+", "|", raw["model_families"].strip())
    piece = _MODEL_PIECE
    owner = r"(?:[\w.-]+/)?"
    tables["model"] = [(re.compile(rf"(?<![A-Za-z0-9_/.-]){owner}(?:{family}){piece}(?![a-z])", re.I), "")]
    tables["region"] = [(re.compile(rf"(?<![A-Za-z0-9_-])(?:{raw['regions']})(?![A-Za-z0-9_])", re.I), "")]
    return tables


# Everyday words that are also model names; they count only with a version or a neighbour of that kind.
_WEAK_MODELS = {
    "opt",
    "e5",
    "r1",
    "s",
    "sam",
    "nova",
    "titan",
    "instructor",
    "wan",
    "bark",
    "ada",
    "yi",
    "arctic",
    "solar",
    "canary",
    "orca",
    "falcon",
    "phi",
    "aya",
    "vits",
    "clip",
    "flux",
    "curie",
    "palm",
    "blip",
    "imagen",
    "electra",
    "conformer",
    "bart",
    "inception",
    "gpt",
    "x",
}
_WORD_COUNTS = {"dual": 2.0, "twin": 2.0, "triple": 3.0, "quad": 4.0}


def _hardware_name(words: str, form: str) -> str:
    text = re.sub(r"\s+", " ", words.strip())
    text = re.sub(r"(?i)^(?:nvidia|tesla|geforce) ", "", text)
    if form == "geforce":
        text = re.sub(r"(?i)^(?:dual|triple|quad) ", "", text)
        text = "RTX " + re.sub(r"(?i)(?<=0)s\b", "", text)
    elif form == "rtx":
        text = text if re.match(r"(?i)rtx", text) else (text if re.match(r"(?i)a\d", text) else "RTX " + text)
    elif form:
        return form
    if re.match(r"(?i:l40s)\b|V100S\b", text):  # cards of their own, not plurals
        return re.sub(r"(?i)(?<=[ -])(\d+) ?gb?\b", r"\1GB", text[0].upper() + text[1:].replace("s", "S", 1))
    text = re.sub(r"(?i)^((?:gh?b?|[ahbltvpk])\d{1,3}[a-z]?)s\b", r"\1", text)
    text = re.sub(r"(?i)(rtx|gtx)[ -]?(\d)", lambda m: f"{m[1].upper()} {m[2]}", text)
    text = re.sub(r"(?i)(?<=[0-9])s\b|(?<=ti)s\b", "", text)
    text = re.sub(r"(?i)(?<=[ -])(\d+) ?gb?\b", r"\1GB", text)
    return "CPU" if text.lower() in ("cpu", "cpus", "cpu only", "cpu-only") else text


def _names(text: str) -> list[Candidate]:
    found: list[Candidate] = []
    for kind, table in _lexicon().items():
        for pattern, name in table:
            for hit in pattern.finditer(text):
                words = hit.group().strip(" -_")
                start = hit.start() + hit.group().index(words) if words else hit.start()
                if len(words) < 2 or (kind == "model" and words.lower() in _WEAK_MODELS and not _is_named(text, start)):
                    continue
                value = _hardware_name(words, name) if kind == "hardware" else (name or words)
                found.append(Candidate("", kind, start, start + len(words), words, value, (kind,)))
    return found


def _is_named(text: str, start: int) -> bool:
    """A weak model name counts when written with a capital inside a sentence or after "model"."""
    return bool(
        re.search(r"(?i)\b(?:model|run|running|use|using|with|serve|serving|from|to|on)[: ]+$", text[max(0, start - 12) : start])
    ) and (text[start].isupper() or text[start : start + 3].lower() in ("gpt", "e5", "r1", "phi"))


#: Where spans of two kinds overlap, the earlier kind wins; hardware beats everything ("A100 80GB" holds a quantity).
_PRECEDENCE = ("file", "hardware", "model", "region", "number", "framework", "provider", "precision", "task", "technique")


def candidates(text: str, asked: str = "") -> list[Candidate]:
    """All candidates in reading order, without overlaps, with ids. `asked` widens what a bare number may answer."""
    pool = _names(text) + _files(text)
    pool += [Candidate("", "number", q.start, q.end, text[q.start : q.end], q.value, q.fields) for q in quantities(text, asked)]
    pool.sort(key=lambda c: (_PRECEDENCE.index(c.kind), -(c.end - c.start), c.start))
    kept: list[Candidate] = []
    for one in pool:
        one = _cut(one, kept, text)
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    kept = _counts(text, kept, asked)
    kept.sort(key=lambda c: c.start)
    numbered: list[Candidate] = []
    counters: dict[str, int] = {}
    for one in kept:
        letter = {"number": "n", "file": "d"}.get(one.kind) or NAME_FIELDS[one.kind]
        counters[letter] = counters.get(letter, 0) + 1
        numbered.append(replace(one, id=f"{letter}{counters[letter]}"))
    return numbered


def _cut(one: Candidate, kept: list[Candidate], text: str) -> Candidate:
    """A model's name without the card behind it ("llama 3.1 8b l4"), a rate without the model in it ("3 million gpt-4o calls a month")."""
    ends_before = {"model": "hardware", "number": "model"}.get(one.kind, "")
    over = next((other for other in kept if other.kind == ends_before and one.start < other.start < one.end), None)
    words = text[one.start : over.start].rstrip() if over is not None else ""
    if over is None or not words or text[over.start - 1] != " ":
        return one
    return replace(one, end=one.start + len(words), words=words, value=words if one.kind == "model" else one.value)


def _files(text: str) -> list[Candidate]:
    pattern = re.compile(r"(?<![\w/])[\w.\-]+\.(?:csv|tsv|xlsx|parquet|jsonl?|pdf)(?!\w)", re.I)
    return [Candidate("", "file", m.start(), m.end(), m.group(), m.group(), ("file",)) for m in pattern.finditer(text)]


def _counts(text: str, kept: list[Candidate], asked: str) -> list[Candidate]:
    """A bare number or count word beside a hardware name may be the number of cards, and nothing else."""
    hardware = [c for c in kept if c.kind == "hardware"]
    out: list[Candidate] = []
    for one in kept:
        if one.kind == "number" and ("gpu_count" in one.fields or re.fullmatch(r"\d{1,4}", one.words)):
            beside = any(
                re.fullmatch(
                    r"(?i)\s*(?:x|×|\*)?\s*-?(?:of the |of )?"
                    r"(?:nvidia |x |desktop |used |old |rented |local |single |pcs |pieces |units )*",
                    text[one.end : h.start],
                )
                is not None
                if one.end <= h.start
                else re.fullmatch(r"(?i)s?\s*(?:x|×|\*|\()\s*", text[h.end : one.start]) is not None
                for h in hardware
            )
            if not beside and "gpu_count" in one.fields and asked != "gpu_count" and re.fullmatch(r"[\d,.]+|[a-z]+", one.words, re.I):
                continue  # a lone number next to nothing says nothing
            if beside:
                one = replace(one, fields=("gpu_count",))
        out.append(one)
    for card in hardware:
        word = card.words.split()[0].lower()
        before = re.search(r"(?i)\b(dual|twin|triple|quad)[ -]+$", text[: card.start])
        if word in _WORD_COUNTS:
            out = [replace(c, start=c.start + len(word) + 1, words=c.words[len(word) + 1 :]) if c is card else c for c in out]
            out.append(
                Candidate("", "number", card.start, card.start + len(word), card.words[: len(word)], _WORD_COUNTS[word], ("gpu_count",))
            )
        elif before and not any(c.start < before.end(1) and c.end > before.start(1) for c in out):
            out.append(Candidate("", "number", before.start(1), before.end(1), before[1], _WORD_COUNTS[before[1].lower()], ("gpu_count",)))
    return out


def size_in_name(model: str) -> float | None:
    """Billions of parameters written in a model's own name ("llama-3-70b" -> 70); None for mixtures and plain names."""
    if re.search(r"\d+x\d+(?:\.\d+)?b", model, re.I):
        return None
    hit = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)\s?([bm])(?![a-z])", model, re.I)
    if hit is None:
        return None
    return float(hit[1]) if hit[2].lower() == "b" else float(hit[1]) / 1000


_BRAIN = re.compile(
    r"(?i)\b(?:the|your|frugal'?s)(?: own)?(?: bundled| built-?in)? (?:brain|bundled model|own model)\b|\bbundled (?:brain|model)\b"
)
_PATH = re.compile(r"(?<![\w/:.])(?:~|\.{1,2})?/[\w@.+/-]*\w")


def model_named(text: str) -> str:
    """A model that can be run here: "brain" or a folder path in the user's words; "" where none is named."""
    if _BRAIN.search(text):
        return "brain"
    paths = [p for p in _PATH.findall(text) if not p.lower().endswith((".csv", ".xlsx", ".jsonl", ".json", ".tsv"))]
    return str(Path(paths[0]).expanduser()) if paths else ""
