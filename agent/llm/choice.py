"""`ModelChoice`: which language model drives the agent, parsed from one setting. Light; loads nothing."""

from dataclasses import dataclass, field
from typing import Literal

from knowledge.errors import UserError


@dataclass(frozen=True)
class ModelChoice:
    """brain (bundled), hub (hub id or local folder), endpoint (OpenAI-compatible address) or scripted (tests only)."""

    kind: Literal["brain", "hub", "endpoint", "scripted"] = "brain"
    name: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, api_key: str = "") -> "ModelChoice":
        """ "brain", "scripted", "hf:org/name", "hf:/folder" or "http://host:port/v1#model". Raises UserError `model-choice-invalid`."""
        text = text.strip()
        if text in ("", "brain"):
            return cls()
        if text == "scripted":
            return cls("scripted")
        if text.startswith("hf:") and len(text) > 3:
            return cls("hub", name=text[3:])
        if text.startswith(("http://", "https://")) and "#" in text:
            base_url, _, name = text.partition("#")
            return cls("endpoint", name=name, base_url=base_url, api_key=api_key)
        raise UserError(
            "model-choice-invalid",
            f'"{text[:80]}" does not name a language model for Frugal itself.',
            "Use brain, hf:org/name, hf:/path/to/folder, or http://host:port/v1#model-name.",
        )


def label_of(choice: ModelChoice) -> str:
    """What the screen says about who reads the messages."""
    return {
        "brain": "brain (bundled, 11M parameters, OpenVINO int8 on CPU)",
        "hub": f"{choice.name} (local model)",
        "endpoint": f"{choice.name} at {choice.base_url} (your endpoint)",
        "scripted": "scripted stand-in (tests only, no language model)",
    }[choice.kind]
