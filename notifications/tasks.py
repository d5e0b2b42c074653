"""The app's tasks: each takes ids and calls one service."""

from celery import shared_task
from django.utils import timezone

from notifications import dispatch


@shared_task(name="notifications.tasks.deliver", ignore_result=True)
def deliver(delivery_id: int) -> None:
    """Sends one delivery, if it is due."""
    dispatch.deliver(delivery_id, timezone.now())


@shared_task(name="notifications.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Finds what is due or was left behind."""
    dispatch.sweep(timezone.now())
