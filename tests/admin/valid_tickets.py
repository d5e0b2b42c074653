"""For each address of tickets, a form that changes something when it is sent by somebody who may.

As in `valid_forms`, each is made for one sending and undone after it.
"""

from __future__ import annotations

from .valid_forms import Form, Scene, Sending, plainly


def new_task(scene: Scene) -> Sending:
    return Sending({"scope": f"environment:{scene.environment.pk}", "title": "Raise the size of the database"})


FORMS_OF_TICKETS: dict[str, Form] = {
    "environments:ticket_new": new_task,
    "environments:ticket_edit": plainly(per_cent="40"),
    "environments:ticket_move": plainly(progress="waiting"),
    "environments:ticket_take": plainly(),
    "environments:ticket_comment": plainly(text="I look at it"),
    "environments:ticket_watch": plainly(wished="1"),
    "environments:tickets_hear": plainly(hears="opened"),
}
