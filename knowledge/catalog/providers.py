"""Names of clouds, GPU clouds and API vendors, and where an entry of the catalogue was read."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from knowledge.catalog.hardware import accelerators
from knowledge.catalog.machines import cpu_machines, instances
from knowledge.catalog.models import models
from knowledge.catalog.shelf import Shelf
from knowledge.catalog.tokens import api_models
from knowledge.errors import KnowledgeError
from knowledge.schemas import Accelerator, ApiModel, CpuMachine, Instance, ModelArchitecture, Named
from knowledge.source import Source

_PROVIDER_ALIASES = {
    "aws": ("amazon", "amazon web services", "ec2", "amazon aws"),
    "azure": ("microsoft azure", "microsoft"),
    "gcp": ("google cloud", "google cloud platform", "gce"),
    "oci": ("oracle", "oracle cloud", "oracle cloud infrastructure"),
    "bedrock": ("amazon bedrock", "aws bedrock"),
    "google": ("google ai", "google ai studio", "gemini api", "vertex", "vertex ai"),
    "openai": ("open ai",),
    "anthropic": ("claude api",),
    "xai": ("x.ai", "x-ai"),
    "mistral": ("mistral ai",),
    "together": ("together ai", "together.ai"),
    "fireworks": ("fireworks ai", "fireworks.ai"),
    "vast-ai": ("vast.ai", "vast ai"),
    "lambda": ("lambda labs", "lambda cloud"),
    "runpod": ("run pod",),
    "thunder-compute": ("thunder compute",),
    "jarvis-labs": ("jarvis labs", "jarvislabs"),
    "digitalocean": ("digital ocean",),
    "genesis-cloud": ("genesis cloud",),
    "packet-ai": ("packet.ai", "packet ai"),
    "moonshot": ("moonshot ai",),
    "voyage": ("voyage ai",),
    "zai": ("z.ai", "z-ai"),
    "zhipu": ("zhipu ai", "zhipuai", "bigmodel"),
    "deepinfra": ("deep infra",),
    "perplexity": ("perplexity ai",),
    "novita": ("novita ai",),
    "sambanova": ("samba nova", "sambanova cloud"),
    "groq": ("groqcloud", "groq cloud"),
    "verda": ("datacrunch",),
}


@cache
def providers() -> Mapping[str, str]:
    """Lower-case alias -> canonical provider, over clouds, GPU clouds and API vendors."""
    names = {i.provider for i in instances().entries.values()} | {m.provider for m in api_models().entries.values()}
    found = {name: name for name in sorted(names)}
    for name, spellings in _PROVIDER_ALIASES.items():
        found.update({spelling: name for spelling in spellings if name in names})
    return found


def source_of(entry: Named, key: str = "") -> Source:
    """Where an entry (or one of its values, by source key) was read. Raises KnowledgeError `unknown-source`."""
    known = _shelf_of(entry).sources.get(entry.name, {})
    if (key or entry.source) in known:
        return known[key or entry.source].as_source()
    raise KnowledgeError(
        "unknown-source", f"The fact about {entry.name} names a source that its file does not list.", "Run `python -m knowledge.check`."
    )


def _shelf_of(entry: Named) -> Shelf[Any]:
    table: Iterable[tuple[type[Named], Callable[[], Shelf[Any]]]] = (
        (Accelerator, accelerators),
        (Instance, instances),
        (CpuMachine, cpu_machines),
        (ApiModel, api_models),
        (ModelArchitecture, models),
    )
    for cls, shelf in table:
        if isinstance(entry, cls):
            return shelf()
    raise TypeError(f"no shelf for {type(entry).__name__}")
