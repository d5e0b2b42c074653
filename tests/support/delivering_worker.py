"""A worker process that delivers what is due, until it is killed: `python -m tests.support.delivering_worker THREADS`.

Takes times (ISO), one a line, and works at that moment until told the next one; prints a line when it has begun.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from datetime import datetime


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from notifications import dispatch, wakeups
    from notifications.models import Delivery

    def to_nobody(delivery_ids: Iterable[int]) -> None:
        """Each thread looks by itself."""

    settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = True
    wakeups.wake = to_nobody
    now = datetime.fromisoformat(sys.stdin.readline().strip())

    def work() -> None:
        while True:
            due = list(Delivery.objects.claimable(now).order_by("pk").values_list("pk", flat=True)[:50])
            for delivery_id in due:
                dispatch.deliver(delivery_id, now)
            if not due:
                time.sleep(0.02)

    connection.close()
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=work, daemon=True).start()
    sys.stdout.write("working\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
