"""Paints the page with Gradio and connects its controls to the chat and the panels. No rules, no figures, no store writes.

Handlers are generators that yield at least every half second; none of them owns a turn or a job. Gradio's own login,
sharing, API page, analytics and file routes are off or shut by the guard in front.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from agent.events import Event, ToolFinished
from app.chat import Chat, View
from app.layout import Parts, layout, theme
from app.panels import bill as bill_panel
from app.panels import evidence as evidence_panel
from app.panels import jobs as jobs_panel
from app.panels import plan as plan_panel
from app.render import pages
from app.render.words import REQUESTS
from app.settings import set_upload_folder
from app.turns import LiveTurn
from app.uploads import Peek, peek, shown_name
from app.wiring import House
from knowledge.errors import FrugalError

Update = dict[Any, Any]
_HIDDEN = {"show_progress": "hidden", "api_visibility": "private"}
_MOST_SHOWN = 10  # files in the preview of a message


def mount(app: FastAPI, house: House) -> None:
    """Mounts the page at "/"."""
    incoming = house.data_dir / "incoming"
    incoming.mkdir(mode=0o700, exist_ok=True)
    set_upload_folder(incoming)
    chat = Chat(house)
    demo = build(house, chat)
    demo.queue(default_concurrency_limit=20, max_size=200)
    gr.mount_gradio_app(
        app,
        demo,
        path="/",
        server_name=house.settings.host,
        server_port=house.settings.port,
        footer_links=[],
        run_history=False,
        auth_dependency=lambda request: getattr(request.state, "owner", None),
        allowed_paths=[],
        show_error=False,
        max_file_size=house.settings.upload_mb * 1_000_000,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
    )


def build(house: House, chat: Chat) -> gr.Blocks:
    """The page."""
    with gr.Blocks(title="Frugal", analytics_enabled=False, fill_height=True, delete_cache=(3600, 3600)) as demo:
        parts = layout(house)
        _Handlers(house, chat, parts).connect(demo)
    return demo


class _Handlers:
    """One method per thing a person can do."""

    def __init__(self, house: House, chat: Chat, parts: Parts) -> None:
        self.house, self.chat, self.p = house, chat, parts

    def connect(self, demo: gr.Blocks) -> None:
        """Binds every control."""
        p, every = self.p, self.p.every()
        buttons = {block.elem_id: block for block in demo.blocks.values() if isinstance(block, gr.Button) and block.elem_id}
        demo.load(self.open_page, None, every, **_HIDDEN)
        # two steps: the browser drops one of two paints of the same stream that reach it together, and a prompt that is
        # emptied in the stream of the answer would now and then stay full
        # "multiple": a message sent while a turn runs is refused in words and given back; by default the browser would drop it
        taken = p.prompt.submit(
            self.take, [p.prompt], [p.prompt, p.preview, p.sent], concurrency_limit=20, trigger_mode="multiple", **_HIDDEN
        )
        taken.then(self.send, [p.sent, p.conversation], every, concurrency_limit=20, trigger_mode="multiple", **_HIDDEN)
        # not `prompt.change`: that asks the server at every key, and the browser loses a message that is sent while such an answer ends
        buttons["files-changed"].click(self.preview, [p.prompt], [p.preview], trigger_mode="always_last", **_HIDDEN)
        p.chatbot.example_select(self.starter, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        p.chatbot.option_select(self.option, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        p.chatbot.retry(self.retry, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        p.chatbot.edit(self.edit, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        buttons["consent-run"].click(self.agree, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        buttons["consent-no"].click(self.decline, [p.conversation], every, concurrency_limit=20, **_HIDDEN)
        p.stop.click(self.stop, [p.conversation], [p.notice], concurrency_limit=20, **_HIDDEN)
        buttons["new-chat"].click(self.new_chat, None, every, **_HIDDEN)
        p.history.input(self.open_chat, [p.history], every, **_HIDDEN)
        p.delete.click(lambda: gr.Group(visible=True), None, [p.delete_sure], **_HIDDEN)
        buttons["delete-keep"].click(lambda: gr.Group(visible=False), None, [p.delete_sure], **_HIDDEN)
        buttons["delete-sure"].click(self.delete, [p.conversation], every, **_HIDDEN)
        buttons["delete-all"].click(self.delete_all, None, every, **_HIDDEN)
        buttons["again"].click(self.again, [p.again_text, p.conversation], every, concurrency_limit=20, **_HIDDEN)
        buttons["recompute"].click(self.recompute, [p.keep, p.assumption, p.value, p.conversation], every, concurrency_limit=20, **_HIDDEN)
        p.timer.tick(self.tick, [p.conversation], every, **_HIDDEN)

    # --- painting ---------------------------------------------------------------------------------------------------

    def chat_paint(self, view: View) -> Update:
        """The chat column."""
        p, asked = self.p, view.consent
        title = f"{REQUESTS.get(asked.tool, asked.tool)} {asked.subject}" if asked else ""
        return {
            p.chatbot: [line.painted() for line in view.lines],
            p.stop: gr.Button(visible=view.is_running),
            p.consent_box: gr.Group(visible=asked is not None),
            p.consent_card: pages.consent(title, asked.estimate) if asked else "",
        }

    def panel_paint(self, owner: str, conversation_id: str) -> Update:
        """The four panels and the history."""
        p, house = self.p, self.house
        shown = plan_panel.view(house, owner, conversation_id)
        history = [(f"{one.title or 'New chat'} · {one.updated_at:%Y-%m-%d %H:%M}", one.id) for one in self.chat.history(owner)]
        return {
            p.conversation: conversation_id,
            p.marker: f'<span id="conversation" data-id="{conversation_id or "new"}"></span>',
            p.bill: bill_panel.html(house, owner, conversation_id),
            p.again_text: "",
            p.evidence: evidence_panel.html(house, owner, conversation_id),
            **self.jobs_paint(owner),
            p.plan: shown.html,
            p.plan_rest: shown.rest,
            p.plan_choices: gr.Group(visible=bool(shown.choices or shown.assumptions)),
            p.keep: gr.CheckboxGroup(choices=list(shown.choices), value=list(shown.chosen), visible=bool(shown.choices)),
            p.assumption: gr.Dropdown(choices=list(shown.assumptions), value=None),
            p.value: None,
            p.history: gr.Radio(choices=history, value=conversation_id or None),
            p.delete: gr.Button(interactive=bool(conversation_id)),
            p.delete_sure: gr.Group(visible=False),
        }

    def jobs_paint(self, owner: str) -> Update:
        """The Jobs panel and its tab."""
        records = jobs_panel.listed(self.house, owner)
        return {self.p.jobs: jobs_panel.html(self.house, owner, records), self.p.jobs_tab: gr.Tab(label=jobs_panel.label(records))}

    def whole(self, owner: str, conversation_id: str) -> Update:
        """Everything, with the timer on while something runs."""
        view = self.chat.view(owner, conversation_id)
        has_jobs = any(not record.final for record in jobs_panel.listed(self.house, owner))
        return {
            **self.chat_paint(view),
            **self.panel_paint(owner, conversation_id),
            self.p.timer: gr.Timer(active=view.is_running or has_jobs),
        }

    def _follow(self, owner: str, begin: Callable[[], LiveTurn], conversation_id: str, restores: str = "") -> Iterator[Update]:
        """Starts a turn and paints it until its end; an error leaves what was typed in place."""
        p = self.p
        try:
            turn = begin()
        except FrugalError as problem:
            typed = {p.prompt: gr.MultimodalTextbox(value={"text": restores, "files": []})} if restores else {}
            page = self.whole(owner, conversation_id) if conversation_id else {}  # a new chat's first turn may be on its way
            yield {**page, p.notice: _notice(problem), **typed}
            return
        first = self.panel_paint(owner, turn.conversation_id)
        yield {
            **first,
            **self.chat_paint(self.chat.view(owner, turn.conversation_id)),
            p.notice: "",
            p.timer: gr.Timer(active=False),
        }
        painted, audits = -1, 0
        for events in turn.follow():
            if len(events) == painted:
                yield {p.notice: gr.skip()}  # a sign of life: the stream stays open
                continue
            painted = len(events)
            yield {**self.chat_paint(self.chat.view(owner, turn.conversation_id)), **self.jobs_paint(owner)}
            if (done := _audits(events)) > audits:  # the bill is there before the plan is made and the answer is worded
                audits = done
                yield {p.bill: bill_panel.html(self.house, owner, turn.conversation_id), p.tabs: gr.Tabs(selected="bill")}
        opened = {p.tabs: gr.Tabs(selected="bill")} if _audits(turn.events) > audits else {}
        yield {**self.whole(owner, turn.conversation_id), p.notice: "", **opened}

    # --- what a person does -------------------------------------------------------------------------------------------

    def open_page(self, request: gr.Request) -> Update:
        """The first paint, and every reload."""
        owner = _owner(request)
        return self.whole(owner, self.chat.resume(owner, str(request.query_params.get("c", ""))[:64]))

    def take(self, message: dict[str, Any]) -> tuple[Any, str, dict[str, Any]]:
        """Empties the prompt and keeps what was in it for `send`."""
        return gr.MultimodalTextbox(value={"text": "", "files": []}), "", message

    def send(self, message: dict[str, Any], conversation_id: str, request: gr.Request) -> Iterator[Update]:
        """Send."""
        owner, files = _owner(request), [Path(one) for one in message.get("files", [])]
        text = message.get("text") or ""
        yield from self._follow(owner, lambda: self.chat.send(owner, conversation_id, text, files), conversation_id, restores=text)

    def starter(self, conversation_id: str, chosen: gr.SelectData, request: gr.Request) -> Iterator[Update]:
        """An example question."""
        owner, label = _owner(request), str(chosen.value.get("text", ""))
        yield from self._follow(owner, lambda: self.chat.send_starter(owner, conversation_id, label), conversation_id)

    def option(self, conversation_id: str, chosen: gr.SelectData, request: gr.Request) -> Iterator[Update]:
        """A clicked answer to a question."""
        owner, text = _owner(request), str(chosen.value)
        yield from self._follow(owner, lambda: self.chat.send(owner, conversation_id, text, ()), conversation_id)

    def retry(self, conversation_id: str, request: gr.Request) -> Iterator[Update]:
        """Retry the last message."""
        owner = _owner(request)
        yield from self._follow(owner, lambda: self.chat.again(owner, conversation_id), conversation_id)

    def edit(self, conversation_id: str, edited: gr.EditData, request: gr.Request) -> Iterator[Update]:
        """Edit a message and answer it again."""
        owner, text = _owner(request), str(edited.value)
        line = edited.index if isinstance(edited.index, int) else edited.index[0]
        yield from self._follow(owner, lambda: self.chat.again(owner, conversation_id, text, line), conversation_id)

    def agree(self, conversation_id: str, request: gr.Request) -> Iterator[Update]:
        """Run."""
        owner = _owner(request)
        yield from self._follow(owner, lambda: self.chat.consent(owner, conversation_id, True), conversation_id)

    def decline(self, conversation_id: str, request: gr.Request) -> Iterator[Update]:
        """Not now."""
        owner = _owner(request)
        yield from self._follow(owner, lambda: self.chat.consent(owner, conversation_id, False), conversation_id)

    def again(self, text: str, conversation_id: str, request: gr.Request) -> Iterator[Update]:
        """Corrections of the audit, sent as the message they could have been typed as."""
        owner = _owner(request)

        def begin() -> LiveTurn:
            return self.chat.send(owner, conversation_id, bill_panel.asked(self.house, owner, conversation_id, text or ""), ())

        yield from self._follow(owner, begin, conversation_id)

    def recompute(
        self, keep: list[str], name: str | None, value: float | None, conversation_id: str, request: gr.Request
    ) -> Iterator[Update]:
        """Leave actions out, change an assumption."""
        owner = _owner(request)

        def begin() -> LiveTurn:
            left_out, assumptions = plan_panel.edited(self.house, owner, conversation_id, keep or [], name or "", value)
            return self.chat.choose(owner, conversation_id, left_out, assumptions)

        yield from self._follow(owner, begin, conversation_id)

    def stop(self, conversation_id: str, request: gr.Request) -> str:
        """Stop the turn and its job."""
        try:
            self.chat.stop(_owner(request), conversation_id)
        except FrugalError as problem:
            return _notice(problem)
        return ""

    def new_chat(self, request: gr.Request) -> Update:
        """An empty chat; it is kept once something is said."""
        return {**self.whole(_owner(request), ""), self.p.notice: ""}

    def open_chat(self, conversation_id: str, request: gr.Request) -> Update:
        """An earlier chat."""
        return {**self.whole(_owner(request), conversation_id), self.p.notice: ""}

    def delete(self, conversation_id: str, request: gr.Request) -> Update:
        """Delete the open chat."""
        owner = _owner(request)
        try:
            self.chat.delete(owner, conversation_id)
        except FrugalError as problem:
            return {**self.whole(owner, ""), self.p.notice: _notice(problem)}
        return self.whole(owner, "")

    def delete_all(self, request: gr.Request) -> Update:
        """Delete every chat of this person."""
        owner = _owner(request)
        self.chat.delete_all(owner)
        return self.whole(owner, "")

    def tick(self, conversation_id: str, request: gr.Request) -> Update:
        """While something runs without a stream, such as after a reload."""
        owner = _owner(request)
        view = self.chat.view(owner, conversation_id)
        records = jobs_panel.listed(self.house, owner)
        if not view.is_running and all(record.final for record in records):
            return self.whole(owner, conversation_id)
        return {**self.chat_paint(view), **self.jobs_paint(owner)}

    def preview(self, message: dict[str, Any]) -> str:
        """First rows of the chosen files, before anything is sent."""
        files = [path for path in map(Path, message.get("files", [])) if path.is_file()]
        first, rest = files[:_MOST_SHOWN], files[_MOST_SHOWN:]
        seen = [(shown_name(path.name), path.stat().st_size, peek(path)) for path in first]
        if rest:
            seen.append(
                (
                    f"and {len(rest)} more",
                    sum(path.stat().st_size for path in rest),
                    Peek(note="Their rows are shown once the audit has read them."),
                )
            )
        return pages.preview(seen)


def _audits(events: Sequence[Event]) -> int:
    """How many audits of a turn have finished."""
    return sum(isinstance(event, ToolFinished) and event.tool == "audit_costs" for event in events)


def _owner(request: gr.Request) -> str:
    owner = request.username
    if not owner:
        raise PermissionError("a request without an owner passed the guard")
    return str(owner)


def _notice(problem: FrugalError) -> str:
    return pages.notice(problem.as_dict())
