"""Keeping on what was started outside: it runs on anyway until its plan stops it, and more is counted from there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from environments.models import Environment, Hold, Schedule
from environments.services import holds
from environments.services.specs import planned, spec_of
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .overriding import words
from .test_board_actions import ASK, ask, said, send

pytestmark = pytest.mark.django_db
STOP = monday("18:00") + timedelta(days=1)
"""When its plan next stops it: Tuesday at 18:00."""
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with time_machine.travel(monday("20:00"), tick=False):
        yield


@pytest.fixture
def drifted(db: None) -> Environment:
    """Somebody started it outside after its day."""
    found = factories.chat_app()
    stands = {"state": "running", "wish": "stopped", "judged_at": monday("18:00"), "drift_since": monday("19:40")}
    Environment.objects.filter(pk=found.pk).update(**stands)
    found.refresh_from_db()
    return found


def test_the_dialog_says_how_long_it_runs_anyway_and_offers_only_what_is_longer(
    drifted: Environment, as_manager: Client
) -> None:
    costing.price(drifted.targets.get())
    html = ask(as_manager, "keep")
    text = words(html)
    assert "Started outside the portal: left alone until tomorrow 09:00, then by its plan until tomorrow 18:00." in text
    assert "Stopped until" not in text
    assert re.findall(r'name="choice" value="([^"]+)"', html) == ["+1", "+2", "released", "time"]
    assert "+1 hour until tomorrow 19:00 · $0.10" in text


@pytest.mark.parametrize("hours", [1, 2])
def test_an_hour_more_is_counted_from_when_it_would_be_stopped(
    hours: int, drifted: Environment, as_manager: Client
) -> None:
    answer = said(send(as_manager, ASK.format("keep"), choice=f"+{hours}"))
    assert Hold.objects.get().until == STOP + hours * HOUR
    assert answer == f"chat-dev is kept running until tomorrow {18 + hours}:00 (Asia/Seoul)."


def test_several_are_kept_on_from_there_too(drifted: Environment, as_manager: Client) -> None:
    asked = words(as_manager.get(f"/board/many/?do=keep&env={drifted.pk}").content.decode())
    assert "With 1 hour more it runs until tomorrow 19:00." in asked
    send(as_manager, "/board/many/", do="keep", env=[drifted.pk], until="+1")
    assert Hold.objects.get().until == STOP + HOUR


def test_keeping_on_until_a_time_before_that_takes_nothing_away(drifted: Environment, as_manager: Client) -> None:
    answer = words(send(as_manager, ASK.format("keep"), choice="time", until_time="2026-11-23T22:00"))
    assert "It runs for longer anyway, until tomorrow 18:00 (Asia/Seoul)." in answer
    several = {"do": "keep", "env": [drifted.pk], "until": "time", "until_time": "2026-11-23T22:00"}
    assert "Done for 0 of 1" in send(as_manager, "/board/many/", **several)
    assert not Hold.objects.exists()


def test_where_nothing_would_stop_it_no_hour_is_offered(drifted: Environment, as_manager: Client) -> None:
    never = Schedule.objects.create(name="Never", timezone="Asia/Seoul", override="stopped")
    Environment.objects.filter(pk=drifted.pk).update(schedule=never)
    assert re.findall(r'name="choice" value="([^"]+)"', ask(as_manager, "keep")) == ["released", "time"]
    answer = words(send(as_manager, ASK.format("keep"), choice="+1"))
    assert "It runs on anyway, and no stop is planned." in answer
    assert not Hold.objects.exists()


def test_the_longest_hold_counts_from_there_as_well_and_goes_on_counting(
    drifted: Environment, as_manager: Client
) -> None:
    Environment.objects.filter(pk=drifted.pk).update(max_hold_hours=2)
    for _click in range(2):
        send(as_manager, ASK.format("keep"), choice="+1")
    assert Hold.objects.open().get().until == STOP + 2 * HOUR
    assert "at the latest" in words(ask(as_manager, "keep"))
    send(as_manager, ASK.format("keep"), choice="+1")
    assert Hold.objects.open().get().until == STOP + 2 * HOUR


def test_what_is_to_be_stopped_within_seconds_counts_from_now(drifted: Environment) -> None:
    Environment.objects.filter(pk=drifted.pk).update(wish="running", drift_since=None)
    fresh = planned(Environment.objects.get(pk=drifted.pk), monday("20:00"))
    spec = spec_of(fresh, monday("20:00"))
    assert holds.extended_until(fresh, spec, monday("20:00"), HOUR) == monday("21:00")


def test_starting_what_was_stopped_outside_says_so(drifted: Environment, as_manager: Client) -> None:
    Environment.objects.filter(pk=drifted.pk).update(state="stopped", wish="running")
    with time_machine.travel(monday("12:00"), tick=False):
        text = words(ask(as_manager, "start"))
    assert "Stopped outside the portal: left alone until 18:00." in text
    assert "Running until" not in text


def test_a_day_is_not_priced_for_the_hours_that_it_runs_anyway(drifted: Environment, as_manager: Client) -> None:
    costing.price(drifted.targets.get())
    on = words(ask(as_manager, "on"))
    assert "Today Mon 23 Nov planned 09:00–18:00 Tomorrow" in on
    assert "6 h more ($0.60)" in on, "tomorrow from 18:00 on"
    assert "less" not in words(ask(as_manager, "off"))
