"""A worker process that judges arrivals and can be told when to die: `python -m tests.support.judge [NUMBER]`.

Its judge counts by writing a row for each arrival. With a NUMBER it kills itself (SIGKILL, as a machine that goes away)
after so many, amid a batch: all of it is written, nothing committed. Else it judges until nothing waits, and says how
many it judged.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.intake import Outcome
    from notifications.models import Arrival

DOOR, COUNTED, AT_ONCE = "burst", "counted", 50


def main() -> None:
    import django

    django.setup()
    from notifications import intake
    from notifications.models import Arrival

    dies_after = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    seen = 0

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        nonlocal seen
        for arrival in arrivals:
            Arrival.objects.create(door=COUNTED, payload=arrival.payload, received_at=now)
            seen += 1
            if seen == dies_after:
                os.kill(os.getpid(), signal.SIGKILL)
        return {arrival.pk: intake.Outcome("good") for arrival in arrivals}

    intake.register(DOOR, judge, at_once=AT_ONCE)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{intake.judge_due(now=datetime.now(UTC))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
