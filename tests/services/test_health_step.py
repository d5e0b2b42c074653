"""A start and a redeploy wait until what they have brought up answers; and say so when it does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.admin.operation_cards import operation_line
from environments.models import Check, Environment, HttpCheck, Operation, OperationStep, State, Target, Ticket
from environments.services import drift, early_starts, health, operations, schedules, workflow
from environments.services.health import Move
from environments.targets.base import Seen
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
WHY = {"en": "client demo", "ko": "고객 시연"}
FINE = {"en": "answers 200", "ko": "200 응답"}
BAD = {"en": "answers 503", "ko": "503 응답"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def chat(scripted: Any) -> Environment:
    """Two targets, one after the other."""
    made = factories.environment(schedule=None)
    for order, name in enumerate(("database", "server"), start=1):
        place = {"account": factories.account(), "region": factories.REGION}
        Target.objects.create(environment=made, kind="scripted", identifier=name, order=order, **place)
    return made


def _check(of: Environment, name: str = "API", **fields: Any) -> HttpCheck:
    return HttpCheck.objects.create(environment=of, name=name, url="https://chat.example.com", **fields)


def _ask(chat: Environment, kind: str = "start") -> Operation:
    return operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=NOW)


def _answer(check: Check, now: datetime, state: str = "up") -> None:
    health.settle([Move(check.pk, state, FINE if state == "up" else BAD, now)], now=now)


def _run(operation: Operation, now: datetime = NOW, *, until: datetime = NOW) -> Operation:
    """Advance as workers would, moving on to each next look, until it ends or `until` is over."""
    while True:
        again = workflow.advance(operation_id=operation.pk, now=now)
        operation.refresh_from_db()
        if again is None or not operation.is_unfinished or again > until:
            return operation
        now = max(now, again)


def _kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def _waiting(operation: Operation) -> OperationStep:
    return operation.steps.get(name="health", status="running")


def test_a_start_is_over_when_the_environment_answers(chat: Environment) -> None:
    api = _check(chat)
    operation = _run(_ask(chat))
    assert operation.is_unfinished
    _answer(api, NOW + 3 * MINUTE)
    operation = _run(operation, NOW + 3 * MINUTE, until=NOW + 4 * MINUTE)
    assert operation.status == "succeeded"
    assert operation.ready_at == operation.finished_at == NOW + 3 * MINUTE
    assert _kinds() == ["environment.starting", "environment.ready"]
    assert Environment.objects.get().state == State.RUNNING


def test_while_it_waits_it_says_for_what(chat: Environment) -> None:
    api = _check(chat)
    operation = _run(_ask(chat))
    assert _waiting(operation).detail["en"] == "Waiting for “API”: no answer yet"
    _answer(api, NOW, "down")
    operation = _run(operation, NOW + MINUTE, until=NOW + MINUTE)
    assert _waiting(operation).detail == {"en": "Waiting for “API”: answers 503", "ko": "기다리는 중: ‘API’: 503 응답"}


def test_what_is_waited_for_is_asked_at_once(chat: Environment) -> None:
    api = _check(chat)
    operation = _ask(chat)
    Check.objects.update(due_at=NOW + timedelta(hours=1))
    _run(operation)
    api.refresh_from_db()
    assert api.due_at == NOW


def test_a_group_waits_for_the_health_of_the_one_before_it(chat: Environment, scripted: Any) -> None:
    database = _check(chat, "database", target=chat.targets.get(order=1))
    operation = _run(_ask(chat))
    assert scripted.done == ["database: look", "server: look", "database: act"]
    _answer(database, NOW + MINUTE)
    operation = _run(operation, NOW + MINUTE, until=NOW + MINUTE)
    assert scripted.done[-1] == "server: act"
    assert operation.status == "succeeded"


def test_each_group_and_the_whole_have_a_step_of_their_own(chat: Environment) -> None:
    for name, order in (("database", 1), ("server", 2), ("site", None)):
        target = chat.targets.get(order=order) if order else None
        _check(chat, name, target=target, start_grace_min=0)
    operation = _run(_ask(chat), until=NOW + timedelta(hours=1))
    steps = operation.steps.exclude(name="look").values_list("position", "name", "target_label")
    assert [step for step in steps if step[1] != "announce"] == [
        (2, "act", "database"),
        (3, "health", ""),
        (4, "act", "server"),
        (5, "health", ""),
        (6, "health", ""),
    ]
    assert operation.status == "succeeded"


def test_what_does_not_answer_in_its_time_runs_and_is_told_so(chat: Environment) -> None:
    api = _check(chat, start_grace_min=10)
    _check(chat, "slow", start_grace_min=12)
    operation = _run(_ask(chat))
    _answer(api, NOW + MINUTE, "down")
    operation = _run(operation, NOW + MINUTE, until=NOW + timedelta(hours=1))
    assert (operation.status, operation.ready_at) == ("succeeded", None)
    assert operation.finished_at == NOW + 12 * MINUTE
    step = operation.steps.get(name="health")
    assert step.status == "done"
    assert step.detail["en"].startswith("It runs, but does not answer. “API”:")
    assert Environment.objects.get().state == State.RUNNING
    assert _kinds() == ["environment.starting", "environment.not_ready"]
    told = Event.objects.get(kind="environment.not_ready")
    assert (told.severity, told.title["en"]) == ("warning", "chat-dev runs, but does not answer")
    assert not Ticket.objects.exists()


def test_what_answers_before_the_rest_is_done_is_ready_after_all(chat: Environment, scripted: Any) -> None:
    database = _check(chat, "database", target=chat.targets.get(order=1), start_grace_min=1)
    operation = _run(_ask(chat), until=NOW)
    _answer(database, NOW + 2 * MINUTE)
    Check.objects.update(seen_at=NOW - MINUTE)  # the step itself has not seen the answer
    operation = _run(operation, NOW + 2 * MINUTE, until=NOW + 3 * MINUTE)
    assert operation.steps.get(name="health").memo["ran_out"] is True
    assert operation.ready_at == operation.finished_at
    assert _kinds()[-1] == "environment.ready"


def test_what_is_switched_off_or_does_not_gate_is_not_waited_for(chat: Environment) -> None:
    _check(chat, "off", is_on=False)
    _check(chat, "beside", gates_start=False)
    operation = _run(_ask(chat))
    assert (operation.status, operation.ready_at) == ("succeeded", NOW)
    assert not operation.steps.filter(name="health").exists()


def test_a_check_that_is_switched_off_meanwhile_holds_up_nobody(chat: Environment) -> None:
    _check(chat)
    operation = _run(_ask(chat))
    Check.objects.update(is_on=False)
    assert _run(operation, NOW + MINUTE, until=NOW + MINUTE).status == "succeeded"


def test_a_stop_waits_for_no_check_and_is_never_ready(chat: Environment) -> None:
    _check(chat)
    operation = _run(_ask(chat, "stop"))
    assert (operation.status, operation.ready_at) == ("succeeded", None)
    assert Check.objects.get().state == "asleep"


def test_after_a_redeploy_an_answer_from_before_says_nothing(chat: Environment) -> None:
    api = _check(chat, state="up", seen_at=NOW - MINUTE)
    Environment.objects.update(state="running")
    operation = _run(_ask(chat, "redeploy"))
    assert operation.is_unfinished
    _answer(api, NOW + MINUTE)
    operation = _run(operation, NOW + MINUTE, until=NOW + MINUTE)
    assert (operation.status, operation.ready_at) == ("succeeded", NOW + MINUTE)


def test_a_stop_that_is_wished_for_meanwhile_ends_the_waiting(chat: Environment) -> None:
    _check(chat)
    operation = _run(_ask(chat))
    stop = _ask(chat, "stop")
    operation.refresh_from_db()
    assert operation.status == "cancelled"
    assert _run(stop).status == "succeeded"


def test_who_needs_it_waits_until_it_answers(chat: Environment, scripted: Any) -> None:
    api = _check(chat)
    shop = factories.environment("shop-dev", schedule=None)
    place = {"account": factories.account(), "region": factories.REGION}
    Target.objects.create(environment=shop, kind="scripted", identifier="shop", order=1, **place)
    shop.needs.add(chat)
    needing = _run(_ask(shop))
    needed = Operation.objects.get(environment=chat)
    _run(needed)
    _run(needing, NOW + MINUTE, until=NOW + MINUTE)
    assert "shop: act" not in scripted.done
    _answer(api, NOW + 2 * MINUTE)
    _run(needed, NOW + 2 * MINUTE, until=NOW + 2 * MINUTE)
    assert _run(needing, NOW + 3 * MINUTE, until=NOW + 3 * MINUTE).status == "succeeded"


def test_early_starts_learn_when_it_was_ready_not_when_it_was_done(chat: Environment) -> None:
    for day in (1, 2, 3):
        created = NOW - timedelta(days=day)
        done = {"finished_at": created + 5 * MINUTE, "deadline_at": created, "not_before": created}
        ready = None if day == 3 else created + 8 * MINUTE
        past = Operation.objects.create(
            environment=chat,
            kind="start",
            trigger="hold",
            status="succeeded",
            created_at=created,
            ready_at=ready,
            **done,
        )
        OperationStep.objects.create(operation=past, position=1, name="announce", status="done")
    assert early_starts.known(chat.pk, timedelta(hours=1)).lead == 8 * MINUTE


def test_people_read_when_it_was_ready(chat: Environment) -> None:
    minutes = {
        "created_at": NOW,
        "started_at": NOW + MINUTE,
        "finished_at": NOW + 5 * MINUTE,
        "ready_at": NOW + 7 * MINUTE,
    }
    operation = Operation(environment=chat, kind="start", trigger="hold", status="succeeded", **minutes)
    assert operation_line(operation, "Asia/Seoul", NOW).took == "4 min, ready after 7 min"
    operation.ready_at = None
    assert operation_line(operation, "Asia/Seoul", NOW).took == "4 min"


def test_what_a_look_at_aws_finds_stopped_by_itself_goes_to_sleep_with_its_checks(chat: Environment) -> None:
    api = _check(chat, state="up", due_at=NOW)
    Environment.objects.update(state="running", state_since=NOW - MINUTE)
    stood = Environment.objects.get()
    drift.judge([stood], {target.pk: Seen.STOPPED for target in chat.targets.all()}, now=NOW)
    api.refresh_from_db()
    assert (api.state, api.due_at) == ("asleep", None)


def test_when_the_plan_no_longer_wants_what_somebody_stopped_its_checks_fall_silent(chat: Environment) -> None:
    api = _check(chat, state="down", due_at=NOW)
    chat.schedule = factories.schedule()
    chat.state, chat.wish, chat.judged_at = "stopped", "running", NOW
    chat.next_transition_at = monday("18:00")
    chat.save()
    schedules.enforce_due(now=monday("18:00"))
    api.refresh_from_db()
    assert (api.state, api.due_at) == ("asleep", None)
