"""Declaration of `benchmark_model`. Light."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class BenchmarkModel(Arguments):
    """Arguments of `benchmark_model`."""

    model: str = Field(description='Local model folder, "brain" for the bundled model, or a hub id that is on this machine')
    data: str = Field("", description="Labelled file for quality (CSV or JSONL with text and label)")
    task: str = Field("", description="text-classification or text-generation; read from the model where empty")
    batch_sizes: str = Field("1,8", description="Batch sizes to time, such as 1,4,16")
    runtime: Literal["auto", "torch", "openvino"] = Field("auto", description="Which engine runs it; auto times what the folder allows")


BENCHMARK_MODEL = ToolSpec(
    name="benchmark_model",
    summary="Benchmark a local model: p50/p95 latency, throughput, peak memory, size, quality where a labelled file is given",
    args=BenchmarkModel,
    runs="worker",
    entry="tools.benchmarking.work:run",
    consent="always",
    estimate="tools.benchmarking.work:estimate",
    time_limit_s=1800,
    memory_limit_mib=12288,
)
