"""Exceptions of single days: another wish for a date, with a reason, that reverts by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from environments import rules
from environments.models import DayException, Environment, Operation, State, Wish
from environments.services import exceptions, schedules
from environments.services.exceptions import Wanted
from environments.services.specs import spec_of
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
MONDAY, TUESDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 28)


def _place(
    scope: Any, kind: str, first: date, last: date | None = None, minute: int | None = None
) -> list[DayException]:
    wanted = Wanted(kind, first, last or first, minute, "client demo")
    return exceptions.place(scope=scope, wanted=wanted, author=factories.manager(), now=NOW)


def _wish(chat: Environment, at: Any) -> str:
    planned = Environment.objects.with_plan(NOW).get(pk=chat.pk)
    return str(rules.explain(spec_of(planned, NOW), at).desired)


def test_a_later_stop_today_works_on_todays_window_and_reverts_by_itself() -> None:
    chat = factories.environment()
    _place(chat, "stop", MONDAY, minute=20 * 60)
    assert _wish(chat, monday("19:59")) == "running"
    assert _wish(chat, monday("20:00")) == "stopped"
    assert _wish(chat, on("tuesday", "18:00")) == "stopped"


def test_today_takes_effect_within_seconds_not_at_the_next_minute(
    published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    chat = factories.environment(
        state=State.RUNNING, wish=Wish.RUNNING, judged_at=monday("09:00"), next_transition_at=monday("18:00")
    )
    with django_capture_on_commit_callbacks(execute=True):
        _place(chat, "off", MONDAY)
    assert "environments.tasks.tick" in published
    schedules.enforce_due(now=NOW)
    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger) == ("stop", "exception")
    assert "client demo" in operation.reason["en"]


def test_a_range_is_a_row_a_day_made_together_and_planned_as_one() -> None:
    chat = factories.environment()
    made = _place(chat, "off", MONDAY, SATURDAY)
    assert [row.day.day for row in made] == [23, 24, 25, 26, 27, 28]
    assert len({row.batch for row in made}) == 1
    planned = Environment.objects.with_plan(NOW).get(pk=chat.pk)
    (one,) = spec_of(planned, NOW).exceptions
    assert (one.first, one.last) == (MONDAY, SATURDAY)


@pytest.mark.parametrize("scope", ["environment", "team", "schedule"])
def test_it_works_for_an_environment_a_team_and_a_schedule(scope: str) -> None:
    chat = factories.environment()
    other = factories.environment("other", team=factories.team("Payments"), schedule=factories.schedule("Other"))
    _place(chat if scope == "environment" else getattr(chat, scope), "off", TUESDAY)
    assert _wish(chat, on("tuesday", "10:00")) == "stopped"
    assert _wish(other, on("tuesday", "10:00")) == "running"


def test_a_second_one_of_the_same_scope_date_and_kind_replaces_the_first_and_both_stay_in_the_history() -> None:
    chat = factories.environment()
    _place(chat, "stop", MONDAY, minute=20 * 60)
    _place(chat, "stop", MONDAY, minute=22 * 60)
    assert _wish(chat, monday("21:00")) == "running"
    assert list(DayException.objects.order_by("pk").values_list("minute", "ended_at")) == [(1200, NOW), (1320, None)]


def test_the_database_keeps_one_in_force() -> None:
    chat = factories.environment()
    _place(chat, "off", MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        DayException.objects.create(environment=chat, day=MONDAY, kind="off", reason="x", created_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        DayException.objects.create(
            environment=chat, team=chat.team, day=TUESDAY, kind="off", reason="x", created_at=NOW
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        DayException.objects.create(environment=chat, day=TUESDAY, kind="stop", reason="x", created_at=NOW)


@pytest.mark.parametrize(
    ("wanted", "field", "words"),
    [
        (Wanted("off", MONDAY, MONDAY, None, "  "), "reason", "Say why"),
        (Wanted("off", date(2026, 11, 22), MONDAY, None, "x"), "first", "has passed"),
        (Wanted("off", TUESDAY, MONDAY, None, "x"), "last", "before the first"),
        (Wanted("off", MONDAY, date(2028, 1, 1), None, "x"), "last", "more than 366 days"),
        (Wanted("stop", SATURDAY, SATURDAY, 20 * 60, "x"), "time", "nothing runs on 2026-11-28"),
        (Wanted("stop", MONDAY, MONDAY, None, "x"), "time", "need a time of the day"),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_field_and_nothing_is_written(
    wanted: Wanted, field: str, words: str
) -> None:
    chat = factories.environment()
    with pytest.raises(ValidationError) as refused:
        exceptions.place(scope=chat, wanted=wanted, author=factories.manager(), now=NOW)
    assert words in refused.value.message_dict[field][0]
    assert not DayException.objects.exists()


def test_a_stop_at_or_before_the_start_of_the_same_day_is_refused() -> None:
    chat = factories.environment()
    _place(chat, "start", SATURDAY, minute=14 * 60)
    with pytest.raises(ValidationError, match="is not after the start at 14:00"):
        _place(chat, "stop", SATURDAY, minute=14 * 60)
    _place(chat, "stop", SATURDAY, minute=16 * 60)
    assert _wish(chat, on("saturday", "15:00")) == "running"
    assert _wish(chat, on("saturday", "16:00")) == "stopped"


def test_removing_one_lets_the_plan_decide_again_and_can_be_undone() -> None:
    chat = factories.environment()
    made = _place(chat, "off", TUESDAY)
    assert exceptions.remove(exceptions=made, author=factories.manager(), now=NOW) == 1
    assert _wish(chat, on("tuesday", "10:00")) == "running"
    ended = list(DayException.objects.all())
    assert exceptions.restore(exceptions=ended, author=factories.manager(), now=NOW) == 1
    assert _wish(chat, on("tuesday", "10:00")) == "stopped"
    assert exceptions.restore(exceptions=ended, author=factories.manager(), now=NOW) == 0


def test_the_resulting_day_is_seen_before_anything_is_saved() -> None:
    chat = factories.environment()
    planned = Environment.objects.with_plan(NOW).get(pk=chat.pk)
    wanted = Wanted("stop", MONDAY, MONDAY, 20 * 60, "demo")
    preview = exceptions.preview(planned, chat, wanted, NOW)
    assert rules.explain(preview, monday("19:00")).desired == "running"
    assert not DayException.objects.exists()


def test_removing_a_range_takes_as_many_queries_as_removing_one_day() -> None:
    chat = factories.environment()
    one, range_of_six = _place(chat, "on", TUESDAY), _place(chat, "off", MONDAY, SATURDAY)
    manager, counts = factories.manager(), []
    for made in (one, range_of_six):
        with CaptureQueriesContext(connection) as queries:
            exceptions.remove(exceptions=made, author=manager, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
