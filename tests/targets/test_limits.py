"""How fast and by how many threads AWS is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from environments.targets import limits
from environments.targets.base import AccountRef
from environments.targets.client import client, forget_clients
from environments.targets.limits import CHANGING, LOOKING, Bucket, Busy, Rate, patience, share

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


def test_workers_share_what_aws_allows_and_never_stand_still() -> None:
    for workers in (1, 2, 3, 5):
        for whole in (LOOKING, CHANGING, *limits.RATES["apprunner"]):
            part = whole.shared_by(workers)
            assert part.burst * workers <= whole.burst
            assert part.per_s * workers == pytest.approx(whole.per_s)
    assert CHANGING.shared_by(1000) == Rate(1, limits.SLOWEST_PER_S)


def test_a_bucket_that_is_to_be_shared_keeps_no_more_than_fits() -> None:
    clock = Clock()
    bucket = Bucket(Rate(burst=10, per_s=4), clock)
    bucket.change(Rate(burst=5, per_s=2))
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert bucket.take() == 0.5


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


def test_a_second_worker_halves_the_rate_of_the_first_and_its_end_gives_it_back(limited: Any) -> None:
    sqs = client("sqs", ACCOUNT, "ap-northeast-2")
    sqs.list_queues()
    bucket = limits._bucket(ACCOUNT.account_id, "ap-northeast-2", "sqs", "ListQueues")
    share(2)
    assert bucket.rate == Rate(1, 0.5)
    share(1)
    assert bucket.rate == Rate(3, 1)
