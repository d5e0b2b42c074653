"""Operations of accounts that are asked too fast, are slow or away: put off, and nobody else with them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from environments.models import Environment, Operation, OperationStep, Scan, Target
from environments.services import operations, status, step_turns, workflow
from environments.targets.base import TargetError
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import Lanes
from environments.targets.limits import Busy
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
AWAY = TargetError({"en": "away", "ko": "없음"}, retryable=True, code=UNREACHABLE)


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> Lanes:
    """The lanes of a worker with four threads, whose accounts have answered before; nobody works."""
    made = Lanes(threads=4)
    for account in ("111111111111", "123456789012"):
        with made.lane(account):
            pass
    monkeypatch.setattr(step_turns, "lanes", made)
    monkeypatch.setattr(status, "lanes", made)
    return made


def _ask(name: str, account_id: str = "123456789012") -> Operation:
    chat: Environment = factories.environment(name, schedule=None)
    account = factories.account(account_id=account_id, name=account_id, role_arn="")
    Target.objects.create(environment=chat, kind="scripted", identifier=name, account=account, region=factories.REGION)
    why = {"en": "client demo", "ko": "고객 시연"}
    return operations.request(environment=chat, kind="start", trigger="hold", reason=why, now=NOW)


def _advance(operation: Operation, now: Any = NOW) -> Any:
    return workflow.advance(operation_id=operation.pk, now=now)


def test_a_step_whose_account_is_asked_too_fast_is_put_off_without_counting_as_a_failure(
    scripted: Any, lanes: Lanes
) -> None:
    operation = _ask("one")
    scripted.script = {"look": [Busy(4.0)]}
    assert _advance(operation) == NOW + timedelta(seconds=4)
    step = OperationStep.objects.get(operation=operation, name="look")
    assert (step.status, step.failures, step.error) == ("pending", 0, {})
    assert (step.started_at, step.deadline_at, step.attempts) == (None, None, 1), "its time has not begun"
    assert not Operation.objects.get().lease_token, "its thread is free for others"
    _advance(operation, NOW + timedelta(seconds=4))
    assert OperationStep.objects.get(pk=step.pk).status == "done"


def test_a_change_that_is_put_off_keeps_when_it_began_for_it_may_have_sent_some_of_its_requests(
    scripted: Any, lanes: Lanes
) -> None:
    operation = _ask("one")
    scripted.script = {"act": [Busy(4.0)]}
    for _ in range(3):
        _advance(operation)
    step = OperationStep.objects.get(operation=operation, name="act")
    assert (step.status, step.started_at, step.attempts) == ("running", NOW, 1)
    assert _advance(operation, NOW + timedelta(seconds=4)) is not None
    assert scripted.contexts[-1].retried
    assert scripted.contexts[-1].since == NOW


def test_an_account_that_keeps_half_of_the_threads_busy_leaves_the_rest_to_others(scripted: Any, lanes: Lanes) -> None:
    slow, other = _ask("slow", "111111111111"), _ask("other", "222222222222")
    with ExitStack() as busy:
        for _ in range(2):
            busy.enter_context(lanes.lane("111111111111"))
        again = _advance(slow)
        assert NOW < again <= NOW + timedelta(seconds=2)
        assert OperationStep.objects.get(operation=slow, name="look").started_at is None, "its own time has not begun"
        _advance(other)
    assert scripted.done == ["other: look"]
    _advance(slow, again)
    assert scripted.done == ["other: look", "slow: look"]


def test_an_account_that_is_away_is_tried_by_one_thread_at_a_time(scripted: Any, lanes: Lanes) -> None:
    first, second = _ask("first"), _ask("second")
    scripted.script = {"first: look": [AWAY]}
    _advance(first)
    with lanes.lane("123456789012"):
        again = _advance(second)
        assert NOW + timedelta(seconds=3) < again <= NOW + timedelta(seconds=4), "longer, for it could not be reached"
    _advance(second, again)
    with lanes.lane("123456789012"), lanes.lane("123456789012"):
        pass  # it answered: half of the threads again


def test_a_scan_of_an_account_that_has_all_its_threads_is_begun_again_by_the_next_sweep(
    scripted: Any, lanes: Lanes
) -> None:
    _ask("one")
    status.scan_due(now=NOW)
    row = Scan.objects.get()
    with lanes.lane("123456789012"), lanes.lane("123456789012"):
        status.scan(scan_id=row.pk, now=NOW)
    assert scripted.scanned == []
    assert status.scan_due(now=NOW + timedelta(seconds=10)) == 1
    status.scan(scan_id=row.pk, now=NOW + timedelta(seconds=10))
    assert len(scripted.scanned) == 1


def test_a_look_at_what_was_edited_is_left_to_the_next_scan_when_its_account_has_all_its_threads(
    scripted: Any, lanes: Lanes
) -> None:
    environment = _ask("one").environment
    status.scan_due(now=NOW)
    with lanes.lane("123456789012"), lanes.lane("123456789012"):
        status.observe(environment_id=environment.pk, now=NOW)
    assert Scan.objects.get().started_at is None


def test_a_scan_that_finds_its_account_away_leaves_it_one_thread(scripted: Any, lanes: Lanes) -> None:
    _ask("one")
    scripted.denied = {"123456789012": AWAY}
    status.scan_due(now=NOW)
    status.scan(scan_id=Scan.objects.get().pk, now=NOW)
    with lanes.lane("123456789012"), pytest.raises(Busy), lanes.lane("123456789012"):
        pass


def test_who_waits_for_an_account_that_is_away_costs_few_queries_an_hour(
    scripted: Any, lanes: Lanes, django_assert_max_num_queries: Any
) -> None:
    waiting = _ask("one")
    for _ in range(6):
        lanes.away("123456789012")
    looks, now = 0, NOW
    with lanes.lane("123456789012"), django_assert_max_num_queries(1200):
        while now < NOW + timedelta(hours=1):
            now, looks = _advance(waiting, now), looks + 1
    assert looks <= 80
    assert scripted.done == []
