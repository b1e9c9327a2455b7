"""A model's name as bills and logs write it -> its entry in the price catalogue, or None: a price is never guessed.

Tried in order: the name, the name without a gateway's prefix, and Claude's two word orders. Only where a row names no
more than a family ("claude") its other words are searched for a whole name ("USE1-Claude3Sonnet-input-tokens"); a longer
name that the list does not hold is another model. Where a cloud hosts the model, that host's entry comes first; three
clouds without an entry of their own fall back to the maker's price, with a note.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from knowledge import catalog
from knowledge.schemas import ApiModel

#: Words of a provider or service cell -> the catalogue's provider of that host.
_HOSTS = (
    ("bedrock", r"bedrock|\baws\b|amazon"),
    ("azure", r"azure|microsoft"),
    ("google", r"vertex|google"),
    ("groq", r"\bgroq\b"),
    ("together", r"\btogether"),
    ("fireworks", r"fireworks"),
    ("cerebras", r"cerebras"),
)
_RESELL_AT_MAKERS_PRICE = frozenset({"bedrock", "azure", "google"})
_MAKERS = frozenset({"openai", "anthropic", "google", "mistral", "cohere", "xai"})
_CLAUDE = re.compile(r"claude-(\d+(?:[.-]\d{1,2})?)-(opus|sonnet|haiku)")
_VARIANT = re.compile(r":(?:nitro|floor|beta|online|thinking|exacto)$")
_REGION = re.compile(r"^(?:global|us-gov|us|eu|apac|jp|au)\.")
_EDITION = re.compile(r"\s*\(.*\)$")
#: Words behind a name that make it another model with another price.
_OTHER_MODEL = re.compile(
    r"audio|realtime|image|search|tts|transcribe|vision|preview|mini|nano|lite|pro|turbo|instant|fast|large|small|v?\d.*"
)
_MOST_WORDS = 6


@dataclass(frozen=True)
class Listed:
    """A catalogue entry, and why its price may not be this seller's own ("" where it is)."""

    entry: ApiModel
    note: str = ""


@lru_cache(maxsize=4096)
def listed(model: str, provider: str = "", service: str = "", words: str = "") -> Listed | None:
    """The catalogue entry for a model as a row names it. `words` is the row's small print, read only where the name fails."""
    if model.casefold().endswith(":free"):
        return None
    host = _host(model, provider, service)
    specific = any(char.isdigit() for char in model)
    entry = _by_name(model) or (None if specific else _in_words(f"{service} {words}"))
    if entry is None or not host or entry.provider == host:
        return Listed(entry) if entry else None
    own = _hosted(host, entry)
    if own is not None:
        return Listed(own)
    if host in _RESELL_AT_MAKERS_PRICE and entry.provider in _MAKERS:
        return Listed(entry, f"the list has no price of {host} for it; its maker's price was used")
    return None


def _host(model: str, provider: str, service: str) -> str:
    """The cloud or host that sells the model; "" where the maker does or nothing is said."""
    prefix = model.partition("/")[0] if "/" in model else ""
    for text in (prefix, provider, service):
        for host, pattern in _HOSTS:
            if text and re.search(pattern, text.casefold()):
                return host
    return ""


def _by_name(model: str) -> ApiModel | None:
    name = _EDITION.sub("", _VARIANT.sub("", model.strip().casefold()))
    tries = [name]
    while "/" in name:
        name = name.partition("/")[2]
        tries.append(name)
    tries.append(_REGION.sub("", name))
    tries += [_CLAUDE.sub(r"claude-\2-\1", text) for text in tries if _CLAUDE.search(text)]
    return next((found for text in tries if text and (found := catalog.find_api_model(text))), None)


def _in_words(text: str) -> ApiModel | None:
    """The longest catalogue name that stands in the text as whole words and has no version number behind it."""
    shelf = catalog.api_models()
    words = [word for word in re.split(r"[\s|,:;_()/-]+", text) if word]
    for size in range(min(_MOST_WORDS, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            after = words[start + size].casefold() if start + size < len(words) else ""
            name = catalog.squash("-".join(words[start : start + size]))
            if len(name) > 3 and name in shelf.squashed and not _OTHER_MODEL.fullmatch(after):
                return shelf.entries[shelf.squashed[name]]
    return None


@cache
def _tails() -> dict[tuple[str, str], ApiModel]:
    """(host, bare name) -> entry: `bedrock/anthropic.claude-3-haiku` is ("bedrock", "claude3haiku")."""
    found: dict[tuple[str, str], ApiModel] = {}
    for entry in catalog.api_models().entries.values():
        host, slash, rest = entry.name.partition("/")
        if slash and not rest.startswith("global."):
            found.setdefault((host, catalog.squash(rest)), entry)
            found.setdefault((host, catalog.squash(rest.partition(".")[2])), entry)
    return found


def _hosted(host: str, entry: ApiModel) -> ApiModel | None:
    tails = _tails()
    bare = entry.name.rpartition("/")[2]
    return tails.get((host, catalog.squash(bare)))


def sibling_elsewhere(entry: ApiModel) -> ApiModel | None:
    """The same model behind the host's endpoint for all regions, where the list prices it apart."""
    host, slash, rest = entry.name.partition("/")
    if not slash or rest.startswith("global."):
        return None
    return catalog.api_models().entries.get(f"{host}/global.{rest}")
