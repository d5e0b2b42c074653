"""exception info, set and del: as the portal does it, in its words, and asked for first where it stops something."""

from __future__ import annotations

from datetime import date

import pytest

from environments.models import DayException, Environment, Schedule
from environments.services import exceptions, schedules
from environments.services.exception_reasons import NOT_GIVEN
from environments.services.exceptions import Wanted
from notifications.models import Event
from portal.history import changes_of
from tests import factories
from tests.commands.conftest import running, stopped
from tests.commands.talking import Talk, written
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("17:30")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def talk() -> Talk:
    return Talk(factories.manager())


def in_force() -> list[tuple[date, str, str]]:
    return [(row.day, row.kind, row.clock) for row in DayException.objects.in_force()]


def test_an_exception_is_set_in_the_name_of_who_asked_and_recorded_as_made_in_a_chat(chat: Environment) -> None:
    manager = factories.manager()
    said = Talk(manager).reads("exception set tomorrow stop 22:00", NOW)
    assert said.splitlines()[0] == "ChatApp, 2026-11-24 (Tue): stop 22:00"
    row = DayException.objects.get()
    assert (row.day, row.kind, row.clock, row.author, row.origin) == (TUESDAY, "stop", "22:00", manager, "bot")
    assert changes_of(DayException).get().history_origin == "bot"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_exception_for_which_nobody_gave_a_reason_has_none_in_any_language(chat: Environment, language: str) -> None:
    Talk(factories.manager(), language).asks("exception set tomorrow stop 22:00", NOW)
    assert DayException.objects.get().reason == NOT_GIVEN
    assert talk().reads("exception info", NOW).splitlines()[1:] == ["• 2026-11-24 (Tue) stop 22:00 · manager"]
    korean = Talk(factories.manager(), "ko").reads("예외 정보", NOW)
    assert korean.splitlines()[1:] == ["• 2026-11-24 (화) 22:00 중지 · manager"]


def test_what_has_no_reason_says_so_neither_in_plans_nor_in_messages(chat: Environment) -> None:
    said = talk().reads("exception set tomorrow stop 22:00", NOW)
    assert "That day: 09:00–22:00 exception of 2026-11-24 by manager" in said
    assert "–)" not in said
    assert Event.objects.get(kind="exception.made").body == {"en": "", "ko": ""}


def test_what_was_said_of_the_hours_of_a_day_is_not_said_once_more_of_what_they_took_away(chat: Environment) -> None:
    """It runs until eleven by the exception, and stands still by the same from then on."""
    said = talk().reads("exception set tomorrow stop 11:00 reason move", NOW)
    assert said.count("exception of 2026-11-24") == 1
    info = talk().reads("info tomorrow", NOW).splitlines()
    assert info[1:] == ["09:00–11:00 exception of 2026-11-24 by manager (move)", "Times of Asia/Seoul"]


def test_a_reason_that_was_typed_is_kept_and_read_by_everybody(chat: Environment) -> None:
    talk().asks("exception set tomorrow stop 22:00 reason client demo", NOW)
    assert DayException.objects.get().reason == "client demo"
    assert "stop 22:00 · manager: client demo" in talk().reads("exception info", NOW)


def test_a_second_one_of_a_kind_takes_the_place_of_the_first(chat: Environment) -> None:
    talk().asks("exception set tomorrow stop 22:00", NOW)
    talk().asks("exception set tomorrow stop 23:00", NOW)
    assert in_force() == [(TUESDAY, "stop", "23:00")]


def test_a_stop_within_the_hour_is_asked_for_first(chat: Environment) -> None:
    answer = talk().asks("exception set today stop 17:40", NOW)
    assert answer.confirm
    assert written(answer) == (
        "ChatApp: stop at 17:40 (Asia/Seoul)?\n"
        "With this, ChatApp would stop at 17:40 (Asia/Seoul), and everybody who uses it loses it."
        " It was planned to run until 18:00 (Asia/Seoul): schedule Office hours Seoul."
    )
    assert in_force() == []
    talk().asks("exception set today stop 17:40", NOW, confirmed=True)
    assert in_force() == [(MONDAY, "stop", "17:40")]


def test_a_start_that_is_later_than_now_stops_what_runs_and_is_asked_for_first(chat: Environment) -> None:
    answer = talk().asks("exception set today start 17:45", NOW)
    assert answer.confirm
    assert written(answer).startswith("ChatApp: stop at once?")
    assert "It stops within seconds." in talk().reads("exception set today start 17:45", NOW, confirmed=True)
    schedules.enforce_due(now=NOW)
    assert Environment.objects.get().state == "stopping"


def test_a_stop_later_today_and_one_of_what_is_stopped_are_not_asked_for(chat: Environment) -> None:
    assert not talk().asks("exception set today stop 17:50", NOW.replace(hour=1)).confirm
    stopped("Other")
    assert not talk().asks("other exception set today stop 17:40", NOW).confirm


def test_an_exception_that_starts_it_at_once_says_so() -> None:
    stopped()
    assert "It starts" not in talk().reads("exception set tomorrow stop 22:00", monday("19:00"))
    assert "It starts within seconds." in talk().reads("exception set today stop 22:00", monday("19:00"))


def test_what_cannot_be_is_refused_in_the_words_of_the_portal(chat: Environment) -> None:
    for text, why in (
        ("exception set 2026-11-22 stop 22:00", "2026-11-22 has passed; choose 2026-11-23 or later"),
        ("exception set 2026-11-28 stop 22:00", "Nothing runs on 2026-11-28 that could be stopped at 22:00"),
        ("exception set tomorrow start 22:00 stop 21:00", "The stop at 21:00 is not after the start at 22:00"),
        ("exception set 2036-11-24 stop 22:00", "2036-11-24 is more than two years ahead"),
    ):
        answer = talk().asks(text, NOW)
        assert answer.refused
        assert why in written(answer)
    assert in_force() == []


def test_del_takes_it_out_and_shows_the_day_as_it_is_then(chat: Environment) -> None:
    talk().asks("exception set tomorrow stop 22:00", NOW)
    said = talk().reads("exception del tomorrow stop", NOW)
    assert said.splitlines()[0] == "ChatApp, 2026-11-24 (Tue): stop is taken out"
    assert "That day: 09:00–18:00 schedule Office hours Seoul" in said
    assert in_force() == []
    assert {change.history_origin for change in changes_of(DayException).all()} == {"bot"}


def test_del_of_what_is_not_there_says_what_there_is(chat: Environment) -> None:
    operator = factories.operator()
    wanted = Wanted("stop", TUESDAY, TUESDAY, 22 * 60, "release night")
    exceptions.place(scope=factories.team(), wanted=wanted, author=operator, now=NOW)
    answer = talk().asks("exception del tomorrow start", NOW)
    assert answer.refused
    assert written(answer) == (
        "Not done\nChatApp has no exception “start” on 2026-11-24 (Tue).\n"
        "There is:\n• 2026-11-24 (Tue) stop 22:00 · operator: release night · for Chat"
    )


def test_del_of_what_keeps_it_running_is_asked_for_first(chat: Environment) -> None:
    talk().asks("exception set today stop 22:00", NOW)
    later = monday("19:00")
    answer = talk().asks("exception del today stop", later)
    assert answer.confirm
    assert written(answer).startswith("ChatApp: stop at once?")
    assert in_force() == [(MONDAY, "stop", "22:00")]
    talk().asks("exception del today stop", later, confirmed=True)
    assert in_force() == []


def test_an_exception_of_a_schedule_needs_that_right(chat: Environment) -> None:
    answer = talk().asks("office hours seoul exception set tomorrow stop 22:00", NOW)
    assert answer.refused
    assert "concerns every team that uses it. An operator can make it." in written(answer)
    assert "That day: 09:00–22:00" in Talk(factories.operator()).reads(
        "office hours seoul exception set tomorrow stop 22:00", NOW
    )
    assert DayException.objects.get().schedule == Schedule.objects.get()


def test_a_schedules_exception_names_everything_that_it_would_stop() -> None:
    for name in ("One", "Two"):
        running(name)
    stopped("Off")
    answer = Talk(factories.operator()).asks("office exception set today stop 17:35", NOW)
    assert answer.confirm
    assert answer.title == "One, Two: stop at 17:35 (Asia/Seoul)?"


def test_exception_info_lists_those_of_the_environment_its_team_and_its_schedule(chat: Environment) -> None:
    operator = factories.operator()
    for scope, kind in ((chat, "on"), (chat.team, "off"), (chat.schedule, "on")):
        assert scope
        exceptions.place(scope=scope, wanted=Wanted(kind, TUESDAY, TUESDAY, None, "why"), author=operator, now=NOW)
    said = talk().reads("exception info", NOW)
    assert said.splitlines()[0] == "Exceptions: ChatApp"
    assert sorted(said.splitlines()[1:]) == [
        "• 2026-11-24 (Tue) off all day · operator: why · for Chat",
        "• 2026-11-24 (Tue) on all day · operator: why",
        "• 2026-11-24 (Tue) on all day · operator: why · for Office hours Seoul",
    ]
    assert talk().reads("exception info today", NOW) == (
        "Exceptions of 2026-11-23 (Mon): ChatApp\nThere is none. The plan stands as it is. All quiet!"
    )


def test_exception_info_without_a_name_lists_what_concerns_all_that_one_sees(chat: Environment) -> None:
    theirs = running("Theirs", team=factories.team("Payments"))
    running("Other")
    for scope in (chat, theirs):
        wanted = Wanted("on", TUESDAY, TUESDAY, None, "why")
        exceptions.place(scope=scope, wanted=wanted, author=factories.operator(), now=NOW)
    assert talk().reads("exception info", NOW) == (
        "Exceptions: everything you see\n• 2026-11-24 (Tue) on all day · operator: why · for ChatApp"
    )


def test_a_long_list_of_exceptions_is_cut(chat: Environment) -> None:
    wanted = Wanted("on", date(2026, 12, 1), date(2026, 12, 20), None, "why")
    exceptions.place(scope=chat, wanted=wanted, author=factories.operator(), now=NOW)
    lines = talk().reads("exception info", NOW).splitlines()
    assert (len(lines), lines[-1]) == (17, "… and 5 more")
