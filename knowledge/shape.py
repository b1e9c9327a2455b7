"""Parameter arithmetic of transformer shapes: how many parameters a published configuration implies.

Used to verify the fact base (a wrong layer count shows), to size a local model whose weights are not at hand, and to count
the work of a token. Counts are parameters, not billions. Formula: the usual weight matrices of a transformer block, as
counted in Kaplan et al. 2020 (arXiv 2001.08361, table 1), with grouped-query attention, gated MLPs, mixtures of experts,
latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1) and recurrent layers added; biases and norms are counted
where they matter. Does not read files.
"""

from knowledge.schemas import ModelArchitecture

#: Families with plain MLPs that have neither biases nor learned positions.
_WITHOUT_BIASES = frozenset({"t5", "falcon", "nemotron-h", "nemotron_h", "nemotron", "mpt"})
#: Decoder families that learn one vector a position (the others rotate).
_LEARNED_POSITIONS = frozenset({"gpt2", "gpt_neo", "opt", "gpt_bigcode"})


def attention_parameters(arch: ModelArchitecture) -> int:
    """Weights of one self-attention block: query and output over all heads, key and value over the KV heads.

    Latent attention: the query through its own latent where it has one, one latent with the position part for keys and
    values, and the matrices that spell keys and values out; none of them for a position part that is not known.
    Where layers differ or the heads do not tell, the published mean.
    """
    if arch.attention_weights is not None:
        return arch.attention_weights
    value = arch.value_dim or arch.head_dim
    output = arch.heads * value * arch.hidden
    if arch.kv_latent is None:
        query = arch.hidden * arch.heads * arch.head_dim * (2 if arch.attention_gate else 1)
        return query + output + arch.hidden * arch.kv_heads * (arch.head_dim + value)
    position = arch.rope_dim or 0
    wide = arch.heads * arch.head_dim
    query = arch.hidden * wide if arch.query_latent is None else arch.query_latent * (arch.hidden + wide)
    spelled = (arch.kv_latent - position) * arch.heads * (arch.head_dim - position + value)
    return query + output + arch.hidden * arch.kv_latent + spelled


def mlp_parameters(arch: ModelArchitecture) -> int:
    """Weights of one MLP block; in a mixture of experts of one layer with experts: all of them, shared ones and router included."""
    if arch.experts is None:
        return _mlp(arch, arch.intermediate)
    routed = arch.experts * routed_expert_parameters(arch) + expert_projections(arch)
    return routed + _mlp(arch, arch.shared_intermediate or 0) + arch.hidden * arch.experts


def routed_expert_parameters(arch: ModelArchitecture) -> int:
    """Weights of one routed expert, on the width that experts work on."""
    return (3 if arch.mlp == "gated" else 2) * (arch.expert_hidden or arch.hidden) * arch.intermediate


def expert_projections(arch: ModelArchitecture) -> int:
    """Weights that lead to the width that experts work on and back, in one layer with experts; 0 where that is the hidden state."""
    return 2 * arch.hidden * (arch.expert_hidden or 0)


def embedding_parameters(arch: ModelArchitecture) -> int:
    """Token embeddings and, where it is separate, the output head: the part that weight quantization usually leaves alone."""
    return arch.vocab * arch.hidden * (1 if arch.tied_embeddings else 2)


def parameter_count(arch: ModelArchitecture) -> int | None:
    """Parameters implied by the shape; None where the shape does not settle it (a latent or recurrent layer not spelled out)."""
    if not _is_settled(arch):
        return None
    every_layer = _mixers(arch) + _mlps(arch, mlp_parameters(arch)) + arch.layers * _norms_and_biases(arch)
    rest = embedding_parameters(arch) + int((arch.extra_params_b or 0) * 1e9)
    plain = _has_biases(arch)
    if arch.kind == "decoder":
        return every_layer + rest + (arch.max_context * arch.hidden if arch.family in _LEARNED_POSITIONS else 0)
    if arch.kind == "encoder":
        positions = (arch.max_context + 4) * arch.hidden if plain else 0  # gated encoders use rotary positions
        return every_layer + rest + positions + arch.hidden**2
    block = attention_parameters(arch) + mlp_parameters(arch) + _norms_and_biases(arch)
    encoder = (arch.encoder_layers or 0) * block
    positions = (arch.max_context + (arch.source_positions or 0)) * arch.hidden if plain else 0
    return encoder + every_layer + arch.layers * attention_parameters(arch) + rest + positions


def active_parameters(arch: ModelArchitecture) -> int | None:
    """Parameters a token passes on its way through the language model; None where the shape does not settle it.

    All layers, of the routed experts only those chosen, and the output head, but neither the look-up of the embedding nor
    what lies outside the language model. Encoder-decoders: a token that the decoder makes. Encoders: without a head.
    """
    if not _is_settled(arch):
        return None
    chosen = mlp_parameters(arch)
    if arch.experts is not None:
        chosen -= routed_expert_parameters(arch) * (arch.experts - (arch.experts_per_token or 1))
    layers = _mixers(arch) + _mlps(arch, chosen) + arch.layers * _norms_and_biases(arch)
    if arch.kind == "encoder":
        return layers
    cross = arch.layers * attention_parameters(arch) if arch.kind == "encoder_decoder" else 0
    return layers + cross + arch.vocab * arch.hidden


def _mlp(arch: ModelArchitecture, width: int) -> int:
    return (3 if arch.mlp == "gated" else 2) * arch.hidden * width


def _is_settled(arch: ModelArchitecture) -> bool:
    latent = arch.kv_latent is None or arch.rope_dim is not None
    recurrent = arch.recurrent_layers is None or arch.recurrent_weights is not None
    return latent and recurrent


def _mixers(arch: ModelArchitecture) -> int:
    """Attention and recurrent layers, without MLPs."""
    attention = arch.layers if arch.attention_layers is None else arch.attention_layers
    return attention * attention_parameters(arch) + (arch.recurrent_layers or 0) * (arch.recurrent_weights or 0)


def _mlps(arch: ModelArchitecture, with_experts: int) -> int:
    """MLPs of all layers, where one of a layer with experts has `with_experts` parameters."""
    holding = arch.mlp_layers or arch.layers
    if arch.experts is None:
        return holding * with_experts
    expert = arch.expert_layers or holding
    return expert * with_experts + (holding - expert) * _mlp(arch, arch.dense_intermediate or arch.intermediate)


def _has_biases(arch: ModelArchitecture) -> bool:
    return arch.mlp == "plain" and arch.family not in _WITHOUT_BIASES


def _norms_and_biases(arch: ModelArchitecture) -> int:
    return 4 * arch.hidden + (5 * arch.hidden + arch.intermediate if _has_biases(arch) else 0)
