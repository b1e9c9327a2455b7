"""The bundled brain behind BaseChatModel: OpenVINO int8 on CPU, loaded on first use, without torch.

Understands the reading form only (one human message: the asked field, a line break, the marked message) and must be
given a JSON schema; it does not chat. Raises AgentError `brain-missing`, `brain-stale` where its files are not whole.
"""

import threading
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from agent.brain.export import is_current
from agent.brain.place import INT8, WEIGHTS
from agent.brain.shape import prompt_text
from agent.llm.constrained import ConstrainedDecoder
from agent.llm.engines import OpenVinoEngine
from knowledge.errors import AgentError


class BrainChatModel(BaseChatModel):
    """The small language model that ships with Frugal."""

    folder: Path = WEIGHTS
    threads: int = 2
    _decoder: ConstrainedDecoder | None = PrivateAttr(default=None)
    _loading: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "frugal-brain"

    def decoder(self) -> ConstrainedDecoder:
        """The loaded decoder; loads on first use (about a second)."""
        with self._loading:
            if self._decoder is None:
                self._decoder = self._load()
            return self._decoder

    def _load(self) -> ConstrainedDecoder:
        copy = self.folder / INT8
        if not (self.folder / "tokenizer.json").is_file() or not (copy / "openvino_model.xml").is_file():
            raise AgentError(
                "brain-missing",
                "The bundled language model's files are not here.",
                "Clone the repository again, or run: python -m agent.brain export",
            )
        if not is_current(self.folder, copy):
            raise AgentError(
                "brain-stale", "The int8 copy of the bundled model does not match its weights.", "Run: python -m agent.brain export"
            )
        return ConstrainedDecoder(OpenVinoEngine(copy, self.threads), (self.folder / "tokenizer.json").read_text(encoding="utf-8"))

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        asked, _, text = str(messages[-1].content).partition("\n")
        answer = self.decoder().decode(prompt_text(asked, text), kwargs["json_schema"])
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=answer))])
