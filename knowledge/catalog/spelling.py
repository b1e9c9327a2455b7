"""How people write the names of open models, and which differences matter: the words, numbers and tails of a name.

"meta-llama/Llama-3.1-8B-Instruct", "llama3.1:8b" and "Llama 3.1 8bn" are one spelling each of one name; "llama 3 18b" is not.
Numbers are kept apart and exact: a version, a generation and a size are never guessed. Pure text; knows no models.
"""

import re
from collections.abc import Iterator

#: "13.b" stays as odd as it is: it may be "13b" or "1.3b".
_NUMBER = r"\d+(?:\.\d+)*(?:x\d+(?:\.\d+)?)?(?:\.?[bmk])?(?![a-z])"
_TOKEN = re.compile(rf"{_NUMBER}|[a-z]+|\d+(?:\.\d+)*")
_SIZE = re.compile(r"\d(?:x\d+(?:\.\d+)?)?[bmk]$")
#: "70 billion", "70bn" and "70 b" are "70b"; hosts write "v3p1" for "3.1".
_UNIT = re.compile(r"(?<=\d)\s*(?:billion|bil|bn|b)\b")
_HOSTED = re.compile(r"(?<=llama-)v(\d)(?:p(\d))?(?=-)")
#: A point beside a letter that is no unit, or three numbers in a row: "llama.3", "3.1.8b".
_SEPARATING_POINT = re.compile(r"[a-z]\.\d|\d\.\d+\.\d")
_SEPARATOR = r"[\s_:.()-]"
#: What may stand behind or within a name without naming another architecture: tuning, format, precision, date.
_TAIL = re.compile(
    rf"(?<={_SEPARATOR})(?:instruct(?:ion)?|chat|it|hf|base|pt|sft|dpo|rlhf|gguf|ggml|mlx|onnx|openvino|awq|gptq|exl[23]|bnb|nf4|latest|"
    r"(?:nv|mx)?fp\d{1,2}(?:_e\dm\d)?|int\d{1,2}|b?f16|f32|\d[ -]?bits?|i?q\d(?:_[0-9a-z]+)*|w\d+a\d+(?:kv\d+)?|"
    r"quantized|quant|dynamic|marlin|"
    rf"20\d\d[-.]?\d\d[-.]?\d\d|(?:0[1-9]|1[0-2]|2[3-9])\d\d)(?={_SEPARATOR}|$)"
)
_DATE = re.compile(r"\d{4}")
_MAKERS = re.compile(r"^(?:meta|google|microsoft|openai|nvidia|alibaba|mistralai|facebook|ibm|cohere|the)[\s_-]+")


def words(name: str) -> tuple[str, ...]:
    """Words and numbers of a name in lower case: "Llama-3.1:8B" -> ("llama", "3.1", "8b")."""
    return tuple(_TOKEN.findall(_UNIT.sub("b", name.lower().replace("+", " plus "))))


def joined(parts: tuple[str, ...]) -> str:
    """Comparison form: separators dropped, except between two numbers ("llama 3.1 8b" -> "llama3.1 8b")."""
    text = ""
    for part in parts:
        text += f" {part}" if text[-1:].isdigit() and part[0].isdigit() else part
    return text


def form(name: str) -> str:
    """The comparison form of a name as written."""
    return joined(words(name))


def parted(text: str) -> str:
    """A comparison form with its points taken for separators: "llama3.1 8b" -> "llama3 1 8b"."""
    return text.replace(".", " ")


def points_as_separators(name: str) -> str:
    """The name with points read as separators, where it shows that they are: "gemma.2.2b" -> "gemma 2 2b"; "gemma-2.2b" stays."""
    return name.replace(".", " ") if _SEPARATING_POINT.search(name) else name


def points_left_out(written: str, meant: str) -> bool:
    """Whether two forms differ at most in points of `meant` that are separators in `written`; a point that was written stays one.

    "llama3 1 8b" may mean "llama3.1 8b"; "gemma 2.2b" never means "gemma 2 2b".
    """
    return len(written) == len(meant) and all(w == m or (w, m) == (" ", ".") for w, m in zip(written, meant, strict=True))


def numbers(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Versions, generations and sizes in a name, in order."""
    return tuple(part for part in parts if part[0].isdigit())


def without_tails(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name with ever more left out, and what was left out: the owner, tails from the last to the first, the maker.

    A bare four-digit date goes only where a size remains: "mistral-small-2409" would be another model without it.
    """
    text = name.strip().lower()
    owner, slash, text = text.rpartition("/")
    dropped: tuple[str, ...] = (f"{owner}/",) if slash else ()
    text = _HOSTED.sub(lambda hit: hit[1] + (f".{hit[2]}" if hit[2] else ""), text)
    while True:
        yield text, dropped
        bare = _MAKERS.sub("", text)
        if bare != text:
            yield bare, (*dropped, text[: -len(bare)].strip(" -_"))
        tail = _last_tail(text)
        if tail is None:
            return
        dropped = (*dropped, tail.group())
        text = (text[: tail.start()].rstrip(" _:.-(") + text[tail.end() :].rstrip(" )")).strip()


def _last_tail(text: str) -> re.Match[str] | None:
    for tail in reversed(list(_TAIL.finditer(text))):
        rest = words(text[: tail.start()]) + words(text[tail.end() :])
        if not _DATE.fullmatch(tail.group()) or any(_SIZE.search(part) for part in rest):
            return tail
    return None


def letters_off(written: tuple[str, ...], meant: tuple[str, ...], known: frozenset[str]) -> int | None:
    """How many letters `written` is from `meant`; None where it is not a misspelling of it.

    Numbers agree, words correspond one to one, and a differing word is long enough, near enough, and no known word itself:
    "mixtral 7b" is no misspelt "mistral 7b".
    """
    from rapidfuzz.distance import OSA

    if len(written) != len(meant):
        return None
    letters = 0
    for found, wanted in zip(written, meant, strict=True):
        if found == wanted:
            continue
        if wanted[0].isdigit() or found[0].isdigit() or len(wanted) < 4 or found in known:
            return None
        allowed = 1 if len(wanted) < 8 else 2
        distance = OSA.distance(found, wanted, score_cutoff=allowed)
        if distance > allowed:
            return None
        letters += distance
    return letters or None
