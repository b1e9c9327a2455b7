"""`ask`: one chat turn in a terminal, with the events that the page would show. Continues a session where one is named.

Consent for a heavy job is asked with y/N where a person sits at the terminal; `--yes` gives it; otherwise it is
declined, and said so. Ctrl-C stops the turn and its job.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.events import (
    ConsentAsked,
    Event,
    EvidenceAdded,
    ExportReady,
    FactsNoted,
    Failed,
    PlanReady,
    Question,
    Text,
    ToolFailed,
    ToolFinished,
    ToolStarted,
)
from app.cli.printing import as_json, remark
from app.cli.running import OWNER
from app.render.words import VERBS, duration_text, size_text
from app.settings import Settings
from app.uploads import accept_all
from app.wiring import House, build
from knowledge.errors import FrugalError, UserError


def ask_once(settings: Settings, text: str, files: Sequence[Path], session_id: str | None, yes: bool, json: bool) -> None:
    """Runs the turn and prints its events. Raises FrugalError where the turn failed."""
    if not text.strip():
        raise UserError("ask-empty", "The message is empty.", 'Write what you want to know, such as "audit this bill" with --file.')
    if len(text) > settings.message_chars:
        raise UserError(
            "message-too-long",
            f"The message has more than {settings.message_chars} characters.",
            "Put the text into a file and use --file.",
        )
    for path in files:
        if not path.is_file():
            raise UserError("upload-missing", f'There is no file "{path.name}".', "Check the name after --file.")
    house = build(settings)
    try:
        conversation = (
            house.store.conversation(OWNER, session_id) if session_id else house.store.create_conversation(OWNER, text.strip()[:60])
        )
        uploads = tuple(upload.id for upload in _copy_in(house, conversation.id, files))
        if json:
            print(as_json({"type": "session", "id": conversation.id}), flush=True)
        failure = _play(house, conversation.id, house.agent.turn(OWNER, conversation.id, text, uploads), yes, json)
        remark(f"session: {conversation.id}")
    finally:
        house.close()
    if failure is not None:
        raise failure


def _copy_in(house: House, conversation_id: str, files: Sequence[Path]) -> list:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory(dir=house.settings.data_dir) as folder:
        copies = [Path(shutil.copyfile(path, Path(folder) / path.name)) for path in files]
        return accept_all(
            house.store, house.settings.data_dir, OWNER, conversation_id, copies, house.settings.upload_mb, house.settings.upload_files
        )


def _play(house: House, conversation_id: str, events: Iterator[Event], yes: bool, json: bool) -> FrugalError | None:
    """Prints events until the end, through consents. Returns the error of a failed turn."""
    failure: FrugalError | None = None
    while True:
        asked: ConsentAsked | None = None
        try:
            for event in events:
                if json:
                    print(event.model_dump_json(), flush=True)
                else:
                    _print_event(event)
                if isinstance(event, ConsentAsked):
                    asked = event
                if isinstance(event, Failed):
                    failure = FrugalError.from_dict(event.error)
        except KeyboardInterrupt:
            house.agent.stop(OWNER, conversation_id)
            return UserError("stopped", "Stopped.", "What was found until now is kept in the session.")
        if asked is None:
            return failure
        events = house.agent.consent(OWNER, conversation_id, asked.request_id, _agreed(asked, yes))


def _agreed(asked: ConsentAsked, yes: bool) -> bool:
    e = asked.estimate
    remark(
        f"{VERBS.get(asked.tool, (asked.tool,))[0]} {asked.subject}: about {duration_text(e.seconds)}, {size_text(e.memory_mib)} memory, "
        f"{size_text(e.disk_mib)} disk; touches {', '.join(e.touches) or 'nothing'} ({e.basis})."
    )
    if yes:
        return True
    if not sys.stdin.isatty():
        remark("not run: it needs consent; add --yes, or ask in a terminal")
        return False
    remark("Run it? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _print_event(event: Event) -> None:
    match event:
        case Text(text=text):
            print(text, flush=True)
        case Question(text=text, options=options):
            print(f"? {text}" + (f"  ({' / '.join(options)})" if options else ""), flush=True)
        case FactsNoted(facts=facts):
            remark("noted: " + ", ".join(f"{fact.get('field')}={fact.get('value')}" for fact in facts))
        case ToolStarted(tool=name, subject=subject):
            remark(f"> {VERBS.get(name, (name,))[0]} {subject}")
        case ToolFinished(tool=name, seconds=seconds, summary=summary):
            remark(f"> {summary or VERBS.get(name, (name, name))[1]} ({duration_text(seconds)})")
        case ToolFailed(tool=name, error=error):
            remark(f"> {name} failed: error[{error.get('code')}]: {error.get('message')} {error.get('hint', '')}")
        case EvidenceAdded(evidence=evidence):
            remark(f"  {len(evidence)} pieces of evidence added")
        case PlanReady(plan=plan):
            remark(
                f"  plan with {len(plan.actions)} actions is ready; write it with: python -m app export SESSION --format md --out plan.md"
            )
        case ExportReady(path=path):
            remark(f"  written: {path} (in the data folder)")
        case _:
            pass
