"""`python -m knowledge.refresh`: looks for newer public prices and shows what would change; `--accept` writes it. Never on its own.

Each public file is fetched, read and compared by itself; what cannot be reached or understood is named and left. Before anything is
written, a copy of the fact base with all changes must pass `knowledge.check`; then each file is replaced whole. Exit 1 where a file could
not be used, 2 for wrong usage, else 0.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from knowledge import check
from knowledge.catalog import shelf
from knowledge.refresh_compare import Comparison, NotUsable, compare_machines, shown
from knowledge.refresh_edit import EditFailed, FactText
from knowledge.refresh_fetch import NotFetched, fetch
from knowledge.refresh_sources import NotUnderstood, Upstream, upstreams
from knowledge.refresh_tokens import compare_tokens

_SHOWN = 40  # lines of one kind; `--all` shows every one


def main(
    words: Sequence[str] | None = None,
    *,
    sources: Sequence[Upstream] | None = None,
    data: Path | None = None,
    today: date | None = None,
    plain_http: Collection[str] = (),
) -> int:
    """The command. The other arguments are for tests: they come with a server and a fact base of their own."""
    known = tuple(upstreams() if sources is None else sources)
    args = _arguments(words, known)
    data, day = data or shelf.DATA, today or date.today()
    found: list[Comparison] = []
    failed: dict[str, str] = {}
    for source in known:
        if args.only and source.name not in args.only:
            continue
        try:
            found.append(_compare(source, data, day, plain_http))
        except (NotFetched, NotUnderstood, NotUsable, EditFailed) as problem:
            failed[source.name] = f"{'could not be reached' if isinstance(problem, NotFetched) else 'is not used'}: {problem}"
    for comparison in found:
        _show(comparison, None if args.all else _SHOWN)
    for name, why in failed.items():
        print(f"{name} {why}")
    if not found:
        print("No public price file could be used, so nothing changes. The prices that came with Frugal stay in force, with their days.")
        return 1
    changed = [text for comparison in found for text in comparison.files]
    if not changed:
        print("Nothing newer was found.")
    elif not args.accept:
        print(f"Nothing is written yet. Repeat with --accept to change {len(changed)} files; `git diff` shows them then.")
    elif flaws := _write(changed, data, day):
        for flaw in flaws:
            print(f"error {flaw}")
        print("Nothing was written: the changed fact base would not pass its check.")
        return 1
    else:
        print(f"Written: {', '.join(sorted(shown(text.path) for text in changed))}.")
    return 1 if failed else 0


def _arguments(words: Sequence[str] | None, known: Sequence[Upstream]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m knowledge.refresh", description="Looks for newer public prices.")
    parser.add_argument("--accept", action="store_true", help="write what is shown into the fact files")
    parser.add_argument("--all", action="store_true", help="show every line")
    parser.add_argument("--only", action="append", choices=[source.name for source in known], help="one public file; repeatable")
    return parser.parse_args(words)


def _compare(source: Upstream, data: Path, day: date, plain_http: Collection[str]) -> Comparison:
    published = source.parse(fetch(source.url, plain_http), day)
    if published.day is not None and published.day > day:
        raise NotUnderstood(f"it says that it is of {published.day}, which has not come yet")
    return (compare_tokens if source.kinds == ("prices/api",) else compare_machines)(source, published, data, day)


def _show(found: Comparison, most: int | None) -> None:
    print(f"{found.upstream.name}: {found.upstream.ref}, of {found.day}")
    print(
        f"  {len(found.changes)} changes, {found.confirmed} prices confirmed, {len(found.gone)} not listed there any more, "
        f"{len(found.refused)} refused, {found.further} names that the fact base does not hold"
    )
    for title, lines in (("", found.changes), ("not listed: ", found.gone), ("refused: ", found.refused), ("note: ", found.remarks)):
        for line in lines[:most]:
            print(f"  {title}{line}")
        if most is not None and len(lines) > most:
            print(f"  {title}and {len(lines) - most} more (--all shows them)")


def _write(texts: Sequence[FactText], data: Path, day: date) -> list[str]:
    """Writes all files, or none where the fact base would not pass its check; returns its errors."""
    try:
        new = {text.path: text.changed() for text in texts}
    except EditFailed as problem:
        return [str(problem)]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for path, content in new.items():
            (copy / path.relative_to(data)).write_text(content, encoding="utf-8")
        before, shelf.DATA = shelf.DATA, copy
        try:
            flaws = check.run(day).errors
        finally:
            shelf.DATA = before
    if not flaws:
        drafts = {path: path.with_suffix(".yaml.new") for path in new}
        try:
            for path, content in new.items():
                with drafts[path].open("w", encoding="utf-8") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
            for path, draft in drafts.items():
                draft.replace(path)
        finally:
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
    return flaws


if __name__ == "__main__":
    sys.exit(main())
