"""Where the brain's files are. Paths only."""

from pathlib import Path

#: The brain itself, a `transformers` folder: bfloat16 weights, tokenizer, chat template, evaluation set, model card.
WEIGHTS = Path(__file__).parent / "weights"
#: Name of the int8 OpenVINO copy inside a model folder.
INT8 = "openvino-int8"
