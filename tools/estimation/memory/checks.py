"""What is refused, with the nearest that works, and what is noted but allowed. Reads arguments, a shape and an accelerator.

Refusals are UserErrors. Weights in a format that a chip does not multiply are allowed: they are stored narrow and widened.
"""

from knowledge.errors import UserError
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.contracts.tool import Statement
from tools.estimation.memory.fit import allowed
from tools.estimation.tool import EstimateMemory

_COUNTS = (1, 2, 4, 8, 16, 32, 64)
_STORED_ONLY = ("int8", "int4", "fp8", "fp4", "nf4")


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


def format_remarks(gpu: Accelerator, args: EstimateMemory) -> list[Statement]:
    """What the accelerator does with number formats that it has no arithmetic for."""
    said = [] if args.precision in ("int4", "nf4", "fp32") else _about(gpu, args.precision)
    if args.kv_precision in ("fp8", "int8") and args.kv_precision != args.precision and gpu.supports(args.kv_precision) is False:
        text = "{gpu} has no {precision} arithmetic: the KV cache takes less memory, but is widened to be used."
        said.append(Statement(text=text, names={"gpu": gpu.name, "precision": args.kv_precision}))
    return said


def _about(gpu: Accelerator, precision: str) -> list[Statement]:
    supported, names = gpu.supports(precision), {"gpu": gpu.name, "precision": precision}
    if supported:
        return []
    if supported is None:
        return [Statement(text="Whether {gpu} computes in {precision} is unknown to the fact base.", names=names)]
    if precision == "bf16":
        return [
            Statement(
                text="{gpu} has no {precision} arithmetic; use {other}, which takes the same memory.", names=names | {"other": "fp16"}
            )
        ]
    text = "{gpu} has no {precision} arithmetic: weights are stored in it and take less memory, but are multiplied in sixteen bits."
    return [Statement(text=text, names=names)]


def reading_remark(reading: str) -> list[Statement]:
    """How a name was read, where it is not the model's own."""
    return [Statement(text="{reading}.", names={"reading": reading})] if reading else []
