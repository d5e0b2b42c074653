"""The intake, when judging kills its worker: what did it is found and put aside, and a backlog stays fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from notifications import intake
from notifications.intake import Outcome
from notifications.models import Arrival

from .test_intake import NOW, Register, come_in, good
from .test_intake import door as door

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As a signal does: nothing catches it, and the transaction is gone."""


def killer(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    if any(arrival.payload["n"] == 1 for arrival in arrivals):
        raise Killed
    return good(arrivals, now)


def test_an_arrival_that_kills_its_worker_is_found_after_a_minute_and_put_aside_after_five_tries(
    door: Register,
) -> None:
    door("test", killer)
    come_in(3)
    kills = 0
    for minute in range(20):
        try:
            intake.judge_due(now=NOW + minute * timedelta(minutes=1, seconds=1))
        except Killed:
            kills += 1

    assert dict(Arrival.objects.values_list("payload__n", "outcome")) == {0: "good", 1: intake.BROKEN, 2: "good"}
    # With its batch when that was new, and when that was late and begun; then alone.
    assert kills == 2 + intake.TRIES
    assert Arrival.objects.get(payload__n=1).note == intake.KILLED


def test_a_backlog_that_was_never_begun_is_judged_in_batches(door: Register) -> None:
    batches: list[int] = []

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        batches.append(len(arrivals))
        return good(arrivals, now)

    door("test", judge, at_once=2)
    come_in(5)
    intake.judge_due(now=NOW + timedelta(hours=1))

    assert batches == [2, 2, 1]
    assert set(Arrival.objects.values_list("attempts", "outcome")) == {(0, "good")}
