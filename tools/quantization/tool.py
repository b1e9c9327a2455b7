"""Declaration of `quantize_model`. Light."""

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class QuantizeModel(Arguments):
    """Arguments of `quantize_model`."""

    model: str = Field(description='Local model folder, "brain" for the bundled model, or a hub id that is on this machine')
    data: str = Field("", description="Labelled file for quality (CSV or JSONL with text and label)")
    tolerance: float = Field(0.01, ge=0, le=1, description="Quality loss that is acceptable, as a share of the baseline")
    task: str = Field("", description="text-classification or text-generation; read from the model where empty")
    out: str = Field("", description="Folder for the quantized copy; a new one in the data folder where empty")


QUANTIZE_MODEL = ToolSpec(
    name="quantize_model",
    summary="Quantize a local model to int8 with OpenVINO and compare size, speed, memory and quality with the original",
    args=QuantizeModel,
    runs="worker",
    entry="tools.quantization.work:run",
    consent="always",
    estimate="tools.quantization.work:estimate",
    time_limit_s=1800,
    memory_limit_mib=12288,
)
