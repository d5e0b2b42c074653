"""The app's tasks: each takes ids and calls one service."""

import threading

from celery import shared_task
from django.utils import timezone

from notifications import dispatch, intake
from notifications.inbound import sns

# A backlog takes longer than two seconds: the next runs leave it to the one that is at it already.
_judging = threading.Lock()


@shared_task(name="notifications.tasks.deliver", ignore_result=True)
def deliver(delivery_id: int) -> None:
    """Sends one delivery, if it is due."""
    dispatch.deliver(delivery_id, timezone.now())


@shared_task(name="notifications.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Finds what is due or was left behind."""
    dispatch.sweep(timezone.now())


@shared_task(name="notifications.tasks.judge", ignore_result=True)
def judge() -> None:
    """Each two seconds: what came in from outside and waits to be judged."""
    if _judging.acquire(blocking=False):
        try:
            intake.judge_due(now=timezone.now())
            sns.confirm_due(timezone.now())
        finally:
            _judging.release()


@shared_task(name="notifications.tasks.prune", ignore_result=True)
def prune() -> None:
    """Each night: what came in, was judged, and need not be kept any longer."""
    intake.prune(timezone.now())
