"""The explicit list of tools. To add one: a folder with `tool.py` and its work, and one line here."""

from knowledge.errors import UserError
from tools.audit.tool import AUDIT_COSTS
from tools.benchmarking.tool import BENCHMARK_MODEL
from tools.contracts.tool import ToolSpec
from tools.estimation.tool import CHOOSE_HOSTING, ESTIMATE_MEMORY, ESTIMATE_SERVING, ESTIMATE_TRAINING, PRICE_API
from tools.explaining.tool import EXPLAIN
from tools.export.tool import EXPORT_PLAN
from tools.own_prices.tool import READ_PRICES
from tools.planning.tool import MAKE_PLAN
from tools.profiling.tool import PROFILE_MODEL
from tools.quantization.tool import QUANTIZE_MODEL

TOOLS: tuple[ToolSpec, ...] = (
    AUDIT_COSTS,
    CHOOSE_HOSTING,
    ESTIMATE_MEMORY,
    ESTIMATE_SERVING,
    ESTIMATE_TRAINING,
    PRICE_API,
    PROFILE_MODEL,
    QUANTIZE_MODEL,
    BENCHMARK_MODEL,
    MAKE_PLAN,
    EXPLAIN,
    EXPORT_PLAN,
)
#: Steps that nobody asks for by name: they follow from an upload.
STEPS: tuple[ToolSpec, ...] = (READ_PRICES,)
_BY_NAME = {spec.name: spec for spec in TOOLS}
_RUN = {**_BY_NAME, **{spec.name: spec for spec in STEPS}}


def tool(name: str) -> ToolSpec:
    """The tool of that name. Raises UserError `unknown-tool` with the nearest names."""
    if name not in _RUN:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(name, list(_BY_NAME), limit=3, score_cutoff=50)] if name else []
        hint = f"Did you mean {' or '.join(near)}?" if near else f"The tools are: {', '.join(_BY_NAME)}."
        raise UserError("unknown-tool", f'There is no tool called "{name[:60]}".', hint)
    return _RUN[name]
