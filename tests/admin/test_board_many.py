"""Several at once: the confirmation costs the same for few and for many, says what stops, and a release comes back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment, Hold, Operation
from environments.services import schedules
from tests import factories
from tests.support.times import monday

from .overriding import MONDAY, TUESDAY, made, words

pytestmark = pytest.mark.django_db

VERBS = ("start", "stop", "keep", "off", "on", "release")


def chat(name: str = "chat-dev", state: str = "running", **fields: Any) -> Environment:
    found = factories.chat_app(name, f"{name}-stack")
    stands = {"state": state, "wish": state, "judged_at": monday("09:00")} | fields
    Environment.objects.filter(pk=found.pk).update(**stands)
    found.refresh_from_db()
    return found


def asked(browser: Client, verb: str, *chosen: Environment) -> str:
    ids = "".join(f"&env={one.pk}" for one in chosen)
    answer = browser.get(f"/board/many/?do={verb}{ids}")
    assert answer.status_code == 200
    return answer.content.decode()


def line(html: str, name: str) -> str:
    """What is said of one of them."""
    said = [words(part) for part in html.split('class="bd-lines"')[1].split("</ul>")[0].split("<li>")[1:]]
    return next(one for one in said if f" {name} " in f" {one} ").partition(f"{name} ")[2]


def send(browser: Client, address: str, **form: Any) -> str:
    answer = browser.post(address, form, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_the_confirmation_costs_the_same_for_three_and_for_thirty(verb: str, as_manager: Client) -> None:
    """Each of them has a hold, an exception and a schedule of its own, and is needed by another."""

    def one_more(number: int) -> Environment:
        schedule = factories.schedule(f"Hours {number}", begin_time="08:00", end_time="19:00")
        one = chat(f"env-{number}", "stopped" if verb == "start" else "running", schedule=schedule)
        chat(f"needs-{number}").needs.add(one)
        factories.hold(one, until=monday("22:00"))
        made(one, "stop", TUESDAY, minute=12 * 60)
        return one

    def cost(chosen: list[Environment]) -> int:
        with CaptureQueriesContext(connection) as queries:
            html = asked(as_manager, verb, *chosen)
        assert len(re.findall("<li>", html)) == len(chosen)
        return len(queries)

    three = [one_more(number) for number in range(3)]
    few = cost(three)
    thirty = [*three, *(one_more(number) for number in range(3, 30))]
    assert cost(thirty) == few


def test_a_day_off_warns_which_of_them_run_now_and_would_stop_today(as_manager: Client) -> None:
    runs, sleeps = chat("runs"), chat("sleeps", "stopped")
    html = asked(as_manager, "off", runs, sleeps)
    assert "if the day were today, it would stop at once" in line(html, "runs")
    assert "stop" not in line(html, "sleeps")
    assert "1 of them runs now. If the day is today, it stops at once" in words(html)
    assert "them run" not in words(asked(as_manager, "off", sleeps))


def test_of_the_day_that_was_chosen_it_says_what_happens_at_once(as_manager: Client) -> None:
    runs, sleeps = chat("runs"), chat("sleeps", "stopped")
    both = [runs.pk, sleeps.pk]
    refused = send(as_manager, "/board/many/", do="off", env=both, day=MONDAY, reason="")
    assert "It stops now, and everybody who uses it loses it." in line(refused, "runs")
    assert line(refused, "sleeps").startswith("Off all day. Asia/Seoul")
    on = send(as_manager, "/board/many/", do="on", env=both, day=MONDAY, reason="")
    assert "On all day. It starts now." not in line(on, "runs")
    assert not DayException.objects.exists()


def test_what_is_warned_of_is_what_happens(as_manager: Client) -> None:
    runs, needed = chat("runs"), chat("needed")
    chat("app").needs.add(needed)
    html = asked(as_manager, "off", runs, needed)
    assert "would stop at once" in line(html, "runs")
    assert "would stop" not in line(html, "needed"), "others need it, so it runs on"
    send(as_manager, "/board/many/", do="off", env=[runs.pk, needed.pk], day=MONDAY, reason="power cut")
    schedules.enforce_due(now=monday("10:00"))
    assert [operation.environment for operation in Operation.objects.filter(kind="stop")] == [runs]


def test_where_something_else_wins_over_a_day_off_it_is_told_without_a_green_tick(as_manager: Client) -> None:
    held, outside, needed = chat("held"), chat("outside", wish="stopped"), chat("needed")
    factories.hold(held, until=monday("22:00"), reason="demo")
    made(outside, "off", MONDAY)
    Environment.objects.filter(pk=outside.pk).update(wish="stopped", drift_since=monday("09:40"))
    chat("app").needs.add(needed)
    wins = {
        "held": "While it is held, it stays on: until 22:00",
        "outside": "Started outside the portal: left alone until tomorrow 09:00 (Asia/Seoul). Stop it now",
        "needed": "It stays on: others still need it: app until 18:00 (Asia/Seoul).",
    }
    chosen = [held.pk, outside.pk, needed.pk]
    before = send(as_manager, "/board/many/", do="off", env=chosen, day=MONDAY, reason="")
    done = send(as_manager, "/board/many/", do="off", env=chosen, day=MONDAY, reason="outing")
    assert "Done for 3 of 3" in done
    for name, why in wins.items():
        assert why in line(before, name)
        assert why in words(done)
    for html in (before, done):
        icons = html.split('class="bd-lines"')[1].split("</ul>")[0]
        assert (icons.count("warning"), icons.count("check_circle")) == (3, 0)


@pytest.mark.parametrize("until", ["+1", "+2", "time"])
def test_keeping_several_on_leaves_what_is_kept_on_for_longer(until: str, as_manager: Client) -> None:
    kept, longer, plain = chat("kept"), chat("longer"), chat("plain")
    for_ever = factories.hold(kept, until=None)
    late = factories.hold(longer, until=monday("23:30"))
    assert "kept on until somebody releases it" in line(asked(as_manager, "keep", kept, plain), "kept")
    chosen = [kept.pk, longer.pk, plain.pk]
    form = {"until": until, "until_time": "2026-11-23T20:30"}
    answer = words(send(as_manager, "/board/many/", do="keep", env=chosen, **form))
    assert "kept was left as it is: It is kept on until somebody releases it." in answer
    held = {hold.environment: hold for hold in Hold.objects.open()}
    assert held[kept] == for_ever
    assert held[plain].until is not None
    if until == "time":
        assert "longer was left as it is: It is held for longer already, until 23:30 (Asia/Seoul)." in answer
        assert held[longer] == late
    else:
        assert held[longer].until == monday("23:30") + timedelta(hours=int(until))


def test_a_day_that_has_passed_or_is_none_is_said_for_each_and_nothing_is_written(as_manager: Client) -> None:
    here = chat()
    for day, why in (("2026-11-20", "passed"), ("nonsense", "This is not a date.")):
        answer = send(as_manager, "/board/many/", do="off", env=[here.pk], day=day, reason="x")
        assert why in words(answer)
        assert "Done for 0 of 1" in words(answer)
    assert not DayException.objects.exists()


def test_who_still_needs_each_of_them_is_said_by_name(as_manager: Client) -> None:
    first, second, free = chat("db-one"), chat("db-two"), chat("free")
    chat("app-one").needs.add(first)
    chat("app-two").needs.add(second)
    html = asked(as_manager, "stop", first, second, free)
    assert "Others still need it: app-one until 18:00. Asia/Seoul" in line(html, "db-one")
    assert "Others still need it: app-two until 18:00. Asia/Seoul" in line(html, "db-two")
    assert line(html, "free").startswith("It stops now.")


def test_an_environment_named_twice_is_one(as_manager: Client) -> None:
    here = chat()
    assert "Done for 1 of 1" in send(as_manager, "/board/many/", do="stop", env=[here.pk, here.pk], until="next")


def _undo_of(answer: str, address: str) -> dict[str, list[str]]:
    form = answer.split(f'hx-post="{address}"')[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]+)"', form):
        found.setdefault(name, []).append(value)
    return found


def test_a_release_on_the_board_is_undone_with_one_click(as_manager: Client) -> None:
    here = chat()
    factories.hold(here, until=monday("22:00"), author=factories.operator(), reason="client demo")
    undo = _undo_of(send(as_manager, "/env/chat-dev/ask/release/"), "/env/chat-dev/undo/")
    assert not Hold.objects.open().exists()
    said = words(send(as_manager, "/env/chat-dev/undo/", **undo))
    assert "chat-dev is held as before: until 22:00, by manager: client demo (Asia/Seoul)." in said
    again = Hold.objects.open().get()
    assert (again.until, again.reason, again.desired) == (monday("22:00"), "client demo", "running")
    assert "There was nothing to undo any more." in words(send(as_manager, "/env/chat-dev/undo/", **undo))
    assert Hold.objects.count() == 2


def test_a_release_of_several_is_undone_with_one_click_for_those_that_nobody_has_held_since(
    as_manager: Client, as_outsider: Client
) -> None:
    here, other, taken = chat(), chat("chat-qa"), chat("chat-taken")
    for one in (here, other, taken):
        factories.hold(one, until=None, reason="demo")
    ids = [here.pk, other.pk, taken.pk]
    undo = _undo_of(send(as_manager, "/board/many/", do="release", env=ids), "/board/many/undo/")
    assert set(undo) == {"env", "released"}
    newer = factories.hold(taken, until=monday("12:00"))
    assert "Taken back for 0 of 0" in send(as_outsider, "/board/many/undo/", **undo)
    answer = words(send(as_manager, "/board/many/undo/", **undo))
    assert "Taken back for 2 of 3" in answer
    assert "chat-taken was left as it is: There was nothing to undo any more." in answer
    held = Hold.objects.open().order_by("environment__name")
    assert [hold.environment for hold in held] == [here, other, taken]
    assert held[2] == newer


@pytest.mark.parametrize(
    ("clock", "proposed"), [("2026-11-22T23:30:00Z", "2026-11-24"), ("2026-11-23T10:00:00Z", "2026-11-24")]
)
def test_the_day_proposed_for_several_has_begun_for_none_of_them(clock: str, proposed: str, as_manager: Client) -> None:
    here = factories.environment()
    with time_machine.travel(clock, tick=False):
        html = as_manager.get(f"/board/many/?do=off&env={here.pk}").content.decode()
    assert f'name="day" required value="{proposed}"' in html
