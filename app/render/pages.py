"""Renders the panels' HTML from records, through templates that escape everything. Computes no figure."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.render.charts import range_bars
from app.render.markup import clean
from app.render.words import VERBS, duration_text, size_text, tier_word
from knowledge.ranges import Range
from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text, value_text
from tools.contracts.plan import Plan
from tools.store.records import JobRecord

_VERDICTS = {"do": "do", "try_first": "try first", "do_not": "do not", "not_applicable": "not applicable", "needs_data": "needs data"}
MOST_BARS = 6
_FORMATS = (("md", "Markdown"), ("xlsx", "XLSX"), ("html", "HTML"), ("pdf", "PDF"), ("json", "JSON"))


@lru_cache(maxsize=1)
def _templates() -> Environment:
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # what a macro of our own made was cleaned and escaped inside it
        finalize=lambda value: clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    env.filters.update(duration=duration_text, size=size_text, tier=tier_word, verdict=lambda v: _VERDICTS.get(str(v), str(v)))
    env.globals.update(verbs=VERBS)
    return env


def render(name: str, **values: Any) -> str:
    """One line of HTML inside one element: a blank line would end the block where the page reads it as Markdown."""
    return f"<div>{' '.join(_templates().get_template(name).render(**values).split())}</div>"


def header(model: str, is_scripted: bool) -> str:
    """Brand, the language model in use, and what leaves this machine."""
    return render("header.html", model=model, is_scripted=is_scripted)


def evidence(records: Sequence[Evidence], superseded: Collection[str] = ()) -> str:
    """The evidence table: newest first; each row opens to method, inputs and parents. Superseded records stand apart, below the others."""
    known = {record.id: record for record in records}
    rows = [
        {
            "record": record,
            "value": range_text(record.value, record.unit) if record.value is not None else "",
            "parents": [(parent, known[parent].claim if parent in known else "not in this conversation") for parent in record.parents],
            "inputs": [(key, _short(value)) for key, value in record.inputs.items()],
        }
        for record in reversed(records)
    ]
    parts: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for record, row in zip(reversed(records), rows, strict=True):
        parts[record.id in superseded].append(row)
    return render("evidence.html", rows=parts[False], apart=parts[True])


def jobs(records: Sequence[JobRecord], names: Mapping[str, str]) -> str:
    """The jobs, newest first, with progress and a Cancel button for those that run."""
    return render("jobs.html", jobs=[_job(record, names) for record in records])


def _job(record: JobRecord, names: Mapping[str, str]) -> dict[str, Any]:
    verb = VERBS.get(record.tool, (record.tool, record.tool))
    subject = record.args.get("model") or ", ".join(record.args.get("file", ())) or ""
    percent = min(100, round(100 * record.done / record.total)) if record.total else None
    return {
        "record": record,
        "title": f"{verb[1] if record.status == 'finished' else verb[0]} {_file_names(str(subject), names)}".strip(),
        "percent": percent,
        "status": "cancelling" if record.cancel_requested and not record.final else str(record.status),
        "error": record.error,
    }


def _file_names(subject: str, names: Mapping[str, str]) -> str:
    """Stored paths as the user knows them."""
    parts = [names.get(part, part.rsplit("/", 1)[-1]) for part in subject.split(", ")]
    return ", ".join(parts)


def plan(plan: Plan | None, conversation_id: str) -> str:
    """Headline, table of actions, chart and downloads."""
    if plan is None:
        return render("plan_empty.html")
    actions = [
        {
            "action": action,
            "saving": _monthly(action.incremental_saving, plan.currency),
            "alone": _monthly(action.standalone_saving, plan.currency),
            "one_time": range_text(action.one_time_cost, plan.currency),
            "payback": range_text(action.payback_months, "months") if action.payback_months is not None else "does not pay back",
            "effort": range_text(action.effort_days, "days"),
        }
        for action in plan.actions
    ]
    total = plan.total
    return render(
        "plan.html",
        plan=plan,
        actions=actions,
        bars=range_bars(
            [
                (
                    f"{a.title}, {a.workload}",
                    a.incremental_saving,
                    value_text(a.incremental_saving.likely, f"{plan.currency}/month", cents=False),
                )
                for a in plan.actions
                if a.enabled
            ],
            MOST_BARS,
        ),
        saving=_monthly(total.saving, plan.currency),
        baseline=_monthly(total.baseline_cost, plan.currency),
        addressable=_monthly(total.addressable_cost, plan.currency),
        one_time=range_text(total.one_time_cost, plan.currency),
        payback=range_text(total.payback_months, "months") if total.payback_months is not None else "does not pay back",
        formats=_FORMATS,
        conversation_id=conversation_id,
    )


def _monthly(value: Range, currency: str) -> str:
    """`$6,000 ($3,900 to $7,400) a month`: the period once."""
    return range_text(value, f"{currency}/month")


def plan_rest(plan: Plan | None) -> str:
    """The folded part: assumptions, comparisons, the ledger of every technique, open questions."""
    if plan is None:
        return ""
    assumptions = [(one, range_text(one.value, one.unit)) for one in plan.assumptions]
    order = {"needs_data": 0, "try_first": 1, "do": 2, "do_not": 3, "not_applicable": 4}
    ledger = sorted(plan.ledger, key=lambda entry: (order.get(str(entry.verdict), 9), entry.title))
    return render(
        "plan_rest.html", plan=plan, assumptions=assumptions, ledger=ledger, comparisons=[_comparison(c) for c in plan.comparisons]
    )


def _comparison(item: Mapping[str, Any]) -> dict[str, Any]:
    before, after = item.get("baseline") or {}, item.get("candidate") or {}
    keys = [key for key in (*before, *(k for k in after if k not in before)) if before.get(key) is not None or after.get(key) is not None]
    return {**item, "rows": [(key, _short(before.get(key)), _short(after.get(key))) for key in keys]}


def consent(title: str, estimate: Any) -> str:
    """The card before a heavy job."""
    return render("consent.html", title=title, estimate=estimate)


def preview(files: Sequence[tuple[str, int, Any]]) -> str:
    """First rows of each chosen file: (name, bytes, Peek)."""
    return render("preview.html", files=files) if files else ""


def notice(error: Mapping[str, Any]) -> str:
    """An error beside the prompt: what happened, the next step, the code."""
    return render("notice.html", error=error)


def _short(value: Any) -> str:
    text = "unknown" if value is None else value if isinstance(value, str) else f"{value:,.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 300 else text[:297] + "..."
