"""Whether greedy decoding under a JSON schema writes exactly a given answer (llguidance). Decides from scores; runs no model.

Where the schema leaves one continuation only, there is no choice to get wrong; elsewhere the best allowed token must
be the answer's own. Compact JSON (no spaces), as the brain writes it.
"""

import json
from typing import Any

import numpy as np

from knowledge.errors import UserError


class Guide:
    """The grammar side of a tokenizer. Runs in the measuring child."""

    def __init__(self, tokenizer: Any) -> None:
        import llguidance

        self._tokenizer = llguidance.LLTokenizer(tokenizer.backend_tokenizer.to_str())

    def writes(self, scores: np.ndarray, answer: list[int], schema: dict[str, Any]) -> bool:
        """`scores` has one row for each token of `answer` (end mark last). Raises UserError `data-bad-schema`."""
        import llguidance

        text = json.dumps({**schema, "x-guidance": {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}})
        matcher = llguidance.LLMatcher(self._tokenizer, llguidance.LLMatcher.grammar_from_json_schema(text))
        if matcher.get_error():
            raise UserError(
                "data-bad-schema", "A row of the evaluation set has a schema that cannot be used.", "Mend the row's JSON schema."
            )
        for row, token in zip(scores, answer, strict=True):
            if matcher.is_stopped():
                return True  # the answer is complete; the end mark needs no choice
            if not matcher.compute_ff_tokens():
                allowed = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
                size = min(len(allowed), len(row))
                if int(np.argmax(np.where(allowed[:size] == 1, row[:size], -np.inf))) != token:
                    return False
            if not matcher.consume_token(token):
                return False
        return True
