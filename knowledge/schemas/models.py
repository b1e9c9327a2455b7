"""Shape of the facts about open models: what a published configuration says. Parameters in billions (1e9).

Multi-head latent attention (`kv_latent` set): `head_dim` is a query or key head while attention is computed with keys and
values spelled out, position part included (DeepSeek-V3: 128 + 64 = 192), `value_dim` a value head (128), `kv_latent` what
is cached for a token and layer, position part included (512 + 64 = 576), `rope_dim` that position part (64).
Hybrid models: `layers` counts every residual block, `attention_layers`, `recurrent_layers` and `mlp_layers` how many of
them hold such a part. What varies from layer to layer is its mean, and the note says so.
Sparse attention: an indexer scores all cached tokens and `sparse_top_k` says how many of them a query attends to at most
(`index_topk` in the configurations of DeepSeek-V3.2 and GLM-5). All stay cached, and the indexer's own weights and keys are not counted.
Layers that differ: `attention_weights` and `full_kv_values` give what the heads do not tell (Gemma 4 has other heads in the layers
without a window; DeepSeek-V4 compresses what it caches). Latent experts: the routed ones work on `expert_hidden` values of a token,
with a projection there and one back in each layer (Nemotron 3 Super).
"""

from typing import Literal

from pydantic import Field, model_validator

from knowledge.schemas.entry import FactFile, Named, Positive


class ModelArchitecture(Named):
    """An open model's shape, as in its published configuration. Parameters in billions (1e9)."""

    family: str
    kind: Literal["decoder", "encoder", "encoder_decoder"] = "decoder"
    params_b: Positive
    active_params_b: Positive | None = None  # mixture of experts: parameters used per token
    extra_params_b: Positive | None = None  # outside the language model, such as a vision encoder
    layers: int = Field(gt=0)  # decoder layers for encoder_decoder
    hidden: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    intermediate: int = Field(gt=0)  # of one expert in a mixture of experts
    vocab: int = Field(gt=0)
    tied_embeddings: bool = False
    experts: int | None = Field(None, gt=1)
    experts_per_token: int | None = Field(None, gt=0)
    expert_hidden: int | None = Field(None, gt=0)  # width that the routed experts work on; None = hidden
    expert_layers: int | None = Field(None, gt=0)  # layers with experts; None with experts = all that have an MLP
    dense_intermediate: int | None = Field(None, gt=0)  # MLP width of the layers without experts
    shared_intermediate: int | None = Field(None, gt=0)  # total width of the experts that every token passes
    encoder_layers: int | None = Field(None, gt=0)
    source_positions: int | None = Field(None, gt=0)  # encoder positions that the decoder attends to
    kv_latent: int | None = Field(None, gt=0)  # multi-head latent attention: cached values per token and layer
    query_latent: int | None = Field(None, gt=0)  # multi-head latent attention: rank of the query projection
    value_dim: int | None = Field(None, gt=0)  # size of a value head where it differs from head_dim
    rope_dim: int | None = Field(None, gt=0)  # multi-head latent attention: part of head_dim and kv_latent that holds the position
    attention_weights: int | None = Field(None, gt=0)  # parameters of an attention layer, mean; None = what the heads say
    full_kv_values: int | None = Field(None, gt=0)  # cached for a token in a layer without a window, mean; None = what the heads say
    attention_gate: bool = False  # the query projection also makes a gate of the attention's output, of the same size
    sliding_window: int | None = Field(None, gt=0)
    sliding_layers: int | None = Field(None, gt=0)  # layers with the window; None with a window = all
    sparse_top_k: int | None = Field(None, gt=0)  # tokens attended to at most, picked by an indexer; None = all
    attention_layers: int | None = Field(None, gt=0)  # layers with softmax attention; None = all
    recurrent_layers: int | None = Field(None, gt=0)  # state-space or linear-attention layers
    recurrent_state: int | None = Field(None, gt=0)  # values such a layer keeps for a sequence, whatever its length
    recurrent_weights: int | None = Field(None, gt=0)  # parameters of one such layer, without its MLP
    mlp_layers: int | None = Field(None, gt=0)  # layers with an MLP; None = all
    native_precision: Literal["bf16", "fp16", "fp32", "fp8", "int8", "mxfp4", "int4"] = "bf16"  # of the published weights
    max_context: int = Field(gt=0)
    mlp: Literal["gated", "plain"] = "gated"
    licence: str
    tasks: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _shape_agrees(self) -> "ModelArchitecture":
        if self.heads % self.kv_heads:
            raise ValueError("heads must be a multiple of kv_heads")
        if self.sliding_layers and (not self.sliding_window or self.sliding_layers > self.layers):
            raise ValueError("sliding_layers needs a sliding_window and at most all layers")
        if self.kv_latent and self.rope_dim and self.rope_dim >= min(self.kv_latent, self.head_dim):
            raise ValueError("rope_dim must be a part of kv_latent and of head_dim")
        for part in (self.attention_layers, self.recurrent_layers, self.mlp_layers, self.expert_layers):
            if part and part > self.layers:
                raise ValueError("a kind of layer exceeds layers")
        if self.expert_hidden and (self.experts is None or self.expert_hidden >= self.hidden):
            raise ValueError("expert_hidden must be of experts and less than hidden")
        if self.full_kv_values and self.kv_latent:
            raise ValueError("full_kv_values must be of ordinary heads: a latent cache is kv_latent")
        if self.active_params_b and self.active_params_b > self.params_b:
            raise ValueError("active_params_b exceeds params_b")
        return self


class ArchitectureFile(FactFile):
    models: tuple[ModelArchitecture, ...]
