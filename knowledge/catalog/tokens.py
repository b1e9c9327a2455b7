"""Look-ups of models sold by the token."""

import re
from collections.abc import Mapping
from functools import cache

from knowledge.catalog.shelf import Shelf, load_shelf
from knowledge.schemas import ApiModel

#: Date and version tails of API model names, such as "-2024-08-06", "-20250514", "-latest", "-v1:0".
_VERSION_TAIL = re.compile(r"(-\d{4}-\d{2}-\d{2}|[-@]20\d{6}|-latest|-preview|-v\d+(:\d+)?)+$")


@cache
def api_models() -> Shelf[ApiModel]:
    """All models sold by the token."""
    return load_shelf("API model", "prices/api", ApiModel)


def find_api_model(name: str) -> ApiModel | None:
    """An API model by name or alias, else by the name without its date tail; None where neither is known."""
    shelf = api_models()
    found = shelf.find(name)
    if found is None:
        bare = _VERSION_TAIL.sub("", name.strip().lower())
        found = shelf.find(bare) if bare != name.strip().lower() else None
    return found


def api_model(name: str) -> ApiModel:
    """An API model. Raises UserError `unknown-api-model` with the nearest names."""
    return find_api_model(name) or api_models().get(name)


def api_model_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return api_models().aliases
