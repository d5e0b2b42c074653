"""The last day of an environment: its people are warned in time, then it is stopped for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments.models import Environment, Operation, State, Wish
from environments.services import expiry, holds, schedules
from notifications.models import Event
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 27)
HOUR = timedelta(hours=1)


@pytest.fixture
def chat() -> Environment:
    return factories.environment(
        expires_on=FRIDAY,
        state=State.RUNNING,
        wish=Wish.RUNNING,
        judged_at=monday("09:00"),
        next_transition_at=on("friday", "18:00"),
    )


def _warned() -> list[str]:
    return [event.title["en"] for event in Event.objects.filter(kind="environment.expiring").order_by("at")]


def test_its_people_are_warned_a_week_before_and_a_day_before_each_once_in_the_morning(chat: Environment) -> None:
    told: dict[str, int] = {}
    moment = monday("00:00") - timedelta(days=10)
    while moment < on("saturday", "12:00"):
        if expiry.warn(now=moment):
            told[f"{moment + 9 * HOUR:%a %d %H:%M}"] = Event.objects.count()
        moment += HOUR
    assert told == {"Fri 20 09:00": 1, "Thu 26 09:00": 2}
    assert _warned() == ["chat-dev expires after 2026-11-27"] * 2


def test_a_last_day_that_is_set_late_gets_the_warning_that_fits(chat: Environment) -> None:
    assert expiry.warn(now=on("friday", "10:00")) == 1
    assert expiry.warn(now=on("friday", "11:00")) == 0


def test_a_last_day_that_was_moved_is_warned_of_anew(chat: Environment) -> None:
    expiry.warn(now=on("thursday", "10:00"))
    Environment.objects.update(expires_on=date(2026, 12, 4), expiry_warned=None)
    assert expiry.warn(now=on("friday", "10:00")) == 1


def test_environments_without_a_last_day_cost_nothing(django_assert_num_queries: Any) -> None:
    for number in range(5):
        factories.environment(f"env-{number}")
    with django_assert_num_queries(1):
        assert expiry.warn(now=on("friday", "10:00")) == 0


def test_at_the_end_of_its_last_day_it_is_stopped_for_good_even_when_held(chat: Environment) -> None:
    holds.place(
        environment=chat,
        desired=Wish.RUNNING,
        until=holds.Until.RELEASED,
        author=factories.operator(),
        now=on("friday", "17:00"),
    )
    schedules.enforce_due(now=on("friday", "23:59"))
    assert not Operation.objects.exists()
    schedules.enforce_due(now=on("saturday", "00:00"))
    operation = Operation.objects.get()
    assert operation.kind == "stop"
    assert operation.reason["en"] == "Stopped, no change ahead: expired after 2026-11-27"
    Operation.objects.update(status="succeeded", finished_at=on("saturday", "00:01"))
    schedules.enforce_due(now=on("saturday", "00:00") + timedelta(days=3))
    assert Operation.objects.count() == 1, "Monday does not start it"


def test_nobody_starts_what_has_expired_until_its_day_is_moved(chat: Environment) -> None:
    saturday = on("saturday", "10:00")
    wanted: dict[str, Any] = {
        "environment": chat,
        "desired": Wish.RUNNING,
        "until": saturday + HOUR,
        "author": factories.operator(),
        "now": saturday,
    }
    with pytest.raises(ValidationError, match="has expired"):
        holds.place(**wanted)
    Environment.objects.update(expires_on=date(2026, 12, 4), state=State.STOPPED)
    assert holds.place(**(wanted | {"environment": Environment.objects.get()})).until == saturday + HOUR
