"""Starting, stopping and redeploying over the API: by the services of the pages, and with their rights."""

from __future__ import annotations

import pytest
import time_machine
from django.utils import timezone

from environments.models import Environment, Hold, Operation, State
from environments.services import schedules
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOON = monday("12:00")


@pytest.fixture
def chat() -> Environment:
    """It runs as its schedule says: until 18:00."""
    made = factories.chat_app(state=State.RUNNING, wish="running", state_since=monday("09:00"))
    schedules.enforce(made, now=NOON)
    return made


@pytest.fixture
def caller() -> Caller:
    with time_machine.travel(NOON, tick=False):
        return Caller(factories.manager())


def test_a_start_is_a_hold_as_the_page_places_it(caller: Caller) -> None:
    chat = factories.chat_app(state=State.STOPPED, wish="stopped")
    with time_machine.travel(monday("20:00"), tick=False):
        schedules.enforce(chat, now=timezone.now())
        answer = caller.post("/environments/chat-dev/start", {"hours": 2, "reason": "client demo"})
    told = answer.json()
    hold, operation = Hold.objects.get(), Operation.objects.get()
    assert answer.status_code == 202
    assert (hold.desired, hold.until, hold.reason, hold.origin) == ("running", monday("22:00"), "client demo", "api")
    assert (operation.kind, operation.actor) == ("start", caller.token.user)
    assert (told["operation"]["id"], told["operation"]["status"]) == (operation.pk, "pending")
    assert told["text"].startswith("Running until 22:00")
    assert told["hold"]["id"] == hold.pk


def test_without_an_end_a_stop_lasts_until_the_plans_next_change(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = caller.post("/environments/chat-dev/stop")
    assert answer.status_code == 202
    assert Hold.objects.get().until == monday("18:00")
    assert Operation.objects.get().kind == "stop"


def test_it_is_kept_until_somebody_releases_it_when_that_is_asked_for(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        told = caller.post("/environments/chat-dev/start", {"released": True}).json()
    assert Hold.objects.get().until is None
    assert (told["hold"]["until"], told["operation"]) == (None, None)  # it runs already


def test_two_ends_are_refused(chat: Environment, caller: Caller) -> None:
    answer = caller.post("/environments/chat-dev/stop", {"hours": 1, "released": True})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"until"})
    assert not Hold.objects.exists()


def test_what_others_need_is_not_stopped_unless_an_operator_says_anyway(chat: Environment, caller: Caller) -> None:
    app = factories.chat_app("app", "AppStack", state=State.RUNNING, wish="running")
    app.needs.add(chat)
    with time_machine.travel(NOON, tick=False):
        schedules.enforce(app, now=NOON)
        refused = caller.post("/environments/chat-dev/stop")
        assert (refused.status_code, Hold.objects.count()) == (422, 0)
        assert "app" in refused.json()["detail"]
        assert Caller(factories.operator()).post("/environments/chat-dev/stop", {"anyway": True}).status_code == 202


def test_a_redeploy_is_an_operation_of_who_asked(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        told = caller.post("/environments/chat-dev/redeploy", {"reason": "hot fix"}).json()
    operation = Operation.objects.get()
    assert (operation.kind, operation.actor, told["operation"]["id"]) == (
        "redeploy",
        caller.token.user,
        operation.pk,
    )
    assert "hot fix" in operation.reason["en"]


def test_what_does_not_run_is_not_redeployed(caller: Caller) -> None:
    factories.chat_app(state=State.STOPPED)
    answer = caller.post("/environments/chat-dev/redeploy")
    assert answer.status_code == 422
    assert "does not run" in answer.json()["detail"]
    assert not Operation.objects.exists()
