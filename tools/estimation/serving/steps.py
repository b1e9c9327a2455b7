"""Time of one step: each kind of work at its calibrated rate, memory and arithmetic overlapping within a kernel.

A roofline with measured rates (Williams et al. 2009) summed over the kinds of kernel: linear layers, experts, attention,
element-wise work, messages between GPUs, launches. Written with + - * / and ** only, so that the calibration runs the
same lines on tensors of many measurements. Seconds, bytes, FLOPs.
"""

from dataclasses import dataclass
from typing import Any

from tools.estimation.serving.counts import Step


@dataclass(frozen=True, slots=True)
class Rates:
    """What one GPU with one engine and number format reaches. Numbers, or tensors while calibrating."""

    weight_bandwidth: Any  # bytes/s
    gemm: Any  # FLOP/s of large linear layers
    expert_bandwidth: Any
    expert_gemm: Any
    kv_bandwidth: Any
    attention: Any  # FLOP/s
    activation_bandwidth: Any
    per_step: Any  # s
    per_layer: Any  # s
    per_sequence: Any  # s
    per_message: Any  # s
    link: Any  # bytes/s
    whole: Any  # factor on everything
    top_bandwidth: Any  # datasheet limits, which no engine passes: bytes/s, FLOP/s in the weights' format and in 16 bits
    top_multiply: Any
    top_half: Any
    sharpness: Any  # 1: memory and arithmetic add up; large: they overlap perfectly


def overlap(memory: Any, arithmetic: Any, sharpness: Any) -> Any:
    """Time of a kernel that streams and multiplies at once: between the longer of both and their sum."""
    return (memory**sharpness + arithmetic**sharpness) ** (1 / sharpness)


#: Sharpness of the bound by the datasheet: at the bound itself a step takes 6 % more, as the best engines do.
BOUND = 12.0


def least_seconds(step: Step, rates: Rates) -> Any:
    """What the step takes at the limits of the datasheet."""
    tiny = 1e-12
    moved = (step.weight_bytes + step.expert_bytes + step.kv_bytes) / rates.top_bandwidth
    done = (step.gemm_flops + step.expert_flops) / rates.top_multiply + step.attention_flops / rates.top_half
    return overlap(moved + tiny, done + tiny, BOUND)


def step_seconds(step: Step, rates: Rates) -> Any:
    """Seconds of one step, never below what the datasheet allows: fitted shares are no physics where they pass 1."""
    tiny = 1e-12
    linear = overlap(step.weight_bytes / rates.weight_bandwidth + tiny, step.gemm_flops / rates.gemm + tiny, rates.sharpness)
    experts = overlap(step.expert_bytes / rates.expert_bandwidth + tiny, step.expert_flops / rates.expert_gemm + tiny, rates.sharpness)
    attention = overlap(step.kv_bytes / rates.kv_bandwidth + tiny, step.attention_flops / rates.attention + tiny, rates.sharpness)
    between = step.messages * rates.per_message + step.message_bytes / rates.link
    fixed = rates.per_step + step.layers * rates.per_layer + step.sequences * rates.per_sequence
    fitted = rates.whole * (fixed + linear + experts + attention + step.activation_bytes / rates.activation_bandwidth + between)
    return overlap(fitted, least_seconds(step, rates), BOUND)
