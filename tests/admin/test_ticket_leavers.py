"""The tickets of somebody whose account is deleted: that they see to it no more is kept, and told."""

from __future__ import annotations

import pytest
from django.test import Client

from environments.models import Environment, Ticket, TicketMail
from environments.services import ticket_changes
from portal.history import changes_of
from tests import factories
from tests.services.ticketing import NOW, somebody, task

from .test_tickets import chat, shown

__all__ = ["chat"]  # a fixture
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("how", ["one", "several"])
def test_it_stands_in_the_history_who_saw_to_it_and_who_took_them_off(
    chat: Environment, as_administrator: Client, how: str
) -> None:
    kim, lee = somebody("kim"), somebody("lee")
    by_kim, for_kim, own = task(chat, kim), task(chat, lee, assignee=kim), task(chat, kim, assignee=kim)
    for made in (by_kim, for_kim, own):
        ticket_changes.unwatch(ticket=made, user=kim)  # else it is kept as a change of the watchers
    if how == "one":
        as_administrator.post(f"/auth/user/{kim.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [str(kim.pk)], "post": "yes"}
        as_administrator.post("/auth/user/", chosen)
    assert not Ticket.objects.exclude(assignee=None).exists()
    assert list(Ticket.objects.exclude(author=None)) == [for_kim]
    for ticket, before in ((by_kim, (kim.pk, None)), (for_kim, (lee.pk, kim.pk)), (own, (kim.pk, kim.pk))):
        last, *_rest, first = changes_of(Ticket).filter(id=ticket.pk).order_by("-history_id")
        assert (first.author_id, first.assignee_id) == before
        assert kim.pk not in (last.author_id, last.assignee_id)
        assert last.history_user_id == factories.administrator().pk
    assert "Assignee: kim → none" in shown(as_administrator.get(f"/tickets/{for_kim.pk}/changes/"))


def test_who_hears_of_an_open_ticket_is_told_and_of_a_done_one_nobody(
    chat: Environment, as_administrator: Client
) -> None:
    kim, lee = somebody("kim"), somebody("lee")
    left, done = task(chat, lee, assignee=kim), task(chat, lee, assignee=kim)
    ticket_changes.done(ticket=done, user=lee, now=NOW)
    TicketMail.objects.all().delete()
    as_administrator.post(f"/auth/user/{kim.pk}/delete/", {"post": "yes"})
    mail = TicketMail.objects.get()
    assert (mail.ticket, mail.reader) == (left, lee)
    assert (mail.lines[0]["what"]["en"], mail.lines[0]["old"]["en"], mail.lines[0]["new"]["en"]) == (
        "Assignee",
        "kim",
        "",
    )
