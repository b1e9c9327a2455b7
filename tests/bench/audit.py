"""How fast the audit is beside DuckDB running the same checks as separate queries, and pandas: `python -m tests.bench.audit`.

Makes its bills, runs each lane in a fresh process, several rounds in turn, and prints medians beside the targets of the project.
Measures and compares answers to the cent; a slower lane is printed as slower. Exits 1 where answers differ or a lane failed.
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.bench import audit_agreement
from tests.bench.audit_measure import LaneFailed, Series, child, lane

PARTS = ("size", "huge", "csv", "xlsx", "cold", "daily")
LANES = ("frugal", "duckdb", "pandas", "pandas-categories")
DAYS = 180
HUGE = 100_000_000


@dataclass
class Bench:
    """One run of the command: where files go, how often lanes run, what was found."""

    folder: Path
    rows: int
    sheet_rows: int
    runs: int
    money: str
    seed: int
    failures: list[str] = field(default_factory=list)
    sizes: dict[int, dict[str, Series]] = field(default_factory=dict)

    def make(self, form: str, rows: int, days: int = 30) -> Path:
        """Writes a bill in a process of its own; gives its path."""
        words = [form, "--dir", str(self.folder), "--rows", str(rows), "--days", str(days), "--seed", str(self.seed)]
        output = child([sys.executable, "-m", "tests.bench.audit_data", *words, "--money", self.money])[-1]
        return Path(output.decode().strip().splitlines()[-1])

    def fail(self, text: str) -> None:
        """Notes and prints what must not be."""
        self.failures.append(text)
        print(f"  !! {text}")

    def rounds(self, lanes: tuple[str, ...], file: Path, runs: int) -> dict[str, Series]:
        """Lanes in turn, so that a busy minute meets all of them. A lane that failed is left out of the following rounds."""
        found = {name: Series() for name in lanes}
        for _ in range(runs):
            for name in [name for name in lanes if name in found]:
                try:
                    found[name].runs.append(lane(name, file))
                except LaneFailed as problem:
                    self.fail(f"{name} failed on {file.name}: {problem}")
                    del found[name]
        return found

    def agree(self, found: dict[str, Series]) -> None:
        """Compares the answers of all lanes with those of the DuckDB lane."""
        reference = found.get("duckdb")
        for name, series in found.items():
            if reference is None or series is reference:
                continue
            theirs = reference.runs[0].answers
            uncompared: list[str] = []
            if name == "frugal":
                wrong, uncompared = audit_agreement.frugal_and(series.runs[0].answers, theirs)
            else:
                wrong = audit_agreement.rivals(series.runs[0].answers, theirs)
            for line in wrong:
                self.fail(f"{name} and duckdb differ: {line}")
            print(f"  {name} and duckdb: {'NOT the same answers' if wrong else 'same answers to the cent'}")
            if uncompared:
                print(f"    findings without a separate query, not compared: {', '.join(uncompared)}")


def table(found: dict[str, Series], rows: int) -> None:
    """One line a lane."""
    print(f"  {'lane':<20}{'work s':>9}{'least-most':>16}{'rows/s':>13}{'start s':>9}{'cpu s':>9}{'peak MB':>9}{'n':>4}")
    for name, series in found.items():
        work = series.median("work")
        print(
            f"  {name:<20}{work:>9.2f}{series.spread('work'):>16}{rows / work:>13,.0f}{series.median('start'):>9.2f}"
            f"{series.median('cpu'):>9.2f}{series.peak:>9.0f}{len(series.runs):>4}"
        )


def verdict(name: str, value: float, target: float, unit: str = "", aim: float | None = None) -> None:
    """One measure beside its target: all targets are "at most"."""
    aimed = "" if aim is None else f", aim {aim:g}"
    word = "met" if value <= target else "MISSED"
    if aim is not None and value <= aim:
        word = "met, and the aim"
    print(f"  {name:<58}{value:>9.2f} {unit:<3} target {target:g}{aimed}: {word}")


def size(bench: Bench, rows: int, lanes: tuple[str, ...]) -> None:
    """All lanes over one Parquet file."""
    file = bench.make("parquet", rows)
    print(f"\n{rows:,} rows, Parquet (zstd, {file.stat().st_size / 1e6:,.0f} MB, money as {bench.money})")
    found = bench.sizes[rows] = bench.rounds(lanes, file, bench.runs)
    table(found, rows)
    checks(found)
    bench.agree(found)
    ours, theirs = found.get("frugal"), found.get("duckdb")
    if ours and theirs:
        verdict("time, ours / separate DuckDB queries", ours.median("work") / theirs.median("work"), 1.0, aim=0.45)
        print(
            f"    processor time of the whole processes, which a busy machine changes less: {ours.median('cpu') / theirs.median('cpu'):.2f}"
        )
    for name in ("pandas", "pandas-categories"):
        if ours and (other := found.get(name)):
            verdict(f"time, ours / {name}", ours.median("work") / other.median("work"), 0.1)
            verdict(f"memory, ours / {name}", ours.peak / other.peak, 0.2)


def checks(found: dict[str, Series]) -> None:
    """Seconds of each check in the lanes that do them one by one; phases of ours."""
    others = [name for name in found if name != "frugal"]
    names = list(dict.fromkeys(check for name in others for run in found[name].runs for check in run.checks))
    print(f"  {'check, seconds':<30}" + "".join(f"{name:>19}" for name in others))
    for check in names:
        values = [found[name].check(check) for name in others]
        print(f"  {check:<30}" + "".join(f"{'' if value is None else f'{value:.3f}':>19}" for value in values))
    if ours := found.get("frugal"):
        phases = ", ".join(f"{phase} {ours.check(phase):.2f}" for phase in ours.runs[0].checks)
        print(f"  phases of ours, seconds: {phases}")


def growth(bench: Bench) -> None:
    """100 million rows: ours and DuckDB; pandas would not fit."""
    size(bench, HUGE, ("frugal", "duckdb"))
    for name in ("frugal", "duckdb"):
        small, large = bench.sizes.get(bench.rows, {}).get(name), bench.sizes[HUGE].get(name)
        if large:
            verdict(f"{name}: peak memory over {HUGE:,} rows", large.peak, 1024, "MB")
        if small and large:
            ratio = large.median("work") / small.median("work")
            verdict(f"{name}: time({HUGE:,}) / time({bench.rows:,})", ratio, 8 * HUGE / bench.rows / 10)


def sheets(bench: Bench, form: str, name: str, target: float) -> None:
    """A CSV or XLSX of the same rows as a Parquet file, whose answers it must repeat."""
    file = bench.make(form, bench.sheet_rows)
    print(f"\n{bench.sheet_rows:,} rows, {name} ({file.stat().st_size / 1e6:,.0f} MB)")
    found = bench.rounds(("frugal",), file, bench.runs)
    if not found:
        return
    table(found, bench.sheet_rows)
    reference = bench.rounds(("duckdb",), bench.make("parquet", bench.sheet_rows), 1)
    bench.agree({**found, **reference})
    verdict(f"{name}, whole process", found["frugal"].median("wall"), max(1.0, target * bench.sheet_rows / 1e6), "s")


def cold(bench: Bench) -> None:
    """A sheet of 50 rows, from the command to its answer, and inside the tool."""
    file = bench.make("sheet", 200_000)
    print("\n50-row sheet")
    outputs = []
    for _ in range(max(5, bench.runs)):
        with tempfile.TemporaryDirectory(dir=bench.folder) as data:
            words = ["-m", "app", "run", "audit_costs", "--file", str(file), "--json", "--data-dir", data]
            try:
                outputs.append(child([sys.executable, *words]))
            except LaneFailed as problem:
                bench.fail(f"the command failed: {problem}")
                return
    if b'"rule"' not in outputs[0][-1]:
        bench.fail("the answer over the 50-row sheet holds no finding")
    seconds = sorted(output[4] for output in outputs)
    print(f"  least {seconds[0]:.2f} s, most {seconds[-1]:.2f} s, n {len(seconds)}; peak {max(output[3] for output in outputs):.0f} MB")
    verdict("cold process to first finding", seconds[len(seconds) // 2], 1.0, "s")
    inside = bench.rounds(("frugal",), file, bench.runs)
    if inside:
        print(
            f"  inside the tool: {inside['frugal'].median('work'):.3f} s; its process and imports: {inside['frugal'].median('start'):.2f} s"
        )


def daily(bench: Bench) -> None:
    """A bill of one file a day: the whole, then the same with the last day added to what was audited before."""
    folder = bench.make("daily", bench.rows, DAYS)
    files = sorted(folder.glob("*.parquet"))
    print(f"\n{bench.rows:,} rows in {len(files)} daily Parquet files")
    away = bench.folder / files[-1].name
    full, again = Series(), Series()
    try:
        for _ in range(bench.runs):
            full.runs.append(lane("frugal", folder))
            with tempfile.TemporaryDirectory(dir=bench.folder) as scratch:
                shutil.move(files[-1], away)
                lane("frugal", folder, Path(scratch))
                shutil.move(away, files[-1])
                again.runs.append(lane("frugal", folder, Path(scratch)))
    except LaneFailed as problem:
        bench.fail(f"frugal failed on the daily bill: {problem}")
        return
    finally:
        if away.exists():
            shutil.move(away, files[-1])
    table({"frugal, all days": full, "frugal, one new day": again}, bench.rows)
    if full.runs[0].answers != again.runs[0].answers:
        bench.fail("the audit after adding a day differs from the audit of all days")
    verdict("one day added / full audit", again.median("work") / full.median("work"), 0.1, aim=0.05)


def machine() -> str:
    """Where and with what this was measured."""
    names = ("duckdb", "pandas", "pyarrow", "polars")
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, {os.cpu_count()} processors, {memory:.0f} GiB, load {load:.1f} at the start, "
        f"Python {platform.python_version()}, {', '.join(found)}"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the Parquet bill and of the daily bill")
    parser.add_argument("--huge", action="store_true", help=f"also {HUGE:,} rows (about 2.5 GB on disk)")
    parser.add_argument("--sheet-rows", type=int, default=1_000_000, help="rows of the CSV and the XLSX")
    parser.add_argument("--runs", type=int, default=3, help="rounds of every lane")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[part for part in PARTS if part != "huge"])
    parser.add_argument("--lanes", nargs="+", choices=LANES, default=list(LANES), help="lanes of the part `size`")
    parser.add_argument("--money", choices=("decimal", "double"), default="decimal", help="type of the money columns")
    parser.add_argument("--seed", type=int, default=20260930)
    parser.add_argument("--dir", type=Path, help="keep the bills here and use those that are there")
    return parser.parse_args()


def main() -> int:
    """Prints everything; 1 where answers differ or a lane failed."""
    given = arguments()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    folder = given.dir or Path(tempfile.mkdtemp(prefix="frugal-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder, given.rows, given.sheet_rows, given.runs, given.money, given.seed)
    parts = {*given.parts, *(["huge"] if given.huge else [])}
    print(f"{machine()}\nEach lane in a fresh process; processor time and peak memory by getrusage; files cached after the first round.")
    try:
        if "size" in parts:
            size(bench, bench.rows, tuple(given.lanes))
        if "huge" in parts:
            growth(bench)
        if "csv" in parts:
            sheets(bench, "text", "CSV", 10)
        if "xlsx" in parts:
            sheets(bench, "workbook", "XLSX", 25)
        if "cold" in parts:
            cold(bench)
        if "daily" in parts:
            daily(bench)
    finally:
        if not given.dir:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{len(bench.failures)} failures" + "".join(f"\n  {text}" for text in bench.failures))
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
