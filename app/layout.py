"""The page's components and where they stand: header, chats, chat column, panels. No handlers, no data.

Panels are our own escaped HTML through `gr.Markdown`: `gr.HTML` evaluates text as a script, which the page's policy forbids.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.chat import STARTERS
from app.render import pages
from app.uploads import ACCEPTED
from app.wiring import House


@dataclass
class Parts:
    """The page's components that handlers repaint."""

    conversation: Any
    marker: Any
    chatbot: Any
    notice: Any
    consent_box: Any
    consent_card: Any
    prompt: Any
    preview: Any
    stop: Any
    tabs: Any
    bill: Any
    again_text: Any
    evidence: Any
    jobs_tab: Any
    jobs: Any
    plan: Any
    plan_rest: Any
    plan_choices: Any
    keep: Any
    assumption: Any
    value: Any
    history: Any
    delete: Any
    delete_sure: Any
    timer: Any
    sent: Any

    def every(self) -> list[Any]:
        """All of them, as outputs."""
        return list(vars(self).values())


def theme() -> gr.themes.Base:
    """System fonts only: no request leaves the browser for another host."""
    sans, mono = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"], ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
    base = gr.themes.Default(primary_hue="emerald", neutral_hue="slate", font=sans, font_mono=mono)
    strong = {"button_primary_background_fill": "*primary_700", "button_primary_background_fill_hover": "*primary_800"}
    return base.set(**strong, **{f"{name}_dark": value for name, value in strong.items()})


def layout(house: House) -> Parts:
    """All components, inside an open `gr.Blocks`."""
    conversation, timer = gr.State(""), gr.Timer(1.0, active=False)
    label = house.agent.backend_label
    with gr.Sidebar(open=False, position="left", width=300, elem_id="history"):
        _markup("<h2>Chats</h2>")
        history = gr.Radio(label="Open an earlier chat", choices=[], elem_id="history-list")
        delete = gr.Button("Delete this chat", size="sm", interactive=False)
        with gr.Group(visible=False) as delete_sure:
            _markup('<p class="note">Its messages, files, evidence and plan are deleted for good.</p>')
            gr.Button("Delete for good", variant="stop", size="sm", elem_id="delete-sure")
            gr.Button("Delete all chats for good", variant="stop", size="sm", elem_id="delete-all")
            gr.Button("Keep", size="sm", elem_id="delete-keep")
    with gr.Row(elem_id="top"):
        _markup(pages.header(label, label.startswith("scripted")), elem_id="header")
        _markup('<button type="button" id="theme-toggle" aria-label="Switch between dark and light">Dark / light</button>', elem_id="theme")
        gr.Button("New chat", size="sm", elem_id="new-chat", scale=0, min_width=110)
    marker = _markup(elem_id="marker")
    with gr.Row(elem_id="body"):
        with gr.Column(scale=6, min_width=320, elem_id="chat-column"):
            chatbot = gr.Chatbot(
                label="Conversation",
                show_label=False,
                elem_id="chat",
                sanitize_html=True,
                allow_tags=False,
                buttons=["copy"],
                editable="user",
                feedback_options=None,
                latex_delimiters=[],
                layout="bubble",
                height="100%",
                allow_file_downloads=False,
                group_consecutive_messages=True,
                placeholder="## What does your AI cost?\nDescribe a workload, add a bill, or start with an example.",
                examples=[{"text": starter.text, "display_text": starter.label} for starter in STARTERS],
            )
            with gr.Group(visible=False, elem_id="consent") as consent_box:
                consent_card = _markup()
                with gr.Row():
                    gr.Button("Run", variant="primary", elem_id="consent-run")
                    gr.Button("Not now", elem_id="consent-no")
            notice = _markup(elem_id="notice")
            preview = _markup(elem_id="upload-preview")
            prompt = gr.MultimodalTextbox(
                show_label=False,
                label="Message",
                placeholder="Describe a workload, ask, or add a bill",
                file_types=list(ACCEPTED),
                file_count="multiple",
                elem_id="prompt",
                max_plain_text_length=100_000,
                max_lines=8,
                autofocus=True,
            )
            gr.Button("Show the chosen files", visible="hidden", elem_id="files-changed")
            with gr.Row(elem_id="below"):
                _markup(
                    f'<p class="note">Tables up to {house.settings.upload_mb} MB. Nothing leaves this machine.'
                    '<span class="keys"> Enter sends, Shift+Enter starts a new line.</span></p>'
                )
                stop = gr.Button("Stop", variant="stop", size="sm", visible=False, elem_id="stop", scale=0, min_width=110)
        with gr.Column(scale=4, min_width=320, elem_id="panels"), gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Bill", id="bill", elem_id="tab-bill"):
                bill = _markup(elem_id="bill-panel")
                again_text = gr.Textbox(visible="hidden", elem_id="again-text", label="Corrections of the audit")
                gr.Button("Audit again", visible="hidden", elem_id="again")
            with gr.Tab("Plan", id="plan", elem_id="tab-plan"):
                plan = _markup(elem_id="plan-panel")
                with gr.Group(visible=False, elem_id="plan-choices") as plan_choices:
                    keep = gr.CheckboxGroup(label="In the plan: untick what you do not want", elem_id="plan-keep")
                    with gr.Row():
                        assumption = gr.Dropdown(label="Change an assumption", choices=[], scale=3, elem_id="assumption")
                        value = gr.Number(label="New value", value=None, minimum=0, scale=2, elem_id="assumption-value")
                    gr.Button("Recompute the plan", elem_id="recompute")
                plan_rest = _markup(elem_id="plan-rest")
            with gr.Tab("Evidence", id="evidence", elem_id="tab-evidence"):
                evidence = _markup(elem_id="evidence-panel")
            with gr.Tab("Jobs", id="jobs", elem_id="tab-jobs") as jobs_tab:
                jobs = _markup(elem_id="jobs-panel")
    return Parts(
        conversation=conversation, marker=marker, chatbot=chatbot, notice=notice, consent_box=consent_box, consent_card=consent_card,
        prompt=prompt, preview=preview, stop=stop,
        tabs=tabs, bill=bill, again_text=again_text, evidence=evidence, jobs_tab=jobs_tab, jobs=jobs, plan=plan, plan_rest=plan_rest,
        plan_choices=plan_choices, keep=keep, assumption=assumption, value=value, history=history, delete=delete, delete_sure=delete_sure,
        timer=timer, sent=gr.State(None),
    )  # fmt: skip


def _markup(value: str = "", elem_id: str | None = None) -> gr.Markdown:
    """Our own escaped HTML. Not gr.HTML: that one evaluates text as a script, which the page's policy forbids."""
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=False, latex_delimiters=[], container=False)
