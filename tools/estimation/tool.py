"""Declarations of `estimate_memory` and `price_api`. Light."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class EstimateMemory(Arguments):
    """Arguments of `estimate_memory`."""

    model: str = Field(description="Model name in the catalogue, a hub id in the local cache, or a local model folder")
    precision: Literal["fp32", "bf16", "fp16", "fp8", "int8", "int4", "fp4", "nf4"] = Field(
        "bf16", description="Number format of the weights"
    )
    mode: Literal["inference", "eager", "lora", "qlora", "full"] = Field(
        "inference", description="A serving engine, a plain transformers loop, LoRA or QLoRA tuning, or full fine-tuning"
    )
    kv_precision: Literal["auto", "fp32", "bf16", "fp8", "int8", "int4"] = Field(
        "auto", description="Number format of the KV cache; auto is that of the computation"
    )
    gpu: str = Field("", description="Accelerator to fit it on")
    gpu_count: int = Field(1, ge=1, le=1024, description="Accelerators that share the model (serving) or the training")
    context: int = Field(4096, ge=1, le=10_000_000, description="Tokens of context a sequence")
    batch: int = Field(1, ge=1, le=100_000, description="Sequences at once; in training on each accelerator")


class PriceApi(Arguments):
    """Arguments of `price_api`."""

    model: str = Field(description="API model name")
    requests_per_month: float = Field(ge=0, le=1e13, description="Requests a month")
    input_tokens: float = Field(ge=0, le=1e9, description="Input tokens a request")
    output_tokens: float = Field(ge=0, le=1e9, description="Output tokens a request")
    cached_share: float = Field(0.0, ge=0, le=1, description="Share of input tokens read from the prompt cache")
    batch_share: float = Field(0.0, ge=0, le=1, description="Share of requests sent through the batch interface")


ESTIMATE_MEMORY = ToolSpec(
    name="estimate_memory",
    summary="Memory a model needs (weights, KV cache, activations, optimiser) and whether it fits an accelerator",
    args=EstimateMemory,
    runs="inline",
    entry="tools.estimation.memory.estimate:run",
)
PRICE_API = ToolSpec(
    name="price_api",
    summary="Monthly price of an API workload at dated list prices, with cheaper ways to buy the same",
    args=PriceApi,
    runs="inline",
    entry="tools.estimation.api_price:run",
)
