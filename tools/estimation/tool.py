"""Declarations of `choose_hosting`, `estimate_memory`, `estimate_serving`, `estimate_training` and `price_api`. Light."""

import shlex
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


class EstimateServing(Arguments):
    """Arguments of `estimate_serving`."""

    model: str = Field(description="Model name in the catalogue")
    gpu: str = Field(description="Accelerator to serve it on")
    gpu_count: int = Field(0, ge=0, le=64, description="Accelerators of one replica; 0 = as many as serve with the fewest in all")
    precision: str = Field("", description="Number format of the weights; empty = as published")
    input_tokens: float = Field(1000, ge=1, le=2_000_000, description="Input tokens a request")
    output_tokens: float = Field(300, ge=1, le=1_000_000, description="Output tokens a request")
    requests_per_month: float = Field(0, ge=0, le=1e12, description="Requests a month; 0 = not stated")
    requests_per_second: float = Field(0, ge=0, le=1e6, description="Requests a second at the peak; 0 = follows from the month, if stated")
    ttft_ms: float = Field(0, ge=0, le=1e7, description="Longest accepted mean time to first token; 0 = none")
    tpot_ms: float = Field(0, ge=0, le=1e6, description="Longest accepted mean time per output token; 0 = none")
    engine: str = Field("vllm", description="Serving engine, with its version where it is old")
    terms: str = Field(
        "",
        max_length=300,
        description='"kv=fp8, cached=0.5 (share of input in the prefix cache), draft=4 (tokens a step), accept=0.7 (share kept), '
        "draft_model=llama-3.2-1b, data=2, expert=8, link=pcie (or nvlink), peak=3 (over the mean of the month), provider=aws, "
        'region=us-east-1, basis=spot, marketplace=yes"',
    )


class EstimateTraining(Arguments):
    """Arguments of `estimate_training`."""

    model: str = Field(description="Model name in the catalogue, a hub id in the local cache, or a local model folder")
    method: Literal["lora", "qlora", "full", "pretrain"] = Field("lora", description="How it is trained")
    rows: float = Field(gt=0, le=1e12, description="Rows of training data")
    tokens_per_row: float = Field(0, ge=0, le=10_000_000, description="Tokens a row on average; 0 = not known")
    epochs: float = Field(1.0, gt=0, le=1000, description="Passes over the data")
    gpu: str = Field("", description="Accelerator to train on; empty = the cheapest that holds it")
    gpu_count: int = Field(0, ge=0, le=1024, description="Accelerators; 0 = the count that costs least")
    provider: str = Field("", description="Cloud or GPU cloud that sells the machines")
    region: str = Field("", description="Region, for price and grid carbon")
    usd_per_hour: float = Field(0, ge=0, le=100_000, description="Your own price of one accelerator an hour; 0 = the catalogue's")


class ChooseHosting(Arguments):
    """Arguments of `choose_hosting`. Where, how good and how peaky stand in `terms`."""

    model: str = Field(description="Open model that is wanted, or the API model that is used now")
    open_model: str = Field("", description="Open model that could take the place of an API model")
    requests_per_month: float = Field(0, ge=0, le=1e12, description="Requests a month; 0 = follows from the peak")
    requests_per_second: float = Field(0, ge=0, le=1e6, description="Requests a second at the peak; 0 = follows from the month")
    input_tokens: float = Field(1000, ge=1, le=2_000_000, description="Input tokens a request")
    output_tokens: float = Field(300, ge=1, le=1_000_000, description="Output tokens a request")
    ttft_ms: float = Field(0, ge=0, le=1e7, description="Longest accepted mean time to first token; 0 = none")
    tpot_ms: float = Field(0, ge=0, le=1e6, description="Longest accepted mean time per output token; 0 = none")
    precision: str = Field("", description="Number format of the weights; empty = the published one and those that save")
    terms: str = Field(
        "",
        max_length=300,
        description='"provider=aws, region=us-east-1 (or any), quality=0.97 (share kept), peak=3 (over the mean), cached=0.5, '
        "options=5 (of a kind), running=1600 (USD/month of own work), moving=0 (USD once), marketplace=yes (rank machines of strangers "
        "and desktop cards too), usage=1 (tokens and cost of the audited bill, times this), staying=4300 (USD/month paid now), "
        'gpu=2 x L4 (weigh these machines, others beside them)"',
    )


class PriceApi(Arguments):
    """Arguments of `price_api`: a workload (model and traffic), or nothing of it to price the usage that was audited."""

    model: str = Field("", description="API model name; empty prices the audited usage of all models")
    requests_per_month: float | None = Field(None, ge=0, le=1e13, description="Requests a month; without it the audited usage is priced")
    input_tokens: float | None = Field(None, ge=0, le=1e9, description="Input tokens a request")
    output_tokens: float | None = Field(None, ge=0, le=1e9, description="Output tokens a request")
    cached_share: float = Field(0.0, ge=0, le=1, description="Share of input tokens read from the prompt cache, 0 to 1")
    batch_share: float = Field(0.0, ge=0, le=1, description="Share of requests sent through the batch interface, 0 to 1")
    terms: str = Field("", max_length=200, description='How it is bought: "tier=flex, region=eu" or "currency=EUR, rate=1.08"')


def command(tool: str, args: Arguments) -> str:
    """The command line that makes a result again; arguments that are empty or zero are left out."""
    words = ["python", "-m", "app", "run", tool]
    for name, value in args.model_dump().items():
        if value not in ("", 0):
            words += [f"--{name.replace('_', '-')}", f"{value:.12g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


CHOOSE_HOSTING = ToolSpec(
    name="choose_hosting",
    summary="GPU, CPU, hosts by the token, API and edge ranked by cost under latency and quality targets, with the break-even volume",
    args=ChooseHosting,
    runs="inline",
    entry="tools.estimation.hosting.choose:run",
)
ESTIMATE_MEMORY = ToolSpec(
    name="estimate_memory",
    summary="Memory a model needs (weights, KV cache, activations, optimiser) and whether it fits an accelerator",
    args=EstimateMemory,
    runs="inline",
    entry="tools.estimation.memory.estimate:run",
)
ESTIMATE_SERVING = ToolSpec(
    name="estimate_serving",
    summary="Speed, replicas and cost of serving a model on an accelerator under a latency target, each as a range",
    args=EstimateServing,
    runs="inline",
    entry="tools.estimation.serving.estimate:run",
)
ESTIMATE_TRAINING = ToolSpec(
    name="estimate_training",
    summary="Hours, cost, energy and carbon of LoRA, QLoRA, full fine-tuning or pre-training, and what it fits on",
    args=EstimateTraining,
    runs="inline",
    entry="tools.estimation.training.estimate:run",
)
PRICE_API = ToolSpec(
    name="price_api",
    summary="Price of an API workload or of audited usage at dated list prices, with cheaper ways to buy the same",
    args=PriceApi,
    runs="inline",
    entry="tools.estimation.api.price:run",
)
