"""For each address of tickets, a form that changes something when it is sent by somebody who may.

As in `valid_forms`, each is made for one sending and undone after it.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from environments.models import Ticket, TicketMail

from .valid_forms import Form, Scene, Sending, plainly
from .world import example


def new_task(scene: Scene) -> Sending:
    return Sending({"scope": f"environment:{scene.environment.pk}", "title": "Raise the size of the database"})


def failed_mail(scene: Scene) -> Sending:
    ticket = Ticket.objects.get(pk=example(Ticket).pk)
    reader = User.objects.get(username="operator")
    reader.email = "operator@example.com"
    reader.save()
    ticket.watchers.add(reader)
    line = {"who": "", "at": timezone.now().isoformat(), "event": ""}
    mail = TicketMail.objects.create(
        ticket=ticket, reader=reader, lines=[line], status="failed", error="550 no", not_before=timezone.now()
    )
    return Sending({"mail": str(mail.pk)})


FORMS_OF_TICKETS: dict[str, Form] = {
    "environments:ticket_new": new_task,
    "environments:ticket_edit": plainly(per_cent="40"),
    "environments:ticket_move": plainly(progress="waiting"),
    "environments:ticket_take": plainly(),
    "environments:ticket_comment": plainly(text="I look at it"),
    "environments:ticket_watch": plainly(wished="1"),
    "environments:ticket_again": failed_mail,
    "environments:tickets_hear": plainly(hears="opened"),
}
