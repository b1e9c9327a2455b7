"""Greedy decoding under a JSON schema (llguidance): what comes out always parses. One sequence at a time.

Forced tokens (the JSON's fixed text) are fed without asking the model, so a reading costs a step per decision.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from agent.llm.engines import Engine
from knowledge.errors import AgentError


class ConstrainedDecoder:
    """An engine with its tokenizer (the text of a `tokenizer.json`). Thread-safe: one decode at a time."""

    def __init__(self, engine: Engine, tokenizer_json: str) -> None:
        import llguidance
        from tokenizers import Tokenizer

        self.engine = engine
        self.tokenizer = Tokenizer.from_str(tokenizer_json)
        self._guidance = llguidance.LLTokenizer(tokenizer_json)
        self._lock = threading.Lock()

    def decode(self, prompt: str, schema: dict[str, Any], max_tokens: int = 512, stopped: Callable[[], bool] = lambda: False) -> str:
        """The answer to `prompt` under `schema`. Raises AgentError `reading-stopped` or `reading-unusable`."""
        import llguidance

        text = json.dumps({**schema, "x-guidance": {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}})
        matcher = llguidance.LLMatcher(self._guidance, llguidance.LLMatcher.grammar_from_json_schema(text))
        if matcher.get_error():
            raise AgentError(
                "reading-unusable", "The answer form could not be prepared.", "Please report this message.", {"cause": matcher.get_error()}
            )
        with self._lock:
            return self._run(matcher, self.tokenizer.encode(prompt, add_special_tokens=False).ids, max_tokens, stopped)

    def _run(self, matcher: Any, ids: list[int], max_tokens: int, stopped: Callable[[], bool]) -> str:
        self.engine.restart()
        pending = ids
        written: list[int] = []
        while not matcher.is_stopped() and len(written) < max_tokens:
            if stopped():
                raise AgentError("reading-stopped", "Reading the message was stopped.", "Send it again when you like.")
            forced = matcher.compute_ff_tokens()
            if forced:
                matcher.consume_tokens(forced)
                written += forced
                pending = [*pending, *forced]
                continue
            logits = self.engine.feed(pending)
            allowed = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")[: len(logits)]
            size = min(len(allowed), len(logits))
            token = int(np.argmax(np.where(allowed[:size] == 1, logits[:size], -np.inf)))
            if not matcher.consume_token(token):
                break
            written.append(token)
            pending = [token]
        answer = self.tokenizer.decode([t for t in written if t != self._guidance.eos_token], skip_special_tokens=True)
        if not matcher.is_accepting() and not matcher.is_stopped():
            raise AgentError("reading-unusable", "The language model did not finish its reading of the message.", "Say it in fewer words.")
        return answer
