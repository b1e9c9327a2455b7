"""Fine-tunes the pre-trained brain on its job: read a marked message, write the filled form.

Loss counts the answer fully and the message a little (which keeps the language sense). Weights are averaged over the
last steps. Writes a `transformers` folder in bfloat16 with its tokenizer, `eval.jsonl` (held-out lines) and
`train_log.jsonl`. Called as `python -m agent.brain train --base DIR --out DIR --minutes N`.
"""

import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, Qwen3ForCausalLM

from agent.brain.examples import Example, Variants, example, held_out, label_tokens, read_rows
from agent.brain.shape import CONTEXT_TOKENS, END

MESSAGE_WEIGHT = 0.1  # loss weight of the message's own tokens ...
MESSAGE_SAMPLE = 0.3  # ... of which this share is used in each step
TOKENS_A_STEP = 2048


def _encode(tokenizer: Any, one: Example) -> tuple[list[int], list[float]]:
    message = tokenizer(one.prompt, add_special_tokens=False)["input_ids"][-(CONTEXT_TOKENS - 128) :]
    answer = tokenizer(one.answer + END, add_special_tokens=False)["input_ids"]
    return message + answer, [MESSAGE_WEIGHT] * len(message) + [1.0] * len(answer)


def _batches(
    items: Sequence[tuple[list[int], list[float]]], pad: int, dice: random.Random
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Length-sorted batches of about TOKENS_A_STEP tokens: (ids, attention mask, loss weights), each (rows, length)."""
    order = sorted(range(len(items)), key=lambda i: (len(items[i][0]) // 8, dice.random()))
    groups: list[list[int]] = []
    group: list[int] = []
    longest = 0
    for i in order:
        longest = max(longest, len(items[i][0]))
        if group and longest * (len(group) + 1) > TOKENS_A_STEP:
            groups.append(group)
            group, longest = [], len(items[i][0])
        group.append(i)
    groups.append(group)
    dice.shuffle(groups)
    for rows in groups:
        width = max(len(items[i][0]) for i in rows)
        ids, mask, weights = (torch.zeros(len(rows), width) for _ in range(3))
        ids += pad
        for r, i in enumerate(rows):
            tokens, weight = items[i]
            ids[r, : len(tokens)], mask[r, : len(tokens)], weights[r, : len(tokens)] = (
                torch.tensor(tokens, dtype=torch.float),
                1,
                torch.tensor(weight),
            )
        yield ids.long(), mask.long(), weights


def _loss(model: Qwen3ForCausalLM, ids: torch.Tensor, mask: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted next-token loss; the mean is over the weights. Only a sample of the message's tokens reaches the output
    layer, which is a third of the work."""
    hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state[:, :-1]
    weight, target = weights[:, 1:], ids[:, 1:]
    kept = (weight == 1.0) | ((weight > 0) & (torch.rand(weight.shape) < MESSAGE_SAMPLE))
    logits = model.lm_head(hidden[kept]).float()
    losses = torch.nn.functional.cross_entropy(logits, target[kept], reduction="none", label_smoothing=0.02)
    return (losses * weight[kept]).sum() / weight[kept].sum()


def train(base: Path, out: Path, minutes: float, seed: int = 7, everything: bool = False, peak_rate: float = 6e-4) -> None:
    """Trains for about `minutes` and writes the brain to `out`. `everything` trains on the held-out lines too."""
    torch.manual_seed(seed)
    dice = random.Random(seed)
    rows, held = held_out(read_rows())
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(label_tokens())
    model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=True)
    pool = rows + held if everything else rows
    variants = Variants(pool, seed)
    out.mkdir(parents=True, exist_ok=True)
    _write_eval(out, held)
    log = (out / "train_log.jsonl").open("w")
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak_rate, betas=(0.9, 0.98), weight_decay=0.1)
    average: dict[str, torch.Tensor] = {}
    start, step, epoch = time.monotonic(), 0, 0
    model.train()
    while (share := (time.monotonic() - start) / (minutes * 60)) < 1:
        items = [_encode(tokenizer, example(r) if epoch == 0 else variants.of(r)) for r in pool]
        for ids, mask, weights in _batches(items, tokenizer.pad_token_id, dice):
            share = (time.monotonic() - start) / (minutes * 60)
            rate = peak_rate * min(1.0, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16):
                loss = _loss(model, ids, mask, weights)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            step += 1
            if share > 0.5 and step % 5 == 0:
                _average_in(average, model)
            if step % 25 == 0:
                print(
                    json.dumps({"step": step, "epoch": epoch, "seconds": round(time.monotonic() - start), "loss": round(loss.item(), 4)}),
                    file=log,
                    flush=True,
                )
            if share >= 1:
                break
        epoch += 1
    if average:
        model.load_state_dict(average, strict=False)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def _average_in(average: dict[str, torch.Tensor], model: Qwen3ForCausalLM, keep: float = 0.98) -> None:
    """Exponential average of the weights, which generalises better than the last step."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in average:
                average[name].mul_(keep).add_(value, alpha=1 - keep)
            else:
                average[name] = value.clone()


def _write_eval(out: Path, held: Sequence[dict[str, Any]]) -> None:
    """The brain's own evaluation set, in the form that the benchmark reads: prompt and expected answer."""
    with (out / "eval.jsonl").open("w", encoding="utf-8") as file:
        for row in held:
            one = example(row)
            file.write(json.dumps({"prompt": one.prompt, "answer": one.answer, "schema": one.schema}, ensure_ascii=False) + "\n")
