"""An incident that somebody closes while its check is still in trouble: another one opens if that goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import HttpCheck, Ticket
from environments.services import health_sweep, ticket_changes

from .judging import NOW, a_check, an_environment, settle
from .ticketing import somebody, task

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def check() -> HttpCheck:
    """Down, with an incident."""
    made = a_check(an_environment(), ticket_after=5)
    settle(made)
    health_sweep.sweep(now=NOW + 5 * MINUTE)
    return made


@pytest.fixture
def kim(check: HttpCheck) -> User:
    return somebody("kim")


def progress() -> list[str]:
    return list(Ticket.objects.order_by("pk").values_list("progress", flat=True))


def test_another_one_opens_when_the_trouble_goes_on_for_as_long_as_its_check_allows(
    check: HttpCheck, kim: User
) -> None:
    ticket_changes.done(ticket=Ticket.objects.get(), user=kim, now=NOW + 60 * MINUTE)
    for minutes in (61, 64):
        settle(check, now=NOW + minutes * MINUTE)
        health_sweep.sweep(now=NOW + minutes * MINUTE)
        assert progress() == ["done"]
    health_sweep.sweep(now=NOW + 65 * MINUTE)
    health_sweep.sweep(now=NOW + 66 * MINUTE)
    assert progress() == ["done", "open"]


def test_none_opens_when_it_is_well_again_in_time(check: HttpCheck, kim: User) -> None:
    ticket_changes.done(ticket=Ticket.objects.get(), user=kim, now=NOW + 60 * MINUTE)
    settle(check, state="up", now=NOW + 62 * MINUTE)
    health_sweep.sweep(now=NOW + 90 * MINUTE)
    assert progress() == ["done"]


def test_closing_what_is_well_again_or_no_incident_arms_nothing(check: HttpCheck, kim: User) -> None:
    settle(check, state="up", now=NOW + 10 * MINUTE)
    made = Ticket.objects.get()
    ticket_changes.reopen(ticket=made, user=kim, now=NOW + 11 * MINUTE)
    ticket_changes.done(ticket=made, user=kim, now=NOW + 12 * MINUTE)
    ticket_changes.done(ticket=task(check.environment, kim), user=kim, now=NOW + 12 * MINUTE)
    check.refresh_from_db()
    assert check.ticket_due_at is None


def test_taking_the_closing_back_leaves_one_incident(check: HttpCheck, kim: User) -> None:
    made = Ticket.objects.get()
    before = ticket_changes.move(ticket=made, user=kim, progress="done", now=NOW + 60 * MINUTE)
    ticket_changes.move(ticket=made, user=kim, progress=before, now=NOW + 61 * MINUTE)
    health_sweep.sweep(now=NOW + 70 * MINUTE)
    assert progress() == ["open"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_the_check_is_locked_before_the_ticket_as_everywhere_so_that_nobody_waits_for_each_other(
    check: HttpCheck, kim: User
) -> None:
    with CaptureQueriesContext(connection) as queries:
        ticket_changes.done(ticket=Ticket.objects.get(), user=kim, now=NOW + 60 * MINUTE)
    locked = [one["sql"].partition(" FROM ")[2].split('"')[1] for one in queries if " UPDATE" in one["sql"][-60:]]
    assert [name for name in locked if name.startswith("environments_")] == [
        "environments_check",
        "environments_ticket",
    ]
