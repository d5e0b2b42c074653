"""`manage.py env start|stop|extend`: in somebody's name, with their rights, confirmed, and followed to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from environments.models import Environment, Hold, Operation, Wish
from environments.services import workflow
from environments.services.holds import Until
from environments.targets.base import TargetError, Wait
from portal.models import Pulse
from tests import factories
from tests.commands_line.typing import Seen, env
from tests.services.conftest import Scripted
from tests.support.portal import Portal, made, place, state_of
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_evening(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    with time_machine.travel(monday("20:00"), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def cast() -> None:
    factories.manager()
    factories.outsider()
    factories.viewer()


def chat(scripted: Scripted, at: str = "20:00") -> Environment:
    """Office hours, as it stands then."""
    it = made("chat-dev", "09:00", "18:00")
    Portal(monday("05:00")).go_to(monday(at))
    it.refresh_from_db()
    return it


def held() -> Hold:
    return Hold.objects.open().get()


def workers(clock: time_machine.Traveller) -> Callable[[float], None]:
    """Time passes while the command waits, and workers do what is due."""

    def pause(seconds: float) -> None:
        clock.shift(timedelta(seconds=seconds))
        now = datetime.now(tz=monday("20:00").tzinfo)
        for pk in list(Operation.objects.due(now).values_list("pk", flat=True)):
            workflow.advance(operation_id=pk, now=now)

    return pause


def test_a_start_is_a_hold_in_somebody_s_name_until_the_plan_s_next_change(scripted: Scripted) -> None:
    chat(scripted)
    seen = env("start", "chat-dev", "--reason", "night test")

    assert seen.lines[0] == (
        "chat-dev starts now and is kept running until tomorrow 18:00 (Asia/Seoul), from 09:00 by its plan."
    )
    hold = held()
    assert hold.author is not None
    assert (hold.author.username, hold.reason, hold.origin) == ("manager", "night test", "command")
    assert hold.until == monday("09:00") + timedelta(days=1)
    assert Operation.objects.unfinished().get().kind == "start"
    history: Any = Hold.history
    assert history.latest().origin == "command"


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        (["--until", "22:00"], monday("22:00")),
        (["--until", "08:30"], monday("08:30") + timedelta(days=1)),
        (["--until", "24:00"], monday("24:00")),
        (["--until", "2026-11-25 21:00"], monday("21:00") + timedelta(days=2)),
        (["--hours", "1.5"], monday("21:30")),
        (["--released"], None),
    ],
)
def test_its_end_can_be_a_time_a_length_or_somebody_s_release(
    typed: list[str], until: datetime | None, scripted: Scripted
) -> None:
    chat(scripted)

    assert env("start", "chat-dev", *typed).code == 0
    assert held().until == until


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--until", "25:00"], "--until: “25:00” is no time."),
        (["--until", "soon"], "--until: “soon” is no time."),
        (["--until", "2026-13-01 10:00"], "is no time."),
        (["--until", "2026-11-20 10:00"], "This time has passed."),
        (["--until", "0001-01-01 00:00"], "is no time."),
        (["--until", "9999-12-31 23:59"], "This is more than 10 years away."),
        (["--hours", "-1"], "argument --hours"),
        (["--hours", "2", "--released"], "not allowed with argument"),
        (["--reason", "x" * 201], "--reason: 200 characters at most."),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(typed: list[str], said: str, scripted: Scripted) -> None:
    chat(scripted)
    seen = env("start", "chat-dev", *typed)

    assert said in seen.err
    assert seen.code != 0
    assert not Hold.objects.exists()


@pytest.mark.parametrize("name", ["viewer", "outsider"])
@pytest.mark.parametrize("verb", [["start", "chat-dev"], ["stop", "chat-dev", "--yes"]])
def test_who_may_not_switch_it_on_a_page_may_not_here(name: str, verb: list[str], scripted: Scripted) -> None:
    chat(scripted)
    seen = env(*verb, by=name)

    assert seen.code == 1
    assert ("but not switch it" if name == "viewer" else "There is no environment") in seen.err
    assert not Hold.objects.exists()


def test_a_stop_says_what_would_end_and_asks(scripted: Scripted) -> None:
    chat(scripted, "12:00")
    with time_machine.travel(monday("12:00"), tick=False):
        refused = env("stop", "chat-dev", answer="n\n")
        silent = env("stop", "chat-dev")
        assert not Hold.objects.exists()
        agreed = env("stop", "chat-dev", answer="y\n")

    assert refused.lines[0] == "Now: Running. Running until 18:00: schedule 09:00-18:00"
    assert "Stop chat-dev now and keep it stopped until" in refused.out
    assert [one.code for one in (refused, silent, agreed)] == [1, 1, 0]
    assert silent.err == "Nothing was done. Answer y, or give --yes."
    assert held().desired == Wish.STOPPED


def test_yes_asks_nothing(scripted: Scripted) -> None:
    chat(scripted, "12:00")
    with time_machine.travel(monday("12:00"), tick=False):
        seen = env("stop", "chat-dev", "--yes")

    assert "[y/N]" not in seen.out
    assert held().desired == Wish.STOPPED


def test_a_stop_of_what_others_need_is_refused_in_words(scripted: Scripted) -> None:
    it = chat(scripted, "12:00")
    made("front", "09:00", "18:00", needs=it, state="running", wish="running")
    with time_machine.travel(monday("12:00"), tick=False):
        seen = env("stop", "chat-dev", "--yes")

    assert seen.code == 1
    assert "front" in seen.err
    assert state_of(it) == "running"


def test_extend_counts_from_the_planned_stop(scripted: Scripted) -> None:
    chat(scripted, "17:00")
    with time_machine.travel(monday("17:00"), tick=False):
        seen = env("extend", "chat-dev", "2h", "--reason", "demo")

    assert seen.lines[0].startswith("chat-dev is kept running until 20:00")
    assert held().until == monday("20:00")
    assert seen.lines[1] == "Nothing has to be done for it: Running."


def test_extend_of_what_was_started_outside_counts_from_when_its_plan_stops_it(scripted: Scripted) -> None:
    chat(scripted, "17:00")
    Environment.objects.update(wish="stopped", drift_since=monday("19:00"))
    with time_machine.travel(monday("20:00"), tick=False):
        env("extend", "chat-dev", "2h")

    assert held().until == monday("20:00") + timedelta(days=1)


def test_extend_of_what_does_not_run_says_how_to_start_it(scripted: Scripted) -> None:
    chat(scripted)
    seen = env("extend", "chat-dev", "2h")

    assert seen.err == "chat-dev does not run. Start it: manage.py env start chat-dev --hours 2"
    assert env("extend", "chat-dev", "soon").err == "“soon” is no length of time. Write 2h, 90m or 1h30m."


def test_extend_of_what_is_kept_on_without_end_says_so(scripted: Scripted) -> None:
    it = chat(scripted, "12:00")
    Environment.objects.filter(pk=it.pk).update(schedule=None)
    it.refresh_from_db()
    with time_machine.travel(monday("12:00"), tick=False):
        place(it, Wish.RUNNING, factories.manager(), monday("12:00"), until=Until.RELEASED)
        seen = env("extend", "chat-dev", "2h")

    assert seen.err == "chat-dev has no planned stop: there is nothing to extend."


def test_without_a_worker_it_says_that_nobody_works_on_it_yet(scripted: Scripted) -> None:
    chat(scripted)
    assert "No worker has given a sign of life" in env("start", "chat-dev").err

    Pulse.objects.create(name="worker", host="x", process=1, at=monday("20:00"))
    Hold.objects.all().delete()
    assert env("start", "chat-dev").err == ""


def followed(verb: str, clock: time_machine.Traveller) -> Seen:
    Pulse.objects.create(name="worker", host="x", process=1, at=monday("20:00"))
    return env(verb, "chat-dev", "--follow", pause=workers(clock))


def test_following_shows_the_steps_until_it_runs(scripted: Scripted, monday_evening: time_machine.Traveller) -> None:
    chat(scripted)
    scripted.script["chat-dev: act"] = [Wait(timedelta(seconds=2), {"en": "3 of 7 resources", "ko": "7개 중 3개"})]
    seen = followed("start", monday_evening)

    assert seen.code == 0, seen.err
    assert any("Look at what is there chat-dev: done" in line for line in seen.lines)
    assert any("3 of 7 resources" in line for line in seen.lines), seen.out
    assert seen.lines[-1].startswith("Done: Running, after ")


def test_a_failure_ends_following_with_its_reason_and_exit_code_one(
    scripted: Scripted, monday_evening: time_machine.Traveller
) -> None:
    chat(scripted)
    scripted.script["chat-dev: act"] = [TargetError({"en": "No capacity.", "ko": "용량이 부족해요."})]
    seen = followed("start", monday_evening)

    assert (seen.code, seen.err) == (1, "Failed: No capacity.")


def test_who_is_overtaken_by_another_wish_is_told_so(
    scripted: Scripted, monday_evening: time_machine.Traveller
) -> None:
    it = chat(scripted)

    def somebody_else(_seconds: float) -> None:
        place(it, Wish.STOPPED, factories.manager(), monday("20:00"), reason="too dear")

    seen = env("start", "chat-dev", "--follow", pause=somebody_else)

    assert seen.code == 1
    assert "Somebody wished for something else meanwhile: " in seen.err
    assert "too dear" in seen.err


def test_where_nobody_works_following_ends_after_the_deadline(
    scripted: Scripted, monday_evening: time_machine.Traveller
) -> None:
    chat(scripted)
    seen = env("start", "chat-dev", "--follow", pause=lambda seconds: monday_evening.shift(timedelta(hours=3)))

    assert seen.code == 1
    assert seen.err.endswith("Nobody works on it: are workers running?")


def test_who_interrupts_following_ends_nothing_else(scripted: Scripted) -> None:
    chat(scripted)

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    seen = env("start", "chat-dev", "--follow", pause=interrupted)

    assert seen.code == 130
    assert seen.err.endswith("It goes on without you.")
    assert Operation.objects.unfinished().get().kind == "start"
