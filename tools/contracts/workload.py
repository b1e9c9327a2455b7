"""`Workload`: one AI use the customer pays for. Flat; every field optional; every filled field is a `Fact`.

Holds what was stated or read, never a default: a missing field is a question, not a number.
"""

from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from knowledge.source import Tier


class Workload(BaseModel):
    """Field names are those of WORKLOAD.yaml and of the labelled utterances. Units are in the names."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    task: str | None = None  # "chatbot", "summarization", "code completion" ...
    model: str | None = None
    params_b: float | None = None  # billions of parameters
    provider: str | None = None  # cloud or API vendor
    hardware: str | None = None  # accelerator or instance type
    gpu_count: int | None = None
    region: str | None = None
    requests_per_day: float | None = None
    requests_per_month: float | None = None
    input_tokens: float | None = None  # per request
    output_tokens: float | None = None  # per request
    cached_share: float | None = None  # share of input tokens repeated between requests, 0..1
    monthly_cost_usd: float | None = None
    latency_ms: float | None = None  # target
    utilization: float | None = None  # share of paid accelerator time doing work, 0..1
    hours_per_day: float | None = None  # hours the service is needed
    batch_tolerant: bool | None = None  # answers may come within a day
    quality_floor: float | None = None  # lowest acceptable quality, in the user's metric, 0..1
    framework: str | None = None  # vLLM, TGI, transformers, PyTorch ...
    precision: str | None = None  # fp32, bf16, fp8, int8, int4 ...
    stage: str | None = None  # "inference" or "training"
    dataset_rows: int | None = None
    hourly_rate_usd: float | None = None  # engineering cost, for one-time costs

    def filled(self) -> dict[str, Any]:
        """The fields that have a value."""
        return self.model_dump(exclude_none=True)

    @property
    def monthly_requests(self) -> float | None:
        """Requests a month, from either traffic field (365/12 days a month)."""
        if self.requests_per_month is not None:
            return self.requests_per_month
        return None if self.requests_per_day is None else self.requests_per_day * 365 / 12


#: name -> plain type of each workload field, for parsing and prompts.
FIELD_TYPES: dict[str, type] = {
    name: next(t for t in get_args(field.annotation) if t is not type(None)) for name, field in Workload.model_fields.items()
}


class FactStatus(StrEnum):
    """Whether a fact still counts; corrected facts are kept, not overwritten."""

    CURRENT = "current"
    CORRECTED = "corrected"


class Fact(BaseModel):
    """One stated or read field, with the words or the cell it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    field: str
    value: str | float | int | bool
    tier: Tier
    origin: str  # the user's words, "bill.csv row 12", "WORKLOAD.yaml"
    turn: int = 0
    status: FactStatus = FactStatus.CURRENT
