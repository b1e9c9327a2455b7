"""What `knowledge.check` asks of open models: published parameter counts agree with the shape, and sparse attention is possible.

Total: within 2 %. Active: publishers count a token's embedding and output head in or out, and round or cut off; the stated
figure must be within 2 % of one of those counts, or be one of them rounded or cut off. Attention that picks tokens picks fewer
than the model's context holds, in a decoder. Reads no files and changes nothing.
"""

from collections.abc import Iterator

from knowledge.schemas import ModelArchitecture
from knowledge.shape import active_parameters, parameter_count

#: Largest accepted gap between a published parameter count and the one its shape implies.
SHAPE_TOLERANCE = 0.02


def model_errors(item: ModelArchitecture) -> Iterator[str]:
    """All that is wrong with an entry."""
    yield from shape_errors(item)
    yield from sparse_errors(item)


def sparse_errors(item: ModelArchitecture) -> Iterator[str]:
    """Sparse attention where there is nothing to choose from, or where a window over all layers has chosen already."""
    if item.sparse_top_k is None:
        return
    if item.kind != "decoder":
        yield f"{item.name}: sparse_top_k is of decoders"
    if item.sparse_top_k >= item.max_context:
        yield f"{item.name}: sparse_top_k {item.sparse_top_k} leaves nothing out of a context of {item.max_context} tokens"
    if item.sliding_window is not None and (item.sliding_layers is None or item.sliding_layers == item.layers):
        yield f"{item.name}: sparse_top_k beside a sliding window in all layers"


def shape_errors(item: ModelArchitecture) -> Iterator[str]:
    """Published parameter counts that the shape contradicts."""
    implied = parameter_count(item)
    if implied is not None and abs(implied / (item.params_b * 1e9) - 1) > SHAPE_TOLERANCE:
        yield f"{item.name}: {item.params_b} billion parameters stated, the shape implies {implied / 1e9:.3f}"
    active = active_parameters(item)
    if active is None or item.active_params_b is None:
        return
    stated, table = item.active_params_b, item.vocab * item.hidden
    digit = 1 if stated == int(stated) else 0.1
    within = SHAPE_TOLERANCE * stated
    gaps = [count / 1e9 - stated for count in (active - table, active, active + table)]
    if not any(min(-digit / 2, -within) <= gap < max(digit, within) for gap in gaps):
        yield f"{item.name}: {stated} billion active parameters stated, the shape implies {active / 1e9:.3f}"
