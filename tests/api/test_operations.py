"""Operations over the API: what was done, following what is under way, and trying once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.api import following
from environments.models import Environment, Operation, OperationStep
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOON = monday("12:00")


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app(state="running")


@pytest.fixture
def caller() -> Caller:
    return Caller(factories.manager())


def _ids(caller: Caller, **query: Any) -> list[int]:
    answer = caller.get("/operations", query)
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["items"]]


def test_operations_are_listed_from_the_newest_and_narrowed_by_each_filter(chat: Environment, caller: Caller) -> None:
    other = factories.environment("chat-qa")
    first = factories.operation(chat, at=NOON - timedelta(days=1))
    stop = factories.operation(chat, "stop", at=NOON)
    failed = factories.operation(other, status="failed", at=NOON)
    assert _ids(caller) == [failed.pk, stop.pk, first.pk]
    assert _ids(caller, environment="chat-dev") == [stop.pk, first.pk]
    assert _ids(caller, kind="stop") == [stop.pk]
    assert _ids(caller, status="failed") == [failed.pk]
    assert _ids(caller, since=NOON.isoformat()) == [failed.pk, stop.pk]


def test_many_take_as_many_queries_as_few(chat: Environment, caller: Caller) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as found:
            assert len(_ids(caller, limit=limit)) == limit
        return len(found)

    for _ in range(30):
        factories.operation(chat)
    assert queries(2) == queries(30)


def test_an_operation_is_told_with_its_steps_and_what_went_wrong(chat: Environment, caller: Caller) -> None:
    failed = factories.operation(
        chat, status="failed", at=NOON, error={"en": "It was refused"}, error_detail="AccessDenied", actor=None
    )
    factories.step(failed, "create", "failed", error={"en": "No right"}, error_detail="AccessDenied")
    one = caller.get(f"/operations/{failed.pk}").json()
    assert (one["kind"], one["status"], one["error"], one["error_detail"]) == (
        "start",
        "failed",
        "It was refused",
        "AccessDenied",
    )
    assert (one["asked"], one["by"], one["environment"]) == ("2026-11-23T03:00:00Z", None, "chat-dev")
    assert [(step["name"], step["status"], step["text"]) for step in one["steps"]] == [("create", "failed", "No right")]
    assert one["link"] == f"/api/v1/operations/{failed.pk}"


def test_its_version_changes_with_its_steps(chat: Environment, caller: Caller) -> None:
    going = factories.operation(chat, status="running")
    step = factories.step(going, "create", "running")
    before = caller.get(f"/operations/{going.pk}").json()["version"]
    assert caller.get(f"/operations/{going.pk}").json()["version"] == before
    OperationStep.objects.filter(pk=step.pk).update(detail={"en": "3 of 5 are there"})
    assert caller.get(f"/operations/{going.pk}").json()["version"] != before


def test_who_follows_is_answered_when_a_step_has_changed(chat: Environment) -> None:
    going = factories.operation(chat, status="running")
    step = factories.step(going, "create", "running")
    slept: list[float] = []

    def pause(seconds: float) -> None:
        """The world goes on meanwhile: in the third second the step is done."""
        slept.append(seconds)
        if len(slept) == 3:
            OperationStep.objects.filter(pk=step.pk).update(status="done")

    def look() -> Operation:
        return Operation.objects.prefetch_related("steps").get(pk=going.pk)

    version = following.version_of(look())
    found = following.follow(look, since=version, wait=25, pause=pause)
    assert slept == [1.0, 1.0, 1.0]
    assert [one.status for one in found.steps.all()] == ["done"]


def test_who_follows_what_does_not_change_is_answered_when_the_wait_is_over(chat: Environment) -> None:
    going = factories.operation(chat, status="running")
    slept: list[float] = []

    def look() -> Operation:
        return Operation.objects.prefetch_related("steps").get(pk=going.pk)

    following.follow(look, since=following.version_of(look()), wait=7, pause=slept.append)
    assert len(slept) == 7


def test_too_many_who_wait_are_answered_at_once(chat: Environment) -> None:
    """Each holds a thread of the web server: people must find one as well."""
    going = factories.operation(chat, status="running")
    slept: list[float] = []

    def look() -> Operation:
        return Operation.objects.prefetch_related("steps").get(pk=going.pk)

    version = following.version_of(look())
    crowd = 0

    def pause(seconds: float) -> None:
        """While one waits, the next comes."""
        nonlocal crowd
        slept.append(seconds)
        crowd += 1
        following.follow(look, since=version, wait=1, pause=pause)

    following.follow(look, since=version, wait=1, pause=pause)
    assert (crowd, len(slept)) == (following.MOST, following.MOST)


def test_what_is_over_and_what_is_newly_asked_for_is_not_waited_for(chat: Environment, caller: Caller) -> None:
    done = factories.operation(chat)
    version = caller.get(f"/operations/{done.pk}").json()["version"]
    followed = caller.get(f"/operations/{done.pk}/follow", {"since": version, "wait": 25})
    assert (followed.status_code, followed.json()["status"]) == (200, "succeeded")
    going = factories.operation(chat, status="running")
    assert caller.get(f"/operations/{going.pk}/follow", {"wait": 25}).json()["status"] == "running"
    assert caller.get(f"/operations/{going.pk}/follow", {"wait": 26}).status_code == 422


def test_what_failed_last_is_tried_once_more(chat: Environment, caller: Caller) -> None:
    Environment.objects.update(state="failed_to_start")
    failed = factories.operation(chat, status="failed")
    answer = caller.post(f"/operations/{failed.pk}/retry")
    again = Operation.objects.exclude(pk=failed.pk).get()
    assert (answer.status_code, answer.json()["id"], again.kind) == (202, again.pk, "start")
    assert again.actor == caller.token.user


def test_what_did_not_fail_or_is_not_the_newest_is_409(chat: Environment, caller: Caller) -> None:
    failed = factories.operation(chat, status="failed", at=NOON - timedelta(hours=1))
    done = factories.operation(chat, at=NOON)
    for one in (failed, done):
        assert caller.post(f"/operations/{one.pk}/retry").status_code == 409
    assert Operation.objects.count() == 2


@time_machine.travel(NOON, tick=False)
def test_who_may_only_look_tries_nothing_again(chat: Environment) -> None:
    failed = factories.operation(chat, status="failed")
    assert Caller(factories.viewer()).post(f"/operations/{failed.pk}/retry").status_code == 403
    assert Operation.objects.count() == 1
