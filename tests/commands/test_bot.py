"""Whom the bot answers what: rights, names, wrong commands, help, and names to choose from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.commands import ServerBot, help_texts
from environments.models import DayException, Environment, Hold, Operation, Schedule
from environments.rules.verb_lexicon import WITH_DAY, typed
from environments.rules.verbs import Verb
from tests import factories
from tests.commands.conftest import running
from tests.commands.talking import Talk, written
from tests.support.examples import examples
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("17:30")
EVERY_VERB = [
    *("status", "info", "why", "cost", "exception info", "exception set tomorrow stop 22:00"),
    *("exception del tomorrow stop", "force_start", "force_stop", "extend 2h"),
]
CHANGING = [
    *("exception set tomorrow stop 22:00", "exception del tomorrow stop", "force_start 3h", "force_stop", "extend 2h"),
]


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_what_one_may_not_see_does_not_exist_for_them(chat: Environment, verb: str) -> None:
    outsider = factories.outsider()
    running("Payments", team=factories.team("Payments"))
    theirs, wrong = (Talk(outsider).reads(f"{name} {verb}", NOW, confirmed=True) for name in ("ChatApp", "ChatAPP9"))
    assert theirs == wrong.replace("ChatAPP9", "ChatApp")
    assert "There is no environment or schedule “ChatApp” that you see." in theirs


@pytest.mark.parametrize("verb", CHANGING)
def test_who_may_only_look_changes_nothing_and_is_told_who_can(chat: Environment, verb: str) -> None:
    answer = Talk(factories.viewer()).asks(verb, NOW, confirmed=True)
    assert answer.refused
    assert written(answer).endswith("You may look at ChatApp, but not switch it. A manager of its team can.")
    assert [model for model in (Hold, Operation, DayException) if model.objects.exists()] == []


def test_refusals_are_in_the_language_of_who_asked(chat: Environment) -> None:
    answer = Talk(factories.viewer(), "ko").asks("중지", NOW)
    assert written(answer).startswith("하지 못했습니다\nChatApp 환경은 볼 수만 있어요.")


def test_somebody_whose_account_was_switched_off_sees_nothing(chat: Environment) -> None:
    manager = factories.manager()
    manager.is_active = False
    manager.save()
    assert "No environment is on your roster yet." in Talk(manager).reads("status", NOW)


@pytest.mark.parametrize("verb", ["info", "why", "force_start", "force_stop", "extend 2h", "exception del today stop"])
def test_without_a_name_and_with_several_it_asks_which_with_buttons_that_say_the_whole_command(verb: str) -> None:
    for number in range(7):
        running(f"Env{number}")
    answer = Talk(factories.manager()).asks(verb, NOW)
    assert answer.title == "Which one?"
    assert [button.says for button in answer.buttons] == [f"env{number} {verb}" for number in range(5)]
    assert {button.style for button in answer.buttons} == ({"danger"} if verb == "force_stop" else {""})
    assert not Hold.objects.exists()


def test_a_beginning_of_several_names_the_candidates() -> None:
    for name in ("chat-dev", "chat-qa", "pay"):
        running(name)
    answer = Talk(factories.manager()).asks("status chat", NOW)
    assert "“chat” can be: chat-dev, chat-qa." in written(answer)
    assert [button.says for button in answer.buttons] == ["chat-dev status", "chat-qa status"]
    assert "pay: Running" in Talk(factories.manager()).reads("p status", NOW)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "statsu",
            ["I do not know the verb in “statsu”.", "Did you mean “status”?", "For example: ⟨chatapp status⟩"],
        ),
        ("tell me a joke", ["I do not know the verb in “tell me a joke”.", "“⟨help⟩” says all that I know."]),
        ("extend", ["For how long?", "For example: ⟨chatapp extend 2h⟩"]),
        ("info 2026-02-30", ["“2026-02-30” is no date.", "For example: ⟨chatapp info 2026-11-24⟩"]),
        (
            "exception set tomorrow stop",
            ["The time is missing.", "For example: ⟨chatapp exception set 2026-11-24 stop 22:00⟩"],
        ),
    ],
)
def test_a_wrong_command_names_what_was_not_understood_and_an_example(
    chat: Environment, text: str, lines: list[str]
) -> None:
    answer = Talk(factories.manager()).asks(text, NOW)
    assert written(answer).splitlines() == ["I did not get that", *lines]
    assert answer.private
    assert answer.refused


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("pay force_start until 25:00", "pay force_start until 22:00"),
        ("force_start pay until 25:00", "pay force_start until 22:00"),
        ("pay extend 1.5h", "pay extend 2h"),
        ("pay info 2026-02-30", "pay info 2026-11-24"),
        ("Office info 2026-02-30", 'schedule "Office hours Seoul" info 2026-11-24'),
    ],
)
def test_the_example_is_made_with_the_name_that_was_typed(chat: Environment, text: str, example: str) -> None:
    running("pay")
    assert written(Talk(factories.manager()).asks(text, NOW)).splitlines()[-1] == f"For example: ⟨{example}⟩"


def test_examples_are_understood(chat: Environment) -> None:
    talk = Talk(factories.manager())
    for verb in Verb:
        example = replace(help_texts.EXAMPLES[verb], day=date(2026, 11, 24) if verb in WITH_DAY else None)
        text = typed(example, "" if verb in {Verb.HELP, Verb.LIST} else "chatapp")
        assert talk.asks(text, NOW).title != help_texts.NOT_UNDERSTOOD("en"), text


def test_a_wrong_name_offers_those_written_like_it(chat: Environment) -> None:
    answer = Talk(factories.manager()).asks("chatap9 status", NOW)
    assert "Written like it: ChatApp." in written(answer)
    assert [button.says for button in answer.buttons] == ["chatapp status"]
    assert Talk(factories.manager()).asks("chatap9 force_stop", NOW).buttons == ()


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Private Server, reporting for duty!"), ("ko", "충성! 서버병입니다.")]
)
def test_help_names_every_verb_and_how_to_say_who_one_is(language: str, title: str) -> None:
    talk = Talk(None, language, "/서버")
    for answer in (ServerBot().help(talk.asked("", NOW)), talk.asks("force_stop", NOW)):
        assert answer.title == title
        assert answer.private
        assert all(verb.value in written(answer) for verb in Verb)
        assert "link " in written(answer)
        assert "/서버" in written(answer)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_help_where_one_has_signed_in_does_not_ask_who_one_is(language: str) -> None:
    talk = Talk(factories.manager(), language, keyword="")
    for answer in (ServerBot().help(talk.asked("", NOW)), talk.asks("help", NOW)):
        assert all(verb.value in written(answer) for verb in Verb)
        assert "link " not in written(answer)


def test_names_to_choose_from_are_those_one_sees(chat: Environment) -> None:
    running("Theirs", team=factories.team("Payments"))
    bot, manager = ServerBot(), factories.manager()
    assert bot.names(manager, "", NOW) == ["ChatApp", "Office hours Seoul"]
    assert bot.names(manager, "CHAT", NOW) == ["ChatApp"]
    assert bot.names(manager, "office", NOW) == ["Office hours Seoul"]
    assert bot.names(manager, "their", NOW) == []


def test_no_more_names_are_offered_than_a_platform_shows() -> None:
    for number in range(30):
        factories.environment(f"env-{number}")
    assert len(ServerBot().names(factories.manager(), "", NOW)) == 25


def test_schedules_of_others_do_not_exist_for_who_may_not_read_schedules(chat: Environment) -> None:
    Schedule.objects.create(name="Secret", timezone="Asia/Seoul")
    plain = factories.manager()
    plain.groups.clear()
    assert ServerBot().names(plain, "", NOW) == ["ChatApp", "Office hours Seoul"]
    assert "no environment or schedule “secret”" in Talk(plain).reads("info secret", NOW)


def test_a_schedule_that_cannot_be_read_is_told_and_not_raised(chat: Environment) -> None:
    assert chat.schedule
    chat.schedule.periods.update(weekdays="someday")
    for verb in EVERY_VERB:
        said = Talk(factories.manager()).reads(verb, NOW)
        assert said
        if verb in {"status", "info", "why", "extend 2h"}:
            assert "someday" in said


def test_an_environment_in_a_zone_that_is_not_known_here_hides_no_other(chat: Environment) -> None:
    running("Mars", timezone="Mars/Base")
    talk = Talk(factories.manager())
    for verb in (*EVERY_VERB, "force_start until 22:00"):
        assert talk.reads(f"mars {verb}", NOW)
    for verb in ("list", "status"):
        said = talk.reads(verb, NOW)
        assert "🟢 ChatApp · Running · Stopped from 18:00 (Asia/Seoul)" in said
        assert "🟢 Mars · Running · Its schedule cannot be read: 'Mars/Base' is not a time zone" in said


@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31", "2026-11-23", "0001-01-01", "9999-12-31"])
def test_any_day_can_be_asked_for(chat: Environment, day: str) -> None:
    talk = Talk(factories.manager())
    for name in ("chatapp", "office"):
        for verb in ("info", "exception info"):
            assert talk.reads(f"{name} {verb} {day}", NOW)


@examples(60)
@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "chatapp",
                    "office",
                    "status",
                    "exception",
                    "set",
                    "del",
                    "info",
                    "start",
                    "stop",
                    "tomorrow",
                    "22:00",
                ),
                *("2h", "until", "force_start", "force_stop", "extend", "why", "cost", "list", "예외", "연장", "내일"),
                *("?", "9999-12-31", "reason", "모레", "22:00"),
            )
        ),
        max_size=6,
    ).map(" ".join)
)
def test_no_order_raises(text: str) -> None:
    if not Environment.objects.exists():
        running()
    for language in ("en", "ko"):
        answer = Talk(factories.manager(), language).asks(text, NOW, confirmed=True)
        assert answer.title
