"""Technique cards: the schema of `data/techniques/*.yaml` and their loader. One file per technique, unknown keys refused.

A card says when a technique applies (conditions over facts), what it does to which kind of spend (remaining factor as
low / likely / high, with tier, source, date), what it costs once and how to undo it. Cards hold facts and words only;
the planner (`tools.planning`) does the arithmetic. Factors are shares of the cost before: 0.7 = costs 70 % of before.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from knowledge.errors import KnowledgeError
from knowledge.parsed import NotYaml, read_yaml
from knowledge.ranges import Range
from knowledge.source import Tier

DATA = Path(__file__).parent / "data" / "techniques"
GROUPS_FILE = "_groups.yaml"

StepName = Literal["stop_waste", "fix_usage", "right_size_model", "compress", "retrain", "move", "commit"]
Kind = Literal["gpu", "cpu", "api_tokens", "managed_ai"]
Formula = Literal["constant", "off_hours", "pack", "cached_input", "per_use", "self_host", "market_price"]
Pool = Literal["idle_time", "throughput", "tokens_in", "tokens_out", "model_choice", "training_work", "price"]


def _triple(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 3:
        return Range(*(float(v) for v in value))
    return value


Triple = Annotated[Range, BeforeValidator(_triple)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class CardSource(_Closed):
    """Where a value was read and when it was last checked."""

    ref: str = Field(min_length=8)
    checked_on: date


class Condition(_Closed):
    """One test of one fact. Exactly one operator. `unknown` says what a missing fact means.

    `ask` = the technique needs it (verdict needs_data); `pass` = goes on without it; `fail` = as if the test failed.
    `otherwise` is the reason shown where the test fails; `{field}` names are filled with the user's facts.
    """

    field: str
    equals: str | bool | None = None
    any_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    below: float | None = None
    at_least: float | None = None
    group: str | None = None  # the text names a member of a group in _groups.yaml
    not_group: str | None = None
    otherwise: str = ""
    unknown: Literal["ask", "pass", "fail"] = "ask"

    @property
    def operator(self) -> str:
        """Name of the one operator in use."""
        return next(name for name in _OPERATORS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_operator(self) -> "Condition":
        if sum(getattr(self, name) is not None for name in _OPERATORS) != 1:
            raise ValueError(f"condition on {self.field} needs exactly one of {', '.join(_OPERATORS)}")
        return self


_OPERATORS = ("equals", "any_of", "none_of", "below", "at_least", "group", "not_group")


class Effect(_Closed):
    """What the technique does to spend of these kinds. Of several effects, the first whose `when` holds counts."""

    lines: tuple[Kind, ...] = Field(min_length=1)
    part: Literal["all", "input", "output"] = "all"  # of API tokens; "all" elsewhere
    affects: Literal["quantity_factor", "price_factor"]
    formula: Formula = "constant"
    factor: Triple | None = None  # constant: the remaining share; other formulas: see tools.planning.formulas
    parameters: dict[str, Triple] = {}
    pool: Pool
    whole_gpus: bool = False  # the saving comes as whole GPUs only, where their count is known
    tier: Tier
    source: CardSource
    conditions: str = ""  # under which the published figure was had
    when: tuple[Condition, ...] = ()


class OneTime(_Closed):
    """Effort once: engineering days and accelerator hours."""

    engineering_days: Triple
    gpu_hours: Triple = Range(0.0, 0.0, 0.0)


class Card(_Closed):
    """One technique."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    title: str
    aliases: tuple[str, ...] = ()
    step: StepName
    article: str  # the practice of the seed article that it covers
    summary: str
    lines: tuple[Kind, ...] = Field(min_length=1)  # kinds of spend it can act on
    when: tuple[Condition, ...] = ()
    because: str  # the reason for a positive verdict; `{field}` filled with the user's facts
    enabling: bool = False  # makes other techniques safe or repeatable; no saving of its own
    confidence: Literal["arithmetic", "published"] = "published"  # arithmetic: the saving follows from stated facts and prices
    effects: tuple[Effect, ...] = ()
    speed_notes: tuple[str, ...] = ()
    one_time: OneTime
    skill: str
    effort: Literal["low", "medium", "high"]
    quality_risk: str
    rollback: str
    verification: str
    steps: tuple[str, ...] = Field(min_length=1)
    expires_when: str
    excludes: tuple[str, ...] = ()
    measured_as: tuple[str, ...] = ()  # `technique` values of measured comparisons that overrule this card
    sources: tuple[CardSource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _effects_present(self) -> "Card":
        if self.enabling == bool(self.effects):
            raise ValueError("a card has effects, or is marked as enabling")
        for effect in self.effects:
            if set(effect.lines) - set(self.lines):
                raise ValueError(f"effect names kinds of spend that the card does not: {effect.lines}")
        return self


def _read(path: Path) -> Any:
    try:
        return read_yaml(path)
    except (OSError, NotYaml) as problem:
        raise KnowledgeError("card-unreadable", f"The technique file {path.name} cannot be read.", "Check its YAML syntax.") from problem


def _card(path: Path) -> Card:
    try:
        found = Card.model_validate(_read(path))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KnowledgeError("card-invalid", f"{path.name}: {where}: {first['msg']}", "Correct the technique file.") from problem
    if found.id != path.stem:
        raise KnowledgeError("card-invalid", f"{path.name}: its id is {found.id}.", "Name the file after the id.")
    return found


def _card_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!_]*.yaml"))


def read_cards(folder: Path) -> tuple[Card, ...]:
    """All cards of a folder in file order. Raises KnowledgeError `card-invalid` (schema, id, references)."""
    found = [_card(path) for path in _card_files(folder)]
    _check_references(found, read_groups(folder))
    return tuple(found)


def _check_references(cards: list[Card], known_groups: dict[str, tuple[str, ...]]) -> None:
    ids = {card.id for card in cards}
    for card in cards:
        conditions = [*card.when, *(c for effect in card.effects for c in effect.when)]
        missing = [x for x in card.excludes if x not in ids]
        missing += [g for c in conditions for g in (c.group, c.not_group) if g and g not in known_groups]
        if missing:
            raise KnowledgeError("card-invalid", f"{card.id}: names unknown entries {', '.join(missing)}.", "Correct the technique file.")


def read_groups(folder: Path) -> dict[str, tuple[str, ...]]:
    """Named lists of hardware and model words that conditions refer to."""
    path = folder / GROUPS_FILE
    if not path.exists():
        return {}
    return {str(name): tuple(str(word) for word in words) for name, words in _read(path).items()}


@cache
def cards() -> tuple[Card, ...]:
    """The shipped cards."""
    return read_cards(DATA)


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """The shipped word groups."""
    return read_groups(DATA)


@cache
def card(technique: str) -> Card:
    """The card of that id; reads its file alone. Raises KnowledgeError `unknown-technique`."""
    for path in _card_files(DATA):
        if path.stem == technique:
            return _card(path)
    raise KnowledgeError("unknown-technique", f'There is no technique card "{technique[:60]}".', "Search by words instead.")
