"""Trouble that lasts opens an incident, what is over ends it, and the sweep finds what was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Check, Environment, Ticket, TicketComment
from environments.services import health, health_sweep

from .judging import BAD, FINE, NOW, a_check, an_environment, settle

pytestmark = pytest.mark.django_db


def test_an_incident_opens_when_its_time_has_come_and_closes_when_it_is_over() -> None:
    check = a_check(an_environment(), ticket_after=5)
    settle(check)
    assert health_sweep.sweep(now=NOW + timedelta(minutes=4)) == 0
    assert health_sweep.sweep(now=NOW + timedelta(minutes=5)) == 1
    ticket = Ticket.objects.get()
    assert (ticket.cause, ticket.title["en"]) == (f"check:{check.pk}", "chat-dev: API is down")
    assert ticket.description == BAD
    assert health_sweep.sweep(now=NOW + timedelta(minutes=6)) == 0
    settle(check, state="up", now=NOW + timedelta(minutes=7))
    ticket.refresh_from_db()
    assert ticket.progress == "done"
    assert TicketComment.objects.get().text == FINE


def test_no_incident_opens_for_what_is_well_again_in_time() -> None:
    check = a_check(an_environment(), ticket_after=5)
    settle(check)
    settle(check, state="up", now=NOW + timedelta(minutes=1))
    assert health_sweep.sweep(now=NOW + timedelta(hours=1)) == 0
    assert not Ticket.objects.exists()


def test_an_incident_is_over_when_its_environment_goes_to_sleep() -> None:
    chat = an_environment()
    check = a_check(chat, ticket_after=0)
    settle(check)
    health_sweep.sweep(now=NOW)
    Environment.objects.update(state="stopping", wish="stopped")
    health.environments_moved([chat.pk], now=NOW)
    assert Ticket.objects.get().progress == "done"
    check.refresh_from_db()
    assert (check.state, check.ticket_due_at) == ("asleep", None)


@pytest.mark.parametrize("goes", ["removed", "moved"])
def test_an_incident_ends_when_its_check_is_there_no_more_however_it_went(goes: str) -> None:
    chat = an_environment()
    check, other = a_check(chat, ticket_after=0), a_check(chat, "shop", ticket_after=0)
    settle(check, other)
    assert health_sweep.sweep(now=NOW) == 2
    if goes == "removed":
        check.delete()
    else:
        Check.objects.filter(pk=check.pk).update(environment=an_environment(name="shop-dev"))
    assert health_sweep.sweep(now=NOW) == 1
    over = Ticket.objects.get(progress="done")
    assert (over.title["en"], over.comments.get().text) == ("chat-dev: API is down", health_sweep.GONE)
    assert health_sweep.sweep(now=NOW) == 0


def test_the_sweep_finds_what_a_move_has_missed() -> None:
    sleeping, awake = an_environment("stopped", "stopped", "a"), an_environment(name="b")
    a_check(sleeping, "should sleep", "down")
    a_check(awake, "should be asked", "asleep")
    a_check(awake, "never asked", "unknown", due_at=None)
    a_check(awake, "off", "down", is_on=False)
    assert health_sweep.sweep(now=NOW) == 3
    states = dict(Check.objects.values_list("name", "state"))
    assert states == {
        "should sleep": "asleep",
        "should be asked": "starting",
        "never asked": "unknown",
        "off": "unknown",
    }
    assert Check.objects.get(name="never asked").due_at == NOW
    assert health_sweep.sweep(now=NOW) == 0


def test_where_nothing_was_missed_the_sweep_takes_four_queries() -> None:
    for n in range(5):
        a_check(an_environment(name=f"e{n}"))
    with CaptureQueriesContext(connection) as caught:
        health_sweep.sweep(now=NOW)
    assert len(caught) == 4
