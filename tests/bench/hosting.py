"""`python -m tests.bench.hosting`: how many hosting configurations are searched, how fast on one core, and how many never needed sizing.

Three questions as people ask them, in each seller's reference region and in every region. Measures and asserts nothing; needs no data
beside the fact base. The first search of a process reads the facts and is shown apart.
"""

import sys
import time
from pathlib import Path

from tools.contracts.tool import ToolContext
from tools.estimation.hosting.choose import run
from tools.estimation.tool import ChooseHosting

QUESTIONS = {
    "Llama-3.3-70B, 50 requests/s, TTFT 500 ms": ChooseHosting(
        model="llama-3.3-70b", requests_per_second=50, input_tokens=1500, output_tokens=300, ttft_ms=500
    ),
    "gpt-4o, 2M requests/month, or Llama-3.3-70B": ChooseHosting(model="gpt-4o", open_model="llama-3.3-70b", requests_per_month=2e6),
    "gpt-4o-mini, 30k requests/month": ChooseHosting(model="gpt-4o-mini", requests_per_month=30_000),
}


def main() -> int:
    """Prints the table."""
    context = ToolContext(out_dir=Path())
    start = time.process_time()
    run(next(iter(QUESTIONS.values())), context)
    print(f"first search of a process, facts read: {time.process_time() - start:.2f} s of one core")
    print(f"{'question':<46} {'regions':<10} {'configurations':>14} {'never sized':>12} {'seconds':>8} {'a second':>10}")
    for title, asked in QUESTIONS.items():
        for regions, terms in (("reference", ""), ("all", "region=any")):
            start = time.process_time()
            found = run(asked.model_copy(update={"terms": terms}), context).result
            taken = time.process_time() - start
            total = found["configurations"]
            print(f"{title:<46} {regions:<10} {total:>14,} {found['pruned'] / total:>12.0%} {taken:>8.2f} {total / taken:>10,.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
