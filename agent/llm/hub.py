"""Any chat model in `transformers` form behind BaseChatModel: a local folder or a hub id that is on this machine.

Runs in torch on a GPU where there is one, else as an int8 OpenVINO copy on CPU (made once through Optimum-Intel into
the data folder). Decoding is constrained by the given JSON schema. Safetensors only, no remote code, no download.
"""

import threading
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from agent.llm.constrained import ConstrainedDecoder
from agent.llm.engines import Engine, OpenVinoEngine, TorchEngine
from knowledge.errors import AgentError, FrugalError
from tools.contracts.tool import ToolContext
from tools.measuring.model_folder import resolve

_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class HubChatModel(BaseChatModel):
    """A chat model from a folder. `cache_dir` holds the int8 copies."""

    name_or_path: str
    cache_dir: Path
    int8: bool = True
    _decoder: ConstrainedDecoder | None = PrivateAttr(default=None)
    _tokenizer: Any = PrivateAttr(default=None)
    _loading: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "frugal-hub"

    def _load(self) -> None:
        try:
            folder = resolve(self.name_or_path, ToolContext(out_dir=self.cache_dir)).path
            from transformers import AutoTokenizer

            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            self._decoder = ConstrainedDecoder(self._engine(folder), self._tokenizer.backend_tokenizer.to_str())
        except FrugalError:
            raise
        except Exception as cause:
            raise AgentError(
                "model-not-loaded",
                f'The language model "{self.name_or_path}" could not be loaded.',
                "Check the folder, or start with --model brain.",
                {"cause": type(cause).__name__},
            ) from cause

    def _engine(self, folder: Path) -> Engine:
        import torch

        if torch.cuda.is_available():
            return TorchEngine(folder, "cuda", "bfloat16")
        if not self.int8:
            return TorchEngine(folder)
        from agent.brain.export import export_int8, weights_hash

        return OpenVinoEngine(export_int8(folder, self.cache_dir / weights_hash(folder)[:16]))

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        with self._loading:
            if self._decoder is None:
                self._load()
        turns = [{"role": _ROLES[m.type], "content": str(m.content)} for m in messages]
        if self._tokenizer.chat_template:
            prompt = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        else:
            prompt = "\n\n".join(t["content"] for t in turns) + "\n\nJSON:\n"
        assert self._decoder is not None
        answer = self._decoder.decode(prompt, kwargs["json_schema"])
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=answer))])
