"""Before a planned stop its people are warned: in time, once for each stop, and never of one that does not come."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from environments.models import Environment, State, Wish
from environments.services import exceptions, holds, pauses, schedules, stop_warnings
from environments.services.exceptions import Wanted
from notifications.models import Channel, Event
from tests import factories
from tests.support.times import monday, on

from .stopping import STOP, contact, mail, minute_by_minute, running, warnings

pytestmark = pytest.mark.django_db
__all__ = ["STOP", "contact", "mail", "running"]


def test_its_people_are_warned_half_an_hour_before_it_stops_and_once() -> None:
    running()
    assert minute_by_minute(monday("16:00"), monday("17:59")) == ["Mon 17:30"]
    assert warnings() == ["chat-dev stops at 18:00 (Asia/Seoul)"]
    event = Event.objects.get(kind="environment.stop_comes")
    assert (event.severity, event.until, event.link) == ("warning", STOP, "/env/chat-dev/")
    assert event.labels == {"environment": "chat-dev", "team": "Chat"}
    assert {"en": "schedule Office hours Seoul", "ko": "일정 Office hours Seoul"} in [f["value"] for f in event.fields]


def test_each_environment_says_how_long_before_and_nought_is_never() -> None:
    running("chat-early", warn_minutes=45)
    running("chat-never", warn_minutes=0)
    assert minute_by_minute(monday("17:00"), monday("18:00")) == ["Mon 17:15"]
    assert warnings() == ["chat-early stops at 18:00 (Asia/Seoul)"]


@pytest.mark.parametrize("state", [State.STOPPED, State.STOPPING, State.FAILED_TO_START, State.UNKNOWN])
def test_nobody_is_warned_of_the_stop_of_what_does_not_run(state: State) -> None:
    running(state=state)
    assert stop_warnings.warn_due(now=monday("17:40")) == 0


def test_what_is_being_started_counts_as_running() -> None:
    running(state=State.STARTING)
    assert stop_warnings.warn_due(now=monday("17:40")) == 1


def test_a_stop_that_is_moved_is_warned_of_anew(mail: Channel) -> None:
    chat = running()
    stop_warnings.warn_due(now=monday("17:30"))
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=monday("20:00"), author=factories.manager(), now=monday("17:35")
    )
    assert minute_by_minute(monday("17:36"), monday("19:59")) == ["Mon 19:30"]
    assert warnings() == ["chat-dev stops at 18:00 (Asia/Seoul)", "chat-dev stops at 20:00 (Asia/Seoul)"]


def test_a_stop_that_comes_back_after_another_was_told_is_told_again() -> None:
    chat = running()
    stop_warnings.warn_due(now=monday("17:30"))
    author = factories.manager()
    holds.place(environment=chat, desired=Wish.RUNNING, until=monday("18:10"), author=author, now=monday("17:41"))
    assert stop_warnings.warn_due(now=monday("17:42")) == 1
    holds.release(environment=chat, author=author, now=monday("17:45"))
    assert stop_warnings.warn_due(now=monday("17:46")) == 1
    assert [title.split()[3] for title in warnings()] == ["18:00", "18:10", "18:00"]


def test_the_end_of_a_hold_that_the_plan_goes_on_after_is_no_stop() -> None:
    chat = running(state=State.STOPPED, wish=Wish.STOPPED, next_transition_at=on("tuesday", "09:00"))
    holds.place(
        environment=chat,
        desired=Wish.RUNNING,
        until=on("tuesday", "10:00"),
        author=factories.operator(),
        now=on("tuesday", "08:00"),
    )
    Environment.objects.update(state=State.RUNNING)
    assert minute_by_minute(on("tuesday", "08:30"), on("tuesday", "10:30")) == []
    assert minute_by_minute(on("tuesday", "17:00"), on("tuesday", "18:00")) == ["Tue 17:30"]


def test_a_day_that_goes_on_beyond_six_warns_nobody_at_half_past_five() -> None:
    chat = running()
    wanted = Wanted("stop", date(2026, 11, 23), date(2026, 11, 23), 21 * 60, "release")
    exceptions.place(scope=chat, wanted=wanted, author=factories.manager(), now=monday("12:00"))
    schedules.enforce_due(now=monday("12:00"))
    assert minute_by_minute(monday("17:00"), monday("21:00")) == ["Mon 20:30"]


def test_a_paused_schedule_stops_nothing_and_warns_nobody() -> None:
    chat = running()
    pauses.place(environment=chat, until=on("wednesday", "00:00"), author=factories.operator(), now=monday("12:00"))
    schedules.enforce_due(now=monday("12:00"))
    assert minute_by_minute(monday("17:00"), monday("18:30")) == []


def test_less_than_two_minutes_before_nobody_is_told_any_more() -> None:
    running()
    assert minute_by_minute(monday("17:59"), monday("18:10")) == []
    assert stop_warnings.warn_due(now=monday("17:58")) == 1


def test_what_others_need_for_longer_is_not_announced_to_stop() -> None:
    database = running("database")
    needing = running("chat-late", next_transition_at=monday("22:00"), warn_minutes=0)
    needing.needs.add(database)
    wanted = Wanted("stop", date(2026, 11, 23), date(2026, 11, 23), 22 * 60, "release")
    exceptions.place(scope=needing, wanted=wanted, author=factories.manager(), now=monday("12:00"))
    assert stop_warnings.warn_due(now=monday("17:30")) == 0
    needing.needs.clear()
    assert stop_warnings.warn_due(now=monday("17:30")) == 1


def test_what_others_need_as_long_as_itself_is() -> None:
    database = running("database")
    running("chat-dev").needs.add(database)
    assert stop_warnings.warn_due(now=monday("17:30")) == 2


def test_what_is_spared_the_end_of_its_period_is_not_announced_to_stop() -> None:
    chat = running(retained=True)
    chat.schedule.retain_running = True  # type: ignore[union-attr]
    chat.schedule.save()  # type: ignore[union-attr]
    assert stop_warnings.warn_due(now=monday("17:30")) == 0


def test_its_last_day_is_a_stop_like_others_even_where_it_is_held() -> None:
    chat = running(schedule=None, expires_on=date(2026, 11, 23), next_transition_at=on("tuesday", "00:00"))
    until = on("tuesday", "10:00")
    holds.place(environment=chat, desired=Wish.RUNNING, until=until, author=factories.operator(), now=monday("12:00"))
    assert minute_by_minute(monday("23:00"), monday("23:59")) == ["Mon 23:30"]
    assert warnings() == ["chat-dev stops at Tue 00:00 (Asia/Seoul)"]


def test_where_no_stop_comes_it_costs_one_query(django_assert_num_queries: Any) -> None:
    for number in range(5):
        running(f"env-{number}")
    with django_assert_num_queries(1):
        assert stop_warnings.warn_due(now=monday("12:00")) == 0
    stop_warnings.warn_due(now=monday("17:30"))
    with django_assert_num_queries(1):
        assert stop_warnings.warn_due(now=monday("17:31")) == 0


def test_reading_many_takes_as_many_queries_as_reading_one(
    django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the publishing come on top, one event each."""
    monkeypatch.setattr(stop_warnings, "_told", lambda *given: True)
    running("env-0")
    with django_assert_max_num_queries(60) as one:
        assert stop_warnings.warn_due(now=monday("17:30")) == 1
    for number in range(1, 8):
        running(f"env-{number}")
    with django_assert_max_num_queries(len(one)):
        assert stop_warnings.warn_due(now=monday("17:30")) == 8


def test_two_rounds_at_once_tell_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running()
    tell = stop_warnings._told

    def overtaken(*given: Any) -> bool:
        """Another round is through with all of it before this one writes."""
        monkeypatch.setattr(stop_warnings, "_told", tell)
        assert stop_warnings.warn_due(now=monday("17:30")) == 1
        return tell(*given)

    monkeypatch.setattr(stop_warnings, "_told", overtaken)
    assert stop_warnings.warn_due(now=monday("17:30")) == 0
    assert len(warnings()) == 1


def test_a_plan_that_cannot_be_read_keeps_nobody_else_from_being_warned() -> None:
    faulty = running("faulty", schedule=factories.schedule("Faulty"))
    faulty.schedule.periods.update(weekdays="someday")  # type: ignore[union-attr]
    running()
    assert stop_warnings.warn_due(now=monday("17:30")) == 1
    assert warnings() == ["chat-dev stops at 18:00 (Asia/Seoul)"]
