"""Asking for a start or a stop: the last word wins, nothing is lost, nothing runs twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from environments.models import Environment, Operation, OperationStatus, State, Wish
from environments.services import holds, operations, retries, step_errors, workflow
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
WHY = {"en": "client demo", "ko": "고객 시연"}


def _ask(chat: Environment, kind: str, **more: Any) -> Operation:
    return operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, **({"now": NOW} | more))


def _lease(operation: Operation) -> str:
    token = Operation.objects.claim(operation.pk, now=NOW, lease=workflow.LEASE)
    assert token
    return token


def test_a_wish_is_recorded_with_who_why_and_a_deadline_and_the_environment_is_moving() -> None:
    chat = factories.environment()
    manager = factories.manager()
    operation = _ask(chat, "start", actor=manager)
    chat.refresh_from_db()
    assert (operation.status, operation.actor, operation.reason) == ("pending", manager, WHY)
    assert operation.deadline_at > NOW
    assert (chat.state, chat.state_since) == (State.STARTING, NOW)


def test_a_worker_is_woken_once_the_wish_is_committed_and_not_before(
    published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    chat = factories.environment()
    with django_capture_on_commit_callbacks(execute=True):
        _ask(chat, "start")
        assert published == []
    assert published == ["environments.tasks.advance"]


def test_the_same_wish_joins_the_operation_that_is_under_way() -> None:
    chat = factories.environment()
    assert _ask(chat, "start").pk == _ask(chat, "start").pk
    assert Operation.objects.count() == 1


def test_an_opposite_wish_cancels_what_has_not_begun() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    stop = _ask(chat, "stop")
    start.refresh_from_db()
    chat.refresh_from_db()
    assert (start.status, start.finished_at) == (OperationStatus.CANCELLED, NOW)
    assert stop.status == OperationStatus.PENDING
    assert chat.state == State.STOPPING


def test_an_opposite_wish_while_a_worker_acts_is_noted_and_followed_when_the_lease_is_given_back() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    token = _lease(start)
    assert _ask(chat, "stop").pk == start.pk
    assert Operation.objects.count() == 1

    start = Operation.objects.get()
    workflow._release(start, token, NOW + timedelta(minutes=10))
    workflow.advance(operation_id=start.pk, now=NOW)
    start.refresh_from_db()
    stop = Operation.objects.unfinished().get()
    assert start.status == OperationStatus.CANCELLED
    assert (stop.kind, stop.reason) == ("stop", WHY)


def test_an_opposite_wish_noted_by_a_worker_that_died_is_followed_when_its_lease_has_run_out() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    _lease(start)
    _ask(chat, "stop")
    assert workflow.advance(operation_id=start.pk, now=NOW) is None
    workflow.advance(operation_id=start.pk, now=NOW + workflow.LEASE)
    assert Operation.objects.unfinished().get().kind == "stop"


def test_the_last_of_start_stop_start_wins_and_the_first_start_just_goes_on() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    _lease(start)
    _ask(chat, "stop")
    assert _ask(chat, "start").pk == start.pk
    assert Operation.objects.get().next_wish is None


def test_a_wish_noted_while_the_operation_ends_becomes_the_next_operation() -> None:
    chat = factories.environment()  # without targets: its operation fails at once
    start = _ask(chat, "start")
    token = _lease(start)
    held = Operation.objects.get()
    _ask(chat, "stop")
    workflow._finish(held, token, OperationStatus.SUCCEEDED, NOW)
    following = Operation.objects.unfinished().get()
    chat.refresh_from_db()
    assert following.kind == "stop"
    assert chat.state == State.STOPPING


def test_the_database_refuses_a_second_unfinished_operation_of_an_environment() -> None:
    chat = factories.environment()
    _ask(chat, "start")
    with pytest.raises(IntegrityError), transaction.atomic():
        Operation.objects.create(
            environment=chat, kind="stop", trigger="hold", created_at=NOW, not_before=NOW, deadline_at=NOW
        )


def test_many_wishes_take_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    wanted = operations.Wanted(kind="start", trigger="schedule", reason=WHY)
    one = [(factories.environment("one"), wanted)]
    many = [(factories.environment(f"env-{n}"), wanted) for n in range(40)]
    # Unfinished ones, a savepoint around insert, state, what was last seen and the checks.
    with django_assert_num_queries(7):
        operations.request_many(one, now=NOW)
    with django_assert_num_queries(7):
        operations.request_many(many, now=NOW)
    assert Operation.objects.count() == 41


def test_among_many_wishes_those_that_meet_an_operation_replace_or_join_it() -> None:
    busy, idle = factories.environment("busy"), factories.environment("idle")
    _ask(busy, "stop")
    wanted = operations.Wanted(kind="start", trigger="schedule", reason=WHY)
    operations.request_many([(busy, wanted), (idle, wanted)], now=NOW)
    kinds = set(Operation.objects.unfinished().values_list("environment__name", "kind"))
    assert kinds == {("busy", "start"), ("idle", "start")}


def test_trying_again_repeats_what_failed_last_and_nothing_else() -> None:
    chat = factories.environment()
    operator = factories.operator()
    assert retries.retry(environment=chat, actor=operator, now=NOW) is None
    failed = _ask(chat, "stop")
    Operation.objects.filter(pk=failed.pk).update(status="failed", finished_at=NOW)
    again = retries.retry(environment=chat, actor=operator, now=NOW + timedelta(minutes=1))
    assert again is not None
    assert (again.kind, again.actor, again.reason) == ("stop", operator, WHY)


def test_a_wish_noted_by_somebody_who_was_deleted_meanwhile_is_followed_without_a_name() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    _lease(start)
    manager = factories.manager()
    _ask(chat, "stop", actor=manager)
    manager.delete()
    workflow.advance(operation_id=start.pk, now=NOW + workflow.LEASE)
    following = Operation.objects.unfinished().get()
    assert (following.kind, following.actor) == ("stop", None)


def test_an_opposite_wish_is_noted_even_when_the_lease_has_just_run_out_for_its_holder_may_still_act() -> None:
    chat = factories.environment()
    start = _ask(chat, "start")
    _lease(start)
    assert _ask(chat, "stop", now=NOW + workflow.LEASE).pk == start.pk
    assert Operation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_click_and_an_operation_that_ends_in_the_same_moment_do_not_wait_for_each_other() -> None:
    chat = factories.environment(schedule=None, state=State.STOPPED)
    manager = factories.manager()
    failures: list[BaseException] = []

    def run(barrier: threading.Barrier, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            act()
        except workflow.LeaseLost:
            pass
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)
        finally:
            connections.close_all()

    for _ in range(10):
        operation = Operation.objects.unfinished().first() or _ask(chat, "start")
        Operation.objects.filter(pk=operation.pk).update(lease_token="", lease_until=None, not_before=NOW)
        token = _lease(operation)
        held = Operation.objects.get(pk=operation.pk)
        barrier = threading.Barrier(2)
        acts: list[Callable[[], object]] = [
            partial(workflow._fail, held, token, step_errors.out_of_time(held), NOW),
            lambda: holds.place(
                environment=chat, desired=Wish.STOPPED, until=holds.Until.RELEASED, author=manager, now=NOW
            ),
        ]
        threads = [threading.Thread(target=run, args=(barrier, act)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
