"""Commands that make and measure the brain: pretrain, train, export, predict, evaluate. Not needed to run Frugal.

python -m agent.brain pretrain --corpus DIR --out DIR [--minutes 60]
python -m agent.brain train --base DIR [--out DIR] [--minutes 30]
python -m agent.brain export [--model DIR]            OpenVINO int8 copy beside the weights
python -m agent.brain predict IN.jsonl OUT.jsonl      intents and slots, for scoring
python -m agent.brain evaluate                        exact match on the held-out lines
"""

import argparse
import json
from pathlib import Path

from agent.brain.place import WEIGHTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m agent.brain", description="Makes and measures Frugal's small language model.")
    commands = parser.add_subparsers(dest="command", required=True)
    pre = commands.add_parser("pretrain", help="language sense, from a corpus folder")
    pre.add_argument("--corpus", type=Path, required=True)
    pre.add_argument("--out", type=Path, required=True)
    pre.add_argument("--minutes", type=float, default=60)
    train = commands.add_parser("train", help="the job itself, from agent/brain/data")
    train.add_argument("--base", type=Path, required=True)
    train.add_argument("--out", type=Path, default=WEIGHTS)
    train.add_argument("--minutes", type=float, default=30)
    train.add_argument("--seed", type=int, default=7)
    export = commands.add_parser("export", help="int8 copy for OpenVINO")
    export.add_argument("--model", type=Path, default=WEIGHTS)
    predict = commands.add_parser("predict", help="read messages from a JSON-lines file")
    predict.add_argument("source", type=Path)
    predict.add_argument("target", type=Path)
    evaluate = commands.add_parser("evaluate", help="exact match on held-out lines")
    for one in (predict, evaluate):
        one.add_argument("--model", type=Path, default=WEIGHTS)
        one.add_argument("--engine", choices=["openvino", "torch"], default="openvino")
    return parser


def main() -> None:
    """Dispatches; the heavy imports happen in the chosen command only."""
    args = _parser().parse_args()
    if args.command == "pretrain":
        from agent.brain.pretrain import pretrain

        pretrain(args.corpus, args.out, args.minutes)
    elif args.command == "train":
        from agent.brain.train import train

        train(args.base, args.out, args.minutes, args.seed)
    elif args.command == "export":
        from agent.brain.export import export_int8

        print(export_int8(args.model))
    elif args.command == "predict":
        from agent.brain.evaluate import predict

        predict(args.source, args.target, args.model, args.engine)
    else:
        from agent.brain.evaluate import evaluate

        print(json.dumps(evaluate(args.model, args.engine), indent=2))


if __name__ == "__main__":
    main()
