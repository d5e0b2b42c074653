"""The same POST twice: when something goes wrong between the change and its answer, and when rights are lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from environments.models import Hold, Operation
from environments.services import holds
from portal.api import replays
from portal.apps import PortalConfig
from portal.celery import app
from portal.models import ApiAnswer
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
START = "/environments/chat-dev/start"
ONCE = {"Idempotency_Key": "a"}


@pytest.fixture
def caller() -> Caller:
    factories.environment()
    return Caller(factories.manager())


def test_what_is_killed_before_its_answer_is_kept_has_done_nothing_and_is_done_once(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*given: Any) -> bool:
        assert Hold.objects.exists(), "the change was made by then"
        raise SystemExit

    with time_machine.travel(monday("12:00"), tick=False) as clock:
        with monkeypatch.context() as broken:
            broken.setattr(replays, "settle", die)
            with pytest.raises(SystemExit):
                caller.post(START, **ONCE)
        assert not Hold.objects.exists()
        assert not Operation.objects.exists()
        assert caller.post(START, **ONCE).status_code == 409, "nobody knows yet that it has died"
        clock.shift(replays.UNDER_WAY)
        assert caller.post(START, **ONCE).status_code == 202
        assert caller.post(START, **ONCE)["Idempotency-Replayed"] == "true"
    assert Hold.objects.count() == 1


def test_what_cannot_write_its_answer_has_done_nothing_and_may_be_tried_at_once(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = replays.settle

    def fail(row: ApiAnswer, response: Any) -> bool:
        if response.status_code < 400:
            raise RuntimeError("the disk is full")
        return kept(row, response)

    with monkeypatch.context() as broken:
        broken.setattr(replays, "settle", fail)
        answer = caller.post(START, **ONCE)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert not Hold.objects.exists()
    assert caller.post(START, **ONCE).status_code == 202
    assert Hold.objects.count() == 1


def test_who_was_taken_for_dead_and_comes_back_late_does_it_no_second_time(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = holds.place

    def slowly(**asked: Any) -> Hold:
        made = place(**asked)
        ApiAnswer.objects.update(created_at=timezone.now())  # another has taken it over meanwhile
        return made

    monkeypatch.setattr(holds, "place", slowly)
    assert caller.post(START, **ONCE).status_code == 409
    assert not Hold.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_does_not_have_it_done_again(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = holds.place

    def and_fail(**asked: Any) -> Hold:
        def fail() -> None:
            raise RuntimeError("no broker")

        transaction.on_commit(fail)
        return place(**asked)

    monkeypatch.setattr(holds, "place", and_fail)
    assert caller.post(START, **ONCE).status_code == 500
    again = caller.post(START, **ONCE)
    assert (again.status_code, again["Idempotency-Replayed"]) == (202, "true")
    assert Hold.objects.count() == 1


def test_a_refusal_is_kept_and_leaves_nothing_else(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    place = holds.place

    def half(**asked: Any) -> Hold:
        place(**asked)
        raise ValidationError({"until": "Too late."})

    with monkeypatch.context() as broken:
        broken.setattr(holds, "place", half)
        assert caller.post(START, **ONCE).status_code == 422
    assert not Hold.objects.exists()
    assert caller.post(START, **ONCE)["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("lost", ["role", "team"])
def test_who_has_lost_a_role_or_a_team_is_not_told_again(caller: Caller, lost: str) -> None:
    first = caller.post(START, {"reason": "swordfish"}, **ONCE)
    assert "swordfish" in first.content.decode()
    (caller.token.user.groups if lost == "role" else caller.token.user.teams).clear()
    again = caller.post(START, {"reason": "swordfish"}, **ONCE)
    assert again.status_code == 409
    assert "swordfish" not in again.content.decode()
    assert "What its account may do is not what it was then." in again.json()["detail"]
    assert Hold.objects.count() == 1


def test_the_clock_has_old_answers_forgotten(caller: Caller) -> None:
    app.loader.import_default_modules()
    [entry] = [one for one in PortalConfig.beat_entries if "API" in one["name"]]
    with time_machine.travel(monday("12:00"), tick=False) as clock:
        caller.post(START, **ONCE)
        clock.shift(timedelta(hours=23))
        app.tasks[entry["task"]]()
        assert ApiAnswer.objects.count() == 1
        clock.shift(timedelta(hours=1))
        app.tasks[entry["task"]]()
    assert not ApiAnswer.objects.exists()
