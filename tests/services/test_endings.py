"""Overrides that are about to end: those that decide now, of whatever scope and wish, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment
from environments.services import boards, exceptions, schedules
from environments.services.boards import Filters, Need
from environments.services.exceptions import Wanted
from tests import factories
from tests.support.times import on

pytestmark = pytest.mark.django_db


def excepted(scope: Any, kind: str, day: str, minute: int | None = None) -> None:
    on_day = on(day, "12:00").date()
    wanted = Wanted(kind, on_day, on_day, minute, "demo")
    exceptions.place(scope=scope, wanted=wanted, author=factories.operator(), now=on("monday", "00:30"))


def ending(now: datetime) -> dict[str, datetime]:
    """What ends soon, after the clockwork has read each plan at this moment."""
    Environment.objects.update(next_transition_at=now)
    schedules.enforce_due(now=now)
    viewer = factories.operator()
    needing = boards.attention(viewer, now)
    shown = boards.listed(viewer, Filters(only="attention"), [one.environment_id for one in needing])
    assert {one.environment_id for one in needing} == {one.pk for one in shown}
    names = dict(Environment.objects.values_list("pk", "name"))
    return {names[one.environment_id]: one.since for one in needing if one.need is Need.ENDING and one.since}


@pytest.mark.parametrize("owner", [lambda e: e, lambda e: e.team, lambda e: e.schedule])
def test_a_later_stop_of_whatever_scope_is_told_in_its_last_hour(owner: Callable[[Environment], Any]) -> None:
    excepted(owner(factories.environment()), "stop", "monday", 22 * 60)
    assert ending(on("monday", "20:40")) == {}
    assert ending(on("monday", "21:20")) == {"chat-dev": on("monday", "22:00")}


@pytest.mark.parametrize(
    ("kind", "day", "minute", "now"),
    [
        ("on", "saturday", None, on("friday", "17:20")),
        ("stop", "tuesday", 22 * 60, on("monday", "17:20")),
        ("stop", "monday", 22 * 60, on("tuesday", "17:20")),
        ("off", "tuesday", None, on("tuesday", "23:20")),
    ],
)
def test_the_usual_end_of_a_day_beside_an_exception_needs_nobody(
    kind: str, day: str, minute: int | None, now: datetime
) -> None:
    excepted(factories.environment(), kind, day, minute)
    assert ending(now) == {}


def test_a_day_off_is_told_where_its_end_starts_what_it_kept_off() -> None:
    always = factories.schedule("Always", begin_time="00:00", end_time="24:00")
    excepted(factories.environment(schedule=always).team, "off", "tuesday")
    assert ending(on("tuesday", "23:20")) == {"chat-dev": on("wednesday", "00:00")}


@pytest.mark.parametrize("wish", ["running", "stopped"])
def test_a_hold_of_either_wish_is_told_in_its_last_hour(wish: str) -> None:
    now = on("monday", "10:00")
    factories.hold(factories.environment("soon"), wish, until=now + timedelta(minutes=30), starts_at=now)
    factories.hold(factories.environment("later"), wish, until=now + timedelta(hours=2), starts_at=now)
    assert ending(now) == {"soon": now + timedelta(minutes=30)}


def test_it_costs_as_many_queries_for_twelve_environments_as_for_three() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(boards.attention(viewer, now)) == Environment.objects.count()
        return len(queries)

    now, viewer = on("monday", "21:20"), factories.operator()
    for number in range(3):
        factories.environment(f"env-{number}", next_transition_at=on("monday", "22:00"))
    excepted(factories.team(), "stop", "monday", 22 * 60)
    Environment.objects.update(next_transition_at=on("monday", "22:00"))
    cost()  # permissions are asked once
    few = cost()
    for number in range(3, 12):
        factories.environment(f"env-{number}", next_transition_at=on("monday", "22:00"))
    assert cost() == few


def test_one_that_has_a_hold_of_its_own_is_judged_by_itself_among_others_of_one_plan() -> None:
    for name in ("alone", "beside", "held"):
        made = factories.environment(name)
    excepted(made.team, "stop", "monday", 22 * 60)
    factories.hold(made, until=on("tuesday", "02:00"), starts_at=on("monday", "21:00"))
    assert set(ending(on("monday", "21:20"))) == {"alone", "beside"}
