"""Wake-up calls to workers. The broker may lose any of them: the sweep finds what is due in the database."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError, OperationalError

log = logging.getLogger(__name__)

# A wake-up nobody took by then is superseded by the sweep's next ones.
STALE = timedelta(seconds=30)
# Nobody looks for calendars that were not read, so the call waits for workers that are busy.
CALENDAR_KEEP = timedelta(hours=6)


def wake_operation(operation_id: int, delay: timedelta = timedelta()) -> None:
    """After commit, ask a worker to advance the operation, `delay` from now."""
    transaction.on_commit(partial(_send, "environments.tasks.advance", [operation_id], delay))


def wake_tick() -> None:
    """After commit, ask a worker to look at what is due, without waiting for the next minute."""
    transaction.on_commit(partial(_send, "environments.tasks.tick", [], timedelta()))


def wake_observer(environment_id: int) -> None:
    """After commit, ask a worker to look at what AWS has of an environment."""
    transaction.on_commit(partial(_send, "environments.tasks.observe", [environment_id], timedelta()))


def wake_scan(scan_id: int, *, keep: timedelta) -> None:
    """After commit, ask a worker to look at an account's region; the call stands until the next one comes (`keep`)."""
    transaction.on_commit(partial(_send, "environments.tasks.scan", [scan_id], timedelta(), keep))


def wake_calendar(calendar_id: int) -> None:
    """After commit, ask a worker to read a calendar's address. A lost call waits for the next night's."""
    transaction.on_commit(partial(_send, "environments.tasks.read_calendar", [calendar_id], timedelta(), CALENDAR_KEEP))


def _send(task: str, args: list[int], delay: timedelta, keep: timedelta = STALE) -> None:
    try:
        current_app.send_task(
            task,
            args=args,
            countdown=delay.total_seconds() or None,
            expires=(delay + keep).total_seconds(),
            retry=False,
        )
    except (OperationalError, KombuError, OSError) as error:
        log.warning("The broker did not take the wake-up %s%s (%s); the sweep will find the work.", task, args, error)
