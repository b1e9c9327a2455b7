"""The part of the Bill panel that shows how columns were read, and what a correction of each is called.

Only prepares what the template shows; the words that a change sends are put together in the browser and read like any message.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from app.render.words import share_text
from tools.audit.layout import ROLES
from tools.audit.mapping import names_in, parse

Result = Mapping[str, Any]
CURRENCIES = ("USD", "EUR", "GBP", "INR", "JPY", "CNY", "CAD", "AUD", "CHF", "SEK", "NOK", "DKK", "PLN", "BRL", "MXN", "SGD", "KRW", "ZAR")
LOW_CONFIDENCE = 0.7
_UNSAYABLE = re.compile(r"[\"|\n]|[,;]\s*[\w ]+=")  # in a name: it would end the name in a correction
_LABELS = {"billed": "cost", "start": "date"}


def roles() -> list[tuple[str, str]]:
    """(word that a correction uses, label) of every role."""
    return [(words[0], _LABELS.get(role, role.replace("_", " "))) for role, words in ROLES.items()]


def sheets(result: Result, args: Result) -> list[dict[str, Any]]:
    """Each sheet with its columns: role, confidence, and how a correction names the column. `args` hold the corrections in force."""
    read, given = list(result.get("sheets", ())), parse(str(args.get("mapping") or "")).columns
    said = {(role, name.casefold()) for role, value in given.items() for name in names_in(value)}
    by_sheet: dict[tuple[str, str], dict[str, Result]] = {}
    for one in result.get("mapping", ()):
        by_sheet.setdefault((one["file"], one.get("sheet", "")), {})[one["letter"]] = one
    places = [(sheet["file"], sheet.get("sheet", "")) for sheet in read]
    shown = []
    for place in dict.fromkeys([*places, *by_sheet]):
        mapped = by_sheet.get(place, {})
        about: Result = next((sheet for sheet, at in zip(read, places, strict=True) if at == place), {})
        columns = [(str(c["letter"]), str(c["name"])) for c in about.get("columns", ())] or [
            (k, str(one["column"])) for k, one in mapped.items()
        ]
        rows = [_column(letter, name, mapped.get(letter), len(by_sheet) > 1, said) for letter, name in columns]
        shown.append(
            {
                "title": " · ".join(filter(None, place)),
                "used": [row for row in rows if row["role"]],
                "unused": [row for row in rows if not row["role"]],
                "notes": list(about.get("notes", ())),
            }
        )
    return shown


def _column(letter: str, name: str, one: Result | None, by_name: bool, said: Collection[tuple[str, str]]) -> dict[str, Any]:
    role = "" if one is None else str(one["role"])
    confidence = None if one is None else float(one.get("confidence", 1))
    can_be_quoted = name and not set(name) & set("\"'=;|\n") and len(name) < 60
    return {
        "letter": letter,
        "name": name,
        "role": role,
        "word": ROLES[role][0] if role in ROLES else "",
        "say": f'"{name}"' if by_name and can_be_quoted else letter,
        "is_said": bool({(role, name.casefold()), (role, letter.casefold())} & set(said)),
        "confidence": "" if confidence is None else share_text(confidence),
        "is_low": confidence is not None and confidence < LOW_CONFIDENCE,
    }


def settings(result: Result) -> dict[str, Any]:
    """Choices beside the columns, each with what is in force now."""
    read, totals = list(result.get("sheets", ())), [one["currency"] for one in result.get("totals", ()) if one["currency"]]
    found = sorted({str(one.get("currency") or "") for one in read})
    return {
        "basis": str(result.get("basis") or "billed"),
        "has_effective": bool(result.get("effective_total_text")) or result.get("basis") == "effective",
        "currency": ", ".join(filter(None, found)) or ", ".join(totals),
        "currency_from": ", ".join(dict.fromkeys(str(one["currency_from"]) for one in read if one.get("currency_from"))),
        "decimal": ", ".join(sorted({str(one["decimal"]) for one in read if one.get("decimal")})),
        "dates": ", ".join(sorted({str(one["date_order"]) for one in read if one.get("date_order")})),
        "header": ", ".join(sorted({str(one["header_row"]) for one in read if one.get("header_row")})),
        "sheets": _sheet_names(result),
        "rates": [(code, totals[0]) for code in totals[1:]],
    }


def _sheet_names(result: Result) -> list[tuple[str, bool]]:
    """The sheets of files that have several, and whether each is counted; none where a name cannot be said in a correction."""
    of_file: dict[str, dict[str, bool]] = {}
    for key, is_counted in (("sheets", True), ("skipped", False)):
        for one in result.get(key, ()):
            if one.get("sheet") and one.get("reason") != "no table":
                of_file.setdefault(str(one.get("file")), {}).setdefault(str(one["sheet"]), is_counted)
    found: dict[str, bool] = {}
    for names in of_file.values():
        if len(names) > 1:
            found |= {name: found.get(name, False) or is_counted for name, is_counted in names.items()}
    return [] if any(_UNSAYABLE.search(name) for name in found) else list(found.items())


def corrected(args: Mapping[str, Any]) -> str:
    """The corrections in force, in words."""
    said = [str(args.get("mapping") or "").replace(",", ", ")]
    said += [f"basis {args['basis']}"] if args.get("basis") == "effective" else []
    said += [f"rate {args['rate']} to {args.get('currency') or 'the other currency'}"] if args.get("rate") else []
    return "; ".join(filter(None, said))
