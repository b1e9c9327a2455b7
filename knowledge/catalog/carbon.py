"""Look-ups of grid carbon by cloud region and of power usage effectiveness, each with its source."""

from collections.abc import Mapping
from functools import cache

from knowledge.catalog.shelf import read_folder
from knowledge.errors import UserError
from knowledge.schemas import GridRegion, PowerUse, SourceEntry
from knowledge.source import Source


@cache
def _carbon() -> tuple[tuple[GridRegion, ...], tuple[PowerUse, ...], Mapping[tuple[str, str], SourceEntry]]:
    regions: list[GridRegion] = []
    power: list[PowerUse] = []
    sources: dict[tuple[str, str], SourceEntry] = {}
    for _, content in read_folder("carbon"):
        regions.extend(content.regions)  # type: ignore[attr-defined]
        power.extend(content.power_use)  # type: ignore[attr-defined]
        provider = next((r.provider for r in content.regions), "")  # type: ignore[attr-defined]
        sources.update({(provider, key): entry for key, entry in content.sources.items()})
    return tuple(regions), tuple(power), sources


def grid_region(provider: str, region: str) -> GridRegion:
    """Grid carbon readings of a cloud region. Raises UserError `unknown-region` with the nearest names."""
    regions = {r.region: r for r in _carbon()[0] if r.provider == provider.lower()}
    wanted = region.strip().lower().replace(" ", "") if provider.lower() == "azure" else region.strip().lower()
    if wanted not in regions:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(wanted, list(regions), limit=3, score_cutoff=60)]
        hint = f"Did you mean {' or '.join(near)}?" if near else "Grid carbon is known for regions of aws, azure and gcp."
        raise UserError(
            "unknown-region", f'No grid carbon for region "{region[:40]}" of {provider[:20]} is known.', hint, {"nearest": near}
        )
    return regions[wanted]


def power_use(provider: str) -> PowerUse | None:
    """Power usage effectiveness of a provider; None where unknown."""
    return next((p for p in _carbon()[1] if p.provider == provider.lower()), None)


def carbon_source(provider: str, key: str) -> Source:
    """Source of a grid reading or PUE figure. Raises KeyError where the file does not list it."""
    return _carbon()[2][provider.lower(), key].as_source()
