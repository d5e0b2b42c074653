"""The grammar of the bot: what is typed, in both languages, and what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules.verb_lexicon import PHRASES, typed
from environments.rules.verb_words import Relative
from environments.rules.verbs import Command, Misunderstood, Named, Problem, Verb, parse
from tests.support.examples import examples

CHAT = Named("environment", 1, ("chat-dev", "Chat Dev"))
QA = Named("environment", 2, ("chat-qa", "채팅 QA"))
PAGE = Named("environment", 3, ("status-page", "Status Page"))
PAY = Named("environment", 4, ("pay", "Payments"))
OFFICE = Named("schedule", 1, ("Office hours Seoul",))
KNOWN = [CHAT, QA, PAGE, PAY, OFFICE]
DAY = date(2026, 11, 25)
HOUR = timedelta(hours=1)
TODAY, TOMORROW = Relative.TODAY, Relative.TOMORROW


def understood(text: str) -> Command:
    found = parse(text, KNOWN)
    assert isinstance(found, Command), found
    return found


def refused(text: str) -> Misunderstood:
    found = parse(text, KNOWN)
    assert isinstance(found, Misunderstood), found
    return found


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("help", Verb.HELP),
        ("status", Verb.STATUS),
        ("info", Verb.INFO),
        ("info 2026-11-25", Verb.INFO),
        ("exception info", Verb.EXCEPTION_INFO),
        ("exception info 2026-11-25", Verb.EXCEPTION_INFO),
        ("exception set 2026-11-25 start 8:30", Verb.EXCEPTION_SET),
        ("exception set 2026-11-25 stop 22:00", Verb.EXCEPTION_SET),
        ("exception del 2026-11-25 start", Verb.EXCEPTION_DEL),
        ("exception del 2026-11-25 stop", Verb.EXCEPTION_DEL),
        ("force_start", Verb.FORCE_START),
        ("force_stop", Verb.FORCE_STOP),
        ("extend 2h", Verb.EXTEND),
        ("why", Verb.WHY),
        ("cost", Verb.COST),
        ("list", Verb.LIST),
        ("", Verb.HELP),
        ("   ", Verb.HELP),
    ],
)
def test_every_verb_of_the_first_bot_is_understood_word_for_word(text: str, verb: Verb) -> None:
    assert understood(text).verb is verb


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("도움말", Verb.HELP),
        ("상태", Verb.STATUS),
        ("정보 내일", Verb.INFO),
        ("예외", Verb.EXCEPTION_INFO),
        ("예외 정보", Verb.EXCEPTION_INFO),
        ("예외 설정 내일 중지 22:00", Verb.EXCEPTION_SET),
        ("예외 삭제 내일 중지", Verb.EXCEPTION_DEL),
        ("시작", Verb.FORCE_START),
        ("강제 시작", Verb.FORCE_START),
        ("중지", Verb.FORCE_STOP),
        ("연장 2시간", Verb.EXTEND),
        ("왜", Verb.WHY),
        ("왜?", Verb.WHY),
        ("비용", Verb.COST),
        ("목록", Verb.LIST),
    ],
)
def test_every_verb_has_a_korean_word(text: str, verb: Verb) -> None:
    assert understood(text).verb is verb


def test_no_phrase_means_two_verbs() -> None:
    said = [phrase for verb in Verb for phrase, meant in PHRASES.items() if meant is verb]
    assert len(said) == len(set(said)) == len(PHRASES)
    assert {PHRASES[tuple(verb.value.split())] for verb in Verb} == set(Verb)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chat-dev status", CHAT),
        ("status chat-dev", CHAT),
        ("STATUS  Chat-DEV", CHAT),
        ("status chat dev", CHAT),
        ("'Chat Dev' status", CHAT),
        ("status “Chat  Dev”", CHAT),
        ("「채팅 QA」 상태", QA),
        ("상태 채팅 qa", QA),
        ("상태 ｃｈａｔ－ｄｅｖ", CHAT),
        ("please status of chat-dev", CHAT),
        ("채팅 QA 상태 알려줘", QA),
        ("status status page", PAGE),
        ("status page status", PAGE),
        ("status pa", PAY),
        ("status office", OFFICE),
        ("chat-dev", CHAT),
    ],
)
def test_a_name_stands_before_or_after_the_verb(text: str, found: Named) -> None:
    said = understood(text)
    assert (said.verb, said.found) == (Verb.STATUS, (found,))


def test_the_beginning_of_several_names_can_be_any_of_them() -> None:
    said = understood("chat force_stop")
    assert (said.name, said.found) == ("chat", (CHAT, QA))


def test_an_exact_name_beats_the_beginning_of_another() -> None:
    longer = Named("environment", 9, ("chat-dev-2",))
    said = parse("chat-dev why", [longer, CHAT])
    assert isinstance(said, Command)
    assert said.found == (CHAT,)


def test_of_an_environment_and_a_schedule_of_one_name_the_environment_is_meant() -> None:
    said = parse("status night", [Named("schedule", 5, ("Night",)), Named("environment", 6, ("night",))])
    assert isinstance(said, Command)
    assert [one.kind for one in said.found] == ["environment"]


@pytest.mark.parametrize(
    ("text", "day", "times"),
    [
        ("exception set 2026-11-25 stop 22:00", DAY, (("stop", 1320),)),
        ("exception set 2026-11-25 start 9:05", DAY, (("start", 545),)),
        ("exception set 2026-11-25 start 9:5", DAY, (("start", 545),)),
        ("exception set 2026-11-25 stop 24:00", DAY, (("stop", 1440),)),
        ("exception set ２０２６-１１-２５ stop ２２：００", DAY, (("stop", 1320),)),
        ("exception set tomorrow start 10:00 stop 14:00", TOMORROW, (("start", 600), ("stop", 840))),
        ("예외 설정 내일 22시 30분에 중지", TOMORROW, (("stop", 1350),)),
        ("오늘 예외 설정 중지 22시", TODAY, (("stop", 1320),)),
        ("exception del today start", TODAY, (("start", None),)),
    ],
)
def test_exceptions_have_a_day_and_times(text: str, day: date, times: tuple[tuple[str, int | None], ...]) -> None:
    for whole in (text, f"pay {text}", f"{text} pay"):
        said = understood(whole)
        assert (said.day, said.times) == (day, times)
        assert said.found == (() if whole == text else (PAY,))


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("2h", 2 * HOUR),
        ("2 h", 2 * HOUR),
        ("90m", 1.5 * HOUR),
        ("1h30m", 1.5 * HOUR),
        ("1h 30m", 1.5 * HOUR),
        ("+2h", 2 * HOUR),
        ("2 hours", 2 * HOUR),
        ("2시간", 2 * HOUR),
        ("30분", 0.5 * HOUR),
        ("1시간 30분", 1.5 * HOUR),
    ],
)
def test_lengths_of_time(text: str, lasts: timedelta) -> None:
    for verb in ("extend", "force_start", "연장"):
        said = understood(f"chat-dev {verb} {text}")
        assert (said.lasts, said.until, said.found) == (lasts, None, (CHAT,))


@pytest.mark.parametrize("text", ["until 22:00", "22:00", "22:00까지", "22시까지", "till 22:0", "22:00 까지"])
def test_a_time_of_day_to_last_until(text: str) -> None:
    said = understood(f"force_start {text} chat-dev")
    assert (said.until, said.lasts, said.found) == (1320, None, (CHAT,))


def test_why_it_is_done_may_be_said_in_any_words() -> None:
    said = understood("extend chat-dev 2h because we stop late: status demo")
    assert (said.verb, said.found, said.reason) == (Verb.EXTEND, (CHAT,), "we stop late: status demo")
    assert understood("예외 설정 chat-dev 내일 중지 22:00 이유: 고객 시연").reason == "고객 시연"


@pytest.mark.parametrize(
    ("text", "problem", "what", "verb"),
    [
        ("statsu chat-dev", Problem.VERB, "statsu", Verb.STATUS),
        ("force_strat", Problem.VERB, "force_strat", Verb.FORCE_START),
        ("exeption set 2026-11-25 stop 22:00 pay", Problem.WORDS, "exeption set", Verb.EXCEPTION_SET),
        ("상채 chat-dev", Problem.VERB, "상채", None),
        ("make me a sandwich", Problem.VERB, "make me a sandwich", None),
        ("status nobody", Problem.NAME, "nobody", Verb.STATUS),
        ("status chat-dev loudly", Problem.WORDS, "loudly", Verb.STATUS),
        ("chat-dev status pay", Problem.WORDS, "pay", Verb.STATUS),
        ("list chat-dev", Problem.WORDS, "chat-dev", Verb.LIST),
        ("info 2026-02-30", Problem.DATE, "2026-02-30", Verb.INFO),
        ("exception set 11-25 stop 22:00", Problem.DATE, "11-25", Verb.EXCEPTION_SET),
        ("exception set 2026-11-25 stop 25:00", Problem.TIME, "25:00", Verb.EXCEPTION_SET),
        ("exception set 2026-11-25 start 24:00", Problem.TIME, "24:00", Verb.EXCEPTION_SET),
        ("force_start until 22:61", Problem.TIME, "22:61", Verb.FORCE_START),
        ("extend chat-dev 0h", Problem.LENGTH, "0h", Verb.EXTEND),
        ("extend chat-dev 1.5h", Problem.LENGTH, "1.5h", Verb.EXTEND),
        ("extend chat-dev 999999999999h", Problem.LENGTH, "999999999999h", Verb.EXTEND),
        ("extend chat-dev 1000h", Problem.LENGTH, "1000h", Verb.EXTEND),
        ("extend chat-dev", Problem.NO_LENGTH, "", Verb.EXTEND),
        ("extend office 2h", Problem.SCHEDULE, "office", Verb.EXTEND),
        ("exception set stop 22:00", Problem.NO_DAY, "", Verb.EXCEPTION_SET),
        ("exception set tomorrow 22:00", Problem.NO_KIND, "", Verb.EXCEPTION_SET),
        ("exception set tomorrow stop", Problem.NO_TIME, "", Verb.EXCEPTION_SET),
        ("exception del tomorrow", Problem.NO_KIND, "", Verb.EXCEPTION_DEL),
        ("exception set tomorrow stop 22:00 23:00", Problem.WORDS, "23:00", Verb.EXCEPTION_SET),
        ("force_start 2h until 22:00 pay", Problem.WORDS, "22:00", Verb.FORCE_START),
        ("예외 설정 내일 시작 25:00", Problem.TIME, "25:00", Verb.EXCEPTION_SET),
    ],
)
def test_what_is_not_understood_is_named(text: str, problem: Problem, what: str, verb: Verb | None) -> None:
    found = refused(text)
    assert (found.problem, found.what, found.verb) == (problem, what, verb)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pay force_start until 25:00", "pay"),
        ("force_start pay until 25:00", "pay"),
        ("status page 2026-02-30 info", "status page"),
        ("채팅 QA extend 1.5h", "채팅 QA"),
        ("pay extend", "pay"),
        ("pay exception set 2026-02-30 stop 22:00", "pay"),
        ("office exception set tomorrow stop 25:00", "office"),
        ("pay loudly exception set tomorrow stop 25:00", "pay"),
        ("nobody force_start until 25:00", ""),
    ],
)
def test_a_name_that_was_understood_is_kept_though_something_else_is_wrong(text: str, name: str) -> None:
    assert refused(text).name == name


def test_names_written_like_a_wrong_one_are_offered() -> None:
    assert refused("status chatdev").near[0] == CHAT


def test_nothing_that_is_not_wholly_understood_switches_anything() -> None:
    for text in (
        "don't force_stop chat-dev",
        "force_stop chat-dev not",
        "can you stop chat-dev or pay",
        "why stop pay",
    ):
        assert isinstance(parse(text, KNOWN), Misunderstood), text


PIECES = st.sampled_from(
    (
        *("chat-dev", "status", "exception", "set", "del", "start", "stop", "2026-11-25", "22:00", "까지", "until"),
        *("2h", "'", '"', "“", "예외", "설정", "22시", "30분", "reason", "?", ":", "：", "24:00", "-", "９", "\x00"),
        *("force_start", "force", "why"),
    )
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=9).map(" ".join), st.lists(PIECES).map("".join))


@examples(300)
@given(TEXTS)
def test_nothing_that_people_type_raises(text: str) -> None:
    found = parse(text, KNOWN)
    if isinstance(found, Command):
        assert found.verb in Verb
    else:
        assert found.problem in Problem


def test_a_very_long_text_is_read_as_well() -> None:
    many = [Named("environment", number, (f"env-{number}", f"Environment {number}")) for number in range(2000)]
    found = parse("start stop exception set why " * 40, many)
    assert isinstance(found, Misunderstood)


COMMANDS = st.one_of(
    st.builds(Command, st.sampled_from([Verb.STATUS, Verb.WHY, Verb.COST])),
    st.builds(
        Command, st.sampled_from([Verb.INFO, Verb.EXCEPTION_INFO]), day=st.sampled_from([None, DAY, TODAY, TOMORROW])
    ),
    st.builds(
        Command,
        st.just(Verb.EXCEPTION_SET),
        day=st.sampled_from([DAY, TODAY, Relative.THE_DAY_AFTER]),
        times=st.tuples(
            st.tuples(st.just("start"), st.integers(0, 1439)), st.tuples(st.just("stop"), st.integers(0, 1440))
        ),
        reason=st.sampled_from(["", "client demo"]),
    ),
    st.builds(
        Command, st.just(Verb.FORCE_STOP), until=st.one_of(st.none(), st.integers(0, 1440))
    ),
    st.builds(Command, st.just(Verb.EXTEND), lasts=st.integers(1, 44_640).map(lambda count: timedelta(minutes=count))),
)  # fmt: skip


@examples(200)
@given(COMMANDS, st.sampled_from(["chat-dev", "Chat Dev", "status", "force start", '9" rack', "it's", "내일", "for"]))
def test_what_the_bot_writes_it_reads_as_the_same(command: Command, name: str) -> None:
    those = [Named("environment", 7, (name,)), Named("environment", 8, ("another",))]
    assert parse(typed(command, name), those) == replace(command, name=name, found=(those[0],))
