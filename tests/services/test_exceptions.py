"""Exceptions of single days: another wish for a date, with a reason, that reverts by itself."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
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
    _place(chat if scope == "environment" else getattr(chat, scope), "off", TUESDAY, author=factories.operator())
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
        (Wanted("off", MONDAY, MONDAY, None, "x" * 201), "reason", "200 characters at most"),
        (Wanted("maybe", MONDAY, MONDAY, None, "x"), "kind", "Choose one"),
        (Wanted("off", date(2026, 11, 22), MONDAY, None, "x"), "first", "has passed"),
        (Wanted("off", TUESDAY, MONDAY, None, "x"), "last", "before the first"),
        (Wanted("off", MONDAY, date(2028, 1, 1), None, "x"), "last", "More than 366 days"),
        (Wanted("stop", SATURDAY, SATURDAY, 20 * 60, "x"), "time", "Nothing runs on 2026-11-28"),
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
    manager.get_all_permissions()  # read once and kept
    for made in (one, range_of_six):
        with CaptureQueriesContext(connection) as queries:
            exceptions.remove(exceptions=made, author=manager, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _in_force() -> list[tuple[int, str, int | None]]:
    rows = DayException.objects.in_force().order_by("day", "kind", "pk")
    return [(row.day.day, row.kind, row.minute) for row in rows]


def _hours(first: date, start: str, stop: str, last: date | None = None) -> list[Wanted]:
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (start, stop))
    return [
        Wanted("start", first, last or first, begin, "client demo"),
        Wanted("stop", first, last or first, end, "client demo"),
    ]


def test_a_start_and_a_stop_are_made_together_and_judged_as_one() -> None:
    chat = factories.environment()
    made = exceptions.place(scope=chat, wanted=_hours(SATURDAY, "10:00", "14:00"), author=factories.manager(), now=NOW)
    assert len({row.batch for row in made}) == 1
    found = [_wish(chat, on("saturday", clock)) for clock in ("09:59", "10:00", "13:59", "14:00")]
    assert found == ["stopped", "running", "running", "stopped"]


def test_other_hours_on_several_days_are_the_same_hours_on_each() -> None:
    chat = factories.environment()
    wanted = _hours(MONDAY, "11:00", "20:00", date(2026, 11, 25))
    exceptions.place(scope=chat, wanted=wanted, author=factories.manager(), now=NOW)
    for day in ("monday", "tuesday", "wednesday"):
        found = [_wish(chat, on(day, clock)) for clock in ("10:30", "11:00", "19:59", "20:00")]
        assert found == ["stopped", "running", "running", "stopped"]
    assert _wish(chat, on("thursday", "10:00")) == "running"


def test_a_start_after_the_stop_that_it_comes_with_is_refused_and_neither_is_written() -> None:
    chat = factories.environment()
    with pytest.raises(ValidationError, match="is not after the start at 20:00"):
        exceptions.place(scope=chat, wanted=_hours(MONDAY, "20:00", "19:00"), author=factories.manager(), now=NOW)
    assert not DayException.objects.exists()


def test_new_hours_replace_old_ones_even_where_they_contradict_them() -> None:
    chat = factories.environment()
    manager = factories.manager()
    exceptions.place(scope=chat, wanted=_hours(MONDAY, "10:00", "14:00"), author=manager, now=NOW)
    exceptions.place(scope=chat, wanted=_hours(MONDAY, "15:00", "20:00"), author=manager, now=NOW)
    assert _in_force() == [(23, "start", 900), (23, "stop", 1200)]


def test_a_stop_at_midnight_is_the_midnight_that_ends_the_day() -> None:
    chat = factories.environment()
    _place(chat, "stop", MONDAY, minute=0)
    assert _in_force() == [(23, "stop", 1440)]
    assert _wish(chat, monday("23:59")) == "running"
    assert _wish(chat, on("tuesday", "00:00")) == "stopped"


def test_times_are_wall_times_of_the_schedule_wherever_the_environment_is_shown() -> None:
    chat = factories.environment(timezone="Europe/London")
    _place(chat, "stop", MONDAY, minute=20 * 60)
    assert (_wish(chat, monday("19:59")), _wish(chat, monday("20:00"))) == ("running", "stopped")
    assert exceptions.zones(chat) == ["Asia/Seoul"]


def test_the_same_wall_time_holds_before_and_after_the_clocks_change() -> None:
    """London's clocks go forward on 28 March 2027."""
    london = factories.schedule("London", timezone="Europe/London", begin_time="09:00", end_time="18:00")
    chat = factories.environment(schedule=london)
    _place(chat, "stop", date(2027, 3, 27), date(2027, 3, 28), minute=20 * 60)
    assert _wish(chat, datetime(2027, 3, 27, 19, 59, tzinfo=UTC)) == "running"
    assert _wish(chat, datetime(2027, 3, 27, 20, 0, tzinfo=UTC)) == "stopped"
    assert _wish(chat, datetime(2027, 3, 28, 18, 59, tzinfo=UTC)) == "running"
    assert _wish(chat, datetime(2027, 3, 28, 19, 0, tzinfo=UTC)) == "stopped"


def test_whether_a_date_has_passed_is_judged_where_the_schedule_is() -> None:
    """At ten on Monday in Seoul it is still Sunday in New York."""
    chat = factories.environment(schedule=factories.schedule("New York", timezone="America/New_York"))
    assert _place(chat, "off", date(2026, 11, 22))
    with pytest.raises(ValidationError, match="has passed"):
        _place(factories.environment("other"), "off", date(2026, 11, 22))


def test_on_the_night_that_a_window_runs_over_midnight_the_exception_goes_with_the_day_it_began_on() -> None:
    night = factories.schedule("Night", begin_time="22:00", end_time="06:00", weekdays="mon-fri")
    chat = factories.environment(schedule=night)
    _place(chat, "off", MONDAY)
    assert _wish(chat, monday("23:00")) == "stopped"
    assert _wish(chat, on("tuesday", "05:00")) == "stopped"
    assert _wish(chat, on("tuesday", "23:00")) == "running"
    _place(chat, "stop", TUESDAY, minute=4 * 60)
    assert (_wish(chat, on("wednesday", "03:59")), _wish(chat, on("wednesday", "04:00"))) == ("running", "stopped")


def test_today_starts_what_is_stopped_at_the_same_instant(
    published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    """Nothing waits for the minute: the wake-up goes out with the commit, and what is due is judged at that `now`."""
    now = monday("21:00")
    chat = factories.environment(
        state=State.STOPPED, wish=Wish.STOPPED, judged_at=now, next_transition_at=on("tuesday", "09:00")
    )
    with django_capture_on_commit_callbacks(execute=True):
        made = _place(chat.team, "on", MONDAY, now=now)
    assert published == ["environments.tasks.tick"]
    assert schedules.enforce_due(now=now) == 1
    assert (Operation.objects.get().kind, Operation.objects.get().trigger) == ("start", "exception")
    with django_capture_on_commit_callbacks(execute=True):
        exceptions.remove(exceptions=made, author=factories.manager(), now=now)
    assert published.count("environments.tasks.tick") == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_who_set_the_same_day_at_once_leave_one_in_force() -> None:
    chat = factories.environment()
    people = [factories.manager(), factories.operator()]
    failures: list[BaseException] = []
    barrier = threading.Barrier(2)

    def set_it(author: User) -> None:
        try:
            barrier.wait()
            _place(chat, "off", TUESDAY, author=author)
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)
        finally:
            connections.close_all()

    for _round in range(5):
        threads = [threading.Thread(target=set_it, args=(author,)) for author in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert _in_force() == [(24, "off", None)]
    assert DayException.objects.count() == 10
