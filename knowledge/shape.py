"""Parameter arithmetic of transformer shapes: how many parameters a published configuration implies.

Used to verify the fact base (a wrong layer count shows) and to size a local model whose weights are not at hand.
Counts are parameters, not billions. Formula: the usual weight matrices of a transformer block, as counted in Kaplan
et al. 2020 (arXiv 2001.08361, table 1), with grouped-query attention, gated MLPs and mixtures of experts added;
biases and norms are counted where they matter. Does not read files.
"""

from knowledge.schemas import ModelArchitecture

#: Families with plain MLPs that have neither biases nor learned positions.
_WITHOUT_BIASES = frozenset({"t5", "falcon"})
#: Decoder families that learn one vector a position (the others rotate).
_LEARNED_POSITIONS = frozenset({"gpt2", "opt", "gpt_bigcode"})


def attention_parameters(arch: ModelArchitecture) -> int:
    """Weights of one self-attention block: query and output over all heads, key and value over the KV heads."""
    return 2 * arch.hidden * arch.heads * arch.head_dim + 2 * arch.hidden * arch.kv_heads * arch.head_dim


def mlp_parameters(arch: ModelArchitecture) -> int:
    """Weights of one MLP block, all experts and their router included."""
    one = (3 if arch.mlp == "gated" else 2) * arch.hidden * arch.intermediate
    return one if arch.experts is None else one * arch.experts + arch.hidden * arch.experts


def embedding_parameters(arch: ModelArchitecture) -> int:
    """Token embeddings and, where it is separate, the output head: the part that weight quantization usually leaves alone."""
    return arch.vocab * arch.hidden * (1 if arch.tied_embeddings else 2)


def parameter_count(arch: ModelArchitecture) -> int | None:
    """Parameters implied by the shape; None where the shape does not settle it (multi-head latent attention)."""
    if arch.kv_latent is not None:
        return None
    plain = arch.mlp == "plain" and arch.family not in _WITHOUT_BIASES
    biases = 4 * arch.hidden + arch.intermediate + arch.hidden if plain else 0
    block = attention_parameters(arch) + mlp_parameters(arch) + 4 * arch.hidden + biases
    rest = embedding_parameters(arch) + int((arch.extra_params_b or 0) * 1e9)
    if arch.kind == "decoder":
        positions = arch.max_context * arch.hidden if arch.family in _LEARNED_POSITIONS else 0
        return arch.layers * block + rest + positions
    if arch.kind == "encoder":
        positions = (arch.max_context + 4) * arch.hidden if plain else 0  # gated encoders use rotary positions
        return arch.layers * block + rest + positions + arch.hidden**2
    encoder = (arch.encoder_layers or 0) * block
    decoder = arch.layers * (block + attention_parameters(arch))
    positions = (arch.max_context + (arch.source_positions or 0)) * arch.hidden if plain else 0
    return encoder + decoder + rest + positions
