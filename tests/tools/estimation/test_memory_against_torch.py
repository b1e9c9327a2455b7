"""The memory formulas agree with what PyTorch really allocates: small random models of transformers, on the CPU, counted tensor by tensor.

Weights, caches, gradients and optimiser states are exact to the byte; activations, counted by hooks on saved tensors, to
two percent. On a GPU the same tensors are allocated; what kernels and allocators add is checked in test_memory_published.
"""

from typing import Any

import pytest

from knowledge.schemas import ModelArchitecture
from tools.estimation.config_shape import shape_of_config
from tools.estimation.memory import eager, formulas, training
from tools.estimation.memory.formulas import LIKELY

pytestmark = pytest.mark.heavy
BASE: dict[str, Any] = {"hidden_size": 128, "num_attention_heads": 4, "vocab_size": 500, "intermediate_size": 352, "num_hidden_layers": 3}
LATENT: dict[str, Any] = {
    **BASE, "num_hidden_layers": 4, "num_key_value_heads": 4, "moe_intermediate_size": 64, "n_routed_experts": 8, "n_group": 2,
    "topk_group": 1, "num_experts_per_tok": 2, "first_k_dense_replace": 1, "kv_lora_rank": 32, "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 32,
}  # fmt: skip
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "grouped": ("Llama", {**BASE, "num_key_value_heads": 2}),
    "one key head": ("Llama", {**BASE, "num_key_value_heads": 1}),
    "window": ("Mistral", {**BASE, "num_key_value_heads": 2, "sliding_window": 64}),
    "some windows": ("Gemma3", {**BASE, "num_hidden_layers": 6, "num_key_value_heads": 1, "head_dim": 32, "sliding_window": 64}),
    "experts": ("Mixtral", {**BASE, "num_key_value_heads": 2, "num_local_experts": 4}),
    "shared experts": ("Qwen2Moe", {**BASE, "num_hidden_layers": 4, "num_key_value_heads": 2, "num_experts": 8, "moe_intermediate_size": 64,
                       "shared_expert_intermediate_size": 96, "decoder_sparse_step": 2}),
    "latent": ("DeepseekV3", {**LATENT, "q_lora_rank": 48, "v_head_dim": 24, "n_shared_experts": 1}),
    "latent without query rank": ("DeepseekV2", {**LATENT, "q_lora_rank": None, "v_head_dim": 32, "n_shared_experts": 2}),
    "hybrid": ("Qwen3Next", {**BASE, "num_hidden_layers": 4, "num_key_value_heads": 2, "head_dim": 32, "linear_num_key_heads": 2,
               "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 16, "num_experts": 8,
               "moe_intermediate_size": 64, "shared_expert_intermediate_size": 64, "num_experts_per_tok": 2}),
    "learned positions": ("GPT2", {"n_embd": 128, "n_layer": 4, "n_head": 4, "vocab_size": 500, "n_positions": 128}),
}  # fmt: skip
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def built(name: str, dtype: str = "float32", **changes: Any) -> tuple[Any, ModelArchitecture]:
    """A random model in training mode and its shape, with the parameters that it really has."""
    import torch
    import transformers

    kind, values = MODELS[name]
    torch.manual_seed(0)
    config = getattr(transformers, {"Gemma3": "Gemma3TextConfig"}.get(kind, f"{kind}Config"))(**{**values, **changes})
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    shape = shape_of_config(config.to_dict(), name)
    counted = sum({p.data_ptr(): p.numel() for p in model.parameters()}.values())
    assert shape.params_b * 1e9 == pytest.approx(counted, rel=0.001)  # from the config alone
    return model.train(), shape.model_copy(update={"params_b": counted / 1e9})


def bytes_of(tensors: Any) -> int:
    return sum({t.data_ptr(): t.numel() * t.element_size() for t in tensors if t is not None}.values())


@pytest.mark.parametrize("name", MODELS)
def test_weights_and_cache_are_exact(name: str) -> None:
    import torch

    model, shape = built(name)
    assert formulas.weight_bytes(shape, "fp32") == pytest.approx(bytes_of(model.parameters()), abs=1)
    tokens, batch = 96, 2
    with torch.no_grad():
        cache = model.eval()(torch.randint(0, 500, (batch, tokens)), use_cache=True).past_key_values
    held = [t for layer in cache.layers for t in vars(layer).values() if isinstance(t, torch.Tensor) and t.is_floating_point()]
    windowed = formulas.kv_layers(shape)[1]
    kept = formulas.kv_values_per_layer(shape) * 4 * windowed * batch  # transformers keeps one token less than the window
    state = (shape.recurrent_layers or 0) * 128 * 4 * batch  # and one more of a convolution's inputs
    assert bytes_of(held) == batch * eager.cache_bytes(shape, tokens, "fp32") - kept + state
    if not shape.kv_latent and not shape.recurrent_layers:
        assert eager.cache_bytes(shape, tokens, "fp32") == formulas.sequence_bytes(shape, tokens, "fp32")


@pytest.mark.parametrize(("dtype", "precision", "optimizer"), [("float32", "fp32", "adamw"), ("bfloat16", "bf16", "adamw_bf16")])
def test_gradients_and_adamw_states_of_full_tuning_are_exact(dtype: str, precision: str, optimizer: str) -> None:
    import torch

    model, shape = built("grouped", dtype)
    step = torch.optim.AdamW(model.parameters())
    ids = torch.randint(0, 500, (1, 16))
    model(input_ids=ids, labels=ids).loss.backward()
    states = training.state_bytes(shape, training.Plan("full", precision, optimizer))
    assert states.weights == pytest.approx(bytes_of(model.parameters()), abs=1)
    assert states.gradients == pytest.approx(bytes_of(p.grad for p in model.parameters()), abs=1)
    step.step()
    moments = [state[key] for state in step.state.values() for key in ("exp_avg", "exp_avg_sq")]
    assert states.optimizer == pytest.approx(bytes_of(moments), abs=1)


@pytest.mark.parametrize(
    ("targets", "modules"), [("query_value", ["q_proj", "v_proj"]), ("attention", ALL_LINEAR[:4]), ("all", ALL_LINEAR)]
)
def test_adapters_with_their_gradients_and_states_are_exact(targets: str, modules: list[str]) -> None:
    import peft
    import torch

    base, shape = built("grouped", "bfloat16")
    model = peft.get_peft_model(base, peft.LoraConfig(r=4, target_modules=modules, task_type="CAUSAL_LM"))
    trained = [p for p in model.parameters() if p.requires_grad]
    plan = training.Plan("lora", "bf16", rank=4, targets=targets)
    assert training.adapter_parameters(shape, plan) == sum(p.numel() for p in trained)
    step = torch.optim.AdamW(trained)
    ids = torch.randint(0, 500, (1, 16))
    model(input_ids=ids, labels=ids).loss.backward()
    step.step()
    states = training.state_bytes(shape, plan)
    moments = [state[key] for state in step.state.values() for key in ("exp_avg", "exp_avg_sq")]
    assert states.gradients == bytes_of(p.grad for p in trained)
    assert states.optimizer == bytes_of(moments) + bytes_of(trained)


def saved_by(model: Any, tokens: int, autocast: bool) -> int:
    """Bytes that one pass keeps for the backward pass, parameters excluded."""
    import torch

    owned = {p.untyped_storage().data_ptr() for p in [*model.parameters(), *model.buffers()]}
    kept: dict[int, Any] = {}

    def pack(tensor: Any) -> Any:
        if tensor.untyped_storage().data_ptr() not in owned:
            kept[tensor.untyped_storage().data_ptr()] = tensor  # held, so that no address is used twice
        return tensor

    ids = torch.randint(0, 500, (1, tokens))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t), torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        model(input_ids=ids, labels=ids, use_cache=False)
    return sum(t.untyped_storage().nbytes() for t in kept.values())


def per_layer_and_token(name: str, dtype: str, autocast: bool, modules: list[str] | None, recompute: bool) -> tuple[float, Any]:
    """Differences between depths and lengths leave what one layer keeps of one token."""
    import peft

    found: dict[tuple[int, int], int] = {}
    shape = None
    for layers in (1, 2):
        model, shape = built(name, dtype, num_hidden_layers=layers)
        if modules:
            model = peft.get_peft_model(model, peft.LoraConfig(r=1, target_modules=modules, task_type="CAUSAL_LM"))
        if recompute:
            model.enable_input_require_grads()
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        for tokens in (64, 128):
            found[layers, tokens] = saved_by(model, tokens, autocast)
    return ((found[2, 128] - found[2, 64]) - (found[1, 128] - found[1, 64])) / 64, shape


@pytest.mark.parametrize(
    ("name", "dtype", "plan", "modules"),
    [
        ("grouped", "float32", training.Plan("full", "fp32", autocast=False), None),
        ("grouped", "bfloat16", training.Plan("full", "bf16", "adamw_bf16", autocast=False), None),
        ("grouped", "float32", training.Plan("full", "bf16", autocast=True), None),  # weights in 32 bits, blocks in 16
        ("experts", "bfloat16", training.Plan("full", "bf16", "adamw_bf16", autocast=False), None),
        ("grouped", "bfloat16", training.Plan("lora", "bf16", autocast=False, rank=1, targets="all"), ALL_LINEAR),
        ("grouped", "bfloat16", training.Plan("lora", "bf16", autocast=False, rank=1, targets="query_value"), ["q_proj", "v_proj"]),
        ("grouped", "bfloat16", training.Plan("lora", "bf16", autocast=True, rank=1, targets="all"), ALL_LINEAR),
        ("grouped", "float32", training.Plan("lora", "fp32", autocast=False, rank=1, targets="query_value"), ["q_proj", "v_proj"]),
    ],
)
def test_activations_are_those_that_autograd_keeps(name: str, dtype: str, plan: training.Plan, modules: list[str] | None) -> None:
    measured, shape = per_layer_and_token(name, dtype, plan.autocast, modules, recompute=False)
    assert training.saved_bytes_per_token(shape, plan, LIKELY) == pytest.approx(measured, rel=0.02)


@pytest.mark.parametrize("modules", [None, ALL_LINEAR])
def test_checkpointing_keeps_one_vector_a_layer(modules: list[str] | None) -> None:
    measured, shape = per_layer_and_token("grouped", "bfloat16", False, modules, recompute=True)
    assert measured == 2 * shape.hidden
    plan = training.Plan("lora" if modules else "full", "bf16", "adamw_bf16", checkpointing=True, autocast=False)
    two, three = (training.training_activation_bytes(shape.model_copy(update={"layers": layers}), plan, 64, 1) for layers in (2, 3))
    assert three - two == 64 * measured
