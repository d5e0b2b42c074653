"""How fast and by how many threads AWS is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from environments.targets import limits
from environments.targets.base import AccountRef
from environments.targets.client import client, forget_clients
from environments.targets.limits import Bucket, Busy, Lanes, Rate, patience

ACCOUNT = AccountRef("123456789012", "development")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    clock = Clock()
    bucket = Bucket(Rate(burst=5, per_s=2), clock)
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert bucket.take() == 0.5
    clock.now = 1.0
    assert [bucket.take() for _ in range(2)] == [0.0] * 2
    assert bucket.take() > 0


def test_who_is_refused_is_told_a_moment_of_their_own() -> None:
    bucket = Bucket(Rate(burst=1, per_s=4), Clock())
    bucket.take()
    assert [bucket.take() for _ in range(3)] == [0.25, 0.5, 0.75]


def test_those_who_come_back_when_they_were_told_to_are_served() -> None:
    clock = Clock()
    bucket = Bucket(Rate(burst=3, per_s=4), clock)
    waiting = sorted(wait for wait in (bucket.take() for _ in range(43)) if wait)
    assert len(waiting) == 40
    for moment in waiting:
        clock.now = moment
        assert bucket.take() == 0.0
    assert clock.now == pytest.approx(10.0)


def test_an_account_gets_half_of_the_threads_and_leaves_the_others_to_others() -> None:
    lanes = Lanes(threads=4)
    with ExitStack() as busy:
        for _ in range(2):
            busy.enter_context(lanes.lane("slow"))
        with pytest.raises(Busy), lanes.lane("slow"):
            pass
        for _ in range(2):
            busy.enter_context(lanes.lane("other"))
    with lanes.lane("slow"):
        pass


def test_an_account_that_cannot_be_reached_is_tried_by_one_thread_until_it_answers() -> None:
    clock = Clock()
    lanes = Lanes(threads=8, clock=clock)
    lanes.away("down")
    with lanes.lane("down"), pytest.raises(Busy), lanes.lane("down"):
        pass
    lanes.back("down")
    with lanes.lane("down"), lanes.lane("down"):
        pass
    lanes.away("down")
    clock.now = 61.0
    with lanes.lane("down"), lanes.lane("down"):
        pass


@pytest.fixture
def limited(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The simulated AWS, asked as the real one is: with limits, small enough to be felt."""
    forget_clients()
    limits.forget_limits()
    monkeypatch.setattr(limits, "on", True)
    monkeypatch.setitem(limits.RATES, "sqs", (Rate(3, 1), Rate(1, 1)))
    yield aws
    forget_clients()
    limits.forget_limits()


def test_a_request_over_the_limit_is_not_sent(limited: Any) -> None:
    sqs = client("sqs", ACCOUNT, "ap-northeast-2")
    with patience(0):
        for _ in range(3):
            sqs.list_queues()
        with pytest.raises(Busy):
            sqs.list_queues()
        sqs.create_queue(QueueName="another-api-has-its-own-bucket")
    assert len(limited.requests(service="sqs", action="ListQueues")) == 3


def test_accounts_and_regions_have_limits_of_their_own(limited: Any) -> None:
    with patience(0):
        for region in ("ap-northeast-2", "us-east-1"):
            for _ in range(3):
                client("sqs", ACCOUNT, region).list_queues()
        for _ in range(3):
            client("sqs", AccountRef("210987654321", "other"), "ap-northeast-2").list_queues()
