"""What a row pays for: gpu, managed_ai, api_tokens, ai_adjacent, other or unknown, with the rule that said so.

The rules are data (tools/audit/spend_rules.py), tried in order; the first that matches wins. A row that no rule knows is
`unknown`: it is neither AI nor not AI until someone says so.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tools.audit.spend_rules import ACCELERATORS, MODEL_NAMES, RULES, TOKEN_TYPES

#: Rule and field in the order tried: AI rules first; plain services by their name before anything in the small print.
_TRIES = (
    *((rule, rule.field) for rule in RULES if rule.kind != "other" and rule.field != "tags"),
    *((rule, "service") for rule in RULES if rule.kind == "other"),
    *((rule, rule.field) for rule in RULES if rule.kind == "other"),
)


class Spend(NamedTuple):
    """Kind of spend, rule id, and what the text says about hardware, model and token type ("" = nothing)."""

    kind: str
    rule: str
    hardware: str = ""
    model: str = ""
    token_type: str = ""


def classify(service: str, description: str, hardware: str, model: str, provider: str, tags: str, forced: str = "") -> Spend:
    """Classifies by these texts; `forced` is the kind that the form itself defines."""
    spend = _by_text(service, description, hardware, model, provider, forced)
    if spend.kind in ("other", "unknown") and (rule := _tag_rule(tags)):
        return Spend("ai_adjacent", rule, hardware, model)
    return spend


@lru_cache(maxsize=65536)
def _tag_rule(tags: str) -> str:
    """The rule that ties plain services to AI by their tags; "" where none does."""
    return next((rule.id for rule in RULES if rule.field == "tags" and re.search(rule.pattern, tags.casefold())), "")


@lru_cache(maxsize=65536)
def _by_text(service: str, description: str, hardware: str, model: str, provider: str, forced: str) -> Spend:
    fields = {
        "service": _spelled(service),
        "description": _spelled(description),
        "hardware": hardware.casefold(),
        "model": model.casefold(),
        "provider": provider.casefold(),
    }
    fields["any"] = " | ".join((fields["service"], fields["description"], fields["hardware"], fields["model"]))
    found_hardware = hardware or _accelerator(fields["any"])
    if forced:
        return Spend(forced, "form", found_hardware, model or _model(fields["any"]), token_type_of(fields["description"]))
    for rule, name in _TRIES:
        if re.search(rule.pattern, fields[name]):
            named = model or (_model(fields["any"]) if rule.kind == "api_tokens" else "")
            token_type = token_type_of(fields["description"]) if rule.kind == "api_tokens" else ""
            return Spend(rule.kind, rule.id, found_hardware if rule.kind in ("gpu", "managed_ai") else hardware, named, token_type)
    return Spend("unknown", "", hardware, model)


def _spelled(text: str) -> str:
    """Lower case, and again with the words of a code apart (`AmazonEC2 | amazon ec2`, `block_storage | block storage`)."""
    folded = text.casefold()
    if " " in text:
        return f"{folded} | {folded.replace('_', ' ')}" if "_" in text else folded
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", text).casefold()
    return " | ".join(dict.fromkeys((folded, words, re.sub(r"\A(amazon|aws)(?=[a-z])", r"\1 ", folded))))


def _accelerator(text: str) -> str:
    match = re.search(ACCELERATORS, text)
    return match[0] if match else ""


def _model(text: str) -> str:
    match = re.search(MODEL_NAMES, text)
    return match[0].strip(" -,.(") if match else ""


def token_type_of(text: str) -> str:
    """input, cached, cache_write, output or reasoning, from a token type or a line item in any spelling; "" where the text names none."""
    text = text.casefold()
    for name, pattern in TOKEN_TYPES:
        if re.search(pattern, text):
            return name
    return ""
