"""The intake: written first and answered, judged afterwards; nothing lost, nothing twice, nobody held up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import intake
from notifications.intake import Outcome
from notifications.models import Arrival

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
Register = Callable[..., None]
pytestmark = pytest.mark.django_db


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Doors of the test alone."""
    monkeypatch.setattr(intake, "_doors", {})
    return intake.register


def come_in(count: int, *, door: str = "test") -> list[int]:
    return [row.pk for n in range(count) if (row := intake.accept(door=door, key=f"k{n}", payload={"n": n}, now=NOW))]


def good(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    return {arrival.pk: Outcome("good") for arrival in arrivals}


def outcomes() -> dict[int, str]:
    return dict(Arrival.objects.order_by("pk").values_list("payload__n", "outcome"))


class Poisoned:
    """A judge that breaks on one arrival, and counts by writing an arrival of its own for each that it has judged."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        for arrival in arrivals:
            Arrival.objects.create(door="counted", payload=arrival.payload, received_at=now)
            if arrival.payload["n"] == self.number:
                raise RuntimeError("a secret")
        return good(arrivals, now)


def counted() -> list[int]:
    return sorted(Arrival.objects.filter(door="counted").values_list("payload__n", flat=True))


def test_what_comes_in_is_written_with_one_query_and_waits(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        intake.accept(door="test", subject=7, payload={"said": "hello"}, now=NOW)

    row = Arrival.objects.waiting().get()
    assert (row.door, row.subject, row.payload, row.received_at) == ("test", 7, {"said": "hello"}, NOW)


def test_the_same_key_at_the_same_door_is_the_same_arrival() -> None:
    assert intake.accept(door="test", key="one", payload={}, now=NOW)
    assert intake.accept(door="test", key="one", payload={"again": True}, now=NOW) is None
    assert intake.accept(door="other", key="one", payload={}, now=NOW)

    assert Arrival.objects.filter(door="test").get().payload == {}


def test_keys_however_long_are_told_apart() -> None:
    assert intake.accept(door="test", key="x" * 5000 + "1", payload={}, now=NOW)
    assert intake.accept(door="test", key="x" * 5000 + "2", payload={}, now=NOW)
    assert intake.accept(door="test", key="x" * 5000 + "1", payload={}, now=NOW) is None


def test_what_a_database_cannot_keep_is_replaced() -> None:
    intake.accept(door="test", payload={"nul\x00": "a\x00b", "half": "\ud800", "list": [float("inf")]}, now=NOW)

    assert Arrival.objects.get().payload == {"nul": "ab", "half": "?", "list": ["inf"]}


def test_all_that_waits_is_judged_in_batches_oldest_first(door: Register) -> None:
    batches: list[list[int]] = []

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        batches.append([arrival.payload["n"] for arrival in arrivals])
        return {arrival.pk: Outcome("good", {"en": "well", "ko": "좋아요"}) for arrival in arrivals}

    door("test", judge, at_once=2)
    come_in(5)

    assert intake.judge_due(now=NOW) == 5
    assert batches == [[0, 1], [2, 3], [4]]
    assert set(Arrival.objects.values_list("outcome", "note__ko")) == {("good", "좋아요")}
    assert intake.judge_due(now=NOW) == 0


def test_what_comes_in_while_the_rest_is_judged_is_left_to_the_next_turn(door: Register) -> None:
    batches: list[int] = []

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        batches.append(len(arrivals))
        if len(batches) < 9:
            intake.accept(door="test", payload={"n": 100 + len(batches)}, now=now)
        return good(arrivals, now)

    door("test", judge, at_once=3)
    come_in(4)

    assert intake.judge_due(now=NOW) == 5
    assert batches == [3, 2]
    assert Arrival.objects.waiting().count() == 1


def test_nothing_waiting_costs_two_reads(door: Register, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    door("test", good)
    with django_assert_num_queries(2):
        intake.judge_due(now=NOW)


def test_what_came_in_by_a_door_without_a_judge_waits_for_one(door: Register) -> None:
    come_in(1)
    assert intake.judge_due(now=NOW) == 0

    door("test", good)
    assert intake.judge_due(now=NOW) == 1


def test_a_judge_that_breaks_leaves_nothing_of_it_and_the_others_are_judged_once(door: Register) -> None:
    door("test", Poisoned(2))
    come_in(5)

    assert intake.judge_due(now=NOW) == 4
    assert counted() == [0, 1, 3, 4]
    poisoned = Arrival.objects.waiting().get(door="test")
    assert (poisoned.payload, poisoned.attempts) == ({"n": 2}, 1)


def test_a_poisonous_arrival_is_put_aside_after_five_tries_and_holds_up_nobody(door: Register) -> None:
    door("test", Poisoned(0))
    come_in(1)
    at = NOW
    for n in range(1, 8):
        intake.accept(door="test", payload={"n": n}, now=at)
        intake.judge_due(now=at)
        assert n in counted()
        at += timedelta(minutes=1)

    row = Arrival.objects.get(payload__n=0, door="test")
    assert (row.outcome, row.attempts) == (intake.BROKEN, intake.TRIES)
    assert "RuntimeError" in row.note["en"]
    assert "a secret" not in str(row.note)
    assert counted() == [1, 2, 3, 4, 5, 6, 7]


def test_what_broke_is_let_alone_for_longer_and_longer(door: Register) -> None:
    door("test", Poisoned(0))
    come_in(1)
    tried = []
    for second in range(70):
        before = Arrival.objects.get(door="test").attempts
        intake.judge_due(now=NOW + timedelta(seconds=second))
        if Arrival.objects.get(door="test").attempts > before:
            tried.append(second)

    assert tried == [0, 4, 8, 16, 32]


def test_a_fault_that_passes_loses_nothing(door: Register) -> None:
    door("test", Poisoned(0))
    come_in(3)
    intake.judge_due(now=NOW)

    door("test", good)
    intake.judge_due(now=NOW + timedelta(seconds=10))

    assert set(Arrival.objects.filter(door="test").values_list("outcome", flat=True)) == {"good"}


def test_a_judge_that_forgets_one_is_treated_as_one_that_breaks(door: Register) -> None:
    def forgetful(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        return {arrival.pk: Outcome("good") for arrival in arrivals if arrival.payload["n"] != 1}

    door("test", forgetful)
    come_in(3)
    intake.judge_due(now=NOW)

    assert outcomes() == {0: "good", 1: "", 2: "good"}


def test_one_door_that_breaks_does_not_hold_up_another(door: Register) -> None:
    door("a", Poisoned(0))
    door("b", good)
    come_in(1, door="a")
    come_in(3, door="b")

    assert intake.judge_due(now=NOW) == 3


def test_what_was_judged_is_kept_for_days_and_what_waits_for_as_long_as_it_takes(settings: Settings) -> None:
    settings.ARRIVAL_DAYS = 30
    old, new = NOW - timedelta(days=31), NOW - timedelta(days=29)
    for at, judged in ((old, True), (old, False), (new, True)):
        made = Arrival(door="test", received_at=at, outcome="good" if judged else "", judged_at=at if judged else None)
        made.save()

    assert intake.prune(NOW) == 1
    assert Arrival.objects.filter(received_at=old).get().judged_at is None


def test_those_that_have_waited_for_more_than_a_minute_are_late() -> None:
    come_in(2)

    assert intake.late(NOW + timedelta(seconds=59)) == 0
    assert intake.late(NOW + timedelta(seconds=61)) == 2


def _in_threads(work: Callable[[], object], count: int) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_two_judges_at_once_count_each_arrival_once(door: Register, transactional_db: None) -> None:
    meeting = threading.Barrier(4)

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        for arrival in arrivals:
            Arrival.objects.create(door="counted", payload=arrival.payload, received_at=now)
        return good(arrivals, now)

    def work() -> None:
        meeting.wait(10)
        intake.judge_due(now=NOW)

    door("test", judge, at_once=7)
    come_in(100)
    _in_threads(work, 4)
    intake.judge_due(now=NOW)

    assert counted() == list(range(100))
    assert not Arrival.objects.waiting().filter(door="test").exists()


def test_a_second_judge_leaves_a_door_to_the_first_and_nothing_overtakes(
    door: Register, transactional_db: None
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("Its transactions come in turn.")
    judged: list[int] = []

    def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
        if not judged:
            judged.append(arrivals[0].payload["n"])
            _in_threads(lambda: intake.judge_due(now=NOW), 1)
            judged.pop()
        judged.extend(arrival.payload["n"] for arrival in arrivals)
        return good(arrivals, now)

    door("test", judge, at_once=2)
    come_in(6)
    intake.judge_due(now=NOW)

    assert judged == list(range(6))


def test_the_same_call_twice_at_once_is_one_arrival(transactional_db: None) -> None:
    meeting, taken = threading.Barrier(4), []

    def work() -> None:
        meeting.wait(10)
        taken.append(intake.accept(door="test", key="one", payload={}, now=NOW))

    _in_threads(work, 4)

    assert Arrival.objects.count() == 1
    assert len([row for row in taken if row]) == 1
