"""One lane of the audit's benchmark, in a process of its own: `python -m tests.bench.audit_lane LANE FILE --scratch DIR --answer FILE`.

Lanes: `frugal` (the tool's work as users reach it), `duckdb` and `pandas` (the same checks), `pandas-categories`. Writes one JSON
object: seconds of imports and of the work, processor time and peak memory up to there (getrusage of this process and of the children
it waited for), seconds by check, and the answers, so that lanes can be compared. Prints nothing.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

LANES = ("frugal", "duckdb", "pandas", "pandas-categories")

Found = tuple[Any, dict[str, float]]


def frugal(file: str, scratch: Path) -> Callable[[], Found]:
    """The audit itself; imports done, work to be called."""
    from tools.audit.tool import AuditCosts
    from tools.audit.work import run
    from tools.contracts.tool import ToolContext

    def work() -> Found:
        marks = [(time.perf_counter(), "start")]

        def progress(phase: str, done: float, total: float) -> None:
            if phase != marks[-1][1]:
                marks.append((time.perf_counter(), phase))

        result = run(AuditCosts(file=[file]), ToolContext(out_dir=scratch, progress=progress, kept_dir=scratch / "kept")).result
        marks.append((time.perf_counter(), "end"))
        phases: dict[str, float] = {}
        for (begun, phase), (ended, _) in pairwise(marks):
            phases[phase] = phases.get(phase, 0.0) + ended - begun
        return result, phases

    return work


def duckdb(file: str, scratch: Path) -> Callable[[], Found]:
    """Separate DuckDB queries, with the limits of our own engine."""
    import duckdb as _  # noqa: F401 - its import is no part of the work

    from tests.bench import audit_rivals
    from tools.audit.engine import MEMORY_LIMIT, THREADS

    return lambda: audit_rivals.run(file, str(scratch), MEMORY_LIMIT, THREADS)


def pandas(file: str, scratch: Path, categories: bool = False) -> Callable[[], Found]:
    """pandas."""
    from tests.bench import audit_pandas_findings
    from tests.bench.audit_rivals import CHECKS

    return lambda: audit_pandas_findings.run(file, CHECKS, categories)


def answers_of_result(result: dict[str, Any]) -> dict[str, Any]:
    """What the audit's result says, under the names and keys of the rivals' checks. Findings by rule."""
    from tools.audit.findings.all_rules import RULES

    period = result["period"]
    answers: dict[str, Any] = {
        "totals": {entry["currency"]: [entry["total_text"]] for entry in result["totals"]},
        "categories": {f"{entry['category']}|{entry['currency']}": [entry["amount_text"], entry["rows"]] for entry in result["categories"]},
        "period": {f"{period['start']}|{period['end']}": [period["days"]]},
        "by kind": _sums(result["by_kind"], "kind"),
        "by service": {entry["name"]: [entry["cost"], entry["rows"]] for entry in result["services"] if not entry["name"].startswith("(")},
        "by team": _sums(result["teams"], "name"),
        "by environment": _sums(result["environments"], "name"),
        "by model and token type": {
            f"{entry['model']}|{entry['token_type']}": [entry["quantity"], entry["cost"]]
            for entry in result["models"]
            if entry["token_type"] != "all"
        },
    }
    if result["effective_total_text"] and len(answers["totals"]) == 1:
        next(iter(answers["totals"].values())).append(result["effective_total_text"])
    answers["rules"] = [rule.id for rule in RULES]
    findings: dict[str, Any] = {}
    for entry in result["findings"]:
        findings.setdefault(entry["rule"], {})[entry["detail"]] = [entry["amount"]]
    answers["findings"] = findings
    answers["rows"] = {name: result[name] for name in ("rows_read", "rows_counted", "rows_excluded", "rows_unknown", "rows_negative")}
    return answers


def answers_of_rows(found: Any) -> dict[str, Any]:
    """What a rival's rows say."""
    from tests.bench.audit_judging import answers_of

    return answers_of(found)


def _sums(entries: Iterable[dict[str, Any]], name: str) -> dict[str, list[Any]]:
    return {entry[name]: [entry["cost"]] for entry in entries}


def main() -> None:
    """Runs one lane."""
    entered = time.time()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit_lane")
    parser.add_argument("lane", choices=LANES)
    parser.add_argument("file")
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    given = parser.parse_args()
    begun = time.perf_counter()
    if given.lane == "frugal":
        work = frugal(given.file, given.scratch)
    elif given.lane == "duckdb":
        work = duckdb(given.file, given.scratch)
    else:
        work = pandas(given.file, given.scratch, given.lane == "pandas-categories")
    imported = time.perf_counter()
    found, seconds = work()
    ended = time.perf_counter()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    taken = {
        "entered": entered,
        "imports": imported - begun,
        "work": ended - imported,
        "cpu": sum(one.ru_utime + one.ru_stime for one in used),
        "peak": max(one.ru_maxrss for one in used) / 1024,
        "checks": seconds,
        "answers": answers_of_result(found) if given.lane == "frugal" else answers_of_rows(found),
    }
    given.answer.write_text(json.dumps(taken))


if __name__ == "__main__":
    main()
