"""`AgentRunner`: the agent's one public face. One turn in, a stream of events out; the browser and the CLI both use it.

Light to import and to make: language model, LangGraph and its checkpoints load on the first turn or in `warm_up`.
One turn at a time per conversation. Stored messages: user {"text", "upload_ids"}, assistant {"events": [...]}.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.events import EVENT, ConsentAsked, End, Event, EvidenceAdded, Failed, PlanReady, Status, ToolProgress
from agent.llm.choice import ModelChoice
from knowledge.errors import AgentError, FrugalError, UserError
from tools.contracts.tool import ToolContext
from tools.jobs.inline import run_inline
from tools.jobs.runner import JobRunner
from tools.registry import tool
from tools.store.store import Store

if TYPE_CHECKING:
    from agent.context import Parts

_log = logging.getLogger(__name__)
_NOT_KEPT = (Status, ToolProgress)
TEXT_LIMIT = 20_000  # characters of one message; the rest is cut and said


class AgentRunner:
    """Thread-safe over conversations."""

    def __init__(self, store: Store, jobs: JobRunner, model: ModelChoice, data_dir: Path) -> None:
        self._store, self._jobs, self._model, self._data_dir = store, jobs, model, data_dir
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Parts] | None = None
        self._running: dict[tuple[str, str], threading.Event] = {}
        self._jobs_of: dict[tuple[str, str], str] = {}
        self._guard = threading.Lock()

    @property
    def backend_label(self) -> str:
        """What the screen says about who reads the messages."""
        from agent.llm.choice import label_of

        return label_of(self._model)

    def warm_up(self) -> None:
        """Loads graph and language model; errors are kept for the first turn to report."""
        try:
            graph_and_parts = self._load()
            graph_and_parts[1].reader.read("hello", "")
        except FrugalError as error:
            _log.warning("warm-up failed: %s", error.code)

    def _load(self) -> "tuple[Any, Parts]":
        with self._loading:
            if self._loaded is None:
                os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false", LANGGRAPH_STRICT_MSGPACK="true")
                from agent.checkpoints import open_checkpoints
                from agent.context import Parts
                from agent.graph import build_graph
                from agent.llm.loading import load_chat_model
                from agent.llm.reader import Reader

                reader = Reader(load_chat_model(self._model, self._data_dir), is_endpoint=self._model.kind == "endpoint")
                parts = Parts(self._store, self._jobs, reader, self._data_dir)
                self._loaded = build_graph(open_checkpoints(self._store.database_path)), parts
            return self._loaded

    def turn(self, owner: str, conversation_id: str, text: str, upload_ids: tuple[str, ...] = ()) -> Iterator[Event]:
        """One user message. Ends with `End`; errors arrive as `Failed` before it."""
        self._store.conversation(owner, conversation_id)
        kept = text[:TEXT_LIMIT]
        self._store.append_message(owner, conversation_id, "user", {"text": kept, "upload_ids": list(upload_ids)})
        yield Status(text="Reading your message")
        if not kept.strip() and not upload_ids:
            error = UserError(
                "message-empty", "There is no text in that message.", "Tell me what you run and what it costs, or upload a bill."
            )
            yield from self._finish(owner, conversation_id, [Failed(error=error.as_dict())], time.monotonic())
            return
        fresh = {"text": kept, "upload_ids": list(upload_ids)}
        yield from self._stream(owner, conversation_id, fresh)

    def consent(self, owner: str, conversation_id: str, request_id: str, granted: bool) -> Iterator[Event]:
        """The click on a consent card: goes on exactly where the turn waits. Raises UserError `consent-unknown`."""
        graph, _ = self._load()
        waiting = [i.value for t in graph.get_state(self._config(owner, conversation_id)).tasks for i in t.interrupts]
        if not any(w.get("request_id") == request_id for w in waiting):
            raise UserError("consent-unknown", "That request is no longer waiting.", "Ask for it again.")
        from langgraph.types import Command

        yield Status(text="Starting" if granted else "Leaving it")
        yield from self._stream(owner, conversation_id, Command(resume={"request_id": request_id, "granted": granted}))

    def stop(self, owner: str, conversation_id: str) -> None:
        """Stops the running turn of that conversation and cancels its job by id."""
        self._store.conversation(owner, conversation_id)
        with self._guard:
            flag, job_id = self._running.get((owner, conversation_id)), self._jobs_of.get((owner, conversation_id))
        if flag is not None:
            flag.set()
        if job_id is not None:
            self._jobs.cancel(owner, job_id)

    def busy(self, owner: str, conversation_id: str) -> bool:
        """Whether a turn runs in that conversation."""
        with self._guard:
            return (owner, conversation_id) in self._running

    def set_choices(self, owner: str, conversation_id: str, left_out: set[str], assumptions: dict[str, float]) -> Iterator[Event]:
        """The user's switches and edited assumptions: saves them and remakes the plan."""
        begun = time.monotonic()
        self._store.save_choices(owner, conversation_id, left_out, assumptions)
        yield Status(text="Remaking the plan")
        spec = tool("make_plan")
        try:
            result = run_inline(spec, spec.args(), ToolContext(out_dir=self._data_dir, session=self._store.session(owner, conversation_id)))
            self._store.record_evidence(owner, conversation_id, result.evidence)
            if result.plan is not None:
                self._store.record_plan(owner, conversation_id, result.plan)
                yield EvidenceAdded(evidence=result.evidence)
                yield PlanReady(plan=result.plan)
        except FrugalError as error:
            yield Failed(error=error.as_dict())
        yield End(backend=self.backend_label, seconds=time.monotonic() - begun)

    def _config(self, owner: str, conversation_id: str) -> dict[str, Any]:
        from agent.graph import STEP_LIMIT

        return {"configurable": {"thread_id": f"{owner}/{conversation_id}"}, "recursion_limit": STEP_LIMIT}

    def _stream(self, owner: str, conversation_id: str, given: Any) -> Iterator[Event]:
        key, flag, begun = (owner, conversation_id), threading.Event(), time.monotonic()
        with self._guard:
            if key in self._running:
                raise UserError("turn-running", "Frugal is still answering in this conversation.", "Wait for the answer, or press Stop.")
            self._running[key] = flag
        kept: list[Event] = []
        try:
            for event in self._events(owner, conversation_id, given, flag):
                kept += [] if isinstance(event, _NOT_KEPT) else [event]
                yield event
        finally:
            with self._guard:
                self._running.pop(key, None)
                self._jobs_of.pop(key, None)
            end = self._keep(owner, conversation_id, kept, begun, flag.is_set())
        yield end

    def _events(self, owner: str, conversation_id: str, given: Any, flag: threading.Event) -> Iterator[Event]:
        try:
            graph, parts = self._load()
            from agent.context import TurnContext

            def watch_job(job_id: str | None) -> None:
                with self._guard:
                    if job_id is None:
                        self._jobs_of.pop((owner, conversation_id), None)
                    else:
                        self._jobs_of[(owner, conversation_id)] = job_id

            context = TurnContext(parts, owner, conversation_id, flag.is_set, watch_job)
            config = self._config(owner, conversation_id)
            yield from graph.stream(given, config, context=context, stream_mode="custom", durability="sync")
            for task in graph.get_state(config).tasks:
                for waiting in task.interrupts:
                    yield ConsentAsked.model_validate(waiting.value)
        except FrugalError as error:
            yield Failed(error=error.as_dict())
        except Exception as cause:
            _log.exception("turn failed")
            failure = AgentError(
                "turn-failed",
                "Something went wrong inside Frugal while answering.",
                "Your files and findings are kept. Send the message again.",
                {"cause": type(cause).__name__},
            )
            yield Failed(error=failure.as_dict())

    def _finish(self, owner: str, conversation_id: str, events: list[Event], begun: float) -> Iterator[Event]:
        yield from events
        yield self._keep(owner, conversation_id, list(events), begun, stopped=False)

    def _keep(self, owner: str, conversation_id: str, kept: list[Event], begun: float, stopped: bool) -> End:
        """Stores the assistant's message with its events and returns the closing event."""
        end = End(backend=self.backend_label, seconds=time.monotonic() - begun, stopped=stopped)
        content = {"events": [EVENT.dump_python(e, mode="json") for e in (*kept, end)]}
        status = "stopped" if stopped else "failed" if any(isinstance(e, Failed) for e in kept) else "complete"
        self._store.append_message(owner, conversation_id, "assistant", content, status)
        return end


__all__ = ["AgentRunner", "ModelChoice"]
