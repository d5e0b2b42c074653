"""What is confirmed is what was asked about: the same thing until the same moment, whatever happens meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from environments.models import DayException, Environment, Hold, Operation, Wish
from environments.services import holds
from tests import factories
from tests.commands.conftest import running, stopped
from tests.commands.talking import Talk, written
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("17:30")
LATER = timedelta(minutes=2)


def talk(language: str = "en") -> Talk:
    return Talk(factories.manager(), language)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("force_stop", "chatapp force_stop until 2026-11-23 18:00"),
        ("force_stop 2h", "chatapp force_stop until 2026-11-23 19:30"),
        ("chat 중지 22시까지 이유 점검", "chatapp force_stop until 2026-11-23 22:00 reason 점검"),
        ("chat force_stop 9h", "chatapp force_stop until 2026-11-24 02:30"),
        ("exception set today stop 17:40", "chatapp exception set 2026-11-23 stop 17:40"),
        ("force_stop office 2h", 'schedule "Office hours Seoul" force_stop until 2026-11-23 19:30'),
        ("force_stop office", 'schedule "Office hours Seoul" force_stop until 2026-11-23 18:00'),
    ],
)
def test_what_is_asked_about_is_said_with_its_name_day_and_time(chat: Environment, text: str, resolved: str) -> None:
    answer = talk().asks(text, NOW)
    assert answer.confirm
    assert answer.resolved == resolved
    assert talk().asks(resolved, NOW).resolved == resolved


def test_a_name_that_is_a_word_of_the_bot_stands_in_quotes() -> None:
    running("Info", slug="info")
    answer = talk().asks("force_stop info 1h", NOW)
    assert answer.resolved == '"info" force_stop until 2026-11-23 18:30'


def test_two_minutes_later_it_still_stops_what_it_was_asked_about_until_then(chat: Environment) -> None:
    resolved = talk().asks("force_stop chat 2h", NOW).resolved
    running("Chat", slug="chat-2")
    running("Other", slug="chat")
    talk().asks(resolved, NOW + LATER, confirmed=True)
    hold = Hold.objects.get()
    assert (hold.environment, hold.until) == (chat, monday("19:30"))


def test_a_stop_that_was_asked_for_before_midnight_is_no_day_longer_after_it() -> None:
    chat = stopped("Late", state="running", schedule=None)
    asked = monday("23:59")
    resolved = talk().asks("force_stop until 00:30", asked).resolved
    assert resolved == "late force_stop until 2026-11-24 00:30"
    talk().asks(resolved, asked + LATER, confirmed=True)
    assert Hold.objects.get(environment=chat).until == on("tuesday", "00:30")


def test_an_exception_of_today_stays_one_of_that_day_after_midnight(chat: Environment) -> None:
    talk().asks("exception set today stop 24:00", NOW)
    resolved = talk().asks("exception set today stop 23:59", monday("23:58")).resolved
    assert resolved == "chatapp exception set 2026-11-23 stop 23:59"
    answer = talk().asks(resolved, on("tuesday", "00:00"), confirmed=True)
    assert answer.refused
    assert [row.day for row in DayException.objects.in_force()] == [date(2026, 11, 23)]


def test_what_its_plan_has_stopped_meanwhile_is_left_as_it_is(chat: Environment) -> None:
    resolved = talk().asks("force_stop", monday("17:59")).resolved
    Environment.objects.update(state="stopping", wish="stopped")
    answer = talk().asks(resolved, monday("18:01"), confirmed=True)
    assert answer.title == "ChatApp is stopped already"
    assert not Hold.objects.exists()


def test_a_stop_without_an_end_is_asked_for_without_one() -> None:
    running("Free", schedule=None)
    assert talk().asks("force_stop", NOW).resolved == "free force_stop"


def test_which_one_is_asked_once_where_a_short_name_is_the_name_of_another() -> None:
    running("Chat", slug="old")
    running("Newer", slug="chat")
    running("chat", slug="third")
    answer = talk().asks("force_stop c", NOW)
    assert {button.says for button in answer.buttons} == {"old force_stop", "chat force_stop", "third force_stop"}
    for button in answer.buttons:
        asked = talk().asks(button.says, NOW)
        assert asked.confirm
        assert asked.resolved.startswith(button.says)


def test_of_those_that_share_a_name_the_question_tells_which_is_which() -> None:
    running("Office hours Seoul", slug="one")
    answer = talk().asks("office status", NOW)
    assert [button.label for button in answer.buttons] == ["Office hours Seoul (one)", "Office hours Seoul (schedule)"]
    assert [button.says for button in answer.buttons] == ["one status", 'schedule "Office hours Seoul" status']
    assert [talk().asks(button.says, NOW).title for button in answer.buttons] == [
        "🟢 Office hours Seoul: Running",
        "Office hours Seoul: 1 of 1 running",
    ]


def test_a_question_about_a_start_is_answered_with_what_tells_and_starts_nothing() -> None:
    stopped()
    answer = talk().asks("chatapp 언제 시작?", NOW)
    assert answer.refused
    assert written(answer) == (
        "I did not get that\n“언제” sounds like a question, so I changed nothing.\n"
        "For example: ⟨chatapp info 2026-11-24⟩"
    )
    assert [button.says for button in answer.buttons] == ["chatapp info"]
    assert not Hold.objects.exists()


@pytest.mark.parametrize("text", ["status", "cost", "extend 2h", "force_start until 23:00"])
def test_amounts_of_money_are_for_who_asked_alone(priced: Environment, text: str) -> None:
    answer = talk().asks(text, NOW)
    assert "$" in written(answer)
    assert answer.private
    assert not talk().asks("why", NOW).private


def test_an_exception_asks_before_it_stops_what_runs_within_the_hour(chat: Environment) -> None:
    assert talk().asks("exception set today stop 17:50", monday("16:50")).confirm
    assert not talk().asks("exception set today stop 17:50", monday("16:49")).confirm
    Environment.objects.update(state="stopped")
    assert not talk().asks("exception set today stop 17:55", NOW).confirm


def test_a_later_stop_than_is_planned_is_not_asked_for(chat: Environment) -> None:
    assert not talk().asks("exception set today stop 18:10", NOW).confirm


def test_what_is_begun_by_chat_says_so(chat: Environment) -> None:
    talk().asks("force_stop", NOW, confirmed=True)
    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger, operation.actor) == ("stop", "bot", factories.manager())


@pytest.mark.parametrize(("origin", "trigger"), [("bot", "bot"), ("api", "api"), ("web", "hold"), ("link", "hold")])
def test_an_operation_carries_the_door_by_which_it_was_asked_for(origin: str, trigger: str) -> None:
    chat = stopped()
    end, manager = monday("22:00"), factories.manager()
    holds.place(environment=chat, desired=Wish.RUNNING, until=end, author=manager, origin=origin, now=NOW)
    assert Operation.objects.get().trigger == trigger


def test_what_is_left_because_others_need_it_says_what_to_type_next() -> None:
    one, two = running("One"), running("Two")
    two.needs.add(one)
    said = talk().reads("force_stop office 2h", NOW, confirmed=True)
    assert 'type ⟨schedule "Office hours Seoul" force_stop 2h⟩ once more when these have stopped.' in said


def test_no_command_in_an_answer_has_the_keyword_of_a_platform() -> None:
    stopped()
    for text in ("help", "statsu", "extend 2h", "info 2026-02-30", "make me a sandwich"):
        answer = talk().asks(text, NOW)
        assert "⟨" in written(answer)
        assert "/env chat" not in written(answer)
        assert not any("\u2068" in button.says for button in answer.buttons)
