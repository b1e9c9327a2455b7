"""Speculative decoding: a small model, or the prompt's own word sequences, proposes tokens that the served model checks in one step.

Tokens a step: (1 - a^(k+1)) / (1 - a) for k drafted tokens, each kept with probability a (Leviathan et al. 2023, arXiv
2211.17192). Checking multiplies k + 1 tokens a sequence but reads weights and cache once, so it pays where memory is the limit and
loses where arithmetic is. Answers are those of the served model; knows no rates and no time.
"""

from dataclasses import dataclass, replace

from knowledge.schemas import ModelArchitecture
from tools.estimation.serving.counts import Footprint, Layout, Step
from tools.estimation.serving.formats import WeightFormat


@dataclass(frozen=True, slots=True)
class Drafting:
    """`shape` None: the drafts come from the prompt (n-grams) and cost nothing."""

    tokens: int
    acceptance: float
    shape: ModelArchitecture | None = None
    fmt: WeightFormat | None = None

    @property
    def tokens_a_step(self) -> float:
        """Tokens that a step yields on average."""
        return sum(self.acceptance**n for n in range(self.tokens + 1))

    def footprint(self, kv_bits: float, layout: Layout) -> Footprint | None:
        """The draft model beside the served one: split as that where its heads divide, else copied on every GPU."""
        if self.shape is None or self.fmt is None:
            return None
        tensor = layout.tensor if self.shape.heads % layout.tensor == 0 else 1
        return Footprint.of(self.shape, self.fmt, kv_bits, Layout(tensor=tensor, data=layout.data))


def checking(model: Footprint, sequences: float, context: float, drafted: int) -> Step:
    """A decode step that also checks `drafted` tokens of each sequence: their arithmetic, but one reading of the cache."""
    plain = model.decode(sequences, context)
    if drafted == 0:
        return plain
    wide = model.decode(sequences * (drafted + 1), context)
    return replace(wide, sequences=plain.sequences, kv_bytes=plain.kv_bytes)
