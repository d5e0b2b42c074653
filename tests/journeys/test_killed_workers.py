"""A worker may die at any moment: another one finishes the operation, and AWS is asked once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from environments.models import Environment, Operation, State
from environments.services import operations, workflow
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db(transaction=True)
WHY = {"en": "because", "ko": "이유"}
START_STEPS = ["look", "announce", "clear", "resolve", "create", "wait"]
STOP_STEPS = ["look", "guard", "announce", "delete", "wait"]


def struck(steps: list[str], everyday: str) -> pytest.MarkDecorator:
    """Each step in its turn; every day the one that changes AWS, the others for minutes."""
    torture = [pytest.param(step, marks=pytest.mark.torture) for step in steps if step != everyday]
    return pytest.mark.parametrize("step", [everyday, *torture])


def _database_url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    sign_in = f"{config['USER']}:{config['PASSWORD']}".rstrip(":")
    return f"postgresql://{sign_in}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"


@contextmanager
def _worker(aws: Any, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | aws.environment()
    environment |= {"TEST_DATABASE_URL": _database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _advance(process: subprocess.Popen[str], operation: Operation, day: Journey) -> str:
    """Let the worker advance the operation once; its answer, empty when it died."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{operation.pk} {day.now.isoformat()}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def _advance_until_death(process: subprocess.Popen[str], operation: Operation, day: Journey) -> None:
    for _ in range(50):
        answer = _advance(process, operation, day)
        if not answer:
            assert process.wait(timeout=10) == -9
            return
        assert answer != "end", Operation.objects.get(pk=operation.pk).error_detail
        waiting = Operation.objects.get(pk=operation.pk)
        if waiting.not_before > day.now:
            day._move(waiting.not_before)
    raise AssertionError("the worker did not die")


def _asked(chat: Environment, kind: str, day: Journey) -> Operation:
    return operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=day.now)


def _another_worker_finishes(operation: Operation, day: Journey) -> Operation:
    day._move(day.now + workflow.LEASE)
    day.settle()
    return Operation.objects.get(pk=operation.pk)


def _day(aws: Any) -> tuple[Environment, Journey]:
    return factories.chat_app(schedule=None), Journey(aws, monday("10:00"))


@struck(START_STEPS, "create")
def test_a_start_whose_worker_is_killed_in_the_middle_of_a_step_is_finished_with_one_create(
    chat_aws: Any, step: str
) -> None:
    chat, day = _day(chat_aws)
    operation = _asked(chat, "start", day)
    with _worker(chat_aws, step) as worker:
        _advance_until_death(worker, operation, day)
    assert Operation.objects.get(pk=operation.pk).is_unfinished

    assert _another_worker_finishes(operation, day).status == "succeeded"
    assert Environment.objects.get().state == State.RUNNING
    assert len(chat_aws.requests(action="CreateStack")) == 1


@struck(STOP_STEPS, "delete")
def test_a_stop_whose_worker_is_killed_in_the_middle_of_a_step_is_finished_with_one_delete(
    chat_aws: Any, step: str
) -> None:
    chat, day = _day(chat_aws)
    _asked(chat, "start", day)
    day.settle()
    operation = _asked(chat, "stop", day)
    with _worker(chat_aws, step) as worker:
        _advance_until_death(worker, operation, day)

    assert _another_worker_finishes(operation, day).status == "succeeded"
    assert Environment.objects.get().state == State.STOPPED
    assert len(chat_aws.requests(action="DeleteStack")) == 1


@pytest.mark.torture
def test_a_start_whose_worker_is_killed_after_each_single_step_is_finished_with_one_create(chat_aws: Any) -> None:
    chat, day = _day(chat_aws)
    operation = _asked(chat, "start", day)
    for step in START_STEPS:
        with _worker(chat_aws) as worker:
            assert _advance(worker, operation, day).startswith("again")
        touched = Operation.objects.get(pk=operation.pk).steps.get(name=step)
        assert touched.status == ("running" if step == "wait" else "done"), touched.error_text
    day.settle()

    assert Operation.objects.get().status == "succeeded"
    assert len(chat_aws.requests(action="CreateStack")) == 1
