"""A published config.json gives the shape that the fact base states: the same model sized from a folder or by name is the same.

The configurations are those of public repositories, with only the keys that describe a shape.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.shape import active_parameters, parameter_count
from knowledge.source import Tier
from tools.contracts.tool import ToolContext
from tools.estimation.architecture import find_subject
from tools.estimation.config_shape import shape_of_config

MLA = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}
DELTA = {"linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_value_head_dim": 128}
HYBRID = "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-"

CONFIGS: dict[str, dict[str, Any]] = {
    "deepseek-v3": {
        "model_type": "deepseek_v3", "num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128, "num_key_value_heads": 128,
        "intermediate_size": 18432, "vocab_size": 129280, "max_position_embeddings": 163840, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "moe_layer_freq": 1, "first_k_dense_replace": 3, **MLA,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "quantization_config": {"quant_method": "fp8", "fmt": "e4m3"},
    },
    "deepseek-v2-lite": {
        "model_type": "deepseek_v2", "num_hidden_layers": 27, "hidden_size": 2048, "num_attention_heads": 16, "num_key_value_heads": 16,
        "intermediate_size": 10944, "vocab_size": 102400, "max_position_embeddings": 163840, "n_routed_experts": 64, "n_shared_experts": 2,
        "num_experts_per_tok": 6, "moe_intermediate_size": 1408, "moe_layer_freq": 1, "first_k_dense_replace": 1, **MLA,
        "q_lora_rank": None, "torch_dtype": "bfloat16",
    },
    "glm-5": {
        "model_type": "glm_moe_dsa", "num_hidden_layers": 78, "hidden_size": 6144, "num_attention_heads": 64, "num_key_value_heads": 64,
        "head_dim": 64, "intermediate_size": 12288, "vocab_size": 154880, "max_position_embeddings": 202752, "n_routed_experts": 256,
        "n_shared_experts": 1, "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "moe_layer_freq": 1, "first_k_dense_replace": 3,
        "kv_lora_rank": 512, "q_lora_rank": 2048, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256,
        "index_topk": 2048, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
    },
    "glm-4.7": {
        "model_type": "glm4_moe", "num_hidden_layers": 92, "hidden_size": 5120, "num_attention_heads": 96, "num_key_value_heads": 8,
        "head_dim": 128, "intermediate_size": 12288, "vocab_size": 151552, "max_position_embeddings": 202752, "n_routed_experts": 160,
        "n_shared_experts": 1, "num_experts_per_tok": 8, "moe_intermediate_size": 1536, "first_k_dense_replace": 3,
        "torch_dtype": "bfloat16", "tie_word_embeddings": False,
    },
    "llama-4-maverick": {
        "model_type": "llama4",
        "text_config": {
            "model_type": "llama4_text", "attention_chunk_size": 8192, "head_dim": 128, "hidden_size": 5120, "interleave_moe_layer_step": 2,
            "intermediate_size": 8192, "intermediate_size_mlp": 16384, "max_position_embeddings": 1048576, "num_attention_heads": 40,
            "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_local_experts": 128, "vocab_size": 202048,
        },
        "torch_dtype": "bfloat16",
    },
    "llama-4-scout": {
        "model_type": "llama4",
        "text_config": {
            "model_type": "llama4_text", "attention_chunk_size": 8192, "head_dim": 128, "hidden_size": 5120, "interleave_moe_layer_step": 1,
            "intermediate_size": 8192, "intermediate_size_mlp": 16384, "max_position_embeddings": 10485760, "num_attention_heads": 40,
            "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_local_experts": 16, "vocab_size": 202048,
            "no_rope_layers": [1, 1, 1, 0] * 12,
        },
    },
    "minimax-m2": {
        "model_type": "minimax_m2", "vocab_size": 200064, "hidden_size": 3072, "intermediate_size": 1536, "num_hidden_layers": 62,
        "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 196608, "num_local_experts": 256,
        "num_experts_per_tok": 8, "shared_intermediate_size": 0, "tie_word_embeddings": False,
        "quantization_config": {"quant_method": "fp8"},
    },
    "qwen1.5-moe-a2.7b": {
        "model_type": "qwen2_moe", "hidden_size": 2048, "intermediate_size": 5632, "max_position_embeddings": 32768,
        "num_attention_heads": 16, "num_hidden_layers": 24, "num_key_value_heads": 16, "sliding_window": 32768, "use_sliding_window": False,
        "vocab_size": 151936, "decoder_sparse_step": 1, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
        "num_experts_per_tok": 4, "num_experts": 60, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    },
    "qwen3-next-80b-a3b": {
        "model_type": "qwen3_next", "decoder_sparse_step": 1, "full_attention_interval": 4, "head_dim": 256, "hidden_size": 2048,
        "intermediate_size": 5120, **DELTA, "linear_num_value_heads": 32, "max_position_embeddings": 262144, "mlp_only_layers": [],
        "moe_intermediate_size": 512, "num_attention_heads": 16, "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 48,
        "num_key_value_heads": 2, "shared_expert_intermediate_size": 512, "tie_word_embeddings": False, "vocab_size": 151936,
    },
    "qwen3.5-397b-a17b": {
        "model_type": "qwen3_5_moe", "tie_word_embeddings": False,
        "text_config": {
            "model_type": "qwen3_5_moe_text", "attn_output_gate": True, "full_attention_interval": 4, "head_dim": 256, "hidden_size": 4096,
            "layer_types": [*["linear_attention"] * 3, "full_attention"] * 15, **DELTA, "linear_num_value_heads": 64,
            "max_position_embeddings": 262144, "mlp_only_layers": [], "moe_intermediate_size": 1024, "num_attention_heads": 32,
            "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 60, "num_key_value_heads": 2,
            "shared_expert_intermediate_size": 1024, "vocab_size": 248320, "dtype": "bfloat16",
        },
    },
    "nemotron-nano-9b-v2": {
        "model_type": "nemotron_h", "num_hidden_layers": 56, "hidden_size": 4480, "intermediate_size": 15680, "num_attention_heads": 40,
        "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 131072, "max_position_embeddings": 131072, "tie_word_embeddings": False,
        "hybrid_override_pattern": HYBRID, "mamba_num_heads": 128, "mamba_head_dim": 80, "n_groups": 8, "ssm_state_size": 128,
        "conv_kernel": 4,
    },
    "gpt-oss-20b": {
        "model_type": "gpt_oss", "num_hidden_layers": 24, "hidden_size": 2880, "intermediate_size": 2880, "num_attention_heads": 64,
        "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 201088, "num_local_experts": 32, "num_experts_per_tok": 4,
        "sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 12, "max_position_embeddings": 131072,
        "tie_word_embeddings": False, "quantization_config": {"quant_method": "mxfp4"},
    },
    "gemma-3-27b": {
        "model_type": "gemma3",
        "text_config": {
            "model_type": "gemma3_text", "hidden_size": 5376, "intermediate_size": 21504, "num_attention_heads": 32,
            "num_hidden_layers": 62, "num_key_value_heads": 16, "head_dim": 128, "sliding_window": 1024, "sliding_window_pattern": 6,
            "vocab_size": 262208, "max_position_embeddings": 131072,
        },
    },
    "gemma-2-9b": {
        "model_type": "gemma2", "head_dim": 256, "hidden_size": 3584, "intermediate_size": 14336, "max_position_embeddings": 8192,
        "num_attention_heads": 16, "num_hidden_layers": 42, "num_key_value_heads": 8, "sliding_window": 4096, "vocab_size": 256000,
    },
    "mistral-7b": {
        "model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768, "sliding_window": 4096,
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "vocab_size": 32000, "torch_dtype": "bfloat16",
    },
    "pythia-6.9b": {
        "model_type": "gpt_neox", "hidden_size": 4096, "intermediate_size": 16384, "max_position_embeddings": 2048,
        "num_attention_heads": 32, "num_hidden_layers": 32, "vocab_size": 50432, "tie_word_embeddings": False, "torch_dtype": "float16",
    },
}  # fmt: skip

#: What a configuration does not tell, or tells in other words.
NOT_IN_CONFIGS = {"name", "aliases", "source", "note", "family", "params_b", "active_params_b", "extra_params_b", "licence", "tasks"}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_gives_the_shape_of_the_fact_base(name: str) -> None:
    stated, read = catalog.model(name), shape_of_config(CONFIGS[name], name)
    differing = {
        field: (getattr(stated, field), getattr(read, field))
        for field in type(stated).model_fields
        if field not in NOT_IN_CONFIGS and getattr(stated, field) != getattr(read, field)
    }
    assert differing == {}
    assert active_parameters(read) == active_parameters(stated)
    assert read.params_b == pytest.approx(stated.params_b - (stated.extra_params_b or 0), rel=0.002)
    assert (parameter_count(read) or 0) / 1e9 == read.params_b


def test_weights_published_in_eight_bits_as_compressed_tensors_are_not_taken_for_four() -> None:
    eight = {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}}
    four = {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}}}
    assert shape_of_config({**CONFIGS["mistral-7b"], "quantization_config": eight}, "x").native_precision == "fp8"
    assert shape_of_config({**CONFIGS["mistral-7b"], "quantization_config": four}, "x").native_precision == "int4"


@pytest.mark.parametrize(
    ("written", "meant", "told"),
    [
        ("Llama 3 70B", "llama-3-70b", ""),
        ("llama-3-70b-awq", "llama-3-70b", '"llama-3-70b-awq" was read as llama-3-70b'),
        ("lama 3 70b", "llama-3-70b", '"lama 3 70b" was read as llama-3-70b'),
    ],
)
def test_a_name_that_was_read_freely_says_so_in_the_record(tmp_path: Path, written: str, meant: str, told: str) -> None:
    found = find_subject(written, ToolContext(out_dir=tmp_path))
    assert (found.name, found.tier, found.reading) == (meant, Tier.CATALOGUE, told)
    assert told in found.method


def test_a_folder_is_taken_before_a_name_that_only_resembles_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "llama-3-70b-awq"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIGS["mistral-7b"]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert find_subject("llama-3-70b-awq", ToolContext(out_dir=tmp_path)).shape.layers == 32
    with pytest.raises(UserError) as caught:
        find_subject("llama-3-18b", ToolContext(out_dir=tmp_path))
    assert caught.value.code == "unknown-model"


@pytest.mark.parametrize("key", ["compress_ratios", "global_head_dim", "swa_num_key_value_heads"])
def test_layers_that_differ_are_refused_where_they_are_not_read(key: str) -> None:
    with pytest.raises(UserError) as caught:
        shape_of_config({**CONFIGS["mistral-7b"], key: 4}, "x")
    assert caught.value.code == "config-incomplete"
    assert key in caught.value.message
