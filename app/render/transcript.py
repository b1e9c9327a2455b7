"""From stored messages and live events to the chat's message list. One line per tool, details folded, failures open.

Each painted message remembers which stored message it came from, so that retry and edit find it. No store, no gradio.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.events import (
    EVENT,
    ConsentAsked,
    End,
    Event,
    ExportReady,
    FactsNoted,
    Failed,
    PlanReady,
    Question,
    Status,
    Text,
    ToolFailed,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from app.render import markup
from app.render.words import VERBS, duration_text
from tools.contracts.evidence import Evidence
from tools.store.records import Message


@dataclass(frozen=True)
class Line:
    """One painted message and the `seq` of the stored one behind it (None while the turn runs)."""

    role: str
    content: str
    seq: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def painted(self) -> dict[str, Any]:
        """The form that the chat component takes."""
        options = [{"value": option, "label": option} for option in self.options]
        return {"role": self.role, "content": self.content, "metadata": dict(self.metadata), "options": options}


def parse_events(raw: Iterable[Any]) -> list[Event]:
    """Stored events; one that this version does not know is left out."""
    events: list[Event] = []
    for item in raw:
        try:
            events.append(EVENT.validate_python(item))
        except ValidationError:
            continue
    return events


def of_messages(messages: Sequence[Message], names: Mapping[str, str], evidence: Mapping[str, Evidence]) -> list[Line]:
    """The stored conversation. `names` maps upload ids to the user's file names."""
    lines: list[Line] = []
    for number, message in enumerate(messages):
        is_last = number == len(messages) - 1
        if message.role == "user":
            files = tuple(names.get(one, "a file that is gone") for one in message.content.get("upload_ids", ()))
            lines.append(of_user(str(message.content.get("text", "")), files, message.seq))
        else:
            lines += of_events(parse_events(message.content.get("events", ())), evidence, message.seq, is_last=is_last)
    return lines


def of_user(text: str, files: Sequence[str] = (), seq: int | None = None) -> Line:
    """What the person wrote, literally, with the files sent along."""
    parts = [markup.literal(text)] if text.strip() else []
    parts += [f"*File:* {markup.literal(name)}" for name in files]
    return Line("user", "\n\n".join(parts), seq)


def of_events(
    events: Sequence[Event], evidence: Mapping[str, Evidence], seq: int | None = None, is_live: bool = False, is_last: bool = True
) -> list[Line]:
    """One turn's answer. While it runs, unfinished tools show progress and the last status shows at the end."""
    lines: list[Line] = []
    place: dict[str, int] = {}
    started: dict[str, ToolStarted] = {}
    said = "\n".join(event.text for event in events if isinstance(event, Text))
    for event in events:
        if isinstance(event, ToolStarted):
            started[event.call_id] = event
            place[event.call_id] = len(lines)
            lines.append(_running(event, None, seq, is_live))
        elif isinstance(event, ToolProgress) and event.call_id in place:
            lines[place[event.call_id]] = _running(started[event.call_id], event, seq, is_live)
        elif isinstance(event, ToolFinished | ToolFailed):
            line = _ended(event, started.get(event.call_id), seq, said)
            if event.call_id in place:
                lines[place[event.call_id]] = line
            else:
                lines.append(line)
        else:
            lines += _plain(event, evidence, seq, is_last)
    last_status = next((event for event in reversed(events) if isinstance(event, Status)), None)
    if is_live and last_status is not None and events and isinstance(events[-1], Status):
        lines.append(Line("assistant", "", seq, {"title": markup.clean(last_status.text), "status": "pending"}))
    return lines


def _plain(event: Event, evidence: Mapping[str, Evidence], seq: int | None, is_last: bool) -> list[Line]:
    match event:
        case Text(text=text, figures=figures, is_note=True):
            return [Line("assistant", markup.answer(text, figures, evidence), seq, {"title": "More on this answer", "status": "done"})]
        case Text(text=text, figures=figures):
            return [Line("assistant", markup.answer(text, figures, evidence), seq)]
        case FactsNoted(facts=facts) if facts:
            noted = "; ".join(_fact(fact) for fact in facts)
            return [Line("assistant", noted, seq, {"title": f"Noted {len(facts)} fact{'s' if len(facts) > 1 else ''}", "status": "done"})]
        case Question(text=text, options=options, why=why):
            reason = f"\n\n*{markup.answer(why)}*" if why else ""
            return [Line("assistant", markup.answer(text) + reason, seq, options=options if is_last else ())]
        case PlanReady():
            return [Line("assistant", "The plan is in the **Plan** panel, with its files to download.", seq)]
        case ExportReady(name=name):
            return [Line("assistant", f"The file {markup.code(name)} is ready: use the download buttons in the Plan panel.", seq)]
        case Failed(error=error):
            return [Line("assistant", error_card("This could not be done", error), seq)]
        case End(stopped=True):
            return [Line("assistant", "*Stopped. What was found until then is kept.*", seq)]
        case ConsentAsked():
            return [] if is_last else [Line("assistant", f"*Asked before running {markup.literal(event.subject)}.*", seq)]
        case _:
            return []


def _fact(fact: Mapping[str, Any]) -> str:
    name = str(fact.get("field", "")).replace("_", " ")
    origin = f' (from "{markup.literal(str(fact["origin"])[:120])}")' if fact.get("origin") else ""
    return f"{markup.literal(name)} = {markup.literal(str(fact.get('value', '')))}{origin}"


def _running(event: ToolStarted, progress: ToolProgress | None, seq: int | None, is_live: bool) -> Line:
    verb = VERBS.get(event.tool, (event.tool, event.tool))[0]
    title = f"{verb} {markup.clean(event.subject)}".strip()
    if not is_live:
        return Line("assistant", _arguments(event), seq, {"title": f"{title}: not finished", "status": "done"})
    log = ""
    if progress is not None:
        share = f" {progress.done:g}/{progress.total:g}" if progress.total else ""
        left = f", about {duration_text(progress.eta_s)} left" if progress.eta_s else ""
        log = f"{markup.clean(progress.phase)}{share}{left}"
    return Line("assistant", _arguments(event), seq, {"title": title, "status": "pending", "log": log})


def _ended(event: ToolFinished | ToolFailed, begun: ToolStarted | None, seq: int | None, said: str) -> Line:
    verbs = VERBS.get(event.tool, (event.tool, event.tool))
    subject = markup.clean(begun.subject) if begun else ""
    if isinstance(event, ToolFailed):
        title = f"{verbs[0]} {subject}: failed".replace("  ", " ")
        is_said = str(event.error.get("message") or "\0") in said  # the answer below says it: once is enough
        card = f"Code {markup.code(str(event.error.get('code')))}" if is_said else error_card("", event.error)
        return Line("assistant", card, seq, {"title": title, "duration": round(event.seconds, 1)})
    details = "\n\n".join(
        part for part in (_arguments(begun) if begun else "", markup.literal(event.summary), _result(event.result)) if part
    )
    return Line(
        "assistant", details, seq, {"title": f"{verbs[1]} {subject}".strip(), "status": "done", "duration": round(event.seconds, 1)}
    )


def _arguments(event: ToolStarted) -> str:
    shown = {name: value for name, value in event.args.items() if value not in ("", None, [], False)}
    return "With " + ", ".join(f"{markup.literal(name)} {markup.code(_short(value))}" for name, value in shown.items()) if shown else ""


def _result(result: Mapping[str, Any]) -> str:
    rows = [
        f"| {markup.literal(str(key))} | {markup.code(_short(value))} |" for key, value in result.items() if value not in (None, "", [], {})
    ]
    return "\n".join(["| result | value |", "|---|---|", *rows[:30]]) if rows else ""


def _short(value: Any) -> str:
    named = _without_folders(value)
    written = named if isinstance(named, str) else json.dumps(named, ensure_ascii=False, default=str)
    return (written[:157] + "...") if len(written) > 160 else written.replace("|", "/")


def _without_folders(value: Any) -> Any:
    """Absolute paths as file names: where the server keeps things is not the reader's business."""
    if isinstance(value, str):
        return value.rstrip("/").rsplit("/", 1)[-1] if value.startswith("/") else value
    if isinstance(value, Mapping):
        return {key: _without_folders(inner) for key, inner in value.items()}
    return [_without_folders(inner) for inner in value] if isinstance(value, list | tuple) else value


def error_card(title: str, error: Mapping[str, Any]) -> str:
    """What happened, the next step, and the code to look up or quote."""
    head = f"**{title}.** " if title else ""
    hint = f"\n\n**Next step:** {markup.literal(str(error.get('hint')))}" if error.get("hint") else ""
    what = markup.literal(str(error.get("message", "Unknown reason.")))
    return f"{head}{what}{hint}\n\nCode {markup.code(str(error.get('code', 'unknown')))}"


def pending_consent(messages: Sequence[Message]) -> ConsentAsked | None:
    """The consent that the last answer waits for, if any."""
    if not messages or messages[-1].role == "user":
        return None
    events = parse_events(messages[-1].content.get("events", ()))
    places = [place for place, event in enumerate(events) if isinstance(event, ConsentAsked)]
    if not places:
        return None
    later = events[places[-1] + 1 :]
    is_settled = any(isinstance(event, ToolStarted) or (isinstance(event, End) and event.stopped) for event in later)
    asked = events[places[-1]]
    return asked if isinstance(asked, ConsentAsked) and not is_settled and sum(isinstance(event, End) for event in later) <= 1 else None
