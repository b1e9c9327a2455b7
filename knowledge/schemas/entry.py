"""What all fact files share: strict models, positive numbers, exact money, named entries, sources. Holds no facts, loads no files."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from knowledge.source import Source


def _text_only(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("write money as quoted text, not as a float")
    return value


#: USD, non-negative, quoted in YAML so that it is exact.
Money = Annotated[Decimal, BeforeValidator(_text_only), Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

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


class FactFile(Strict):
    """What all fact files share."""

    sources: dict[str, SourceEntry] = Field(min_length=1)
