"""Declaration of `profile_model`. Light."""

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class ProfileModel(Arguments):
    """Arguments of `profile_model`."""

    model: str = Field(description='Local model folder, "brain" for the bundled model, or a hub id that is on this machine')
    batch: int = Field(1, ge=1, le=256, description="Inputs at once")
    tokens: int = Field(128, ge=1, le=8192, description="Length of each input in tokens")


PROFILE_MODEL = ToolSpec(
    name="profile_model",
    summary="Profile a local model: parameters, size, FLOPs, time and memory by layer kind, what limits it",
    args=ProfileModel,
    runs="worker",
    entry="tools.profiling.work:run",
    consent="always",
    estimate="tools.profiling.work:estimate",
    time_limit_s=900,
    memory_limit_mib=12288,
)
