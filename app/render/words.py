"""Sentences with their figures filled in from evidence, and the names of tiers and tools as people read them."""

import string
from collections.abc import Mapping

from knowledge.source import Tier
from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text
from tools.contracts.tool import Statement

#: verb in the running and in the finished form, per tool
VERBS = {
    "audit_costs": ("Auditing", "Audited"),
    "choose_hosting": ("Choosing where to host", "Compared where to host"),
    "estimate_memory": ("Estimating memory of", "Estimated memory of"),
    "estimate_serving": ("Estimating the serving of", "Estimated the serving of"),
    "estimate_training": ("Estimating the training of", "Estimated the training of"),
    "price_api": ("Pricing", "Priced"),
    "profile_model": ("Profiling", "Profiled"),
    "quantize_model": ("Quantizing", "Quantized"),
    "benchmark_model": ("Benchmarking", "Benchmarked"),
    "make_plan": ("Making", "Made"),
    "explain": ("Looking up", "Looked up"),
    "export_plan": ("Exporting", "Exported"),
    "read_prices": ("Reading prices from", "Read prices from"),
}
#: the same as a request, for the consent card
REQUESTS = {"profile_model": "Profile", "quantize_model": "Quantize", "benchmark_model": "Benchmark", "audit_costs": "Audit"}


def sentence(statement: Statement, known: Mapping[str, Evidence]) -> str:
    """The statement with each placeholder filled; a figure without evidence reads "unknown"."""
    filled = dict(statement.names)
    for place, evidence_id in statement.figures.items():
        record = known.get(evidence_id)
        filled[place] = "unknown" if record is None or record.value is None else range_text(record.value, record.unit)
    return string.Formatter().vformat(statement.text, (), filled)


def tier_word(tier: Tier | str) -> str:
    """The badge text of a tier."""
    return str(getattr(tier, "value", tier))


def duration_text(seconds: float) -> str:
    """`0.4 s`, `12 s`, `1 min 5 s`, `2 h 3 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size_text(mib: float) -> str:
    """`3 MiB`, `1.2 GiB`."""
    return f"{mib:.0f} MiB" if mib < 1024 else f"{mib / 1024:.1f} GiB"


def share_text(share: float) -> str:
    """`98.3 %`; never 100 or 0 where it is only nearly so."""
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.3g} %"
