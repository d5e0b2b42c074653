"""What wins over what is asked for on the board: a day off says so, and keeping on takes nothing away."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from environments.models import DayException, Environment, Hold, Operation
from environments.services import schedules
from tests import factories
from tests.support.times import monday

from .overriding import MONDAY, TUESDAY, made, words
from .test_board_actions import ASK, ask, said, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(db: None) -> Environment:
    """It runs, as planned, until 18:00."""
    found = factories.chat_app()
    Environment.objects.filter(pk=found.pk).update(state="running", wish="running", judged_at=monday("09:00"))
    found.refresh_from_db()
    return found


@pytest.fixture
def drifted(here: Environment) -> Environment:
    """Started outside on a day off: it is left alone until its plan next says something else."""
    made(here, "off", MONDAY)
    Environment.objects.filter(pk=here.pk).update(wish="stopped", drift_since=monday("09:40"))
    return here


def test_a_day_off_says_that_a_hold_wins_and_what_to_do(here: Environment, as_manager: Client) -> None:
    factories.hold(here, until=monday("22:00"), author=factories.operator(), reason="client demo")
    wins = "While it is held, it stays on: until 22:00, by operator: client demo (Asia/Seoul)."
    assert f"{wins} Release the hold, or stop it now." in words(ask(as_manager, "off"))
    answer = send(as_manager, ASK.format("off"), day=MONDAY, reason="outing")
    assert said(answer).endswith(f"{wins} Release the hold, or stop it now.")
    assert "bd-toast-warn" in answer
    schedules.enforce_due(now=monday("10:00"))
    assert not Operation.objects.exists(), "and so it is"
    tomorrow = send(as_manager, ASK.format("off"), day=TUESDAY, reason="outing")
    assert "held" not in said(tomorrow), "by then it is over"


def test_a_hold_that_nobody_ends_wins_over_later_days_too(here: Environment, as_manager: Client) -> None:
    factories.hold(here, until=None)
    assert "Release the hold if that day is to be off." in said(
        send(as_manager, ASK.format("off"), day=TUESDAY, reason="outing")
    )


def test_a_day_on_says_that_a_hold_keeps_it_off(here: Environment, as_manager: Client) -> None:
    factories.hold(here, "stopped", until=monday("22:00"))
    Environment.objects.filter(pk=here.pk).update(state="stopped", wish="stopped")
    answer = said(send(as_manager, ASK.format("on"), day=MONDAY, reason="demo"))
    assert "While it is held, it stays off: until 22:00" in answer
    assert "Release the hold, or start it now." in answer


def test_a_day_off_says_that_a_change_outside_wins_and_what_to_do(drifted: Environment, as_manager: Client) -> None:
    left = "Started outside the portal: left alone until tomorrow 09:00 (Asia/Seoul). Stop it now if it is to be off."
    assert left in words(ask(as_manager, "off"))
    assert said(send(as_manager, ASK.format("off"), day=MONDAY, reason="outing")).endswith(left)


def test_of_a_day_without_plan_the_dialog_does_not_say_that_it_is_not_running(
    drifted: Environment, as_manager: Client
) -> None:
    DayException.objects.all().delete()
    Environment.objects.filter(pk=drifted.pk).update(schedule=factories.schedule("Sundays", weekdays="sun"))
    html = words(ask(as_manager, "off"))
    assert "Today Mon 23 Nov not planned" in html
    assert "not running" not in html


def test_what_is_kept_until_released_is_given_no_end_by_keeping_it_on(here: Environment, as_manager: Client) -> None:
    kept = factories.hold(here, until=None)
    answer = send(as_manager, ASK.format("keep"), choice="+1")
    assert "It is kept on until somebody releases it." in words(answer)
    assert list(Hold.objects.open()) == [kept]


def test_an_hour_more_ends_at_a_whole_minute_which_is_the_one_that_is_offered(
    here: Environment, as_manager: Client
) -> None:
    with time_machine.travel("2026-11-23T11:05:06.5Z", tick=False):
        assert "until 21:06" in ask(as_manager, "keep")
        send(as_manager, ASK.format("keep"), choice="+1")
    assert Hold.objects.get().until == monday("21:06")
