"""`manage.py env list|status|plan|why`: names as people type them, aligned tables, both languages, JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.management.commands.env import Command
from environments.management.env_lines import width
from environments.management.env_words import TEXTS
from tests import factories
from tests.commands_line.typing import env, told
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    with time_machine.travel(monday("10:00"), tick=False):
        yield


@pytest.fixture(autouse=True)
def cast() -> None:
    factories.manager()
    factories.operator()
    factories.outsider()


def chat(name: str = "chat-dev", **fields: Any) -> Any:
    values = {"state": "running", "state_since": monday("09:02")} | fields
    made = factories.environment(name, **values)
    factories.stack(made, f"Stack-{made.pk}")
    return made


def test_the_list_is_a_table_of_what_somebody_may_see() -> None:
    chat()
    chat("pay-dev", team=factories.team("Payments"))
    seen = env("list")

    assert seen.lines == [
        "NAME      TEAM  STATE    NEXT         WHY",
        "chat-dev  Chat  Running  stops 18:00  until 18:00 · Office hours Seoul",
        "Environments: 1",
    ]
    assert "pay-dev" in env("list", by="operator").out


def test_columns_stand_below_each_other_where_letters_are_wide() -> None:
    chat("채팅 개발", slug="chat-ko")
    chat("pay")
    head, *rows, _count = env("list", "--language", "ko").lines
    places = [width(line[: line.index(word)]) for line, word in zip([head, *rows], ("팀", "Chat", "Chat"), strict=True)]

    assert len(set(places)) == 1
    assert head.split() == ["이름", "팀", "상태", "다음", "이유"]
    assert "실행" in rows[0]


def test_the_list_is_narrowed_by_team_and_by_state() -> None:
    chat()
    chat("chat-old", state="stopped")
    chat("pay-dev", team=factories.team("Payments"))

    assert [one["name"] for one in told("list", "--state", "stopped")["environments"]] == ["chat-old"]
    assert [one["name"] for one in told("list", "--team", "pay", by="operator")["environments"]] == ["pay-dev"]
    assert env("list", "--team", "pay").err == "--team: there is no team “pay”.", "not theirs, so it does not exist"
    assert "No environment." in env("list", "--state", "failed").out


def test_a_list_of_many_asks_the_database_as_often_as_one_of_few() -> None:
    counts = []
    for number in range(12):
        made = chat(f"env-{number:02}")
        factories.step(factories.operation(made, "stop", "running"), "look", "running")
        if number in {1, 11}:
            with CaptureQueriesContext(connection) as asked:
                env("list")
            counts.append(len(asked))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "typed", ["chat-dev", "CHAT-DEV", "chat-d", "Chat development", "chat dev", "ｃｈａｔ－ｄｅｖ"]
)
def test_a_name_is_taken_as_people_type_it(typed: str) -> None:
    chat("Chat development", slug="chat-dev")
    chat("chat-staging")

    assert env("why", *typed.split()).lines[0].startswith("Chat development: Running until 18:00")


def test_a_name_that_may_be_several_names_them() -> None:
    chat("chat-dev")
    chat("chat-staging")
    seen = env("status", "chat")

    assert seen.code == 1
    assert seen.err == "“chat” may be several: chat-dev, chat-staging. Type more of it."


def test_an_exact_name_is_meant_though_others_begin_so() -> None:
    chat("chat")
    chat("chat-staging")

    assert env("status", "chat").lines[0] == "chat: Running  (Asia/Seoul)"


def test_a_wrong_name_says_what_is_near_to_it_and_never_what_one_may_not_see() -> None:
    chat("chat-dev")
    chat("chat-pay", team=factories.team("Payments"))

    assert env("status", "chat-dve").err == "There is no environment “chat-dve”. Near to it: chat-dev."
    assert env("status", "chat-pay").err == "There is no environment “chat-pay”. Near to it: chat-dev."
    assert env("status", "x", by="outsider").err == "There is no environment “x”. There are: chat-pay."


def test_the_status_says_state_reason_and_what_is_under_way_step_by_step() -> None:
    made = chat(state="stopping")
    under_way = factories.operation(made, "stop", "running", at=monday("09:59"))
    done = {"finished_at": monday("10:00"), "detail": {"en": "It is there", "ko": "있어요"}}
    factories.step(under_way, "look", "done", started_at=monday("09:59"), **done)
    factories.step(under_way, "delete", "running", started_at=monday("10:00"))
    factories.step(under_way, "wait", "pending", started_at=None)
    lines = env("status", "chat-dev").lines

    assert lines[0] == "chat-dev: Stopping  (Asia/Seoul)"
    assert any(line.strip().startswith("Stop: ") and line.endswith("%") for line in lines)
    assert f"    10:00:00  Look at what is there Stack-{made.pk}: done, 1 min – It is there" in lines
    assert not any("Wait until" in line for line in lines), "it has not begun"


def test_the_status_for_programs_has_instants_with_their_offset_and_both_languages() -> None:
    made = chat()
    factories.hold(made, until=monday("22:00"), author=factories.manager(), reason="client demo")
    found = told("status", "chat-dev")

    assert (found["environment"], found["state"], found["desired"]) == ("chat-dev", "running", "running")
    assert found["since"] == "2026-11-23T09:02:00+09:00"
    assert found["until"] == "2026-11-23T22:00:00+09:00"
    assert found["explanation"]["ko"] == "22:00까지 실행: 유지, manager (client demo)"
    assert (found["hold"]["by"], found["hold"]["reason"]) == ("manager", "client demo")
    assert found["operation"] is None


def test_why_says_the_plan_s_reason_and_what_comes_next() -> None:
    chat()
    lines = env("why", "chat-dev").lines

    assert lines[0] == "chat-dev: Running until 18:00: schedule Office hours Seoul"
    assert lines[1] == "Next:"
    assert lines[2] == "  18:00 (Asia/Seoul)  stops: schedule Office hours Seoul"
    assert told("why", "chat-dev")["changes"][0]["at"] == "2026-11-23T18:00:00+09:00"
    assert told("why", "chat-dev")["source"]["kind"] == "schedule"


def test_the_plan_is_drawn_for_as_many_days_as_are_asked_for() -> None:
    chat()
    bars = [line for line in env("plan", "chat-dev", "--days", "3").lines if "│" in line]

    assert [line[:14] for line in bars] == ["Mon 2026-11-23", "Tue 2026-11-24", "Wed 2026-11-25"]
    assert told("plan", "chat-dev", "--days", "1")["to"] == "2026-11-23"
    assert env("plan", "chat-dev", "--days", "0").err == "--days: from 1 to 366."


@pytest.mark.parametrize(
    ("shell", "begin"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "18:00까지"),
        ({"LANG": "C"}, "Running"),
        ({"LC_ALL": "en_US", "LANG": "ko"}, "Running"),
    ],
)
def test_it_speaks_the_language_of_the_shell(
    shell: dict[str, str], begin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat()
    for name, value in shell.items():
        monkeypatch.setenv(name, value)

    assert env("why", "chat-dev").out.startswith(f"chat-dev: {begin}")
    assert env("why", "chat-dev", "--language", "ko").out.startswith("chat-dev: 18:00까지 실행")


def test_who_is_nobody_in_the_portal_is_asked_to_say_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    chat()
    monkeypatch.setenv("LOGNAME", "root")
    seen = env("list", by=None)

    assert (seen.code, seen.err) == (
        1,
        "There is no active portal user “root”. Say who you are: manage.py env list --as USERNAME.",
    )
    monkeypatch.setenv("LOGNAME", "manager")
    assert "chat-dev" in env("list", by=None).out


def test_somebody_who_is_switched_off_is_nobody() -> None:
    gone = factories.manager()
    gone.is_active = False
    gone.save()

    assert env("list").code == 1


def test_without_a_terminal_there_are_no_colours() -> None:
    chat()

    assert "\x1b" not in env("list").out


def test_colours_can_be_asked_for_and_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    chat()
    assert "\x1b[32;1mRunning" in env("list", force_color=True).out

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in env("list", force_color=True).out


def test_what_nobody_understands_has_an_exit_code_of_its_own() -> None:
    variables = {"ENV_FILE": "", "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only"}
    ran = subprocess.run(
        [sys.executable, "manage.py", "env", "halt"],
        cwd=settings.BASE_DIR,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 2
    assert "invalid choice: 'halt'" in ran.stderr


def test_what_is_not_understood_is_said_before_anything_is_done() -> None:
    chat()
    assert "invalid choice: 'halt'" in env("halt", "chat-dev").err
    assert "the following arguments are required: NAME" in env("status").err


def test_every_sentence_is_in_both_languages_with_the_same_values() -> None:
    for key, texts in TEXTS.items():
        values = [{field for _, field, _, _ in Formatter().parse(texts[one]) if field} for one in ("en", "ko")]
        assert values[0] == values[1], key


def test_who_reads_no_further_ends_it_without_a_complaint() -> None:
    """`manage.py env list | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as unread, pytest.raises(SystemExit) as ended:
        call_command(Command(stdout=unread), "list", "--as", "manager")
    assert ended.value.code == 141
