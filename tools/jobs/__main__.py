"""`python -m tools.jobs START`: one worker process, where START is a `launch.Start` in JSON. Imports nothing before the line below."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # imports make many objects and no garbage, and looking for it is a tenth of a worker's start
    from tools.jobs.worker import main

    main(sys.argv[1])
