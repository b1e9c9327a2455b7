"""Reads the permissively licensed pre-training corpus (../shared/data/corpus, or any folder of that form).

Yields plain text lines for language modelling; writes nothing and downloads nothing. Only `pretrain.py` calls it:
the corpus is not part of the product and users do not need it. Benchmark test splits and the two CDLA sources
are left out, and chit-chat is sampled down, as the corpus README advises.
"""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.brain.shape import ANSWER, END, USER

LEFT_OUT_INTENTS = ("multidogo:", "dstc11_track2", "clinc150:test", "clinc150:oos_test", "banking77:test", "restaurant8k:test")
DIALOGUE_SHARE = {"self_dialogue": 0.02, "gsm8k_train": 0.1, "taskmaster3": 0.25, "mts_dialog": 0.1, "casino": 0.2}


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def technical_paragraphs(folder: Path) -> Iterator[str]:
    """Paragraphs of technical prose, one string each."""
    with gzip.open(folder / "techdocs.txt.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.strip() + END


def labelled_requests(folder: Path) -> Iterator[str]:
    """Intent data sets written in the brain's own question/answer form, so that the form itself is learnt early."""
    for row in _json_lines(folder / "intents.jsonl.gz"):
        if not row["source"].startswith(LEFT_OUT_INTENTS):
            yield f'{USER}{row["text"]}{ANSWER}{{"intent":"{row["intent"]}"}}{END}'


def dialogues(folder: Path, seed: int) -> Iterator[str]:
    """Dialogues as alternating lines, sampled by source."""
    dice = random.Random(seed)
    for row in _json_lines(folder / "dialogue.jsonl.gz"):
        if dice.random() < DIALOGUE_SHARE.get(row["source"], 0.5):
            yield "\n".join(turn["text"] for turn in row["turns"])[:1500] + END


def mixed_lines(folder: Path, seed: int = 7) -> list[str]:
    """Every line of the mixture, shuffled with a fixed seed."""
    lines = [*technical_paragraphs(folder), *labelled_requests(folder), *dialogues(folder, seed)]
    random.Random(seed).shuffle(lines)
    return lines
