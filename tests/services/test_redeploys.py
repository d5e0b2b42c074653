"""Asking for a redeploy, and what becomes of it: only of what runs, after what is under way, its failure told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments.models import Environment, Operation, OperationStep, State, Target, Wish
from environments.services import deployments, drift, holds, operations, retries, workflow
from environments.targets.base import RESTS, Done, TargetError, Wait
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
WHY = {"en": "newest image", "ko": "최신 이미지"}
SAID = {"en": "chat 1.0 → 1.1", "ko": "chat 1.0 → 1.1"}


def environment(state: State = State.RUNNING, *orders: int, **fields: Any) -> Environment:
    chat = factories.environment(schedule=None, state=state, **fields)
    for n, order in enumerate(orders or (1,)):
        Target.objects.create(
            environment=chat,
            kind="scripted",
            identifier=f"t{n}",
            account=factories.account(),
            region=factories.REGION,
            order=order,
        )
    return chat


def ask(chat: Environment, kind: str = "redeploy", now: Any = NOW) -> Operation:
    return operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=now)


def run(chat: Environment, now: Any = NOW) -> Environment:
    """Work until nothing is under way."""
    for _ in range(200):
        unfinished = chat.operations.unfinished().first()
        if unfinished is None:
            return Environment.objects.get(pk=chat.pk)
        now = max(now, unfinished.not_before)
        workflow.advance(operation_id=unfinished.pk, now=now)
    raise AssertionError("it does not end")


def begun(chat: Environment) -> Operation:
    """A redeploy whose first step waits."""
    operation = ask(chat)
    workflow.advance(operation_id=operation.pk, now=NOW)
    return Operation.objects.get(pk=operation.pk)


def test_what_runs_is_redeploying_meanwhile_and_runs_afterwards_with_the_reason(scripted: Any) -> None:
    chat = environment()
    ask(chat)
    assert Environment.objects.get().state == State.REDEPLOYING
    after = run(chat)
    assert (after.state, after.state_reason) == (State.RUNNING, WHY)
    assert Operation.objects.get().status == "succeeded"


def test_targets_are_redeployed_in_the_order_in_which_they_start(scripted: Any) -> None:
    chat = environment(State.RUNNING, 2, 1)
    ask(chat)
    run(chat)
    assert scripted.done[-2:] == ["t1: act", "t0: act"]


def test_targets_of_kinds_that_cannot_are_left_out(scripted: Any) -> None:
    chat = environment()
    Target.objects.create(
        environment=chat,
        kind="ec2",
        identifier="i-0123456789abcdef0",
        account=factories.account(),
        region=factories.REGION,
    )
    ask(chat)
    assert run(chat).state == State.RUNNING
    assert set(OperationStep.objects.exclude(target=None).values_list("target__kind", flat=True)) == {"scripted"}


def test_an_environment_of_which_nothing_can_be_redeployed_is_refused_with_the_reason(scripted: Any) -> None:
    scripted.redeploys = False
    with pytest.raises(ValidationError, match="Nothing that chat-dev is made of can be redeployed"):
        ask(environment())
    assert not Operation.objects.exists()


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED_TO_START, State.FAILED_TO_STOP, State.UNKNOWN])
def test_what_does_not_run_is_refused_it_takes_the_newest_image_at_its_next_start(scripted: Any, state: State) -> None:
    with pytest.raises(ValidationError, match=r"does not run\. It takes the newest image at its next start"):
        ask(environment(state))


def test_while_it_is_stopping_it_is_refused_with_the_reason(scripted: Any) -> None:
    chat = environment()
    ask(chat, "stop")
    with pytest.raises(ValidationError, match=r"is being stopped\. It takes the newest image at its next start"):
        ask(chat)
    assert [one.kind for one in Operation.objects.all()] == ["stop"]


def test_while_it_is_starting_it_is_noted_and_follows_without_a_busy_loop(scripted: Any) -> None:
    chat = environment(State.STOPPED)
    scripted.script = {"act": [Wait(timedelta(seconds=8), SAID)]}
    start = ask(chat, "start")
    assert ask(chat).pk == start.pk
    for _ in range(3):
        again = workflow.advance(operation_id=start.pk, now=NOW)
    assert again == NOW + timedelta(seconds=8), "the noted wish waits for the start"
    assert run(chat).state == State.RUNNING
    ended = [(one.kind, one.status) for one in Operation.objects.order_by("pk")]
    assert ended == [("start", "succeeded"), ("redeploy", "succeeded")]


def test_a_redeploy_noted_while_a_start_fails_is_dropped(scripted: Any) -> None:
    chat = environment(State.STOPPED)
    scripted.script = {"act": [TargetError({"en": "no", "ko": "아니요"})]}
    ask(chat, "start")
    ask(chat)
    assert run(chat).state == State.FAILED_TO_START
    assert Operation.objects.get().kind == "start"


def test_a_start_asked_for_once_more_does_not_forget_the_redeploy_that_follows(scripted: Any) -> None:
    chat = environment(State.STOPPED)
    for kind in ("start", "redeploy", "start"):
        ask(chat, kind)
    run(chat)
    assert [one.kind for one in Operation.objects.order_by("pk")] == ["start", "redeploy"]


def test_a_stop_asked_for_while_redeploying_is_followed_at_once(scripted: Any) -> None:
    chat = environment()
    scripted.script = {"look": [Wait(timedelta(seconds=8), SAID)]}
    redeploy = begun(chat)
    ask(chat, "stop")
    redeploy.refresh_from_db()
    assert redeploy.status == "cancelled"
    assert run(chat).state == State.STOPPED


def test_a_stop_asked_for_while_a_worker_is_at_it_is_noted_and_followed(scripted: Any) -> None:
    chat = environment()
    operation = ask(chat)
    Operation.objects.claim(operation.pk, now=NOW, lease=workflow.LEASE)
    ask(chat, "stop")
    with pytest.raises(ValidationError, match="is being stopped"):
        ask(chat)
    assert run(chat, NOW + workflow.LEASE).state == State.STOPPED


def test_a_start_asked_for_while_redeploying_joins_for_it_will_run(scripted: Any) -> None:
    chat = environment()
    redeploy = ask(chat)
    assert ask(chat, "start").pk == redeploy.pk
    assert run(chat).state == State.RUNNING
    assert Operation.objects.count() == 1


def test_a_hold_placed_while_redeploying_changes_nothing_about_it(scripted: Any) -> None:
    chat = environment()
    ask(chat)
    chat.refresh_from_db()
    holds.place(environment=chat, desired=Wish.RUNNING, until=holds.Until.RELEASED, author=factories.manager(), now=NOW)
    assert [one.kind for one in Operation.objects.all()] == ["redeploy"]


def test_a_second_redeploy_joins_the_one_that_waits_and_follows_the_one_that_has_looked(scripted: Any) -> None:
    chat = environment()
    scripted.script = {"look": [Wait(timedelta(seconds=8), SAID)]}
    first = ask(chat)
    assert ask(chat).next_wish is None
    workflow.advance(operation_id=first.pk, now=NOW)
    assert ask(chat).pk == first.pk
    run(chat)
    assert [one.status for one in Operation.objects.all()] == ["succeeded", "succeeded"]


def test_a_failed_redeploy_leaves_it_running_says_why_and_can_be_tried_again(scripted: Any) -> None:
    chat = environment()
    why = {"en": "demo could not be updated", "ko": "업데이트 실패"}
    scripted.script = {"act": [TargetError(why, raw="UPDATE_FAILED")]}
    ask(chat)
    after = run(chat)
    assert (after.state, after.state_reason) == (State.RUNNING, why)
    failed = deployments.failed_redeploy(Operation.objects.get())
    assert failed is not None
    assert failed.error == why
    assert retries.retry(environment=after, actor=factories.manager(), now=NOW) is not None
    run(chat)
    assert deployments.failed_redeploy(Operation.objects.order_by("-pk").first()) is None


def test_people_hear_of_it_with_what_changed(scripted: Any) -> None:
    chat = environment()
    change = {"parameter": "Tag", "before": "1.0", "after": "1.1", "repository": "chat"}
    scripted.script = {"look": [Done(SAID)], "act": [Done(SAID)]}
    ask(chat)
    operation = Operation.objects.get()
    workflow.advance(operation_id=operation.pk, now=NOW)
    OperationStep.objects.filter(name="look").update(name="resolve", memo={"changes": [change], "images": []})
    run(chat)
    first, second = Event.objects.order_by("pk")
    assert (first.kind, second.kind) == ("environment.redeploying", "environment.redeployed")
    assert first.title == {"en": "chat-dev is being redeployed", "ko": "chat-dev 재배포 중"}
    assert {"name": {"en": "Images", "ko": "이미지"}, "value": SAID} in second.fields


def test_when_everything_is_the_newest_already_nobody_is_told(scripted: Any) -> None:
    scripted.script = {"look": [Done(SAID, finished=True)]}
    chat = environment()
    ask(chat)
    assert run(chat).state == State.RUNNING
    assert not Event.objects.exists()


def test_what_one_target_found_is_known_to_the_next(scripted: Any) -> None:
    scripted.script = {"t0: look": [Done(SAID, memo={"found": {"ecr|chat": {"value": "1.1"}}})]}
    chat = environment(State.RUNNING, 1, 1)
    ask(chat)
    run(chat)
    assert scripted.contexts[0].found == {}
    assert all(context.found == {"ecr|chat": {"value": "1.1"}} for context in scripted.contexts[1:])


def test_a_redeploy_is_no_start_from_outside(scripted: Any) -> None:
    chat = environment()
    factories.step(factories.operation(chat, "start", at=NOW - timedelta(hours=2)), "announce")
    factories.step(factories.operation(chat, "redeploy", at=NOW - timedelta(hours=1)), "announce")
    chat.refresh_from_db()
    assert drift.started_outside([chat]) == set()


def _image(operation: Operation, tag: str, status: str = "done") -> None:
    at = (NOW - timedelta(days=1)).isoformat()
    factories.step(operation, "resolve", memo={"images": [["chat", tag, at]]})
    factories.step(operation, "wait", status)


def test_the_images_that_run_are_those_of_the_last_start_or_redeploy_since_they_first_ran(scripted: Any) -> None:
    chat = environment()
    hours = [NOW - timedelta(hours=n) for n in (9, 6, 4, 2)]
    _image(factories.operation(chat, "start", at=hours[0]), "1.0")
    redeploy = factories.operation(chat, "redeploy", at=hours[1])
    _image(redeploy, "1.1")
    # The newest already: it has run since the redeploy before.
    _image(factories.operation(chat, "redeploy", at=hours[2]), "1.1")
    _image(factories.operation(chat, "redeploy", "failed", at=hours[3]), "1.2", "failed")
    found = deployments.current(chat)
    assert [(one.repository, one.tag, one.since) for one in found] == [("chat", "1.1", redeploy.finished_at)]


def test_what_was_stopped_since_runs_no_image(scripted: Any) -> None:
    chat = environment()
    _image(factories.operation(chat, "start", at=NOW - timedelta(hours=3)), "1.0")
    factories.operation(chat, "stop", at=NOW - timedelta(hours=2))
    assert deployments.current(chat) == []
    chat.state = State.STOPPED
    assert deployments.current(chat) == []


NOT_NEEDED = Done({"en": "Not needed.", "ko": "필요 없음."}, memo={RESTS: True}, finished=True)


def test_what_rests_is_passed_over_and_the_others_are_redeployed(scripted: Any) -> None:
    chat = environment(State.RUNNING, 1, 1)
    scripted.script = {"t0: look": [NOT_NEEDED]}
    ask(chat)
    assert run(chat).state == State.RUNNING
    assert Operation.objects.get().status == "succeeded"
    assert scripted.done == ["t0: look", "t1: look", "t1: act"]
    assert OperationStep.objects.get(target_label="t0", name="act").get_status_display() == "not needed"


def test_where_all_rests_a_redeploy_fails_and_says_why(scripted: Any) -> None:
    chat = environment(State.RUNNING, 1, 1)
    scripted.script = {"t0: look": [NOT_NEEDED], "t1: look": [NOT_NEEDED]}
    ask(chat)
    run(chat)
    operation = Operation.objects.get()
    assert (operation.status, operation.error["en"]) == ("failed", "Not needed. Not needed.")
    assert not Event.objects.filter(kind="environment.redeploying").exists()
