"""From step times to what a user sees: time to first token, time per token, throughput, power. Closed forms, no simulation.

With B sequences in flight every answer of n tokens is crossed by the prefills of the others: TPOT = decode + phi (B-1)/n
prefill (continuous batching, Yu et al. 2022, Orca). The first token waits for its own prefill, the running step, and a
share of the others that arrived with it; beyond the memory's room it waits for whole answers. Written with + - * / only,
so that the calibration runs the same lines on tensors. Seconds; rates a second and replica.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scheduling:
    """How an engine mixes prefill and decode. Numbers, or tensors while calibrating."""

    interference: Any  # share of the others' prefills that delays a decode step
    first_fixed: Any  # s
    first_step: Any  # decode steps that a new request waits for
    first_prefill: Any  # share of the other sequences' prefills that a new request waits for
    first_decode: Any  # decode steps per other sequence


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: a decode step, a prompt read alone, and a prompt's share of a prefill step under load."""

    decode: Any
    alone: Any
    prefill: Any


def per_token(times: Times, s: Scheduling, on_rank: Any, output_tokens: Any) -> Any:
    """Mean time per output token after the first, s."""
    return times.decode + s.interference * (on_rank - 1) * times.prefill / output_tokens


def answer_seconds(times: Times, s: Scheduling, on_rank: Any, output_tokens: Any) -> Any:
    """What one answer occupies of its place in the batch, s."""
    return (s.interference * (on_rank - 1) + 1) * times.prefill + output_tokens * times.decode


def first_token(times: Times, s: Scheduling, on_rank: Any, output_tokens: Any, waiting: Any) -> Any:
    """Mean time to first token, s. `waiting`: requests beyond the room, as a share of those that run."""
    others = (on_rank - 1) * (s.first_prefill * times.prefill + s.first_decode * times.decode)
    queue = waiting * (on_rank * times.prefill + output_tokens * times.decode)
    return s.first_fixed + times.alone + s.first_step * times.decode + others + queue


def first_token_alone(times: Times, s: Scheduling, rate: float) -> Any:
    """Mean time to first token of a request that arrives by itself, s: its prefill behind those that Poisson arrivals left there.

    Mean wait of a queue with one server and fixed service times, rho s / (2 (1 - rho)) (Pollaczek and Khinchine).
    """
    busy = min(rate * times.prefill, 0.95)
    return s.first_fixed + times.alone + s.first_step * times.decode + busy * times.prefill / (2 * (1 - busy))


def tokens_per_second(times: Times, s: Scheduling, running: Any, on_rank: Any, output_tokens: Any) -> Any:
    """Output tokens a second of one replica."""
    return running * output_tokens / answer_seconds(times, s, on_rank, output_tokens)
