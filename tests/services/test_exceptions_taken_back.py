"""Ending exceptions, and taking that or their placement back: exactly as it was, all or nothing, by those who may."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import DayException
from environments.services import exceptions
from environments.services.exceptions import Wanted
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
MONDAY, TUESDAY, WEDNESDAY, SATURDAY = (date(2026, 11, day) for day in (23, 24, 25, 28))


def _place(
    scope: Any,
    kind: str,
    first: date,
    last: date | None = None,
    minute: int | None = None,
    *,
    author: User | None = None,
    now: datetime = NOW,
) -> list[DayException]:
    wanted = Wanted(kind, first, last or first, minute, "client demo")
    return exceptions.place(scope=scope, wanted=wanted, author=author or factories.manager(), now=now)


def _in_force() -> list[tuple[int, str, int | None]]:
    rows = DayException.objects.in_force().order_by("day", "kind", "pk")
    return [(row.day.day, row.kind, row.minute) for row in rows]


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("viewer", set()),
        ("outsider", set()),
        ("manager", {"environment", "team"}),
        ("operator", {"environment", "team", "schedule"}),
    ],
)
def test_every_door_is_closed_to_those_who_may_not(who: str, allowed: set[str]) -> None:
    chat, operator = factories.environment(), factories.operator()
    user = getattr(factories, who)()
    for scope in ("environment", "team", "schedule"):
        of: Any = chat if scope == "environment" else getattr(chat, scope)
        if scope in allowed:
            made = _place(of, "off", TUESDAY, author=user)
            assert exceptions.remove(exceptions=made, author=user, now=NOW) == 1
            assert exceptions.restore(exceptions=made, author=user, now=NOW) == 1
            assert exceptions.undo(exceptions=made, author=user, now=NOW) == 1
            continue
        with pytest.raises(PermissionDenied):
            _place(of, "off", TUESDAY, author=user)
        made = _place(of, "off", TUESDAY, author=operator)
        for act in (exceptions.remove, exceptions.undo):
            with pytest.raises(PermissionDenied):
                act(exceptions=made, author=user, now=NOW)
        exceptions.remove(exceptions=made, author=operator, now=NOW)
        with pytest.raises(PermissionDenied):
            exceptions.restore(exceptions=made, author=user, now=NOW)
    assert _in_force() == []


def test_of_several_to_end_one_that_is_not_theirs_keeps_all_of_them() -> None:
    own, other = factories.environment(), factories.environment("pay-dev", team=factories.team("Payments"))
    made = _place(own, "off", TUESDAY) + _place(other, "off", TUESDAY, author=factories.operator())
    with pytest.raises(PermissionDenied, match="pay-dev"):
        exceptions.remove(exceptions=made, author=factories.manager(), now=NOW)
    assert len(_in_force()) == 2


def test_days_that_have_passed_are_not_ended_any_more() -> None:
    made = _place(factories.environment(), "off", MONDAY, WEDNESDAY)
    assert exceptions.remove(exceptions=made, author=factories.manager(), now=on("tuesday", "08:00")) == 2
    assert _in_force() == [(23, "off", None)]


def test_a_placement_that_is_taken_back_brings_back_what_it_replaced() -> None:
    chat, manager = factories.environment(), factories.manager()
    _place(chat, "stop", TUESDAY, minute=20 * 60, now=monday("08:00"))
    first = _place(chat, "off", MONDAY, SATURDAY, now=monday("08:30"))
    before = _in_force()
    second = _place(chat, "off", TUESDAY, WEDNESDAY, now=monday("09:00"))
    assert exceptions.undo(exceptions=second, author=manager, now=NOW) == 2
    assert {row.batch for row in DayException.objects.in_force().filter(kind="off")} == {first[0].batch}
    assert _in_force() == before
    assert exceptions.undo(exceptions=second, author=manager, now=NOW) == 0


def test_of_several_that_took_each_other_s_place_only_the_last_comes_back() -> None:
    chat, manager = factories.environment(), factories.manager()
    for minute in (1140, 1200, 1260):
        made = _place(chat, "stop", TUESDAY, minute=minute)
    exceptions.undo(exceptions=made, author=manager, now=NOW)
    assert _in_force() == [(24, "stop", 1200)]


def test_what_comes_back_keeps_its_author_and_its_age_and_who_brought_it_back_is_kept_too() -> None:
    operator, manager = factories.operator(), factories.manager()
    made = _place(factories.environment(), "on", TUESDAY, now=monday("08:00"), author=operator)
    exceptions.remove(exceptions=made, author=manager, now=monday("09:00"))
    exceptions.restore(exceptions=made, author=manager, now=NOW)
    row = DayException.objects.get()
    assert (row.author, row.created_at, row.ended_at, row.ended_by) == (operator, monday("08:00"), None, None)
    assert LogEntry.objects.get().user == manager


def test_a_range_comes_back_as_a_whole_or_not_at_all_and_says_what_is_in_its_way() -> None:
    chat = factories.environment()
    made = _place(chat, "off", MONDAY, SATURDAY, now=monday("08:00"))
    exceptions.remove(exceptions=made, author=factories.manager(), now=monday("09:00"))
    _place(chat, "off", TUESDAY)
    with pytest.raises(ValidationError, match="2026-11-24 cannot come back: another exception of the same kind"):
        exceptions.restore(exceptions=made, author=factories.manager(), now=NOW)
    assert _in_force() == [(24, "off", None)]


def test_a_stop_does_not_come_back_beside_a_start_that_is_later_now() -> None:
    chat = factories.environment()
    made = _place(chat, "stop", TUESDAY, minute=14 * 60)
    exceptions.remove(exceptions=made, author=factories.manager(), now=NOW)
    _place(chat, "start", TUESDAY, minute=15 * 60)
    with pytest.raises(ValidationError, match="stop at 14:00 would not be after the start at 15:00"):
        exceptions.restore(exceptions=made, author=factories.manager(), now=NOW)


def test_of_a_range_the_days_to_come_come_back_and_one_that_is_over_does_not() -> None:
    manager = factories.manager()
    made = _place(factories.environment(), "off", MONDAY, TUESDAY)
    exceptions.remove(exceptions=made, author=manager, now=NOW)
    assert exceptions.restore(exceptions=made, author=manager, now=on("tuesday", "08:00")) == 1
    assert _in_force() == [(24, "off", None)]
    exceptions.remove(exceptions=made, author=manager, now=on("tuesday", "08:00"))
    with pytest.raises(ValidationError, match="its days have passed"):
        exceptions.restore(exceptions=made, author=manager, now=on("wednesday", "08:00"))
