"""Exceptions, holds and pauses are told to those who want to hear of them: one act of a person is one event."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from environments import override_events
from environments.models import DayException, Environment, Hold, Pause, State, Wish
from environments.services import exceptions, holds, pauses, schedules
from environments.services.exceptions import Wanted
from notifications import kinds
from notifications.models import Event
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)


def stopped(name: str = "chat-dev", **fields: Any) -> Environment:
    return factories.environment(name, **({"state": State.STOPPED, "wish": Wish.STOPPED} | fields))


def told() -> list[tuple[str, str]]:
    rows = Event.objects.exclude(kind__startswith="environment.").order_by("pk")
    return [(event.kind, event.title["en"]) for event in rows]


def place(scope: Any, kind: str = "off", first: date = TUESDAY, last: date | None = None, **more: Any) -> Any:
    wanted = Wanted(kind, first, last or first, more.pop("minute", None), "client demo")
    author = more.pop("author", None) or factories.operator()
    return exceptions.place(scope=scope, wanted=wanted, author=author, now=NOW)


def hold(chat: Environment, desired: Wish = Wish.RUNNING, until: Any = None, **more: Any) -> Hold:
    values: dict[str, Any] = {"author": factories.manager(), "now": NOW, "reason": "client demo"} | more
    return holds.place(environment=chat, desired=desired, until=until or monday("22:00"), **values)


def test_a_range_of_days_is_one_event_with_its_reason_its_author_and_its_page() -> None:
    place(stopped(), last=WEDNESDAY, author=factories.manager())
    assert told() == [("exception.made", "chat-dev: exception of 2026-11-24 to 2026-11-25, off all day")]
    event = Event.objects.get()
    assert (event.severity, event.actor, event.link) == ("info", "manager", "/env/chat-dev/")
    assert event.labels == {"environment": "chat-dev", "team": "Chat"}
    assert event.body["en"] == "client demo"
    assert event.title["ko"] == "chat-dev: 2026-11-24~2026-11-25 예외, 종일 끄기"


def test_a_start_and_a_stop_of_one_day_are_one_event() -> None:
    both = [
        Wanted("start", TUESDAY, TUESDAY, 10 * 60, "client demo"),
        Wanted("stop", TUESDAY, TUESDAY, 20 * 60, "client demo"),
    ]
    exceptions.place(scope=stopped(), wanted=both, author=factories.manager(), now=NOW)
    assert told() == [("exception.made", "chat-dev: exception of 2026-11-24, on from 10:00, off from 20:00")]


def test_one_for_a_team_has_its_label_and_one_for_a_schedule_has_none() -> None:
    stopped()
    place(factories.team())
    place(factories.schedule(), first=WEDNESDAY)
    assert [event.labels for event in Event.objects.order_by("pk")] == [
        {"environment": "", "team": "Chat"},
        {"environment": "", "team": ""},
    ]


def test_a_change_is_told_once_not_as_a_removal_and_a_new_one() -> None:
    chat = stopped()
    rows = place(chat)
    wanted = Wanted("on", TUESDAY, TUESDAY, None, "client demo")
    exceptions.change(exceptions=rows, scope=chat, wanted=wanted, author=factories.manager(), now=NOW)
    assert told()[1:] == [("exception.changed", "chat-dev: exception of 2026-11-24, on all day (changed)")]


def test_copying_to_several_days_is_one_event() -> None:
    rows = place(stopped())
    days = [TUESDAY + n * timedelta(days=1) for n in range(1, 9)]
    exceptions.copy(exceptions=rows, days=days, author=factories.manager(), now=NOW + timedelta(minutes=1))
    assert told()[1:] == [
        ("exception.made", "chat-dev: exception of 2026-11-25 to 2026-12-02, off all day"),
    ]


def test_removing_and_bringing_back_are_told_each() -> None:
    rows = place(stopped(), last=WEDNESDAY)
    author = factories.manager()
    exceptions.remove(exceptions=rows, author=author, now=NOW + timedelta(minutes=1))
    exceptions.remove(exceptions=rows, author=author, now=NOW + timedelta(minutes=2))
    exceptions.restore(exceptions=rows, author=author, now=NOW + timedelta(minutes=3))
    assert told()[1:] == [
        ("exception.removed", "chat-dev: exception of 2026-11-24 to 2026-11-25, off all day (removed)"),
        ("exception.made", "chat-dev: exception of 2026-11-24 to 2026-11-25, off all day (in force again)"),
    ]


def test_removing_those_of_many_environments_is_one_event_that_lists_them() -> None:
    rows = [row for number in range(3) for row in place(stopped(f"env-{number}"))]
    exceptions.remove(exceptions=rows, author=factories.operator(), now=NOW + timedelta(minutes=1))
    removed = Event.objects.get(kind="exception.removed")
    assert removed.title["en"] == "env-0: exception of 2026-11-24, off all day (removed), and 2 more"
    assert removed.body["en"].count("\n") == 2
    assert removed.labels == {"environment": "", "team": "Chat"}


def test_an_undo_is_one_event() -> None:
    rows = place(stopped())
    exceptions.undo(exceptions=rows, author=factories.operator(), now=NOW + timedelta(minutes=1))
    assert [kind for kind, _ in told()] == ["exception.made", "exception.removed"]


def test_a_hold_is_told_with_its_end_where_the_environment_is() -> None:
    hold(stopped())
    assert told() == [("hold.placed", "chat-dev: kept running until 22:00 (Asia/Seoul)")]
    event = Event.objects.get(kind="hold.placed")
    assert (event.actor, event.body["en"]) == ("manager", "client demo")
    assert event.title["ko"] == "chat-dev: 22:00까지 실행 유지 (Asia/Seoul)"


def test_one_without_an_end_says_so() -> None:
    hold(stopped(), until=holds.Until.RELEASED)
    assert told() == [("hold.placed", "chat-dev: kept running until somebody releases it")]


def test_releasing_is_told_once_even_by_two() -> None:
    chat = stopped()
    hold(chat)
    for minute in (1, 2):
        holds.release(environment=chat, author=factories.manager(), now=NOW + timedelta(minutes=minute))
    assert told()[1:] == [("hold.released", "chat-dev: the hold was released")]


def test_taking_a_hold_back_says_what_is_in_force_then() -> None:
    chat = stopped()
    hold(chat, until=monday("20:00"))
    second = hold(chat, until=monday("22:00"), now=NOW + timedelta(minutes=1))
    holds.take_back(environment=chat, hold_id=second.pk, author=factories.manager(), now=NOW + timedelta(minutes=2))
    assert told()[2:] == [("hold.placed", "chat-dev: kept running until 20:00 (Asia/Seoul)")]


def test_the_end_of_a_hold_is_told_once() -> None:
    chat = stopped()
    hold(chat)
    schedules.enforce_due(now=monday("22:00"))
    schedules.enforce_due(now=monday("22:01"))
    assert told()[1:] == [("hold.ended", "chat-dev: the hold has ended")]


def test_a_pause_its_end_by_hand_and_its_end_by_time_are_told_each_once() -> None:
    chat, author = stopped(), factories.operator()
    pauses.place(environment=chat, until=on("wednesday", "00:00"), author=author, now=NOW)
    pauses.resume(environment=chat, author=author, now=NOW + timedelta(minutes=1))
    assert not pauses.resume(environment=chat, author=author, now=NOW + timedelta(minutes=2))
    pauses.place(environment=chat, until=on("tuesday", "00:00"), author=author, now=NOW + timedelta(minutes=3))
    for _ in range(2):
        pauses.end_spent(now=on("tuesday", "01:00"))
    assert told() == [
        ("schedule.paused", "chat-dev: its schedule is paused until Wed 00:00 (Asia/Seoul)"),
        ("schedule.resumed", "chat-dev: its schedule is resumed"),
        ("schedule.paused", "chat-dev: its schedule is paused until Tue 00:00 (Asia/Seoul)"),
        ("schedule.resumed", "chat-dev: its schedule is resumed"),
    ]
    assert Pause.objects.open().count() == 0


def test_several_at_once_are_one_event_with_what_they_have_in_common() -> None:
    payments = factories.team("Payments")
    with override_events.as_one_act():
        for number in range(25):
            hold(stopped(f"env-{number:02}", team=payments), author=factories.operator())
    event = Event.objects.get(kind="hold.placed")
    assert event.title["en"] == "env-00: kept running until 22:00 (Asia/Seoul), and 24 more"
    assert event.labels == {"environment": "", "team": "Payments"}
    assert event.body["en"].splitlines()[-1] == "(+5)"


def test_what_was_done_before_a_refusal_is_told_all_the_same() -> None:
    first, second = stopped(), stopped("chat-qa")

    def both() -> None:
        with override_events.as_one_act():
            hold(first)
            hold(second, until=NOW)

    with pytest.raises(ValidationError):
        both()
    assert told() == [("hold.placed", "chat-dev: kept running until 22:00 (Asia/Seoul)")]


def test_what_was_not_done_is_not_told() -> None:
    chat = stopped()
    with transaction.atomic():
        hold(chat)
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert not Hold.objects.exists()
    assert not DayException.objects.exists()


def test_channels_and_rules_can_choose_each_kind() -> None:
    assert set(override_events.KINDS) <= set(kinds.catalogue())
