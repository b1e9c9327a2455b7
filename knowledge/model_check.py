"""What `knowledge.check` asks of open models: their published parameter counts agree with their shape, and no two share a spelling.

Total: within 2 %. Active: publishers count a token's embedding and output head in or out, and round or cut off; the stated
figure must be within 2 % of one of those counts, or be one of them rounded or cut off. Reads no files and changes nothing.
"""

from collections.abc import Iterator

from knowledge.schemas import ModelArchitecture
from knowledge.shape import active_parameters, parameter_count

#: Largest accepted gap between a published parameter count and the one its shape implies.
SHAPE_TOLERANCE = 0.02


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
