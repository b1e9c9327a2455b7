"""Whether two lanes of the audit's benchmark say the same, to the cent. Compares; measures nothing.

Lists that a lane cuts (the 20 largest services, the 10 largest teams) are compared on what both show. A finding of a rule that
has no separate query yet is listed as not compared, never passed over in silence.
"""

from typing import Any

HALF_A_CENT = 0.005
_CUT = frozenset({"by service", "by team", "by environment"})


def differences(name: str, left: dict[str, Any], right: dict[str, Any], whole: bool) -> list[str]:
    """One line for each key whose values differ, or, where both lists are whole, that one side lacks."""
    found = []
    for key in sorted(left.keys() | right.keys()):
        if key not in left or key not in right:
            if whole or key in left:
                found.append(f"{name}: {key or '(all)'} only on one side: {left.get(key)} / {right.get(key)}")
        elif any(not _same(one, other) for one, other in zip(left[key], right[key], strict=False)):
            found.append(f"{name}: {key or '(all)'}: {left[key]} / {right[key]}")
    return found


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= HALF_A_CENT


def rivals(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Differences between two rivals: every check, every key."""
    names = sorted(one.keys() | other.keys())
    return [line for name in names for line in differences(name, one.get(name, {}), other.get(name, {}), True)]


def frugal_and(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Differences between the audit and a rival, and the rules of findings that the rival has no query for."""
    found = []
    for name, answers in ours.items():
        if name not in ("findings", "rows", "rules"):
            found += differences(name, answers, theirs[name], name not in _CUT)
    rows = ours["rows"]
    counted, unknown, negative = theirs["reconciliation"][""][:3]
    read = [rows["rows_read"], rows["rows_unknown"] + rows["rows_excluded"], rows["rows_negative"]]
    found += differences("reconciliation", {"": read}, {"": [counted, unknown, negative]}, True)
    found_rules = ours["findings"]
    for rule in sorted(theirs.keys() & set(ours["rules"])):
        found += differences(rule, found_rules.get(rule, {}), theirs[rule], True)
    return found, sorted(found_rules.keys() - theirs.keys())
