"""Sanity of the physical facts, for `knowledge.check`: accelerators, processors, published effects of number formats, carbon.

Each function yields a sentence for every value that cannot be right, and nothing for sound ones. Reads no files.
"""

from collections.abc import Iterator

from knowledge.schemas import Accelerator, CarbonFile, CpuFamily, PrecisionEffect


def physical_errors(item: Accelerator | CpuFamily | PrecisionEffect, accelerators: set[str]) -> Iterator[str]:
    """Whatever is wrong with one entry, by its kind."""
    if isinstance(item, Accelerator):
        yield from accelerator_errors(item)
    elif isinstance(item, CpuFamily):
        yield from cpu_errors(item)
    else:
        yield from effect_errors(item, accelerators)


def accelerator_errors(item: Accelerator) -> Iterator[str]:
    """Narrower formats are never slower in a datasheet that lists both; nothing is both fast and lacking; units fit."""
    for slower, faster in (("fp32", "fp16"), ("fp16", "fp8"), ("bf16", "fp8"), ("fp8", "fp4")):
        low, high = item.tflops.get(slower), item.tflops.get(faster)  # type: ignore[call-overload]
        if low is not None and high is not None and low > high:
            yield f"{item.name}: {slower} {low} TFLOPS above {faster} {high}"
    half = item.tflops.get("fp16")
    if half is not None and item.bandwidth_gb_s is not None and half * 1000 < item.bandwidth_gb_s:
        yield f"{item.name}: fewer FP16 operations than bytes a second; check the units"
    for precision in sorted(set(item.lacks) & set(item.tflops)):
        yield f"{item.name}: {precision} has a rate but is said to be lacking"
    for field in sorted(set(item.field_sources) - set(Accelerator.model_fields) - set(item.tflops)):
        yield f"{item.name}: a source for {field}, which is no field of it"
    if item.idle_w is not None and item.tdp_w is not None and item.idle_w >= item.tdp_w:
        yield f"{item.name}: {item.idle_w} W at rest, not below {item.tdp_w} W"


def cpu_errors(item: CpuFamily) -> Iterator[str]:
    """A processor draws more under load than at rest, and its clock, memory and vectors are possible ones."""
    idle, full = item.watts_per_vcpu_idle, item.watts_per_vcpu_full
    if (idle is None) != (full is None):
        yield f"{item.name}: power of a vCPU at rest without under load, or the reverse"
    if idle is not None and full is not None and not idle < full:
        yield f"{item.name}: {idle} W a vCPU at rest, not below {full} W"
    if full is not None and item.tdp_w is not None and full * item.cores * item.threads_per_core > 3 * item.tdp_w:
        yield f"{item.name}: its vCPUs together draw over three times the socket's {item.tdp_w} W"
    if item.base_ghz is not None and not 1 <= item.base_ghz <= 6:
        yield f"{item.name}: base clock of {item.base_ghz} GHz"
    if (item.memory_channels is None) != (item.memory_mts is None):
        yield f"{item.name}: memory channels without their speed, or the reverse"
    if item.memory_mts is not None and not 1000 <= item.memory_mts <= 20000:
        yield f"{item.name}: memory at {item.memory_mts} MT/s"


def effect_errors(item: PrecisionEffect, accelerators: set[str]) -> Iterator[str]:
    """A published effect names a known chip, is of a possible size, and says so where the model broke."""
    what = f"effect of {item.precision} on {item.model} ({item.accelerator})"
    if accelerators and item.accelerator not in accelerators:
        yield f"{what}: accelerator is not in the fact base"
    if not 0.1 <= item.factor <= 4:
        yield f"{what}: factor {item.factor} is outside 0.1 to 4"
    if item.score is not None and item.baseline_score and item.score < item.baseline_score / 2 and not item.broken:
        yield f"{what}: score {item.score} against {item.baseline_score}, but not marked as broken"


def carbon_errors(files: list[CarbonFile], accelerators: set[str]) -> Iterator[str]:
    """Places are listed once and the ones they point to exist; effectiveness is in order; every other provider has one."""
    regions = [f"{r.provider} {r.region}" for f in files for r in f.regions]
    countries = [c.iso3 for f in files for c in f.countries]
    for name in sorted({n for n in (*regions, *countries) if regions.count(n) + countries.count(n) > 1}):
        yield f"carbon: {name} is listed twice"
    spellings: dict[str, str] = {}
    for country in (c for f in files for c in f.countries):
        for spelling in filter(None, (country.iso3, country.iso2, country.name, *country.aliases)):
            if spellings.setdefault(spelling.lower(), country.iso3) != country.iso3:
                yield f"carbon: `{spelling}` means both {spellings[spelling.lower()]} and {country.iso3}"
    for region in (r for f in files for r in f.regions):
        yield from (f"carbon: {region.region} lies in the unlisted {place}" for place in region.same_place if place not in regions)
        if region.country and region.country not in countries:
            yield f"carbon: {region.region} lies in the unlisted country {region.country}"
    for power in (p for f in files for p in f.power_use):
        if not power.pue_low <= power.pue_likely <= power.pue_high:
            yield f"carbon: power usage effectiveness of {power.provider or 'other providers'} is out of order"
    for embodied in (e for f in files for e in f.embodied):
        unknown = sorted(set(embodied.accelerators) - accelerators) if accelerators else []
        yield from (f"carbon: embodied share of the unlisted accelerator {name}" for name in unknown)
    if files and "WOR" not in countries:
        yield "carbon: the world's mean (WOR) is missing"
    if files and all(p.provider for f in files for p in f.power_use):
        yield "carbon: no power usage effectiveness for providers that publish none"
