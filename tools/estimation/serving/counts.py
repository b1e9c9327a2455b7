"""Counts what one step of a served model moves and multiplies on each GPU: bytes of weights and KV cache, FLOPs, messages.

Pure arithmetic on shape, number format and parallel layout; knows no chip and no time. A step is one pass through all
layers: a decode step makes one token for each of `sequences`, a prefill step reads `tokens` of prompts. Expert weights
are touched as balls into bins: a fraction 1 - (1 - k/E)^tokens of E experts, k a token. FLOPs: two a weight and token
(Kaplan et al. 2020, arXiv 2001.08361), attention four a head value and context token.
"""

from dataclasses import dataclass, fields

from knowledge.schemas import ModelArchitecture
from knowledge.shape import attention_parameters, expert_projections, routed_expert_parameters
from tools.estimation.serving.formats import WeightFormat, attention_bits


@dataclass(frozen=True, slots=True)
class Layout:
    """How one replica lies on its GPUs. `tensor` splits attention, `data` copies it; experts split over all GPUs of a stage."""

    tensor: int = 1
    data: int = 1
    expert: int = 1  # ways in which whole experts are spread; the rest of the split cuts each expert
    pipeline: int = 1

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tensor * self.data * self.pipeline


@dataclass(frozen=True, slots=True)
class Step:
    """What one GPU does in one step. Pipeline stages work one after the other, so their work adds up to that of one GPU."""

    layers: float  # passes through a layer
    tokens: float  # tokens in the step on this GPU
    sequences: float
    weight_bytes: float
    gemm_flops: float
    expert_bytes: float
    expert_flops: float
    kv_bytes: float
    attention_flops: float
    activation_bytes: float
    messages: float  # collective operations x log2 of the GPUs that take part
    message_bytes: float

    def times(self, share: float) -> "Step":
        """So much of everything."""
        return self if share == 1.0 else Step(*(getattr(self, one.name) * share for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a model is on one GPU, before any traffic: made once for a shape, format, KV format and layout."""

    shape: ModelArchitecture
    layout: Layout
    dense_bytes: float
    dense_flops: float  # a token
    head_bytes: float
    head_flops: float  # a token whose logits are wanted
    expert_bytes: float  # all experts of this GPU, all layers
    expert_flops: float  # a token of the whole replica
    kv_full: float  # bytes a token and sequence in layers that see everything
    kv_window: float  # bytes a token and sequence in layers with a window
    state_bytes: float  # a sequence
    attention_full: float  # FLOPs a token and context token
    attention_window: float
    collectives: float
    held_bytes: float  # weights held by this GPU

    @classmethod
    def of(cls, shape: ModelArchitecture, fmt: WeightFormat, kv_bits: float, layout: Layout) -> "Footprint":
        """Weights split evenly; KV heads split as far as there are any; a latent cache is copied on every GPU."""
        tp = layout.tensor
        layers = shape.layers
        attending = shape.attention_layers or layers
        dense_layers, expert_layers = mlp_split(shape)
        wide = shape.dense_intermediate or shape.intermediate
        gates = 3 if shape.mlp == "gated" else 2
        recurrent = (shape.recurrent_layers or 0) * (shape.recurrent_weights or 6 * shape.hidden * shape.hidden)
        dense = float(attending * attention_parameters(shape) + recurrent + dense_layers * gates * shape.hidden * wide)
        dense += expert_layers * (gates * shape.hidden * (shape.shared_intermediate or 0) + expert_projections(shape))
        one_expert = routed_expert_parameters(shape)
        experts = float(expert_layers * one_expert * (shape.experts or 0))
        spread = tp * layout.data
        head = float(shape.vocab * shape.hidden)
        outer = attention_bits(shape, fmt) / 8
        sliding = min(shape.sliding_layers or attending, attending) if shape.sliding_window else 0
        token_kv = (shape.kv_latent if shape.kv_latent else kv_values(shape) / min(tp, shape.kv_heads)) * kv_bits / 8
        full_kv = (shape.full_kv_values or 0) / min(tp, shape.kv_heads) * kv_bits / 8
        heads_flops = 4.0 * shape.heads / tp * (shape.kv_latent or (shape.head_dim + (shape.value_dim or shape.head_dim)) / 2)
        expert_bytes = experts * fmt.bits / 8 / spread
        dense_bytes = dense * outer / tp
        head_bytes = head * fmt.head_bits / 8 / tp
        others = (shape.extra_params_b or 0.0) * 1e9 * 2.0 / tp  # encoders of other media: held, not read for a token of text
        return cls(
            shape=shape,
            layout=layout,
            dense_bytes=dense_bytes,
            dense_flops=2 * dense / tp,
            head_bytes=head_bytes,
            head_flops=2 * head / tp,
            expert_bytes=expert_bytes,
            expert_flops=2.0 * expert_layers * one_expert * (shape.experts_per_token or 0) / spread,
            kv_full=(token_kv if shape.full_kv_values is None else full_kv) * (attending - sliding),
            kv_window=token_kv * sliding,
            state_bytes=(shape.recurrent_layers or 0) * (shape.recurrent_state or 0) * 2.0 / tp,
            attention_full=heads_flops * (attending - sliding),
            attention_window=heads_flops * sliding,
            collectives=0.0 if spread == 1 else 2.0 * layers,
            held_bytes=(dense_bytes + expert_bytes + head_bytes * (1 if shape.tied_embeddings else 2) + others) / layout.pipeline,
        )

    def kv_bytes(self, context: float) -> float:
        """KV cache and state of one sequence on one GPU, bytes."""
        window = min(context, float(self.shape.sliding_window or context))
        return self.kv_full * context + self.kv_window * window + self.state_bytes

    def decode(self, sequences: float, context: float) -> Step:
        """One token for each of `sequences` (on each data-parallel rank), each with `context` tokens behind it."""
        window = min(context, float(self.shape.sliding_window or context))
        looked_at = min(context, float(self.shape.sparse_top_k or context))
        attention = self.attention_full * looked_at + self.attention_window * window
        read = self.kv_bytes(context) - self.kv_full * (context - looked_at) + self.state_bytes
        return self._step(sequences, sequences, sequences, sequences * read, sequences * attention)

    def prefill(self, tokens: float, length: float) -> Step:
        """`tokens` of prompts that are `length` long each; a prompt longer than the step is read in several."""
        sequences = tokens / length
        seen_full, seen_window = mean_seen(length, self.shape.sparse_top_k), mean_seen(length, self.shape.sliding_window)
        attention = self.attention_full * seen_full + self.attention_window * seen_window
        if self.shape.kv_latent:  # prefill expands the latent: attention runs over ordinary heads
            attention *= (self.shape.head_dim + (self.shape.value_dim or self.shape.head_dim)) / 2 / self.shape.kv_latent
        written = tokens * (self.kv_full + self.kv_window)
        return self._step(tokens, sequences, min(sequences, tokens), written, tokens * attention)

    def _step(self, tokens: float, sequences: float, logits: float, kv_bytes: float, attention_flops: float) -> Step:
        layout, shape = self.layout, self.shape
        spread = layout.tensor * layout.data
        everybody = tokens * layout.data
        touched = 1.0 - (1.0 - (shape.experts_per_token or 0) / shape.experts) ** everybody if shape.experts else 0.0
        hidden = shape.hidden * 2.0
        routed = (
            mlp_split(shape)[1]
            * (shape.experts_per_token or 0)
            * (4 * (shape.expert_hidden or shape.hidden) + 6 * shape.intermediate)
            * 2.0
        )
        moved = 0.0 if spread == 1 else self.collectives * everybody * hidden * 2 * (spread - 1) / spread
        return Step(
            layers=float(shape.layers),
            tokens=tokens,
            sequences=sequences,
            weight_bytes=self.dense_bytes + self.head_bytes,
            gemm_flops=tokens * self.dense_flops + logits * self.head_flops,
            expert_bytes=self.expert_bytes * touched,
            expert_flops=everybody * self.expert_flops,
            kv_bytes=kv_bytes,
            attention_flops=attention_flops,
            activation_bytes=tokens * shape.layers * hidden * 12 + everybody / spread * routed,
            messages=self.collectives * (spread.bit_length() - 1) if spread > 1 else 0.0,
            message_bytes=moved,
        )


def mean_seen(length: float, most: int | None) -> float:
    """Tokens that a prompt's token attends to on average, where each sees those before it and `most` at most (None: all)."""
    if most is None or length <= most:
        return length / 2
    return most - most * most / (2 * length)


def mlp_split(shape: ModelArchitecture) -> tuple[int, int]:
    """Layers with a dense MLP and layers with experts."""
    total = shape.mlp_layers or shape.layers
    if shape.experts is None:
        return total, 0
    experts = min(shape.expert_layers or total, total)
    return total - experts, experts


def kv_values(shape: ModelArchitecture) -> float:
    """Cached values of a token in one attention layer with ordinary heads."""
    return float(shape.kv_heads * (shape.head_dim + (shape.value_dim or shape.head_dim)))
