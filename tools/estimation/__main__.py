"""`python -m tools.estimation predict IN.csv OUT.csv`: predictions beside the rows of a table of serving measurements.

`python -m tools.estimation calibrate IN.csv` fits the estimator anew (for developers; needs torch) and writes the fact base's
calibration. Exit code 0 done, 1 failed with a message, 2 wrong usage.
"""

import sys
from pathlib import Path

from knowledge.errors import FrugalError


def main(words: list[str]) -> int:
    """Runs one of the two commands."""
    if len(words) == 3 and words[0] == "predict":
        from tools.estimation.serving.table import predict_table

        try:
            rows, refused = predict_table(Path(words[1]), Path(words[2]))
        except (FrugalError, OSError) as problem:
            print(getattr(problem, "message", None) or problem, file=sys.stderr)
            return 1
        print(f"{rows} rows, {refused} refused with a reason in the column `unsupported`")
        return 0
    if len(words) == 2 and words[0] == "calibrate":
        from tools.estimation.serving.calibrate import calibrate

        calibrate(Path(words[1]))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
