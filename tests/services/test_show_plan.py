"""`manage.py show_plan`: days as bars of characters with reasons, JSON for programs, clear refusals."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from environments.models import Calendar, CalendarDay, Environment, Period
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(monday("10:00"), tick=False):
        yield


def show(*arguments: str) -> str:
    out = io.StringIO()
    call_command("show_plan", *arguments, stdout=out)
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(show(*arguments, "--json"))


def chat() -> Environment:
    """Office hours, a day off on Wednesday, and a hold until ten this evening."""
    here = factories.environment()
    off = Calendar.objects.create(name="Company")
    off.environments.add(here)
    CalendarDay.objects.create(calendar=off, day="2026-11-25", kind="off", name="Founding day")
    factories.hold(here, until=monday("22:00"), author=factories.manager(), reason="client demo")
    return here


def test_it_says_what_is_wished_for_now_and_why_and_draws_seven_days_in_the_plan_s_zone() -> None:
    chat()
    lines = show("chat-dev").splitlines()
    assert lines[0] == "chat-dev  (Asia/Seoul)"
    assert lines[1] == "Running until 22:00: hold by manager (client demo)"
    days = [line for line in lines if "│" in line]
    assert [line[:14] for line in days][:2] == ["Mon 2026-11-23", "Tue 2026-11-24"]
    assert len(days) == 7


def test_a_cell_is_half_an_hour_and_the_reasons_stand_beside_the_bar() -> None:
    chat()
    text = show("chat-dev")
    tuesday = next(line for line in text.splitlines() if "2026-11-24" in line)
    bar = tuesday.split("│")[1]
    assert bar == " " * 18 + "█" * 18 + " " * 12
    assert tuesday.endswith("09:00–18:00  schedule Office hours Seoul")
    today = next(line for line in text.splitlines() if "2026-11-23" in line)
    assert "▓" in today.split("│")[1]
    assert "hold by manager (client demo)" in today
    wednesday = next(line for line in text.splitlines() if "2026-11-25" in line)
    assert wednesday.split("│")[1] == "░" * 48
    assert wednesday.endswith("day off, Founding day (calendar Company)")


def test_ascii_writes_plain_characters_only() -> None:
    chat()
    text = show("chat-dev", "--ascii")
    assert text.isascii()
    assert "|" + " " * 18 + "#" * 18 + " " * 12 + "|" in text


def test_a_terminal_that_has_no_blocks_gets_plain_characters() -> None:
    chat()
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as out:
        call_command("show_plan", "chat-dev", "--lang", "ko", stdout=out)
        out.flush()
        assert b"#" * 18 in raw.getvalue()


def test_korean_is_spoken_on_request() -> None:
    chat()
    assert show("chat-dev", "--lang", "ko").splitlines()[1] == "22:00까지 실행: 유지, manager (client demo)"


def test_from_and_to_choose_the_days() -> None:
    chat()
    found = told("chat-dev", "--from", "2026-12-24", "--to", "2026-12-25")
    assert (found["from"], found["to"]) == ("2026-12-24", "2026-12-25")
    assert found["segments"][0]["start"] == "2026-12-24T00:00:00+09:00"
    assert found["segments"][-1]["end"] == "2026-12-26T00:00:00+09:00"


def test_json_has_segments_without_gaps_with_reasons_in_both_languages_and_sources() -> None:
    here = chat()
    found = told("chat-dev")
    assert found["timezone"] == "Asia/Seoul"
    assert found["now"]["explanation"]["ko"].startswith("22:00까지 실행")
    for one, following in zip(found["segments"], found["segments"][1:], strict=False):
        assert one["end"] == following["start"]
    held = next(one for one in found["segments"] if one["source"]["kind"] == "hold")
    assert held["source"]["id"] == str(here.holds.get().pk)
    assert held["desired"] == "running"
    assert held["reason"] == {"en": "hold by manager (client demo)", "ko": "유지, manager (client demo)"}


def test_json_has_the_changes_with_why_and_who() -> None:
    chat()
    change = told("chat-dev")["changes"]
    ends = next(one for one in change if one["who"] == "manager" and one["desired"] == "stopped")
    assert ends["at"] == "2026-11-23T22:00:00+09:00"
    assert ends["why"]["en"] == "end of the hold by manager (client demo)"


def test_an_environment_is_found_by_its_name_too() -> None:
    factories.environment("Chat Dev", slug="chat-dev")
    assert told("chat dev")["environment"] == "chat-dev"


def test_a_day_of_twenty_three_hours_is_drawn_in_forty_eight_cells_of_the_wall_clock() -> None:
    clock = factories.schedule("Early", timezone="America/New_York", begin_time="01:00", end_time="09:00")
    factories.environment(schedule=clock, timezone="")
    line = show("chat-dev", "--from", "2026-03-08", "--to", "2026-03-08").splitlines()[4]
    assert line.split("│")[1] == " " * 2 + "█" * 16 + " " * 30


def test_an_unknown_environment_is_refused_with_names_near_to_it() -> None:
    factories.environment("chat-dev")
    factories.environment("payments")
    with pytest.raises(CommandError, match=r"no environment 'chat-dve'. Near to it: chat-dev$"):
        show("chat-dve")
    with pytest.raises(CommandError, match=r"There are: chat-dev, payments"):
        show("xyz")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--from", "tomorrow"], "--from: 'tomorrow' is not a date"),
        (["--to", "2026-02-30"], "--to: '2026-02-30' is not a date"),
        (["--from", "2026-12-02", "--to", "2026-12-01"], "--to: 2026-12-01 is before 2026-12-02"),
        (["--from", "2026-01-01", "--to", "2027-06-01"], "--to: 517 days are too many; 366 at most"),
        (["--from", "9999-12-31"], "--from: 9999-12-31 is too far away"),
        (["--from", "0001-01-01"], "years from 1970 to 2199"),
    ],
)
def test_what_cannot_be_a_span_is_refused_by_name(arguments: list[str], problem: str) -> None:
    factories.environment()
    with pytest.raises(CommandError) as refused:
        show("chat-dev", *arguments)
    assert problem in str(refused.value)


def test_a_schedule_that_cannot_be_read_says_what_is_wrong_with_it() -> None:
    Period.objects.filter(schedule=factories.environment().schedule).update(weekdays="someday")
    with pytest.raises(CommandError, match=r"cannot be read: .*someday"):
        show("chat-dev")


def test_a_date_that_the_zone_has_leapt_over_is_left_out_and_alone_it_is_refused() -> None:
    samoa = factories.schedule("Samoa", timezone="Pacific/Apia", begin_time="09:00", end_time="18:00")
    factories.environment(schedule=samoa, timezone="")
    shown = show("chat-dev", "--from", "2011-12-29", "--to", "2011-12-31")
    assert [day in shown for day in ("2011-12-29", "2011-12-30", "2011-12-31")] == [True, False, True]
    with pytest.raises(CommandError, match="there was no 2011-12-30 in Pacific/Apia"):
        show("chat-dev", "--from", "2011-12-30", "--to", "2011-12-30")
