"""A worker process of the storm: `python -m benchmarks.storm_worker THREADS`, started by `benchmarks.storm`.

It waits for a line, brings operations forward until none is unfinished, and says what that cost it, as JSON.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

IDLE_S = 0.25


def main() -> None:
    import django

    django.setup()
    from django.utils import timezone

    from environments.models import Operation
    from environments.services import workflow
    from environments.targets import limits

    threads = int(sys.argv[1])
    limits.on = True
    limits.lanes.threads = threads

    def one(pk: int) -> None:
        workflow.advance(operation_id=pk, now=timezone.now())

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        while Operation.objects.unfinished().exists():
            due = list(Operation.objects.due(timezone.now()).values_list("pk", flat=True)[:400])
            # As from a broker: each worker gets others.
            random.shuffle(due)
            if not list(pool.map(one, due[:200])):
                time.sleep(IDLE_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"cpu_s": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
