"""Names that are words of the grammar as well: whatever they are called, an order acts on what it names, or on
nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules.verb_lexicon import CHANGES, PHRASES, typed
from environments.rules.verb_names import COMPARED, Names
from environments.rules.verb_words import tokens
from environments.rules.verbs import READINGS, Command, Misunderstood, Named, Problem, Verb, _verbs_in, parse
from tests.support.examples import examples

NAMES: Final = (
    *("시작 서버", "서버 10:30", "오늘 서버", "강제 시작 환경", "이유 서버", "중지 테스트", "1시간 배치", "연결 서버"),
    *("22시 30분 서버", "상태 페이지", "내일의 일정", "일정 관리", "예외 설정 서버", "까지 서버", "비용 관리"),
    *("info", "list", "API 1.0", "Start Page", "Stop Motion", "Batch 2h", "link farm", "help desk", "why not"),
    *("cost center", "Page", "Ready?", "until 22:00", "the shop", "now and then", "2h", "status page one"),
)
KNOWN: Final = [Named("environment", pk, (f"env-{pk}", name)) for pk, name in enumerate(NAMES, start=1)]
ORDERS: Final = (
    *("{} status", "status {}", "{} 상태", "상태 {}", "{} info tomorrow", "info 2026-11-25 {}", "{} why", "왜 {}"),
    *("{} cost", "비용 {}", "{} force_start", "force_start {}", "{} 강제 시작", "강제 시작 {}", "force_start {} 2h"),
    *("force_start 2h {}", "{} force_start until 23:10", "force_stop until 23:10 {}", "{} force_stop", "강제중지 {}"),
    *("{} extend 90m", "extend 90m {}", "{} 연장 3시간", "extend {} 3h because of a demo", "please extend {} 3h"),
    *("{} exception info", "exception info {} today", "{} exception set tomorrow stop 23:10"),
    *("exception set 2026-12-01 start 9:05 {}", "예외 설정 모레 중지 23:10 {}", "exception del today stop {}"),
    *("{} 예외 삭제 모레 시작", "{} force_stop 2h reason it is late"),
)


@pytest.mark.parametrize("one", KNOWN, ids=NAMES)
@pytest.mark.parametrize("form", ["{}", '"{}"', "「{}」"])
def test_whatever_an_environment_is_called_every_order_names_exactly_that_one(one: Named, form: str) -> None:
    expected = {order: parse(order.format('"env-0"'), [Named("environment", 0, ("env-0",))]) for order in ORDERS}
    for order, plain in expected.items():
        text = order.format(form.format(one.names[1]))
        assert isinstance(plain, Command)
        found = parse(text, KNOWN)
        assert isinstance(found, Command), (text, found)
        assert replace(found, name="", found=()) == replace(plain, name="", found=()), text
        assert found.found == (one,), text


OTHERS: Final = (
    *("Batch", "서버", "환경", "비용", "내일", "시작", "stop", "Exception Info", "force stop", "중지 22:00"),
    *("2026-11-25", "9:00"),
)


@pytest.mark.parametrize("name", [*OTHERS, *NAMES])
def test_in_quotes_it_is_named_whatever_others_are_called(name: str) -> None:
    known = [Named("environment", 100 + pk, (f"other-{pk}", other)) for pk, other in enumerate(OTHERS)] + KNOWN
    one = next(one for one in known if one.names[1] == name)
    for order in ORDERS:
        found = parse(order.format(f'"{name}"'), known)
        assert isinstance(found, Command), order
        assert found.found == (one,), order


@pytest.mark.parametrize("name", [name for name in NAMES if tuple(name.casefold().split()) not in PHRASES])
def test_a_name_alone_asks_for_its_status_and_starts_nothing(name: str) -> None:
    found = parse(name, KNOWN)
    assert isinstance(found, Command)
    assert (found.verb, [one.names[1] for one in found.found]) == (Verb.STATUS, [name])


@pytest.mark.parametrize(
    "text",
    [
        "Start Page 2h",  # not: start “Page” for two hours
        "extend Batch 2h",  # not: by two hours, whatever else is called “Batch”
        "시작 서버 2시간",
        "Stop Motion loudly",
        "Start Page force_stop Batch",
        "chat-dev Stop Motion",
    ],
)
def test_the_words_of_a_name_are_nothing_else(text: str) -> None:
    assert isinstance(parse(text, [*KNOWN, Named("environment", 99, ("batch",))]), Misunderstood)


def test_a_reason_may_have_the_names_of_others() -> None:
    found = parse("extend Page 2h because Start Page and Stop Motion need it", KNOWN)
    assert isinstance(found, Command)
    assert ([one.names[1] for one in found.found], found.reason) == (["Page"], "Start Page and Stop Motion need it")


def test_a_short_name_beats_the_name_of_another() -> None:
    one, other = Named("environment", 1, ("chat", "Old chat")), Named("environment", 2, ("chat-2", "Chat"))
    assert Names([other, one]).exact("chat") == (one,)
    for known in ([one, other], [other, one]):
        for named in known:
            found = parse(typed(Command(Verb.FORCE_STOP), named), known)
            assert isinstance(found, Command)
            assert found.found == (named,)


def test_a_schedule_of_the_name_of_an_environment_can_be_named_as_well() -> None:
    environment, schedule = Named("environment", 1, ("night", "Night")), Named("schedule", 1, ("Night",))
    known = [environment, schedule]
    for text, meant in (
        ("force_stop night", environment),
        ("force_stop schedule Night 2h", schedule),
        ('schedule "Night" force_stop 2h', schedule),
        ("중지 일정 night", schedule),
    ):
        found = parse(text, known)
        assert isinstance(found, Command), text
        assert found.found == (meant,)


ANYTHING: Final = st.one_of(st.sampled_from(NAMES), st.text(st.sampled_from("ab 2h:-중지"), min_size=1, max_size=9))


@examples(200)
@given(
    st.sampled_from(
        [
            Command(Verb.FORCE_STOP, day=date(2026, 11, 24), until=90),
            Command(Verb.FORCE_STOP),
            Command(Verb.EXCEPTION_SET, day=date(2026, 11, 23), times=(("stop", 1439),)),
            Command(Verb.EXCEPTION_DEL, day=date(2026, 11, 23), times=(("start", None),), reason=""),
        ]
    ),
    st.sampled_from([Named("environment", 70, ("chat-dev", "Chat")), Named("schedule", 70, ("Office hours",))]),
    ANYTHING,
)
def test_what_is_asked_about_stays_the_same_whatever_else_appears_meanwhile(
    command: Command, named: Named, name: str
) -> None:
    appears = [Named("environment", 71, ("new-one", name)), Named("schedule", 71, (name,))]
    again = parse(typed(command, named), [*appears, named, *KNOWN])
    if isinstance(again, Command):
        assert (again.verb, again.found) == (command.verb, (named,))
        assert replace(again, name="", found=()) == command


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("chat-dev force_stop?", Verb.WHY),
        ("force_stop chat-dev ?", Verb.WHY),
        ("force_stop chat-dev?", Verb.WHY),
        ("stop of chat-dev", Verb.WHY),
        ("the stop chat-dev", Verb.WHY),
        ("why stop chat-dev", Verb.WHY),
        ("is chat-dev start", Verb.WHY),
        ("chat-dev 시작 알려줘", Verb.WHY),
        ("chat-dev 중지 알려주세요", Verb.WHY),
        ("chat-dev 왜 중지", Verb.WHY),
        ("when stop chat-dev", Verb.INFO),
        ("chat-dev 언제 시작", Verb.INFO),
        ("chat-dev 시작 시간", Verb.INFO),
        ("chat-dev start time?", Verb.INFO),
        ("chat-dev 중지 일정", Verb.INFO),
        ("chat-dev 예외 설정 내일 중지 22:00 알려줘", Verb.EXCEPTION_INFO),
        ("chat-dev extend 2h?", Verb.WHY),
    ],
)
def test_a_question_changes_nothing_and_what_answers_it_is_named(text: str, verb: Verb) -> None:
    chat = Named("environment", 1, ("chat-dev",))
    found = parse(text, [chat])
    assert isinstance(found, Misunderstood), found
    assert (found.problem, found.verb, found.name) == (Problem.QUESTION, verb, "chat-dev")


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("chat-dev 시작 해줘", Verb.FORCE_START),
        ("please start chat-dev now", Verb.FORCE_START),
        ("chat-dev 좀 중지 해주세요", Verb.FORCE_STOP),
        ("extend chat-dev 2h reason is it done? what of it", Verb.EXTEND),
        ("chat-dev status?", Verb.STATUS),
        ("상태 chat-dev 알려줘", Verb.STATUS),
        ("?", Verb.HELP),
        ("⁨chat-dev force_stop⁩", Verb.FORCE_STOP),
    ],
)
def test_politeness_and_a_question_about_what_only_looks_are_understood(text: str, verb: Verb) -> None:
    found = parse(text, [Named("environment", 1, ("chat-dev",))])
    assert isinstance(found, Command), found
    assert found.verb is verb


def test_no_question_word_is_swallowed_by_a_verb_that_changes_something() -> None:
    assert {Verb.FORCE_START, Verb.FORCE_STOP, Verb.EXTEND, Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL} == CHANGES


def test_until_may_have_a_day() -> None:
    found = parse("chat-dev force_stop until 2026-11-25 19:30", [Named("environment", 1, ("chat-dev",))])
    assert isinstance(found, Command)
    assert (found.day, found.until) == (date(2026, 11, 25), 19 * 60 + 30)
    lacking = parse("chat-dev extend tomorrow 2h", [Named("environment", 1, ("chat-dev",))])
    assert isinstance(lacking, Misunderstood)
    assert lacking.problem is Problem.NO_TIME


def test_what_is_compared_does_not_grow_with_names_nor_with_words() -> None:
    many = [Named("environment", pk, (f"env-{pk}", f"Environment {pk}")) for pk in range(10_000)]
    names = Names(many)
    assert len(names.alike("enviromnent 77")) == COMPARED
    assert "Environment 77" in [one.names[1] for one in names.near("Enviromnent 77")]
    text = "start stop exception set why " * 40
    assert len(list(_verbs_in(tokens(text)))) == READINGS
    assert isinstance(parse(text, many), Misunderstood)


def test_the_length_of_a_time_is_no_part_of_another_name() -> None:
    found = parse("extend 2h 30m 30m batch", [Named("environment", 1, ("b", "30m batch"))])
    assert isinstance(found, Command)
    assert found.lasts == timedelta(hours=2, minutes=30)
