"""`Facets`: everything about a row that is neither amount, day nor count: names, tags, kind of spend. Cached by the cells behind it.

Bills repeat the same names in most rows, so a row's facets are worked out once per distinct combination. The cache is bounded.
"""

from typing import NamedTuple

from tools.audit import rowtypes
from tools.audit.cells import shown
from tools.audit.charges import category_of, environment_of, pricing_of, tokens_per_unit
from tools.audit.classify import classify, token_type_of
from tools.audit.layout import Layout

_MOST_CACHED = 200_000
_TRUE = frozenset({"true", "1", "yes", "t"})
_OWN = frozenset({"resource", "account"})  # differ in nearly every row, so they stay outside the cache
_BEHIND = tuple(role for role in (*rowtypes.TEXTS, "tags", "model_line", "batch") if role not in _OWN)


class Facets(NamedTuple):
    """Ledger texts of a row; `category` for a positive and a negative amount."""

    category: str
    category_negative: str
    provider: str
    service: str
    description: str
    usage_type: str
    region: str
    account: str
    resource: str
    unit: str
    hardware: str
    model: str
    token_type: str
    environment: str
    team: str
    workload: str
    tagged: str
    pricing: str
    status: str
    utilization: str
    kind: str
    rule: str
    per_unit: str  # tokens in one unit of the quantity; "" where it counts something else. `unit` is tokens then


class _Tagged(NamedTuple):
    """What a row's tags say; `state` is "1" tagged, "0" untagged, "" where the sheet has no tags at all."""

    environment: str
    workload: str
    team: str
    values: str
    state: str


class FacetReader:
    """Facets by row for one layout."""

    def __init__(self, layout: Layout, reader: rowtypes.RowReader) -> None:
        self._reader = reader
        self._machine_made = layout.form is not None
        self._quantities, self._billed = "quantity" in layout.roles and not layout.has_tokens, "billed" in layout.roles
        self._forced = layout.form.kind if layout.form else ""
        behind = {at for role in _BEHIND for at in layout.roles.get(role, ())} | {at for at, _ in layout.tags}
        behind |= {entry.at for role in _BEHIND for entry in layout.inside.get(role, ())}
        self._positions = sorted(behind)
        self._present = [role for role in rowtypes.TEXTS if reader.states(role)]
        self._fixed = {role: reader.text(role, []) for role in rowtypes.TEXTS if role not in self._present}
        self._has_utilization = "utilization" in layout.roles
        self._cache: dict[tuple[str, ...], Facets] = {}
        self._tag_positions = [*(at for at, _ in layout.tags), *layout.roles.get("tags", ())]
        self._tags: dict[tuple[str, ...], _Tagged] = {}

    def of(self, cells: list[str], given: dict[str, str]) -> Facets:
        """Facets of a row; `given` overrides roles for one part of it."""
        width = len(cells)
        resource = self._text("resource", cells, given)
        mark = tuple([cells[at] if at < width else "" for at in self._positions])
        if given:
            mark = (*mark, *(f"{role}={value}" for role, value in given.items() if role in rowtypes.TEXTS))
        known = self._cache.get(mark)
        if known is None:
            known = self._read(cells, given)
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[mark] = known
        utilization = self._reader.utilization(cells) if self._has_utilization else ""
        return known._replace(resource=resource, account=self._text("account", cells, given), utilization=utilization)

    def _text(self, role: str, cells: list[str], given: dict[str, str]) -> str:
        return shown(given[role], 100) if given.get(role) else self._reader.text(role, cells)

    def _per_unit(self, facts: dict[str, str], words: str) -> str:
        """A billed line of a token type without a unit counts tokens: the price check shows where it counts thousands."""
        if not self._quantities:
            return ""
        known = tokens_per_unit(facts["unit"], words) or (1 if self._billed and not facts["unit"] else None)
        return "" if known is None else str(known)

    def _tagged(self, cells: list[str]) -> _Tagged:
        mark = tuple([cells[at] for at in self._tag_positions if at < len(cells)])
        if (known := self._tags.get(mark)) is None:
            tags, state = self._reader.tags(cells)
            environment, workload, team = (
                rowtypes.tag_value(tags, names) for names in (rowtypes.ENVIRONMENT_TAGS, rowtypes.WORKLOAD_TAGS, rowtypes.TEAM_TAGS)
            )
            known = _Tagged(environment_of(environment), shown(workload), shown(team), " ".join(tags.values()), state)
            if len(self._tags) >= _MOST_CACHED:
                self._tags.clear()
            self._tags[mark] = known
        return known

    def _read(self, cells: list[str], given: dict[str, str]) -> Facets:
        reader = self._reader
        facts = self._fixed | {role: reader.text(role, cells) for role in self._present}
        if given:
            facts |= {role: shown(text, 100) for role, text in given.items() if text and role in facts}
        tagged = self._tagged(cells)
        environment = environment_of(facts["environment"]) or tagged.environment
        workload, team = shown(facts["workload"]) or tagged.workload, shown(facts["team"]) or tagged.team
        small_print = " | ".join(filter(None, (facts["description"], facts["usage_type"])))
        words = " ".join((workload, team, tagged.values))
        spend = classify(facts["service"], small_print, facts["hardware"], facts["model"], facts["provider"], words, self._forced)
        label = facts["service"] or facts["description"]
        batch = "batch" if reader.text("batch", cells).casefold() in _TRUE else ""
        token_type = token_type_of(facts["token_type"]) or facts["token_type"].casefold() or spend.token_type
        per_unit = self._per_unit(facts, small_print) if spend.kind == "api_tokens" and token_type else ""
        item = facts["description"] if self._machine_made and spend.kind in ("api_tokens", "managed_ai") else ""
        return Facets(
            category=category_of(facts["category"], label, False),
            category_negative=category_of(facts["category"], label, True),
            provider=facts["provider"],
            service=facts["service"],
            description=facts["description"],
            usage_type=facts["usage_type"],
            region=facts["region"],
            account="",
            resource="",
            unit="tokens" if per_unit else facts["unit"],
            hardware=spend.hardware,
            model=facts["model"] or spend.model,
            token_type=token_type,
            environment=environment,
            team=team,
            workload=workload,
            tagged=tagged.state,
            pricing=pricing_of(batch or facts["pricing"], facts["category"], facts["usage_type"], item),
            status=facts["status"],
            utilization="",
            kind=spend.kind,
            rule=spend.rule,
            per_unit=per_unit,
        )
