"""The app's tasks: each takes ids and calls one service."""

import threading

from celery import shared_task
from django.utils import timezone

from notifications import dispatch, escalations, intake, retention
from notifications.chat import following, keeping
from notifications.inbound import sns

# A backlog takes longer than two seconds: the next runs leave it to the one that is at it already.
_judging = threading.Lock()
# As above: platforms that do not answer must not take one worker after the other.
_following = threading.Lock()


@shared_task(name="notifications.tasks.deliver", ignore_result=True)
def deliver(delivery_id: int) -> None:
    """Sends one delivery, if it is due."""
    dispatch.deliver(delivery_id, timezone.now())


@shared_task(name="notifications.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Finds what is due or was left behind."""
    dispatch.sweep(timezone.now())


@shared_task(name="notifications.tasks.escalate", ignore_result=True)
def escalate() -> None:
    """Asks whoever is next where nobody has acknowledged."""
    escalations.sweep(timezone.now())


@shared_task(name="notifications.tasks.judge", ignore_result=True)
def judge() -> None:
    """Each two seconds: what came in from outside and waits to be judged."""
    if _judging.acquire(blocking=False):
        try:
            intake.judge_due(now=timezone.now())
            sns.confirm_due(timezone.now())
        finally:
            _judging.release()


@shared_task(name="notifications.tasks.follow_chats", ignore_result=True)
def follow_chats() -> None:
    """Each ten seconds: answers in chats that took longer, and the ends of what was begun there."""
    if _following.acquire(blocking=False):
        try:
            following.sweep(timezone.now())
        finally:
            _following.release()


@shared_task(name="notifications.tasks.prune", ignore_result=True)
def prune() -> None:
    """Each night: what came in or was asked in a chat, was judged or answered, and need not be kept any longer."""
    intake.prune(timezone.now())
    keeping.prune(timezone.now())


@shared_task(name="notifications.tasks.forget", ignore_result=True)
def forget() -> None:
    """Each night: events, and what was sent of them, that need not be kept any longer."""
    retention.prune_events(timezone.now())
