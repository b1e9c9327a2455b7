"""`Reader`: one message in, one `Reading` out, whatever language model is behind it.

Local backends decode under the message's JSON schema; an endpoint is asked for the same schema and its reply is
checked, with at most two repairs. Instructions inside the message are data: the form has no place to obey them.
"""

import json
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agent.reading.candidates import Candidate, candidates
from agent.reading.form import NONE, Reading, marked, parse, schema
from knowledge.errors import AgentError, FrugalError

REPAIRS = 2
MESSAGE_LIMIT = 3000  # characters; what is cut is said by the caller
MOST_CANDIDATES = 40


class Reader:
    """Reads messages with one chat model. `is_endpoint` decides how the schema is handed over."""

    def __init__(self, model: BaseChatModel, is_endpoint: bool) -> None:
        self._model, self._is_endpoint = model, is_endpoint
        self._instructions = resources.files("agent.prompts").joinpath("reading.txt").read_text(encoding="utf-8")

    def read(self, text: str, asked: str) -> Reading:
        """Raises AgentError `model-failed` or `reading-unusable`."""
        text = text[:MESSAGE_LIMIT]
        found = candidates(text, asked)[:MOST_CANDIDATES]
        messages: list[BaseMessage] = [SystemMessage(self._instructions), HumanMessage(f"{asked or NONE}\n{marked(text, found)}")]
        for _ in range(1 + REPAIRS):
            answer = self._ask(messages, schema(found))
            try:
                return parse(_json_in(answer), found)
            except ValueError as problem:
                messages += [AIMessage(answer), HumanMessage(f"That is not a valid form: {problem}. Reply with the JSON object only.")]
        raise AgentError(
            "reading-unusable",
            "The language model gave no usable reading of the message.",
            "Say it in other words, or choose another --model.",
        )

    def _ask(self, messages: Sequence[BaseMessage], form: dict[str, Any]) -> str:
        extra: dict[str, Any] = {"json_schema": form}
        if self._is_endpoint:
            extra = {"response_format": {"type": "json_schema", "json_schema": {"name": "reading", "schema": form, "strict": True}}}
        try:
            return str(self._model.invoke(list(messages), **extra).content)
        except FrugalError:
            raise
        except Exception as cause:
            raise AgentError(
                "model-failed",
                f"The language model did not answer ({type(cause).__name__}).",
                "Check that it is running, or start with --model brain.",
            ) from cause


def _json_in(answer: str) -> str:
    """The JSON object in a reply that may have words around it."""
    hit = re.search(r"\{.*\}", answer, re.S)
    text = hit.group() if hit else answer
    json.loads(text)
    return text


__all__ = ["Candidate", "Reader"]
