"""A deterministic stand-in for a language model: keyword rules over the reading form. For tests only, labelled on screen."""

import json
import re
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

_RULES: tuple[tuple[str, str], ...] = (
    (r"where does|how did you get|come from", "ask_origin"),
    (r"leave .* out|without the", "leave_out"),
    (r"put .* back", "put_back"),
    (r"\bplan\b(?!.*(?:export|download))", "make_plan"),
    (r"export|download|send me", "ask_export"),
    (r"audit|bill|invoice|spreadsheet", "ask_audit_file"),
    (r"benchmark", "ask_benchmark"),
    (r"quanti[sz]e|int8", "ask_quantize"),
    (r"profile|slow", "ask_profile"),
    (r"what if|instead", "what_if"),
    (r"^no,|sorry", "correct"),
    (r"^(?:hi|hello|thanks)\b", "greet"),
    (r"^(?:yes|go ahead)\b", "consent_yes"),
    (r"^stop|cancel", "stop"),
    (r"what is|explain|how does", "ask_explain_concept"),
    (r"cost|price", "ask_estimate_cost"),
)


class ScriptedChatModel(BaseChatModel):
    """Reads by rules; assigns each candidate to the first field that it may fill."""

    @property
    def _llm_type(self) -> str:
        return "frugal-scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        asked, _, text = str(messages[-1].content).partition("\n")
        default = "answer" if asked != "none" else "describe_workload"
        intent = next((name for pattern, name in _RULES if re.search(pattern, text, re.I)), default)
        roles = {key: rule["enum"][0] for key, rule in kwargs["json_schema"]["properties"].items() if key not in ("intent", "also")}
        answer = json.dumps({"intent": intent, "also": "none", **roles})
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=answer))])
