"""A worker that judges what came in, and can be told when to die: `python -m tests.support.judging_worker [BATCH]`.

It says “ready” and waits for a line. With a BATCH it kills itself (SIGKILL, as a machine that goes away) in the middle
of judging that batch: when all of it is written, and nothing committed. Without one it judges on until it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

AT_ONCE = 40


def main() -> None:
    import django

    django.setup()
    from django.utils import timezone

    from environments.services import device_reports
    from notifications import intake

    batch = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    intake.register(device_reports.DOOR, _dying(device_reports.judge, batch), at_once=AT_ONCE)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while True:
        if intake.judge_due(now=timezone.now()):
            sys.stdout.write("judged\n")
            sys.stdout.flush()
        time.sleep(0.05)


def _dying(judge: Any, batch: int) -> Any:
    judged = 0

    def and_die(arrivals: Any, now: Any) -> Any:
        nonlocal judged
        outcomes = judge(arrivals, now)
        judged += 1
        if judged == batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes

    return and_die


if __name__ == "__main__":
    main()
