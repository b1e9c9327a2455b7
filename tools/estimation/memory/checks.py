"""What is refused, with the nearest that works, and what is noted but allowed. Reads arguments, a shape and an accelerator.

Refusals are UserErrors. Weights in a format that a chip does not multiply are allowed: they are stored narrow and widened.
"""

from knowledge.errors import UserError
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.memory.fit import allowed
from tools.estimation.tool import EstimateMemory

_COUNTS = (1, 2, 4, 8, 16, 32, 64)
_STORED_ONLY = ("int8", "int4", "fp8", "fp4", "nf4")
_WIDER = {"int8": "sixteen bits", "fp8": "sixteen bits", "fp4": "sixteen bits"}


def check_trainable(args: EstimateMemory) -> None:
    """Raises UserError `precision-not-trainable` where full training is asked of quantized weights."""
    if args.mode == "full" and args.precision in _STORED_ONLY:
        raise UserError(
            "precision-not-trainable",
            f"Full fine-tuning cannot update weights stored in {args.precision}.",
            "Use bf16 for full fine-tuning, or mode lora or qlora, which leave the weights as they are.",
        )


def check_sharing(args: EstimateMemory, shape: ModelArchitecture) -> None:
    """Raises UserError `heads-not-divisible` or `eager-on-one` where so many accelerators cannot share the model."""
    if allowed(shape, args.mode, args.gpu_count):
        return
    if args.mode == "eager":
        raise UserError(
            "eager-on-one",
            f"A plain transformers loop is sized on one accelerator; {args.gpu_count} were given.",
            "Ask with one, or use mode inference for a serving engine that splits the model.",
        )
    works = [str(count) for count in _COUNTS if allowed(shape, args.mode, count)]
    raise UserError(
        "heads-not-divisible",
        f"{shape.name} has {shape.heads} attention heads and {shape.kv_heads} KV heads, which {args.gpu_count} accelerators cannot "
        "share evenly.",
        f"Counts that work: {', '.join(works)}.",
        {"nearest": works},
    )


def checked_context(args: EstimateMemory, shape: ModelArchitecture, notes: list[str]) -> int:
    """The context to size: an unstated one shrinks to the model's own. Raises UserError `context-too-long`."""
    limit = shape.max_context
    if args.context <= limit:
        return args.context
    if "context" not in args.model_fields_set:
        notes.append(f"No context was given; the longest one of {shape.name} is used.")
        return limit
    raise UserError(
        "context-too-long",
        f"{shape.name} reads at most {limit:,} tokens; {args.context:,} were asked for.",
        f"Ask with a context of {limit:,} or less, or name a model with a longer one.",
        {"nearest": [str(limit)]},
    )


def format_notes(gpu: Accelerator, args: EstimateMemory) -> list[str]:
    """What the accelerator does with number formats that it has no arithmetic for."""
    weights = "" if args.precision in ("int4", "nf4", "fp32") else args.precision
    found = [] if not weights else _about(gpu, weights)
    if args.kv_precision in ("fp8", "int8") and args.kv_precision != args.precision and gpu.supports(args.kv_precision) is False:
        found.append(f"{gpu.name} has no {args.kv_precision} arithmetic: the KV cache takes less memory, but is widened to be used.")
    return found


def _about(gpu: Accelerator, precision: str) -> list[str]:
    supported = gpu.supports(precision)
    if supported is None:
        return [f"Whether {gpu.name} computes in {precision} is unknown to the fact base."]
    if supported:
        return []
    if precision == "bf16":
        return [f"{gpu.name} has no bf16 arithmetic; use fp16, which takes the same memory."]
    wider = _WIDER.get(precision, "a wider format")
    return [f"{gpu.name} has no {precision} arithmetic: weights are stored in it and take less memory, but are multiplied in {wider}."]
