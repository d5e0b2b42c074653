"""Until when what runs against its plan goes on: until the plan that takes over stops it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Schedule, State, Wish
from environments.services.running_on import LeftRunning, left_running, runs_until
from environments.services.specs import spec_of
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
EVENING, DAY = monday("20:00"), timedelta(days=1)


def found(now: datetime = EVENING, **fields: Any) -> tuple[LeftRunning | None, datetime | None]:
    """Of what runs though its plan has it stopped, unless told otherwise."""
    stands: dict[str, Any] = {"state": State.RUNNING, "wish": Wish.STOPPED, "judged_at": monday("18:00")}
    made = factories.environment(**(stands | fields))
    fresh = Environment.objects.with_plan(now).get(pk=made.pk)
    spec = spec_of(fresh, now)
    return left_running(fresh, spec, now), runs_until(fresh, spec, now)


def test_it_is_left_alone_until_its_plan_starts_it_and_stopped_when_that_stops_it() -> None:
    assert found() == (LeftRunning(monday("09:00") + DAY, monday("18:00") + DAY), monday("18:00") + DAY)


def test_what_its_plan_then_leaves_as_it_is_runs_on_until_the_stop_after_that() -> None:
    stop_only = factories.schedule("Home time", end_time="18:00", weekdays="mon-fri")
    left, stop = found(schedule=stop_only)
    assert left == LeftRunning(monday("00:00") + DAY, monday("18:00") + DAY)
    assert stop == monday("18:00") + DAY


def test_where_its_plan_never_changes_no_stop_is_in_sight() -> None:
    never = Schedule.objects.create(name="Never", timezone="Asia/Seoul", override="stopped")
    assert found(schedule=never) == (LeftRunning(None, None), None)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.STOPPED},
        {"state": State.STOPPING},
        {"wish": Wish.RUNNING},
    ],
)
def test_what_is_stopped_or_about_to_be_is_not_left_running(fields: dict[str, Any]) -> None:
    assert found(**fields) == (None, None)


def test_what_runs_as_planned_runs_until_its_planned_stop() -> None:
    assert found(monday("10:00"), wish=Wish.RUNNING) == (None, monday("18:00"))


def test_what_ran_when_it_was_added_is_left_running_too() -> None:
    left, _stop = found(wish=Wish.ANY, judged_at=None)
    assert left is not None
