"""`python -m tools.jobs CHANNEL`: one worker process, which writes to that file descriptor. Imports nothing before the line below."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # imports make many objects and no garbage, and looking for it is a tenth of a worker's start
    from tools.jobs.worker import main

    main(int(sys.argv[1]))
