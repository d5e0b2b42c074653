"""Who extended how often, in a team's report: holds count for the team that had the environment then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from environments.models import Environment, Team
from environments.services import report_holds
from environments.services.cost_outlook import Extensions
from environments.services.cost_sums import Span
from tests import factories
from tests.support.times import SEOUL

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
LATER = datetime(2026, 12, 2, tzinfo=SEOUL)


def at(day: int, hour: int = 9, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SEOUL)


@pytest.fixture
def chat() -> Environment:
    with time_machine.travel(at(1, month=10), tick=False):
        return factories.environment("chat", team=factories.team())


def held(of: Environment, begin: datetime, hours: int, **fields: Any) -> None:
    end = begin + timedelta(hours=hours)
    times: dict[str, Any] = {"starts_at": begin, "created_at": begin, "until": end, "ended_at": end}
    factories.hold(of, **(times | {"author": factories.manager()} | fields))


def moved(of: Environment, day: int) -> Team:
    with time_machine.travel(at(day), tick=False):
        of.team = factories.team("Newcomers")
        of.save()
    return of.team


def removed(of: Environment, when: datetime) -> None:
    with time_machine.travel(when, tick=False):
        of.delete()


def of(team: Team, span: Span = NOVEMBER) -> dict[int | None, Extensions]:
    return report_holds.extensions_of_each(team=team, span=span, now=LATER)


def test_a_hold_stays_with_the_team_that_had_the_environment_on_its_first_day(chat: Environment) -> None:
    old = chat.team
    held(chat, at(10), 48)
    new = moved(chat, 11)
    held(chat, at(20), 3)
    (person,) = of(old)
    assert of(old) == {person: Extensions(1, 1, timedelta(hours=48))}
    assert of(new) == {person: Extensions(1, 1, timedelta(hours=3))}


def test_on_the_day_of_a_move_it_is_with_the_team_that_has_the_day_s_costs(chat: Environment) -> None:
    old = chat.team
    factories.daily_run(chat, date(2026, 11, 11))
    new = moved(chat, 11)
    held(chat, at(11, 20), 2)
    assert [found.holds for found in of(old).values()] == [1]
    assert of(new) == {}


def test_holds_of_removed_environments_count_until_they_were_removed(chat: Environment) -> None:
    team = chat.team
    held(chat, at(10), 5)
    held(chat, at(12), 99, ended_at=None)
    held(chat, at(8), 5, desired="stopped", author=None)
    removed(chat, at(12, 11))
    (found,) = of(team).values()
    assert found == Extensions(2, 1, timedelta(hours=7))


def test_people_who_are_no_more_are_one_line_also_those_of_removed_environments(chat: Environment) -> None:
    other = factories.environment("other")
    held(chat, at(10), 5)
    held(other, at(11), 1, author=None)
    team = chat.team
    removed(chat, at(12))
    factories.manager().delete()
    assert of(team) == {None: Extensions(2, 1, timedelta(hours=6))}


def test_a_month_begins_and_ends_by_the_clock_of_the_environment_that_it_had(chat: Environment) -> None:
    team = chat.team
    held(chat, datetime(2026, 10, 31, 20, tzinfo=SEOUL), 10)
    october = Span(date(2026, 10, 1), date(2026, 10, 31))
    for _there in (True, False):
        assert [found.kept_on for found in of(team).values()] == [timedelta(hours=6)]
        assert [found.kept_on for found in of(team, october).values()] == [timedelta(hours=4)]
        if chat.pk:
            removed(chat, at(12))


def test_many_holds_take_as_many_queries_as_one(chat: Environment, django_assert_max_num_queries: Any) -> None:
    for n in range(5):
        one = factories.environment(f"e{n}")
        held(one, at(n + 1), 2)
        if n % 2:
            one.delete()
    with django_assert_max_num_queries(11):
        assert sum(found.holds for found in of(chat.team).values()) == 5
