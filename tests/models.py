"""Tiny real models for tests: random or briefly trained, saved as safetensors in a folder the test owns. No downloads.

`bert_folder` gives a two-label BERT text classifier with a word tokenizer, `trained_bert_folder` the same after a short
training on sentences whose label is decided by a word (so that quality can be lost), `causal_folder` a Qwen3 or Llama
causal LM. Sizes are a few hundred kilobytes. torch and transformers load on first use only.
"""

import json
from pathlib import Path
from typing import Any

WORDS = (  # noqa: SIM905 - a word list reads better as words
    "good great fine happy nice bad awful poor sad wrong the a film meal day service was is very quite really so truly it all "
    "not and of in one two three they we you he she "
).split()
GOOD, BAD = WORDS[:5], WORDS[5:10]


def save_tokenizer(folder: Path, pad: str = "[PAD]", end: str = "[SEP]", extra: tuple[str, ...] = ()) -> Any:
    """A whitespace word tokenizer over WORDS, in the fast-tokenizer format."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = [pad, "[UNK]", "[CLS]", end, *extra, *WORDS]
    raw = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    if not extra:
        raw.post_processor = processors.TemplateProcessing(single=f"[CLS] $A {end}", special_tokens=[("[CLS]", 2), (end, 3)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token=pad, unk_token="[UNK]", cls_token="[CLS]", eos_token=end, sep_token=end, model_max_length=128
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def bert_folder(folder: Path, width: int = 64, layers: int = 2, labels: tuple[str, ...] = ("negative", "positive"), seed: int = 0) -> Path:
    """A random BERT text classifier with tokenizer."""
    return _save_bert(folder, _bert(width, layers, labels, seed))


def _bert(width: int, layers: int, labels: tuple[str, ...], seed: int) -> Any:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=4 + len(WORDS),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=4 * width,
        max_position_embeddings=128,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={n: i for i, n in enumerate(labels)},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertForSequenceClassification(config)


def _save_bert(folder: Path, model: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def sentences(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """(text, label) pairs: the one opinion word decides the label."""
    import random

    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        positive = draw.random() < 0.5
        words = draw.choices(WORDS[10:], k=draw.randint(3, 8))
        words.insert(draw.randint(0, len(words)), draw.choice(GOOD if positive else BAD))
        rows.append((" ".join(words), "positive" if positive else "negative"))
    return rows


def trained_bert_folder(folder: Path, width: int = 128, layers: int = 2, steps: int = 40) -> Path:
    """A BERT classifier that has learned the opinion words (accuracy near one on `sentences`)."""
    import torch

    torch.set_num_threads(1)  # barriers of more threads are slow on a busy machine
    model = _bert(width, layers, ("negative", "positive"), seed=0)
    _save_bert(folder, model)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model.train()
    for step in range(steps):
        rows = sentences(32, seed=100 + step)
        batch = tokenizer([text for text, _ in rows], padding=True, return_tensors="pt")
        batch.pop("token_type_ids", None)
        model(**batch, labels=torch.tensor([int(label == "positive") for _, label in rows])).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.eval()
    return _save_bert(folder, model)


def permute_layer(source: Path, target: Path) -> Path:
    """A copy of a classifier with the rows of a layer and of its word embeddings shuffled: same size and speed, broken answers."""
    import shutil

    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, target)
    tensors = load_file(target / "model.safetensors")
    order = torch.randperm(next(iter(tensors.values())).shape[-1], generator=torch.Generator().manual_seed(3))
    for name, tensor in tensors.items():
        if "layer.0." in name and name.endswith("dense.weight") and tensor.shape[0] == order.shape[0]:
            tensors[name] = tensor[order].contiguous()
        if "word_embeddings" in name:
            tensors[name] = tensor[torch.randperm(tensor.shape[0], generator=torch.Generator().manual_seed(4))].contiguous()
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return target


def causal_folder(folder: Path, kind: str = "qwen3", width: int = 64, layers: int = 2, dtype: str = "float32", seed: int = 0) -> Path:
    """A random causal LM ("qwen3" or "llama") with tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    shape: dict[str, Any] = dict(
        vocab_size=4 + len(WORDS),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=256,
        head_dim=16,
        tie_word_embeddings=True,
        eos_token_id=3,
        pad_token_id=0,
        bos_token_id=2,
    )
    model = Qwen3ForCausalLM(Qwen3Config(**shape)) if kind == "qwen3" else LlamaForCausalLM(LlamaConfig(**shape))
    folder.mkdir(parents=True, exist_ok=True)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    save_tokenizer(folder, extra=())
    return folder


PAIRS = [("good film", "happy day"), ("bad film", "sad day"), ("fine meal", "nice service"), ("awful meal", "poor service")]


def trained_causal_folder(folder: Path, steps: int = 60) -> Path:
    """A Qwen3 causal LM that has learned PAIRS by heart, with an eval.jsonl of six: the four pairs and two wrong answers."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)  # barriers of more threads are slow on a busy machine
    causal_folder(folder)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    rows = torch.tensor([tokenizer(f"{prompt} {answer}")["input_ids"] for prompt, answer in PAIRS])
    model.train()
    for _ in range(steps):
        model(input_ids=rows, labels=rows).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.eval()
    model.save_pretrained(folder)
    wrong = [("good film", "sad day"), ("bad film", "happy")]
    write_rows(folder / "eval.jsonl", [{"prompt": p, "answer": a} for p, a in PAIRS + wrong])
    return folder


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """JSONL file of rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_sentences(path: Path, count: int, seed: int = 1) -> Path:
    """CSV with the columns text and label."""
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in sentences(count, seed)), encoding="utf-8")
    return path
