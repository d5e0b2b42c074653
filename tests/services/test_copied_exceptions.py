"""Exceptions that are copied to other dates, or changed into others: all of it or nothing, and one undo."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import DayException, Environment
from environments.services import exceptions
from environments.services.exceptions import Wanted
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW, LATER, LAST = monday("10:00"), monday("10:05"), monday("10:10")
TUESDAY, WEDNESDAY, THURSDAY, SATURDAY = (date(2026, 11, day) for day in (24, 25, 26, 28))


def placed(scope: Any, *wanted: tuple[str, int | None], day: date = TUESDAY) -> list[DayException]:
    asked = [Wanted(kind, day, day, minute, "client demo") for kind, minute in wanted]
    return exceptions.place(scope=scope, wanted=asked, author=factories.operator(), now=NOW)


def in_force() -> list[tuple[int, str, int | None]]:
    return [(row.day.day, row.kind, row.minute) for row in DayException.objects.in_force().order_by("day", "kind")]


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.mark.parametrize("scope", ["environment", "team", "schedule"])
def test_a_start_and_a_stop_are_copied_to_several_days_as_one_thing_with_reason_and_author(
    chat: Environment, scope: str
) -> None:
    rows = placed(chat if scope == "environment" else getattr(chat, scope), ("start", 600), ("stop", 1200))
    operator = factories.operator()
    made = exceptions.copy(exceptions=rows, days=[THURSDAY, SATURDAY, TUESDAY], author=operator, now=LATER)
    assert in_force() == [(day, kind, at) for day in (24, 26, 28) for kind, at in (("start", 600), ("stop", 1200))]
    assert {(row.scope, row.reason, row.author) for row in made} == {(scope, "client demo", operator)}
    assert len({row.batch for row in made}) == 1


def test_a_day_that_it_is_copied_to_becomes_like_the_first_and_one_undo_brings_all_back(chat: Environment) -> None:
    placed(chat, ("off", None), day=WEDNESDAY)
    placed(chat, ("stop", 1080 + 60), day=THURSDAY)
    before = in_force()
    rows = placed(chat, ("start", 600))
    made = exceptions.copy(exceptions=rows, days=[WEDNESDAY, THURSDAY], author=factories.manager(), now=LATER)
    assert in_force() == [(24, "start", 600), (25, "start", 600), (26, "start", 600)]
    assert exceptions.undo(exceptions=made, author=factories.manager(), now=LAST) == 2
    assert in_force() == [(24, "start", 600), *before]


def test_one_day_that_it_cannot_be_for_keeps_all_of_them_from_being_written(chat: Environment) -> None:
    rows = placed(chat, ("stop", 1200))
    placed(chat, ("off", None), day=WEDNESDAY)
    before = list(DayException.objects.order_by("pk").values())
    days = [WEDNESDAY, THURSDAY, SATURDAY, date(2026, 11, 20)]
    with pytest.raises(ValidationError) as refused:
        exceptions.copy(exceptions=rows, days=days, author=factories.manager(), now=LATER)
    assert list(refused.value.message_dict) == ["days"]
    passed, weekend = refused.value.message_dict["days"]
    assert passed.startswith("2026-11-20: 2026-11-20 has passed")
    assert weekend.startswith("2026-11-28: ")
    assert list(DayException.objects.order_by("pk").values()) == before


def test_no_other_day_is_refused_and_so_is_who_may_not_decide(chat: Environment) -> None:
    rows = placed(chat.schedule, ("off", None))
    with pytest.raises(ValidationError, match="at least one other day"):
        exceptions.copy(exceptions=rows, days=[TUESDAY], author=factories.operator(), now=LATER)
    with pytest.raises(PermissionDenied):
        exceptions.copy(exceptions=rows, days=[WEDNESDAY], author=factories.manager(), now=LATER)
    assert in_force() == [(24, "off", None)]


def test_a_changed_exception_takes_the_place_of_the_old_one_and_its_undo_brings_that_back(chat: Environment) -> None:
    old = placed(chat, ("off", None))
    # With the day off still in force there would be nothing to stop.
    wanted = Wanted("stop", TUESDAY, TUESDAY, 900, "half a day")
    manager = factories.manager()
    made = exceptions.change(exceptions=old, scope=chat, wanted=wanted, author=manager, now=LATER)
    assert in_force() == [(24, "stop", 900)]
    exceptions.undo(exceptions=made, author=manager, now=LAST)
    assert in_force() == [(24, "off", None)]


def test_a_change_that_is_refused_leaves_the_old_one(chat: Environment) -> None:
    old = placed(chat, ("off", None))
    wanted = Wanted("start", date(2026, 11, 20), date(2026, 11, 20), 600, "late")
    with pytest.raises(ValidationError):
        exceptions.change(exceptions=old, scope=chat, wanted=wanted, author=factories.manager(), now=LATER)
    assert in_force() == [(24, "off", None)]
