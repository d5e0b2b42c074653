"""When a plan wished for a change is kept with the operation: from then on lateness counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from environments.models import DayException, Environment, Operation, State, Wish
from environments.services import figures, holds, operations, schedules
from environments.targets.limits import Busy
from tests import factories
from tests.services.conftest import Scripted
from tests.support.portal import Portal, made, place
from tests.support.times import monday

pytestmark = pytest.mark.django_db


def planned(environment: Environment) -> list[tuple[str, datetime | None]]:
    """Its operations in order: kind, and for when it was planned."""
    rows = Operation.objects.filter(environment=environment).order_by("created_at", "pk")
    return list(rows.values_list("kind", "planned_at"))


def waiting(now: datetime) -> float:
    """How late the latest is by now of which AWS was asked nothing."""
    name = "daybreak_transition_waiting_oldest_seconds"
    (found,) = (one for one in figures.of_unfinished_operations(now) if one.name == name)
    return float(found.samples[0].value)


def day(scripted: Scripted) -> tuple[Environment, Portal]:
    chat = made("chat-dev", "09:00", "18:00")
    portal = Portal(monday("05:00"))
    portal.go_to(monday("08:00"))
    return chat, portal


def test_what_the_schedule_asks_for_was_planned_for_its_boundary_however_late_the_tick_comes(
    scripted: Scripted,
) -> None:
    chat, portal = day(scripted)
    portal.now = monday("09:07")  # nobody looked for seven minutes
    portal.work()
    portal.go_to(monday("18:01"))

    assert planned(chat) == [("start", monday("09:00")), ("stop", monday("18:00"))]


def test_lateness_is_what_the_downtime_cost(scripted: Scripted) -> None:
    _chat, portal = day(scripted)
    portal.now = monday("09:07")
    portal.work()

    assert figures._lateness(portal.now) == [7 * 60.0]


def test_who_waits_for_requests_that_aws_allows_is_late_until_the_first_goes_out(scripted: Scripted) -> None:
    _chat, portal = day(scripted)
    scripted.script["look"] = [Busy(40.0), Busy(100.0)]
    portal.go_to(monday("09:00"))
    assert figures._lateness(portal.now) == []
    portal.now = monday("09:00") + timedelta(seconds=30)
    assert waiting(portal.now) == 30
    portal.go_to(monday("09:05"))

    assert figures._lateness(portal.now) == [140.0]
    assert waiting(portal.now) == 0


def test_waiting_for_what_an_environment_needs_is_no_request_to_aws() -> None:
    planned_at, now = monday("09:00"), monday("09:07")
    made = factories.operation(factories.environment(), "start", "running", at=planned_at, planned_at=planned_at)
    factories.step(made, "needs", "running", target=None, started_at=planned_at)
    look = factories.step(made, "look", "pending", started_at=None)
    assert (figures._lateness(now), waiting(now)) == ([], 7 * 60)
    look.started_at = monday("09:06")
    look.save()
    assert (figures._lateness(now), waiting(now)) == ([6 * 60], 0)


def test_what_people_ask_for_was_not_planned(scripted: Scripted) -> None:
    chat, portal = day(scripted)
    manager = factories.manager()
    place(chat, Wish.RUNNING, manager, portal.now)
    portal.work()
    chat.refresh_from_db()
    holds.release(environment=chat, author=manager, now=portal.now + timedelta(minutes=5))

    assert planned(chat) == [("start", None), ("stop", None)]


def test_the_end_of_a_hold_is_planned(scripted: Scripted) -> None:
    chat, portal = day(scripted)
    place(chat, Wish.RUNNING, factories.manager(), portal.now, until=monday("08:30"))
    portal.go_to(monday("08:31"))

    assert planned(chat) == [("start", None), ("stop", monday("08:30"))]


def test_an_exception_is_planned_for_its_time(scripted: Scripted) -> None:
    chat, portal = day(scripted)
    DayException.objects.create(
        environment=chat, day="2026-11-23", kind="start", minute=8 * 60 + 20, reason="x", created_at=portal.now
    )
    schedules.plan_changed([chat.pk], now=portal.now)
    portal.go_to(monday("08:21"))

    assert planned(chat) == [("start", monday("08:20"))]


def test_a_plan_that_has_to_wait_for_a_worker_s_lease_keeps_its_time(scripted: Scripted) -> None:
    chat = made("chat-dev", "09:00", "18:00", state=State.STOPPED)
    held = {"lease_token": "x", "lease_until": monday("09:10"), "not_before": monday("08:59")}
    under_way = factories.operation(chat, "stop", "running", at=monday("08:59"), **held)
    wish = operations.Wanted("start", "schedule", {"en": "x", "ko": "x"}, planned_at=monday("09:00"))
    operations.request_many([(chat, wish)], now=monday("09:00"))
    under_way.refresh_from_db()
    assert under_way.next_wish is not None
    operations.replace(under_way, operations.noted(under_way.next_wish), monday("09:01"))

    assert planned(chat) == [("stop", None), ("start", monday("09:00"))]


def test_a_wish_that_an_older_portal_noted_is_read_all_the_same() -> None:
    wish = operations.noted({"kind": "start", "trigger": "schedule", "reason": {"en": "x"}, "actor_id": None})

    assert wish.planned_at is None
