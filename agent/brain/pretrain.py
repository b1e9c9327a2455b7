"""Pre-trains the brain from nothing: tokenizer, word vectors for the embeddings, then next-token prediction.

Gives language sense only; the job itself is learnt in `train.py`. Deterministic for a seed on one machine. Runs on a
CPU (bfloat16 autocast where the processor has it) within a time budget, and saves the best state so far, so it may
be stopped at any moment. Called as `python -m agent.brain pretrain --corpus DIR --out DIR --minutes N`.
"""

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from agent.brain.corpus import mixed_lines
from agent.brain.shape import ARCHITECTURE, CONTEXT_TOKENS, END, PAD, SPECIAL_TOKENS, VOCAB_SIZE

BLOCK = 128  # tokens a training row
ROWS = 24  # rows a step


def train_tokenizer(lines: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE over lower-cased text, digits one by one (so that figures never fuse into words)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=5,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, model_max_length=CONTEXT_TOKENS)


def word_vectors(ids: list[list[int]], width: int, seed: int) -> np.ndarray:
    """Skip-gram vectors of the tokens, shape (vocabulary, width): a cheap start for the embedding table."""
    from gensim.models import Word2Vec

    sentences = [[str(i) for i in row] for row in ids]
    fitted = Word2Vec(sentences, vector_size=width, window=6, min_count=3, sg=1, negative=8, epochs=2, workers=2, seed=seed)
    table = np.random.default_rng(seed).normal(0, 0.02, (VOCAB_SIZE, width)).astype(np.float32)
    for key, row in fitted.wv.key_to_index.items():
        table[int(key)] = fitted.wv.vectors[row]
    return table * (0.02 / max(float(table.std()), 1e-6))


def pretrain(corpus: Path, out: Path, minutes: float, seed: int = 7) -> None:
    """Trains for about `minutes` and writes a `transformers` folder to `out`, with `pretrain_log.jsonl` beside it."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    lines = mixed_lines(corpus, seed)
    tokenizer = train_tokenizer(lines)
    tokenizer.save_pretrained(out)
    encoded = tokenizer(lines, add_special_tokens=False)["input_ids"]
    print(f"{len(lines)} lines, {sum(map(len, encoded)) / 1e6:.1f} M tokens", flush=True)

    config = Qwen3Config(vocab_size=VOCAB_SIZE, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, **ARCHITECTURE)
    model = Qwen3ForCausalLM(config)
    vectors = word_vectors(encoded, int(ARCHITECTURE["hidden_size"]), seed)
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(torch.from_numpy(vectors))
    print("embeddings initialised", flush=True)

    stream = np.concatenate([np.asarray(row, dtype=np.int64) for row in encoded])
    rows = torch.from_numpy(stream[: len(stream) // BLOCK * BLOCK].reshape(-1, BLOCK))
    _fit(model, rows, out, minutes, seed)


def _fit(model: Qwen3ForCausalLM, rows: torch.Tensor, out: Path, minutes: float, seed: int) -> None:
    held, rows = rows[:64], rows[64:]
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.5e-3, betas=(0.9, 0.95), weight_decay=0.05)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    start, step, log = time.monotonic(), 0, (out / "pretrain_log.jsonl").open("w")
    model.train()
    while True:
        share = (time.monotonic() - start) / (minutes * 60)
        if share >= 1 or (step + 1) * ROWS > len(order):
            break
        rate = 1.5e-3 * min(1.0, (step + 1) / 100) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = rows[order[step * ROWS : (step + 1) * ROWS]]
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        if step % 100 == 0:
            entry = {"step": step, "tokens": step * ROWS * BLOCK, "seconds": round(time.monotonic() - start), "loss": round(loss.item(), 3)}
            if step % 500 == 0:
                entry["held_loss"] = round(_held_loss(model, held), 3)
                model.save_pretrained(out)
            print(json.dumps(entry), file=log, flush=True)
    print(json.dumps({"step": step, "held_loss": round(_held_loss(model, held), 3), "done": True}), file=log, flush=True)
    model.save_pretrained(out)


def _held_loss(model: Qwen3ForCausalLM, held: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        loss = float(model(input_ids=held, labels=held).loss.item())
    model.train()
    return loss
