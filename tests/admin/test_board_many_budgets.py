"""Several at once: what a used-up budget forbids is said before the click, also where it is that of something needed.

It is Monday, 23 November 2026. A front needs an interface, which needs a database, whose own budget of two dollars is
used up at eleven; each is on from nine to six by its plan.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.admin import board_forecast, board_rows
from environments.admin.board_forecast import Line
from environments.models import Environment
from tests import factories
from tests.services.budgeting import budget, environment, started
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOON, EVENING = monday("12:00"), monday("20:00")


@pytest.fixture
def front() -> Environment:
    database, interface, made = (environment(name) for name in ("db", "api", "front"))
    made.needs.add(interface)
    interface.needs.add(database)
    budget(database, "2", blocks_extensions=True)
    started(database, monday("09:00"))
    return made


def foreseen(
    verb: str, *chosen: Environment, at: datetime, state: str = "running", who: User | None = None
) -> list[Line]:
    ids = [one.pk for one in chosen]
    Environment.objects.filter(pk__in=ids).update(state=state, wish=state, judged_at=at)
    user = who or factories.manager()
    rows = board_rows.rows_of(user, ids, at, may_switch=True)
    return board_forecast.forecasts(verb, [rows[pk] for pk in ids], user, at, on("saturday", "12:00").date())


@pytest.mark.parametrize(
    ("verb", "at", "state"), [("keep", NOON, "running"), ("start", EVENING, "stopped"), ("on", NOON, "running")]
)
def test_what_would_keep_something_needed_on_beyond_its_budget_is_said_before_the_click(
    verb: str, at: datetime, state: str, front: Environment
) -> None:
    (line,) = foreseen(verb, front, at=at, state=state)
    assert not line.is_fine
    assert line.text.startswith("front needs db, and the budget of db for this month is used up ($")
    (line,) = foreseen(verb, front, at=at, state=state, who=factories.operator())
    assert line.is_fine


@pytest.mark.parametrize(("verb", "state"), [("start", "stopped"), ("stop", "running"), ("off", "running")])
def test_what_the_plan_wishes_for_anyway_and_what_stops_is_not_refused(
    verb: str, state: str, front: Environment
) -> None:
    (line,) = foreseen(verb, front, at=NOON, state=state)
    assert line.is_fine


def test_what_others_plans_keep_on_anyway_is_not_refused(front: Environment) -> None:
    late = environment("late", schedule=factories.schedule("late", begin_time="09:00", end_time="21:00"))
    late.needs.add(Environment.objects.get(name="db"))
    (line,) = foreseen("keep", front, at=NOON)
    assert line.is_fine


def test_of_another_teams_budget_nothing_but_that_it_is_used_up_is_said(front: Environment) -> None:
    Environment.objects.filter(name="db").update(team=factories.team("Payments"))
    (line,) = foreseen("keep", front, at=NOON)
    assert line.text.startswith("front needs an environment of another team whose budget for this month is used up")
    assert "db" not in line.text


@pytest.mark.parametrize("verb", ["keep", "on"])
def test_it_takes_as_many_queries_for_many_as_for_few(verb: str, front: Environment) -> None:
    def one_more(number: int) -> Environment:
        database = environment(f"db-{number}")
        budget(database, "2", blocks_extensions=True)
        started(database, monday("09:00"))
        made = environment(f"front-{number}", schedule=factories.schedule(f"Hours {number}"))
        made.needs.add(database)
        return made

    def queries(chosen: list[Environment]) -> int:
        with CaptureQueriesContext(connection) as found:
            lines = foreseen(verb, *chosen, at=NOON)
        assert not any(line.is_fine for line in lines)
        return len(found)

    few = [front, one_more(0)]
    queries(few)
    count = queries(few)
    assert queries([*few, *(one_more(number) for number in range(1, 7))]) == count
