"""Whoever was told of trouble is told of its end, once, by whichever way it ends; and its incident is over."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from environments.models import AlarmCheck, Check, Device, Environment, Heartbeat, Ticket
from environments.services import alarms, devices, health, health_sweep, heartbeat_edits, http_edits
from tests.support.sns import alarm

from . import judging
from .judging import NOW, a_check, an_environment, settle
from .test_alarms import hear

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TOLD = ("check.down", "chat-dev: API is down")


def events() -> list[tuple[str, str]]:
    """Those of checks."""
    return [(kind, title) for kind, title in judging.events() if kind.startswith("check.")]


def bring(to: str, at: datetime, wish: str = "running") -> None:
    Environment.objects.update(state=to, wish=wish, state_since=at)
    health.environments_moved(Environment.objects.values_list("pk", flat=True), now=at)


def test_trouble_that_ends_by_way_of_a_redeploy_is_told_to_be_over_and_once() -> None:
    check = a_check(an_environment())
    settle(check)
    bring("redeploying", NOW + MINUTE)
    bring("running", NOW + 3 * MINUTE)
    assert events() == [TOLD]
    for minutes in (4, 5):
        settle(check, state="up", now=NOW + minutes * MINUTE)
    assert events() == [TOLD, ("check.up", "chat-dev: API is up again")]
    check.refresh_from_db()
    assert check.told_at is None


def test_a_redeploy_of_what_was_in_no_trouble_tells_nothing() -> None:
    check = a_check(an_environment())
    bring("redeploying", NOW)
    bring("running", NOW + MINUTE)
    settle(check, state="up", now=NOW + 2 * MINUTE)
    bring("stopping", NOW + 3 * MINUTE, "stopped")
    assert events() == []


@pytest.mark.parametrize("way", ["at once", "while it came up", "was late"])
def test_trouble_that_ends_in_sleep_is_told_in_its_own_words(way: str) -> None:
    check = a_check(an_environment())
    settle(check, state="late" if way == "was late" else "down")
    if way == "while it came up":
        bring("redeploying", NOW + MINUTE)
    for minutes in (2, 3):
        bring("stopping", NOW + minutes * MINUTE, "stopped")
    assert events()[1:] == [("check.up", "chat-dev: API sleeps now")]


def test_trouble_of_what_is_switched_off_is_over_and_told() -> None:
    check = a_check(an_environment(), ticket_after=0)
    settle(check)
    health_sweep.sweep(now=NOW)
    Check.objects.update(is_on=False)
    for minutes in (1, 2):
        bring("running", NOW + minutes * MINUTE)
    assert events()[-1] == ("check.up", "chat-dev: API was switched off")
    assert [kind for kind, _ in events()].count("check.up") == 1
    assert Ticket.objects.get().progress == "done"


def test_many_that_sleep_now_are_one_message() -> None:
    chat = an_environment()
    settle(*[a_check(chat, f"API {n}") for n in range(3)], a_check(chat, "fine"), state="down")
    settle(Check.objects.get(name="fine"), state="up")
    bring("stopping", NOW + MINUTE, "stopped")
    assert events()[-1] == ("check.up", "chat-dev: 3 checks sleep now")


def test_what_was_in_trouble_before_it_was_noted_that_people_were_told_is_told_to_be_over() -> None:
    check = a_check(an_environment(), state="down")
    bring("redeploying", NOW)
    settle(check, state="up", now=NOW + MINUTE)
    assert events() == [("check.up", "chat-dev: API is up again")]


def an_alarm_that_rings() -> AlarmCheck:
    """With its incident."""
    chat = an_environment()
    Environment.objects.update(state_since=NOW - timedelta(days=9))
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*", ticket_after=0)
    hear(alarm())
    health_sweep.sweep(now=NOW + MINUTE)
    assert Ticket.objects.get().progress == "open"
    return check


def test_an_alarm_check_of_which_nothing_is_known_any_more_has_no_incident_and_that_is_told() -> None:
    check = an_alarm_that_rings()
    check.alarms.all().delete()
    for minutes in (2, 3):
        alarms.match_all(now=NOW + minutes * MINUTE)
    check.refresh_from_db()
    assert (check.state, Ticket.objects.get().progress) == ("unknown", "done")
    assert events()[-1] == ("check.up", "chat-dev: nothing is known of alarms any more")
    assert [kind for kind, _ in events()].count("check.up") == 1


def test_an_incident_is_over_when_its_alarm_is_given_to_another_check() -> None:
    check = an_alarm_that_rings()
    AlarmCheck.objects.filter(pk=check.pk).update(pattern="other-*", own_targets=False)
    AlarmCheck.objects.create(environment=check.environment, name="other", pattern="chat-*", own_targets=False)
    alarms.match_all(now=NOW + 2 * MINUTE)
    assert dict(Check.objects.values_list("name", "state")) == {"alarms": "unknown", "other": "down"}
    assert Ticket.objects.get(cause=f"check:{check.pk}").progress == "done"


def test_an_incident_stays_open_while_its_check_comes_up() -> None:
    an_alarm_that_rings()
    bring("redeploying", NOW + 2 * MINUTE)
    assert (Check.objects.get().state, Ticket.objects.get().progress) == ("starting", "open")


def test_an_alarm_check_that_is_removed_in_trouble_is_told_and_its_incident_over() -> None:
    check = an_alarm_that_rings()
    alarms.remove(checks=[check], now=NOW + 2 * MINUTE)
    assert events()[-1] == ("check.up", "chat-dev: alarms was removed")
    assert Ticket.objects.get().progress == "done"
    quiet = AlarmCheck.objects.create(environment=check.environment, name="quiet", pattern="x", state="up")
    before = events()
    alarms.remove(checks=[quiet], now=NOW + 3 * MINUTE)
    assert events() == before


def test_what_is_told_of_is_noted_with_the_first_time() -> None:
    check = a_check(an_environment())
    settle(check, state="late", now=NOW)
    settle(check, state="missed", now=NOW + MINUTE)
    check.refresh_from_db()
    assert check.told_at == NOW


@pytest.mark.parametrize("kind", ["web address", "heartbeat", "device"])
def test_a_check_of_any_kind_that_is_removed_in_trouble_is_told_and_its_incident_over(kind: str) -> None:
    chat = an_environment()
    remove: Callable[..., None]
    if kind == "web address":
        asked = a_check(chat)
        check, remove = asked.pk, functools.partial(http_edits.remove, checks=[asked])
    elif kind == "heartbeat":
        job = Heartbeat.objects.create(environment=chat, name="API", state="up", digest="x")
        check, remove = job.pk, functools.partial(heartbeat_edits.remove, rows=[job])
    else:
        device = Device.objects.create(environment=chat, name="API", state="up", number=1042)
        check, remove = device.pk, functools.partial(devices.remove, devices=[device])
    settle(Check.objects.get(pk=check), state="down", now=NOW)
    health_sweep.sweep(now=NOW + 10 * MINUTE)
    assert Ticket.objects.undone().count() == 1
    remove(now=NOW + 11 * MINUTE)
    assert events()[-1] == ("check.up", "chat-dev: API was removed")
    assert not Ticket.objects.undone().exists()
