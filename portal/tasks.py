"""The platform's own tasks: each calls one function."""

from celery import shared_task
from django.utils import timezone

from portal import signin


@shared_task(name="portal.tasks.prune_sign_ins")
def prune_sign_ins() -> None:
    """Each night: what the log of sign-ins need not keep any longer."""
    signin.prune(now=timezone.now())
