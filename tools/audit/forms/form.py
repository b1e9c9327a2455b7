"""`Form`: how one export names its columns. A declaration; no reading, no arithmetic.

Header names are compared without case, spaces and separators, so `line_item_unblended_cost` (CUR 2.0) and
`lineItem/UnblendedCost` (legacy) are one name. Roles are the columns of the ledger (tools/audit/roles.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.audit.cells import DateOrder
from tools.audit.reading.header import key


@dataclass(frozen=True)
class Form:
    """One recognised export.

    `needs` must all be in the header, and one name of each group in `one_of`. `roles` gives column names by preference;
    text roles fall back per row to the next name, money roles use the first name found.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    roles: Mapping[str, tuple[str, ...]]
    one_of: tuple[tuple[str, ...], ...] = ()
    currency: str = ""  # where the format itself defines it
    provider: str = ""
    date_order: DateOrder = ""
    tag_prefixes: tuple[str, ...] = ()
    pivot: bool = False  # columns are services or accounts, rows are days
    ends_exclusive: bool = True  # an end at midnight is the first moment not covered
    effective_rule: str = ""  # named rule of tools/audit/effective.py
    kind: str = ""  # every row is this kind of spend
    usage_only: bool = False  # the export has counts and no money by design
    cached_apart: bool = False  # input tokens do not include the cached ones
    fixed: Mapping[str, str] = field(default_factory=dict)  # role -> text for every row

    def matches(self, keys: frozenset[str]) -> int:
        """0 = not this form; else the number of header names it understands."""
        if not all(key(name) in keys for name in self.needs):
            return 0
        if not all(any(key(name) in keys for name in group) for group in self.one_of):
            return 0
        named = {key(name) for names in self.roles.values() for name in names}
        return len(named & keys) + len(self.needs)

    def columns(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Column positions of each role in this header, by preference."""
        at = {key(name): position for position, name in reversed(list(enumerate(header)))}
        found = {role: tuple(dict.fromkeys(at[key(name)] for name in names if key(name) in at)) for role, names in self.roles.items()}
        return {role: positions for role, positions in found.items() if positions}
