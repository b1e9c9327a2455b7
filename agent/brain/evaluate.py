"""Measures the brain: predictions in the scorers' form, and exact match on its own held-out lines.

Uses the same decoder as the product. Scores say what was measured and on how many lines; there is no single grade.
"""

import json
import time
from pathlib import Path
from typing import Any

from agent.brain.place import INT8
from agent.brain.shape import prompt_text
from agent.llm.constrained import ConstrainedDecoder
from agent.llm.engines import OpenVinoEngine, TorchEngine
from agent.reading.candidates import candidates
from agent.reading.form import NONE, REQUESTS, Reading, marked, parse, schema

#: How the moves inside a conversation read when a single message is scored against the 19 requests.
AS_REQUEST = {
    "what_if": "ask_estimate_cost",
    "ask_origin": "ask_explain_concept",
    "correct": "describe_workload",
    "answer": "describe_workload",
}


def decoder_of(folder: Path, engine: str) -> ConstrainedDecoder:
    """The decoder of a brain folder on "openvino" (its int8 copy) or "torch" (the weights as stored)."""
    runs = OpenVinoEngine(folder / INT8) if engine == "openvino" else TorchEngine(folder)
    return ConstrainedDecoder(runs, (folder / "tokenizer.json").read_text(encoding="utf-8"))


def read_message(decoder: ConstrainedDecoder, text: str, asked: str = "") -> Reading:
    """One reading, as the product makes it."""
    found = candidates(text, asked)
    return parse(decoder.decode(prompt_text(asked or NONE, marked(text, found)), schema(found)), found)


def predict(source: Path, target: Path, folder: Path, engine: str) -> None:
    """Writes {"id", "intent", "slots"} for every line of `source`; precision and hardware in the user's own words."""
    decoder = decoder_of(folder, engine)
    with target.open("w", encoding="utf-8") as out:
        for line in source.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            reading = read_message(decoder, row["text"])
            slots = reading.slots()
            if len(words := {c.words for c in reading.assigned.get("precision", ())}) == 1:
                slots["precision"] = words.pop()
            intent = reading.intent if reading.intent in REQUESTS else AS_REQUEST.get(reading.intent, "other")
            out.write(json.dumps({"id": row["id"], "intent": intent, "slots": slots}, ensure_ascii=False) + "\n")


def evaluate(folder: Path, engine: str) -> dict[str, Any]:
    """Shares of the held-out lines with the right intent, the right role for each candidate, and everything right."""
    decoder = decoder_of(folder, engine)
    rows = [json.loads(line) for line in (folder / "eval.jsonl").read_text(encoding="utf-8").splitlines()]
    intents = whole = roles = roles_right = 0
    begun = time.monotonic()
    for row in rows:
        expected = json.loads(row["answer"])
        given = json.loads(decoder.decode(row["prompt"], row["schema"]))
        intents += given["intent"] == expected["intent"]
        whole += given == expected
        keys = [k for k in expected if k not in ("intent", "also")]
        roles += len(keys)
        roles_right += sum(given[k] == expected[k] for k in keys)
    return {
        "lines": len(rows),
        "engine": engine,
        "intent_accuracy": round(intents / len(rows), 4),
        "role_accuracy": round(roles_right / max(roles, 1), 4),
        "exact_match": round(whole / len(rows), 4),
        "ms_per_line": round(1000 * (time.monotonic() - begun) / len(rows), 1),
    }
