"""The platform's own tasks: each calls one function."""

from celery import shared_task
from django.utils import timezone

from portal import signin
from portal.api import replays


@shared_task(name="portal.tasks.prune_sign_ins")
def prune_sign_ins() -> None:
    """Each night: what the log of sign-ins need not keep any longer."""
    signin.prune(now=timezone.now())


@shared_task(name="portal.tasks.prune_api_answers")
def prune_api_answers() -> None:
    """Each hour: answers of idempotency keys that are older than a day."""
    replays.prune(now=timezone.now())
