"""Pauses: the schedule is off until a time, and takes over again by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import Environment, Operation, Pause, State, Wish
from environments.services import holds, pauses, schedules
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("10:00")


@pytest.fixture
def chat() -> Environment:
    """Running since nine this Monday, as planned."""
    return factories.environment(
        state=State.RUNNING, wish=Wish.RUNNING, judged_at=monday("09:00"), next_transition_at=monday("18:00")
    )


def _pause(chat: Environment, until: Any = None, **more: Any) -> Pause:
    values: dict[str, Any] = {"author": factories.manager(), "now": NOW} | more
    return pauses.place(environment=chat, until=until or on("thursday", "00:00"), reason="load test", **values)


def test_while_it_is_paused_the_schedule_stops_and_starts_nothing(chat: Environment) -> None:
    _pause(chat)
    for moment in (NOW, monday("18:00"), on("tuesday", "09:00"), on("tuesday", "18:00")):
        schedules.enforce_due(now=moment)
    chat.refresh_from_db()
    assert not Operation.objects.exists()
    assert (chat.wish, chat.next_transition_at) == (Wish.ANY, on("thursday", "00:00"))


def test_at_its_end_the_schedule_decides_again_by_itself(chat: Environment) -> None:
    _pause(chat)
    schedules.enforce_due(now=NOW)
    schedules.enforce_due(now=on("thursday", "00:00"))
    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger) == ("stop", "schedule")
    assert pauses.end_spent(now=on("thursday", "00:05")) == 1
    assert Pause.objects.get().ended_at == on("thursday", "00:00")


def test_resuming_gives_the_schedule_back_within_seconds(
    chat: Environment, published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    _pause(chat)
    schedules.enforce_due(now=NOW)
    evening = monday("19:00")
    with django_capture_on_commit_callbacks(execute=True):
        assert pauses.resume(environment=chat, author=factories.manager(), now=evening)
    assert "environments.tasks.tick" in published
    schedules.enforce_due(now=evening)
    assert Operation.objects.get().kind == "stop"
    assert not pauses.resume(environment=chat, author=factories.manager(), now=evening), "somebody was faster"


def test_by_hand_it_is_still_started_and_stopped_and_the_hold_ends_with_the_pause(chat: Environment) -> None:
    _pause(chat)
    schedules.enforce_due(now=NOW)
    hold = holds.place(
        environment=chat, desired=Wish.STOPPED, until=holds.Until.NEXT_CHANGE, author=factories.manager(), now=NOW
    )
    assert Operation.objects.get().kind == "stop"
    assert hold.until == on("thursday", "00:00")


def test_a_new_pause_replaces_the_open_one_which_stays_in_the_history(chat: Environment) -> None:
    first = _pause(chat)
    second = _pause(chat, on("friday", "00:00"), now=NOW + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (NOW + timedelta(hours=1), second.author)
    assert list(Pause.objects.open()) == [second]


@pytest.mark.parametrize("until", [NOW, NOW + timedelta(days=400)])
def test_an_end_in_the_past_or_beyond_a_year_is_refused_and_nothing_is_written(chat: Environment, until: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        _pause(chat, until)
    assert set(refused.value.message_dict) == {"until"}
    assert not Pause.objects.exists()


def test_who_may_not_pass_the_longest_hold_may_not_pause_either(chat: Environment) -> None:
    chat.max_hold_hours = 4
    chat.save()
    with pytest.raises(PermissionDenied, match="4 hours"):
        _pause(chat)
    assert _pause(chat, author=factories.operator()).author == factories.operator()


def test_what_has_expired_is_not_paused(chat: Environment) -> None:
    chat.expires_on = monday("10:00").date() - timedelta(days=1)
    chat.save()
    with pytest.raises(ValidationError, match="has expired"):
        _pause(chat)
