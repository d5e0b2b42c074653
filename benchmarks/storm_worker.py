"""A worker process of the storm: `python -m benchmarks.storm_worker THREADS [IGNORED]`, started by `benchmarks.storm`.

It waits for a line, brings operations forward until none is unfinished (those of environments whose names begin with
IGNORED do not count), and says what that cost it, as JSON. Like a real worker it gives signs of life and shares the
limits of AWS with the workers that do so, too.
"""

from __future__ import annotations

import json
import os
import queue
import random
import resource
import sys
import threading
import time

LOOKS_APART_S = 0.25


def main() -> None:
    import django

    django.setup()
    from django.utils import timezone

    from environments.models import Operation
    from environments.services import workflow
    from environments.targets import limits
    from environments.targets.lanes import lanes
    from portal import pulse

    threads = int(sys.argv[1])
    ignored = sys.argv[2] if len(sys.argv) > 2 else ""
    limits.on = True
    lanes.threads = threads
    hands: queue.Queue[int] = queue.Queue()
    taken: set[int] = set()

    def work() -> None:
        while True:
            pk = hands.get()
            workflow.advance(operation_id=pk, now=timezone.now())
            taken.discard(pk)

    def live() -> None:
        while True:
            time.sleep(pulse.SECONDS_BETWEEN)
            pulse.live()

    pulse.live()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    # By now the others have given theirs.
    pulse.live()
    shared_by = limits.workers()
    threading.Thread(target=live, daemon=True).start()
    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    left = Operation.objects.unfinished()
    if ignored:
        left = left.exclude(environment__name__startswith=ignored)
    while left.exists():
        due = set(Operation.objects.due(timezone.now()).values_list("pk", flat=True)[:400])
        # As from a broker: each worker gets others.
        free = sorted(due - taken)
        for pk in random.sample(free, k=min(len(free), max(0, 4 * threads - hands.qsize()))):
            taken.add(pk)
            hands.put(pk)
        time.sleep(LOOKS_APART_S / 5 if hands.qsize() < threads and due else LOOKS_APART_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"cpu_s": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024, "workers": shared_by}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    # Threads that still wait for an account that is away are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
