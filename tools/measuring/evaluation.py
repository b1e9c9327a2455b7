"""Chooses how a model's quality is scored and asks the measuring child for it. Parent side; loads no model library.

A labelled file scores classifiers (accuracy) and causal models (exact match of the answer, or perplexity where there
are only texts). A causal model folder that brings its own eval.jsonl (prompt and answer) is scored on it where no file
is given. Rows beyond the limit are thinned evenly, the same rows for every candidate.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import UserError
from tools.measuring.child_process import Child
from tools.measuring.labelled_rows import Labelled, label_ids, read_labelled
from tools.measuring.model_folder import ModelFolder
from tools.measuring.quality import Scores

_MOST_CLASSIFIED, _MOST_GENERATED, _LEAST = 1000, 300, 40
_OWN_SET = "eval.jsonl"


@dataclass(frozen=True)
class Evaluation:
    """How quality is measured: the child's function with its arguments, or why it is not measured."""

    entry: str = ""
    args: dict[str, Any] | None = None
    source: str = ""
    rows: int = 0
    rows_in_file: int = 0
    note: str = ""

    def score(self, child: Child) -> Scores | None:
        """Scores of the model that the child holds; None where quality is not measured."""
        if not self.entry:
            return None
        return Scores.from_reply(child.call(self.entry, **(self.args or {})))


def plan_evaluation(folder: ModelFolder, task: str, data: str) -> tuple[Evaluation, Labelled | None]:
    """The evaluation for a model, and the file's examples where a file was given. Raises UserError for bad files and labels."""
    given = read_labelled(Path(data).expanduser()) if data else None
    if task == "text-classification":
        return (classes(folder, given) if given else Evaluation(note="no labelled file was given")), given
    if task == "text-generation":
        own = folder.path / _OWN_SET
        if given is None and own.is_file():
            return generation(folder, read_labelled(own)), None
        return (generation(folder, given) if given else Evaluation(note="no labelled file was given")), given
    return Evaluation(note="there is no quality measure for embeddings yet"), given


def classes(folder: ModelFolder, data: Labelled) -> Evaluation:
    """Accuracy on labelled texts."""
    id2label = folder.config.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"}
    if not isinstance(id2label, dict) or not all(str(key).isdigit() for key in id2label):
        raise UserError(
            "config-labels-broken", f"The id2label of {folder.name} is not a list of numbered classes.", "Mend id2label in config.json."
        )
    used = data.thinned(_MOST_CLASSIFIED)
    labels = label_ids(data, id2label)
    chosen = dict(zip((row.number for row in data.rows), labels, strict=True))
    args = {
        "texts": [row.text for row in used.rows],
        "labels": [chosen[row.number] for row in used.rows],
        "max_tokens": min(512, folder.max_tokens),
    }
    return Evaluation("tools.measuring.inside:score_classes", args, data.name, len(used.rows), len(data.rows))


def generation(folder: ModelFolder, data: Labelled) -> Evaluation:
    """Exact match where the file has answers, perplexity where it has texts only."""
    most = max(_LEAST, min(_MOST_GENERATED, int(_MOST_GENERATED * 20e6 / max(1, folder.parameters))))
    used = data.thinned(most)
    texts = [row.text for row in used.rows]
    if data.label_column is None:
        args: dict[str, Any] = {"texts": texts, "max_tokens": min(512, folder.max_tokens)}
        return Evaluation("tools.measuring.inside:score_text", args, data.name, len(texts), len(data.rows))
    args = {"prompts": texts, "answers": [str(row.label) for row in used.rows], "max_tokens": folder.max_tokens}
    if all(row.schema is not None for row in used.rows):
        args["schemas"] = [row.schema for row in used.rows]
    return Evaluation("tools.measuring.inside:score_answers", args, data.name, len(texts), len(data.rows))
