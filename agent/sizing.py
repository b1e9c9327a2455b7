"""Plans the call that sizes a model: its memory, how it serves a traffic, or its training where there is data to train on. Code only.

Facts come from the workload; what no fact holds (method, context, batch, tokens a row, epochs) is read from the message itself.
Runs nothing and judges nothing.
"""

import re
from typing import Any, get_args

from agent.state import PlannedCall
from knowledge.catalog import instances
from tools.contracts.workload import Workload
from tools.estimation.tool import EstimateMemory

_METHODS = (
    ("qlora", r"\bq-?lora\b|\b(?:4|four)[- ]?bit (?:lora|tuning|fine[- ]?tun)"),
    ("lora", r"\blora\b|\bpeft\b|\badapters?\b"),
    ("pretrain", r"\bpre-?train|\bfrom scratch\b"),
    ("full", r"\bfull(?:y)?\b.{0,20}\b(?:tun|train|parameter|weight)|\ball (?:the )?(?:weights|parameters)\b"),
)
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)\s*(k|m)?\b"
_CONTEXT = re.compile(
    rf"(?i){_NUMBER}[\s-]*(?:tokens?\s+(?:of\s+)?)?context\b|\bcontext(?:\s+(?:length|window|size))?\s*(?:of|=|:|at)?\s*{_NUMBER}"
)
_BATCH = re.compile(r"(?i)\bbatch(?:\s+size)?\s*(?:of|=|:)?\s*(\d{1,5})\b|\b(\d{1,5})\s+(?:sequences|users|requests) at once\b")
_CACHE = re.compile(r"(?i)\b(fp8|int8|int4)[\s-]+(?:kv|cache)|\bkv[\s-]*cache (?:in|at|as) (fp8|int8|int4)\b")
_PER_ROW = re.compile(
    rf"(?i){_NUMBER}\s*tokens?\s+(?:each|long|(?:per|a|an)\s+(?:row|example|sample|record|line|document))\b"
    rf"|\b(?:rows?|examples?|samples?|records?|documents?)\s+(?:of|with|at)\s+(?:about |around |~)?{_NUMBER}\s*tokens?\b"
)
_EPOCHS = re.compile(r"(?i)\b(\d+(?:\.\d+)?|one|two|three|four|five)\s+(?:epochs?|passes)\b")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_COUNTS = (1, 2, 4, 8)
_PRECISIONS = get_args(EstimateMemory.model_fields["precision"].annotation)


_SERVES = re.compile(
    r"(?i)\bhow fast\b|\breplicas?\b|\bthroughput\b|\blatency\b|\bttft\b|\bfirst token\b|\btokens? (?:per|a|/) ?s|\b(?:rps|qps)\b"
    r"|\b(?:requests?|req|queries|calls)\s*(?:per|a|/)\s*s(?:ec|econd)?\b|\bto serve\b"
)
_A_SECOND = re.compile(r"(?i)(\d[\d,]*(?:\.\d+)?)\s*(?:rps|qps|(?:requests?|req|queries|calls)\s*(?:per|a|/)\s*s(?:ec|econd)?)\b")
_FIRST = re.compile(
    r"(?i)(?:ttft|first token)\D{0,20}?(\d[\d,]*(?:\.\d+)?)\s*(ms|s)\b|(\d[\d,]*(?:\.\d+)?)\s*(ms|s)\s+(?:ttft|to (?:the )?first token)"
)


def method_in(text: str) -> str:
    """The way of training that the words name; "" where they name none."""
    return next((name for name, pattern in _METHODS if re.search(pattern, text, re.I)), "")


def _number(hit: re.Match[str] | None, thousand: float) -> float | None:
    """The first number of a match; `thousand` is what "k" means (1 024 for contexts)."""
    if hit is None:
        return None
    found = [(hit.group(i), hit.group(i + 1)) for i in range(1, hit.re.groups, 2) if hit.group(i)]
    value, scale = found[0]
    return float(value.replace(",", "")) * {"k": thousand, "m": thousand * thousand}.get((scale or "").lower(), 1.0)


def sizing_call(intent: str, text: str, work: Workload) -> PlannedCall | None:
    """The call for a question about hardware or training; None where no model is known."""
    if not work.model:
        return None
    method = method_in(text) or ("lora" if intent in ("ask_peft", "ask_training_cost") else "")
    trains = intent in ("ask_peft", "ask_training_cost") or (method and work.dataset_rows)
    if trains and work.dataset_rows:
        return PlannedCall(tool="estimate_training", args=_training(method, text, work), subject=str(work.model))
    if not trains and work.hardware and _SERVES.search(text):
        return PlannedCall(tool="estimate_serving", args=_serving(text, work), subject=str(work.model))
    return PlannedCall(tool="estimate_memory", args=_memory(method if trains else "inference", text, work), subject=str(work.model))


def _serving(text: str, work: Workload) -> dict[str, Any]:
    """A replica is sized by the tool: a stated number of accelerators is what they have, not how they split it."""
    args: dict[str, Any] = {"model": work.model, "gpu": work.hardware}
    for name in ("precision", "input_tokens", "output_tokens"):
        if getattr(work, name):
            args[name] = getattr(work, name)
    rate, first = _A_SECOND.search(text), _FIRST.search(text)
    if rate:
        args["requests_per_second"] = float(rate.group(1).replace(",", ""))
    if first:
        number, unit = (first.group(1), first.group(2)) if first.group(1) else (first.group(3), first.group(4))
        args["ttft_ms"] = float(number.replace(",", "")) * (1000 if unit.lower() == "s" else 1)
    return args


def _training(method: str, text: str, work: Workload) -> dict[str, Any]:
    args: dict[str, Any] = {"model": work.model, "method": method, "rows": work.dataset_rows}
    tokens, epochs = _number(_PER_ROW.search(text), 1000.0), _EPOCHS.search(text)
    if tokens:
        args["tokens_per_row"] = tokens
    if epochs:
        said = epochs.group(1).lower()
        args["epochs"] = float(_WORDS.get(said, 0) or said)
    if work.hardware:
        args["gpu"] = work.hardware
    if work.gpu_count in _COUNTS:
        args["gpu_count"] = work.gpu_count
    if work.provider in {one.provider for one in instances().entries.values()}:
        args["provider"] = work.provider
        if work.region:
            args["region"] = work.region
    return args


def _memory(mode: str, text: str, work: Workload) -> dict[str, Any]:
    args: dict[str, Any] = {"model": work.model, "mode": "full" if mode == "pretrain" else mode}
    if work.hardware:
        args["gpu"] = work.hardware
        if work.gpu_count in _COUNTS:
            args["gpu_count"] = work.gpu_count
    if work.precision in _PRECISIONS and (mode == "inference" or work.precision in ("fp32", "bf16", "fp16")):
        args["precision"] = work.precision
    if context := _number(_CONTEXT.search(text), 1024.0):
        args["context"] = int(context)
    if batch := _BATCH.search(text):
        args["batch"] = int(batch.group(1) or batch.group(2))
    if cache := _CACHE.search(text):
        args["kv_precision"] = (cache.group(1) or cache.group(2)).lower()
    return args
