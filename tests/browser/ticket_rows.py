"""The tickets that the browser's tests move about. Run in the portal's installation, by `manage.py shell`."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from environments.models import Environment, Ticket
from environments.services import ticket_changes, tickets

TASK, REFUSED = "Drag me about", "It was down once"
CAUSE = tickets.OPERATION


def fill() -> None:
    """A task that is open, and an incident that is done while a newer one of its cause is open."""
    clear()
    now, environment = timezone.now(), Environment.objects.get(slug="chat-demo")
    author = User.objects.get(username="manager")
    ticket_changes.open_task(user=author, scope=environment, title=TASK, now=now)
    for said in (REFUSED, "It is down again"):
        texts = {"en": said, "ko": said}
        tickets.over(environment_id=environment.pk, cause=CAUSE, reason=texts, now=now)
        tickets.incident(environment=environment, cause=CAUSE, title=texts, description=texts, now=now)


def clear() -> None:
    Ticket.objects.filter(environment__slug="chat-demo", cause=CAUSE).delete()
    Ticket.objects.filter(title={"": TASK}).delete()
