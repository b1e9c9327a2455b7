"""Shape of the published facts about serving: what a weight format did to throughput, with everything that made it so.

A factor is throughput in that format over 16-bit throughput of the same model, chip, engine and load: 0.66 = a third slower.
"""

from typing import Literal

from pydantic import Field

from knowledge.schemas.entry import FactFile, Positive, Strict

#: fp8: 8-bit float weights and activations. w8a8: 8-bit integers, both. w8a16, w4a16: integer weights, 16-bit arithmetic.
#: w4a8: 4-bit weights, FP8 activations.
WeightFormat = Literal["fp8", "w8a8", "w8a16", "w4a16", "w4a8"]


class PrecisionEffect(Strict):
    """One published pair of runs. `batch` is the number of requests at once; None means as many as the engine would take."""

    accelerator: str  # canonical name
    gpus: int = Field(1, gt=0)
    precision: WeightFormat
    method: str = ""  # "GPTQ", "AWQ" where the source says
    model: str
    params_b: Positive
    batch: int | None = Field(None, gt=0)
    input_tokens: int | None = Field(None, gt=0)
    output_tokens: int | None = Field(None, gt=0)
    engine: str
    engine_version: str = ""
    factor: Positive
    score: float | None = None  # quality in the same run, and of the 16-bit run beside it
    baseline_score: float | None = None
    broken: str = ""  # why the figure must not count as a gain
    note: str = ""
    source: str

    @property
    def saturated(self) -> bool:
        """Whether the engine had as many requests as it would take."""
        return self.batch is None

    @property
    def eager(self) -> bool:
        """Whether the runtime launches each operation from Python, where fewer bytes of weights buy little."""
        return self.engine.lower() == "transformers"


class ServingFile(FactFile):
    precision_effects: tuple[PrecisionEffect, ...] = ()
