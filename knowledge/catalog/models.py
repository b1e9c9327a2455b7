"""Look-ups of open model architectures by hub id, alias or usual spelling."""

from collections.abc import Mapping
from functools import cache

from knowledge.catalog.shelf import Shelf, load_shelf
from knowledge.schemas import ModelArchitecture


@cache
def models() -> Shelf[ModelArchitecture]:
    """All open model architectures."""
    return load_shelf("model", "models", ModelArchitecture)


def model(name: str) -> ModelArchitecture:
    """An open model's architecture. Raises UserError `unknown-model` with the nearest names."""
    return models().get(name)


def model_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return models().aliases
