"""Shapes of the fact files under `knowledge/data/`: what a reviewed YAML file may say, and nothing else.

Every file names its sources once (`sources: {key: {ref, checked_on}}`) and each entry points to one by key, so that
each value has an origin and a date. Unknown keys are refused. `None` means unknown: never 0, never a default.
Units are in the field names; money is Decimal, written as quoted text; accelerators' FLOPS are dense, in tera (1e12).
Loads no files and holds no facts.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from knowledge.source import Source


def _text_only(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("write money as quoted text, not as a float")
    return value


#: USD, non-negative, quoted in YAML so that it is exact.
Money = Annotated[Decimal, BeforeValidator(_text_only), Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

TOKEN_TYPES = ("input", "cached", "cache_write", "output", "batch_input", "batch_output")
TASKS = (
    "chat", "code", "reasoning", "vision", "embedding", "rerank", "transcription", "speech", "image", "moderation",
    "classification", "summarization", "translation", "fill-mask", "search", "text-generation", "realtime",
)  # fmt: skip


class Strict(BaseModel):
    """Frozen; unknown keys refused. Validators are made on first use: most runs ask for two or three kinds of fact."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SourceEntry(Strict):
    """One origin: a public file at a commit, a datasheet or a page; the day somebody looked.

    `how: recalled` = the document is named but was not opened when the value was entered; `knowledge.check` lists these.
    """

    ref: str = Field(min_length=5)
    checked_on: date
    how: Literal["read", "recalled"] = "read"
    note: str = ""

    def as_source(self) -> Source:
        """The form that evidence carries."""
        return Source(self.ref, self.checked_on)


class Named(Strict):
    """A canonical name with the other ways people write it."""

    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    source: str  # key into the file's `sources`
    note: str = ""


class Accelerator(Named):
    """One chip or card. Bandwidth in GB/s (1e9), link in GB/s in one direction per accelerator, power in watts."""

    vendor: str
    kind: Literal["gpu", "tpu", "asic"] = "gpu"
    memory_gib: Positive | None
    bandwidth_gb_s: Positive | None
    tflops: dict[Literal["fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4"], Positive] = {}
    tdp_w: Positive | None
    link: str = ""  # "NVLink 4", "PCIe 4.0 x16", "ICI" ...
    link_gb_s: Positive | None = None
    compute_capability: str = ""
    released: str = ""  # ISO date or year
    field_sources: dict[str, str] = {}  # fields read elsewhere than `source`

    def supports(self, precision: str) -> bool | None:
        """Whether the chip multiplies in that number format; None where the fact base does not know."""
        if precision in self.tflops:
            return True
        known = {"fp32", "fp16", "bf16"} if not self.compute_capability else set()
        if precision in known or not self.compute_capability:
            return None
        capability = float(self.compute_capability)
        needs = {"fp32": 0.0, "fp16": 5.3, "bf16": 8.0, "int8": 6.1, "fp8": 8.9, "fp4": 10.0}
        return capability >= needs[precision] if precision in needs else None


class RegionPrice(Strict):
    """USD an hour for the whole instance in one region. `source` only where it differs from the instance's."""

    region: str
    on_demand: Money | None = None
    spot: Money | None = None
    source: str = ""
    doubtful: str = ""  # why a figure is kept but not to be trusted


class Instance(Named):
    """A rentable machine with accelerators; GPU clouds sell single GPUs (`accelerator_count` 1)."""

    provider: str
    accelerator: str  # canonical accelerator name
    accelerator_count: Positive  # fractions where a slice is sold
    vcpus: int | None = Field(None, gt=0)
    memory_gib: Positive | None = None
    tier: str = ""  # "community", "secure", "marketplace" where a GPU cloud has several
    prices: tuple[RegionPrice, ...] = Field(min_length=1)

    def price(self, region: str | None = None) -> RegionPrice | None:
        """The price in that region; without one, the first listed (the provider's reference region)."""
        if region is None:
            return self.prices[0]
        return next((p for p in self.prices if p.region == region.lower()), None)


class LongContext(Strict):
    """Prices of the whole request once its input exceeds `above_tokens`."""

    above_tokens: int = Field(gt=0)
    input: Money
    output: Money | None = None


class TokenPrice(Strict):
    """USD per million tokens from a day on (None = as far back as the source knows). None = not known."""

    valid_from: date | None = None
    input: Money
    cached: Money | None = None  # read from the prompt cache
    cache_write: Money | None = None  # written to the prompt cache
    output: Money | None = None  # None for embeddings
    batch_input: Money | None = None
    batch_output: Money | None = None
    long_context: LongContext | None = None
    per_thousand_requests: Money | None = None  # a fee a request beside the tokens
    source: str
    batch_source: str = ""


class ApiModel(Named):
    """A model sold by the token. `prices` is its dated history, oldest first."""

    provider: str
    tasks: tuple[str, ...] = Field(min_length=1)
    context_tokens: int | None = Field(None, gt=0)
    max_output_tokens: int | None = Field(None, gt=0)
    weights: str = ""  # name of the open model behind it, where it has one
    retires_on: date | None = None
    prices: tuple[TokenPrice, ...] = Field(min_length=1)

    def price_on(self, day: date | None = None) -> TokenPrice:
        """The prices in force on that day (default today); before the first dated entry, the first."""
        day = day or date.today()
        current = self.prices[0]
        for entry in self.prices:
            if entry.valid_from is None or entry.valid_from <= day:
                current = entry
        return current

    def price_of(self, token_type: str, day: date | None = None) -> Decimal | None:
        """USD per million tokens of a type; None = not known.

        Types are `TOKEN_TYPES`, "reasoning" (billed as output) and a bill's "batch", which does not say whether it is
        input or output and so has no single price. Raises ValueError for any other.
        """
        if token_type == "batch":  # noqa: S105 - not a password
            return None
        token_type = "output" if token_type == "reasoning" else token_type  # noqa: S105 - not a password
        if token_type not in TOKEN_TYPES:
            raise ValueError(f"unknown token type: {token_type}")
        value: Decimal | None = getattr(self.price_on(day), token_type)
        return value


class ModelArchitecture(Named):
    """An open model's shape, as in its published configuration. Parameters in billions (1e9)."""

    family: str
    kind: Literal["decoder", "encoder", "encoder_decoder"] = "decoder"
    params_b: Positive
    active_params_b: Positive | None = None  # mixture of experts: parameters used per token
    extra_params_b: Positive | None = None  # outside the language model, such as a vision encoder
    layers: int = Field(gt=0)  # decoder layers for encoder_decoder
    hidden: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    intermediate: int = Field(gt=0)  # of one expert in a mixture of experts
    vocab: int = Field(gt=0)
    tied_embeddings: bool = False
    experts: int | None = Field(None, gt=1)
    experts_per_token: int | None = Field(None, gt=0)
    encoder_layers: int | None = Field(None, gt=0)
    source_positions: int | None = Field(None, gt=0)  # encoder positions that the decoder attends to
    kv_latent: int | None = Field(None, gt=0)  # multi-head latent attention: cached values per token and layer
    sliding_window: int | None = Field(None, gt=0)
    sliding_layers: int | None = Field(None, gt=0)  # layers with the window; None with a window = all
    max_context: int = Field(gt=0)
    mlp: Literal["gated", "plain"] = "gated"
    licence: str
    tasks: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _shape_agrees(self) -> "ModelArchitecture":
        if self.heads % self.kv_heads:
            raise ValueError("heads must be a multiple of kv_heads")
        if self.sliding_layers and (not self.sliding_window or self.sliding_layers > self.layers):
            raise ValueError("sliding_layers needs a sliding_window and at most all layers")
        if self.active_params_b and self.active_params_b > self.params_b:
            raise ValueError("active_params_b exceeds params_b")
        return self


class GridRegion(Strict):
    """Grams of CO2-equivalent per kWh in a cloud region: one reading a source, kept apart because they disagree."""

    provider: str
    region: str
    place: str
    readings: dict[str, Annotated[float, Field(ge=0, le=1500)]]  # source key -> g/kWh


class PowerUse(Strict):
    """Power usage effectiveness of a provider (range where one is published as a range)."""

    provider: str
    pue_low: float = Field(ge=1, le=3)
    pue_high: float = Field(ge=1, le=3)
    source: str


class Commitment(Strict):
    """A published "up to" discount, as a share of the on-demand price."""

    provider: str
    instrument: str
    term: str
    discount_up_to: float = Field(gt=0, lt=1)
    source: str


class FactFile(Strict):
    """What all fact files share."""

    sources: dict[str, SourceEntry] = Field(min_length=1)


class AcceleratorFile(FactFile):
    accelerators: tuple[Accelerator, ...]


class InstanceFile(FactFile):
    instances: tuple[Instance, ...]


class ApiModelFile(FactFile):
    models: tuple[ApiModel, ...]


class ArchitectureFile(FactFile):
    models: tuple[ModelArchitecture, ...]


class CarbonFile(FactFile):
    regions: tuple[GridRegion, ...] = ()
    power_use: tuple[PowerUse, ...] = ()


class CommitmentFile(FactFile):
    commitments: tuple[Commitment, ...]


#: folder under knowledge/data -> (file shape, name of its list of entries)
KINDS: Mapping[str, tuple[type[FactFile], str]] = {
    "hardware": (AcceleratorFile, "accelerators"),
    "prices/instances": (InstanceFile, "instances"),
    "prices/api": (ApiModelFile, "models"),
    "prices/commitments": (CommitmentFile, "commitments"),
    "models": (ArchitectureFile, "models"),
    "carbon": (CarbonFile, "regions"),
}
