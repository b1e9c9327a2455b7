"""`Evidence`: one immutable record of something known. Append-only; identical knowledge has an identical id.

The id is a hash of what is claimed and how it is known, without time and machine, so that the same inputs give the
same plan, byte for byte. Values are ranges with a unit; a textual fact has `value=None`.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from knowledge.quantities import CURRENCIES
from knowledge.ranges import Range
from knowledge.source import Source, Tier


def _range_in(value: Any) -> Any:
    if isinstance(value, Mapping):
        as_number = Decimal if value.get("money") else float
        return Range(*(as_number(str(value[name])) for name in ("low", "likely", "high")))
    return value


def _range_out(value: Range) -> dict[str, Any]:
    if value.is_money:
        return {"low": str(value.low), "likely": str(value.likely), "high": str(value.high), "money": True}
    return value.as_dict()


#: A Range that survives JSON without loss: Decimals travel as text.
RangeField = Annotated[Range, BeforeValidator(_range_in), PlainSerializer(_range_out)]


class SourceRef(BaseModel):
    """Border form of `knowledge.source.Source`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ref: str
    checked_on: date | None = None


class Evidence(BaseModel):
    """One record. Make it with `Evidence.record(...)`, which computes the id."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    id: str
    tier: Tier
    claim: str  # one sentence without figures, such as "Billed total of the uploaded file"
    value: RangeField | None = None
    unit: str = ""  # pint text: "USD", "USD/month", "ms", "MiB", "token"; "" for a pure number; "ratio" for shares
    method: str = ""  # the formula or procedure, in words
    source: SourceRef
    inputs: dict[str, Any] = Field(default_factory=dict)  # JSON values; file rows, arguments, constants
    parents: tuple[str, ...] = ()  # evidence ids this one was computed from
    environment: dict[str, str] = Field(default_factory=dict)  # machine and library versions, for measurements
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    reproduce: str = ""  # a command line that makes it again

    def has_old_price(self, today: date | None = None) -> bool:
        """Whether it is money that rests on a price which nobody looked at for longer than prices keep. Marked wherever it is shown."""
        if self.source.checked_on is None or self.unit.split("/")[0] not in CURRENCIES:
            return False
        from knowledge.catalog import is_stale  # looked up only where something is shown

        return is_stale(Source(self.source.ref, self.source.checked_on), today)

    @classmethod
    def record(cls, *, tier: Tier, claim: str, source: SourceRef, value: Range | None = None, unit: str = "", **more: Any) -> "Evidence":
        """Builds a record with its content id."""
        draft = cls(id="", tier=tier, claim=claim, source=source, value=value, unit=unit, **more)
        known = draft.model_dump(mode="json", exclude={"id", "created_at", "environment", "reproduce"})
        digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
        return draft.model_copy(update={"id": f"ev-{digest[:12]}"})
