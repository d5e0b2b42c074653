"""The intake, when judging kills its worker: what did it is found and put aside, and a backlog stays fast."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection

from notifications import intake
from notifications.intake import Outcome
from notifications.models import Arrival
from tests.support.waiting import wait_until

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


def test_what_another_worker_begins_just_now_is_not_taken_for_a_dead_ones(
    door: Register, transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    at, batches, others = NOW + timedelta(hours=1), list[int](), list[threading.Thread]()

    def look() -> None:
        try:
            intake.judge_due(now=at)
        finally:
            connection.close()

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        batches.append(len(arrivals))
        if not others:
            # On SQLite it waits for this transaction, and has seen its mark.
            others.append(threading.Thread(target=look))
            others[0].start()
            others[0].join(0.3)
        return good(arrivals, now)

    door("test", judge, at_once=10)
    come_in(40)
    intake.judge_due(now=at)
    others[0].join(30)

    assert batches == [10, 10, 10, 10]
    assert "was begun" not in caplog.text
    assert set(Arrival.objects.values_list("attempts", "outcome")) == {(0, "good")}


def test_a_worker_that_is_gone_without_a_word_keeps_its_door_for_a_minute_and_not_for_hours(
    door: Register, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("Its locks are those of a file, and end with the machine.")
    monkeypatch.setattr(intake, "SILENT_FOR", timedelta(milliseconds=200))
    taken, over, late = threading.Event(), threading.Event(), list[int]()

    def vanished(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        taken.set()
        over.wait(30)  # its connection stays open, and nothing is ever said
        return good(arrivals, now)

    def work() -> None:
        late.append(intake.judge_due(now=NOW))
        connection.close()

    door("test", vanished)
    come_in(3)
    worker = threading.Thread(target=work)
    worker.start()
    assert taken.wait(10)
    door("test", good)
    wait_until(lambda: intake.judge_due(now=NOW) == 3)
    over.set()
    worker.join(10)
    assert late == [0]
    assert set(Arrival.objects.values_list("outcome", "attempts")) == {("good", 0)}
