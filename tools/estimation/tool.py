"""Declarations of `estimate_memory` and `price_api`. Light."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class EstimateMemory(Arguments):
    """Arguments of `estimate_memory`."""

    model: str = Field(description="Model name in the catalogue, or a local model folder")
    precision: Literal["fp32", "bf16", "fp16", "fp8", "int8", "int4"] = Field("bf16", description="Number format of the weights")
    context: int = Field(4096, ge=1, le=10_000_000, description="Tokens of context a sequence")
    batch: int = Field(1, ge=1, le=100_000, description="Sequences at once")
    gpu: str = Field("", description="Accelerator to fit it on")
    mode: Literal["inference", "lora", "full"] = Field("inference", description="Serving, LoRA tuning or full fine-tuning")


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
