"""What the measuring child can be asked to do: open a model, warm it up, time blocks, score quality, report memory.

Each function takes the child's `state` first and returns JSON values. Times in ns, memory in MiB, tokens counted.
Runs in the child only; the parent's view of it is `runs.py`.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import UserError
from tools.measuring.guided_choice import Guide
from tools.measuring.loading import Engine, Shape, export_openvino, import_libraries, load_openvino, load_torch
from tools.measuring.machine import EnergyCounter, memory_of_self

_WARM_SECONDS, _WARM_CALLS = 0.5, 3


def open_model(state: dict[str, Any], runtime: str, folder: str, tokenizer_folder: str, task: str, threads: int) -> dict[str, Any]:
    """Imports the engine's libraries, notes the memory they take, then loads the model."""
    import_libraries(runtime, task)
    before = memory_of_self()["now_mib"]
    began = time.perf_counter()
    if runtime == "torch":
        engine = load_torch(Path(folder), task, threads)
    else:
        engine = load_openvino(Path(folder), Path(tokenizer_folder), task, threads)
    state["engine"] = engine
    return {"libraries_mib": before, "load_seconds": time.perf_counter() - began, "compute_precision": engine.compute_precision}


def export(_state: dict[str, Any], folder: str, task: str, target: str) -> None:
    """Writes the OpenVINO IR of a folder."""
    export_openvino(Path(folder), task, Path(target))


def warm(state: dict[str, Any], batch: int, tokens: int, new_tokens: int) -> dict[str, Any]:
    """Makes the inputs of a shape and runs it until caches and lazy compilation have settled."""
    engine: Engine = state["engine"]
    state["shape"] = Shape(batch, tokens, new_tokens)
    state["inputs"] = engine.inputs(state["shape"])
    began, calls = time.perf_counter(), 0
    while calls < _WARM_CALLS or time.perf_counter() - began < _WARM_SECONDS:
        engine.request(state["inputs"], new_tokens)
        calls += 1
        if time.perf_counter() - began > 20:
            break
    return {"calls": calls, "threads": _settle_threads(state)}


def _settle_threads(state: dict[str, Any]) -> int:
    """Threads the engine runs with. torch is given the faster of one and all: on small models and busy machines its
    barriers make more threads slower, and a badly set baseline would flatter every candidate."""
    engine: Engine = state["engine"]
    if engine.runtime != "torch" or state.get("threads_settled") or engine.threads == 1:
        return engine.threads
    import torch

    medians: dict[int, float] = {}
    count = 1 if time_block(state, 1)["ns"][0] > 3e8 else 3  # slow requests need no repetition to tell the two apart
    for threads in (engine.threads, 1, engine.threads, 1):
        torch.set_num_threads(threads)
        medians[threads] = min(medians.get(threads, float("inf")), float(np.median(time_block(state, count)["ns"])))
    engine.threads = min(medians, key=lambda count: medians[count])
    torch.set_num_threads(engine.threads)
    state["threads_settled"] = True
    return engine.threads


def time_block(state: dict[str, Any], count: int) -> dict[str, Any]:
    """Times `count` requests one by one; CPU seconds of the process and, where there is a counter, energy come along."""
    engine: Engine = state["engine"]
    inputs, new_tokens = state["inputs"], state["shape"].new_tokens
    counter = EnergyCounter()
    energy = counter.read()
    cpu = time.process_time()
    taken = []
    for _ in range(count):
        began = time.perf_counter_ns()
        engine.request(inputs, new_tokens)
        taken.append(time.perf_counter_ns() - began)
    return {
        "ns": taken,
        "cpu_seconds": time.process_time() - cpu,
        "joules": counter.joules(energy, counter.read()) if counter.available else None,
    }


def memory(_state: dict[str, Any]) -> dict[str, float]:
    """Resident memory of this process, now and at its highest."""
    return memory_of_self()


def score_classes(state: dict[str, Any], texts: list[str], labels: list[int], max_tokens: int) -> dict[str, Any]:
    """One point for each text whose highest score is its label. One text at a time, so that padding changes nothing."""
    engine: Engine = state["engine"]
    hits, answers = [], []
    for done, (text, label) in enumerate(zip(texts, labels, strict=True)):
        answer = int(np.argmax(engine.logits(engine.encode([text], max_tokens))[0]))
        answers.append(answer)
        hits.append(float(answer == label))
        if done % 20 == 0:
            state["progress"]("checking quality", done, len(texts))
    return {"metric": "accuracy", "totals": hits, "weights": [1.0] * len(hits), "answers": answers}


def score_answers(
    state: dict[str, Any], prompts: list[str], answers: list[str], max_tokens: int, schemas: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """One point for each prompt whose greedy continuation is exactly the answer, end mark included.

    Greedy decoding yields the answer if and only if, with the answer fed in, every next-token choice is the answer's
    own token; so one pass over prompt + answer decides it, without generating. With `schemas` the choice is among the
    tokens that the row's JSON schema allows, as where the model is used with a grammar.
    """
    engine: Engine = state["engine"]
    end = engine.tokenizer.eos_token_id
    guide = Guide(engine.tokenizer) if schemas else None
    hits, skipped = [], 0
    for done, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        before, after = answer_ids(engine, prompt, answer)
        if end is not None and after[-1] != end:
            after = [*after, int(end)]
        if len(before) + len(after) > max_tokens:
            skipped += 1
            hits.append(0.0)
            continue
        scores = _token_scores(engine, before + after)[len(before) - 1 : -1]
        if guide is not None and schemas is not None:
            hits.append(float(guide.writes(scores, after, schemas[done])))
        else:
            hits.append(float([int(i) for i in np.argmax(scores, axis=-1)] == after))
        if done % 10 == 0:
            state["progress"]("checking quality", done, len(prompts))
    return {"metric": "exact_match", "totals": hits, "weights": [1.0] * len(hits), "too_long": skipped}


def answer_ids(engine: Engine, prompt: str, answer: str) -> tuple[list[int], list[int]]:
    """Token ids of prompt and answer. The prompt keeps its start marks but no end mark; the answer gets none."""
    before = [int(i) for i in engine.tokenizer(prompt)["input_ids"]]
    if before and before[-1] == engine.tokenizer.eos_token_id and not prompt.endswith(str(engine.tokenizer.eos_token)):
        before.pop()
    after = [int(i) for i in engine.tokenizer(answer, add_special_tokens=False)["input_ids"]]
    if not before or not after:
        raise UserError("data-empty-text", "A prompt or answer of the evaluation set has no tokens.", "Fill or remove that row.")
    return before, after


def _token_scores(engine: Engine, ids: list[int]) -> np.ndarray:
    import torch

    row = torch.tensor([ids], dtype=torch.int64)
    return engine.logits({"input_ids": row, "attention_mask": torch.ones_like(row)})[0]


def score_text(state: dict[str, Any], texts: list[str], max_tokens: int) -> dict[str, Any]:
    """Summed next-token loss (nats) and predicted tokens of each text; exp of their ratio is the perplexity."""
    engine: Engine = state["engine"]
    losses, counts = [], []
    for done, text in enumerate(texts):
        ids = [int(i) for i in engine.tokenizer(text, truncation=True, max_length=max_tokens)["input_ids"]]
        if len(ids) < 2:
            continue
        scores = _token_scores(engine, ids)[:-1].astype(np.float64)
        top = scores.max(axis=-1)
        total = top + np.log(np.exp(scores - top[:, None]).sum(axis=-1))
        losses.append(float((total - scores[np.arange(len(ids) - 1), ids[1:]]).sum()))
        counts.append(float(len(ids) - 1))
        if done % 10 == 0:
            state["progress"]("checking quality", done, len(texts))
    if not counts:
        raise UserError("data-too-short", "No text of the file is longer than one token.", "Give longer texts.")
    return {"metric": "perplexity", "totals": losses, "weights": counts}
