"""One question to the estimator: a model in a format on a chip with an engine, its parallel layout, and the traffic it sees.

`Case` is what was asked; `Load` is what the engine then works on: how many sequences run at once in the memory that is
left, and the decode and prefill steps that follow. Refuses nothing and knows no rates. Lengths in tokens, memory in bytes.
"""

from dataclasses import dataclass, replace
from typing import Literal

from knowledge.schemas import Accelerator, ModelArchitecture
from tools.estimation.memory.formulas import LIKELY, activation_bytes, engine_bytes, overhead_bytes, usable_bytes
from tools.estimation.memory.need import PREFILL_TOKENS as TOKENS_AT_ONCE
from tools.estimation.serving.counts import Footprint, Layout, Step
from tools.estimation.serving.drafting import Drafting, checking
from tools.estimation.serving.engines import LAYER_SPLIT, PROMPT_PIECE, SHARE_OF_REST
from tools.estimation.serving.formats import WeightFormat

#: Sequences that an engine batches at most when everything arrives at once (trtllm-bench's default).
MOST_SEQUENCES = 2048.0
#: Sequences that an engine batches at most when they arrive one by one (vLLM's default).
MOST_ARRIVING = 256.0
#: Tokens of prompts that an engine reads in one step (vLLM's and TensorRT-LLM's default).
PREFILL_TOKENS = float(TOKENS_AT_ONCE[LIKELY])


@dataclass(frozen=True, slots=True)
class Case:
    """`arrival`: closed (so many in flight), offline (everything at once), open (Poisson at `rate` a second and replica)."""

    shape: ModelArchitecture
    chip: Accelerator
    layout: Layout
    fmt: WeightFormat
    kv_bits: float
    engine: str  # generation
    input_tokens: float
    output_tokens: float
    concurrency: float | None = None  # of one replica
    arrival: Literal["closed", "offline", "open"] = "closed"
    rate: float | None = None
    cached_share: float = 0.0  # of the input tokens, found in the prefix cache
    drafting: Drafting | None = None
    stated_lengths: bool = True  # False: the lengths are our assumption
    client: str = ""  # who sent the requests, where a table says so: clients differ in how many they start at once

    @property
    def micro_batches(self) -> int:
        """Batches under way at once: a serving engine fills its pipeline stages, a layer-split runtime passes one batch along."""
        return 1 if self.engine in LAYER_SPLIT else self.layout.pipeline


@dataclass(frozen=True, slots=True)
class Load:
    """What one replica works on in steady state. `running` of `asked` sequences at once; `room` is what memory holds."""

    asked: float
    running: float
    room: float
    on_rank: float  # of the running ones in one batch of a data-parallel rank
    input_tokens: float
    new_tokens: float  # of the input, those not found in the prefix cache
    output_tokens: float
    together: float  # prompt tokens read in one step under load
    decode: Step
    alone: Step  # prefill of one prompt
    bulk: Step  # prefill of `together` tokens


def footprint(case: Case) -> Footprint:
    """The model on one GPU."""
    return Footprint.of(case.shape, case.fmt, case.kv_bits, case.layout)


def draft_of(case: Case) -> Footprint | None:
    """The draft model on one GPU, where one is served along."""
    return case.drafting.footprint(case.kv_bits, case.layout) if case.drafting else None


def room_for(case: Case, model: Footprint) -> float:
    """Sequences of half-written answers that fit beside the weights in one replica; below 1 it does not fit.

    The rule of `estimate_memory`, solved for the sequences: what an engine takes of the card, less weights, overhead and the activations
    of those sequences; or, with engines that take a share of the rest, that share of what those leave. A cached prefix counts in every
    sequence: whether requests share one prefix or each goes on with its own is not known.
    """
    memory = case.chip.memory_gib or 0.0
    of_rest = SHARE_OF_REST.get(case.engine)
    free = (usable_bytes(memory) if of_rest else engine_bytes(memory)) - model.held_bytes - overhead_bytes(case.layout.gpus)
    length = case.input_tokens + case.output_tokens / 2
    each = model.kv_bytes(length) / case.layout.pipeline
    draft = draft_of(case)
    if draft is not None:
        free, each = free - draft.held_bytes, each + draft.kv_bytes(length)
    free *= of_rest or 1.0
    read, drawn = (activation_bytes(case.shape, *one, case.layout.tensor) for one in ((1.0, 0.0), (0.0, 1.0)))  # of a token, a sequence
    room = free / (each + max(length * read, drawn))
    if room * length > PREFILL_TOKENS:  # no more than so many are read at once
        room = min((free - PREFILL_TOKENS * read) / max(each, 1.0), free / (each + drawn))
    return room * case.layout.data


def load_of(case: Case, model: Footprint, asked: float | None = None, before: Load | None = None) -> Load:
    """The load at a concurrency (`asked`, else the case's, else as much as fits).

    `before`: another load of the same case, whose parts that no concurrency changes are taken over.
    """
    room = before.room if before else room_for(case, model)
    wanted = asked if asked is not None else case.concurrency if case.concurrency is not None else min(room, MOST_SEQUENCES)
    running = max(min(wanted, room), 0.3)
    rank = max(running / (case.layout.data * case.micro_batches), 1.0)
    length = max(case.input_tokens, 1.0)
    new = max(length * (1 - case.cached_share), 1.0)
    together = max(new, min(rank * new, PREFILL_TOKENS))
    return Load(
        asked=wanted,
        running=running,
        room=room,
        on_rank=rank,
        input_tokens=length,
        new_tokens=new,
        output_tokens=max(case.output_tokens, 1.0),
        together=together,
        decode=checking(model, rank, max(length + case.output_tokens / 2, 1.0), case.drafting.tokens if case.drafting else 0),
        alone=before.alone if before else reading(model, new, new, length).times(overlapped(case, new)),
        bulk=before.bulk
        if before and before.together == together
        else reading(model, together, new, length).times(overlapped(case, together)),
    )


def overlapped(case: Case, tokens: float) -> float:
    """Share of the stages' summed time that a prompt takes where its pieces follow each other through the stages."""
    stages, pieces = case.layout.pipeline, max(tokens / PROMPT_PIECE.get(case.engine, tokens), 1.0)
    return (pieces + stages - 1) / (pieces * stages) if case.engine in PROMPT_PIECE else 1.0


def reading(model: Footprint, tokens: float, new: float, length: float) -> Step:
    """A prefill step of `tokens` new tokens, `new` of each prompt of `length`; the rest is in the prefix cache and is only looked at."""
    step = model.prefill(tokens, new)
    if new >= length:
        return step
    cached, prompts = length - new, tokens / new
    looked_at = model.prefill(length, length).attention_flops - model.prefill(cached, cached).attention_flops
    return replace(
        step, attention_flops=prompts * looked_at, kv_bytes=step.kv_bytes + prompts * (model.kv_bytes(cached) - model.state_bytes)
    )
