"""Bringing operations forward: order, waiting, trying again, giving up."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from environments.models import Environment, Operation, OperationStep, State, Target
from environments.services import operations, workflow
from environments.targets.base import Done, StepDef, TargetError, Wait
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
WHY = {"en": "client demo", "ko": "고객 시연"}
SAID = {"en": "so it is", "ko": "그래요"}


def _environment(*orders: int) -> Environment:
    chat = factories.environment(schedule=None)
    for n, order in enumerate(orders):
        Target.objects.create(
            environment=chat,
            kind="scripted",
            identifier=f"t{n}",
            account=factories.account(),
            region=factories.REGION,
            order=order,
        )
    return chat


def _ask(chat: Environment, kind: str = "start") -> Operation:
    return operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=NOW)


def _run(operation: Operation, now: datetime = NOW, *, until: timedelta = timedelta(hours=8)) -> Operation:
    """Advance as workers would, moving on to each next look, until it ends or `until` is over."""
    end = now + until
    for _ in range(500):
        again = workflow.advance(operation_id=operation.pk, now=now)
        fresh = Operation.objects.get(pk=operation.pk)
        if again is None or not fresh.is_unfinished or again > end:
            return fresh
        now = max(now, again)
    raise AssertionError("it does not end")


def test_groups_start_in_ascending_order_after_a_look_at_everything(scripted: Any) -> None:
    operation = _run(_ask(_environment(2, 1, 2)))
    assert operation.status == "succeeded"
    assert scripted.done == ["t1: look", "t0: look", "t2: look", "t1: act", "t0: act", "t2: act"]


def test_groups_stop_in_descending_order(scripted: Any) -> None:
    _run(_ask(_environment(1, 2), "stop"))
    assert scripted.done == ["t0: look", "t1: look", "t1: act", "t0: act"]


def test_a_group_waits_for_the_one_before_it(scripted: Any) -> None:
    scripted.script = {"t0: act": [Wait(timedelta(seconds=30), SAID), Wait(timedelta(seconds=30), SAID), Done(SAID)]}
    operation = _run(_ask(_environment(1, 2)))
    assert scripted.done[2:] == ["t0: act", "t0: act", "t0: act", "t1: act"]
    assert operation.finished_at == NOW + timedelta(seconds=60)


def test_targets_of_one_group_do_not_wait_for_each_other(scripted: Any) -> None:
    scripted.script = {"t0: act": [Wait(timedelta(seconds=30), SAID), Done(SAID)]}
    _run(_ask(_environment(1, 1)))
    assert scripted.done[2:] == ["t0: act", "t1: act", "t0: act"]


def test_nothing_is_changed_when_a_look_at_one_target_fails(scripted: Any) -> None:
    scripted.script = {"t1: look": [TargetError({"en": "Access denied.", "ko": "거부"})]}
    operation = _run(_ask(_environment(1, 2)))
    assert (operation.status, operation.error["en"]) == ("failed", "Access denied.")
    assert scripted.done == ["t0: look", "t1: look"]


def test_where_all_is_as_it_should_be_nothing_is_done_and_nobody_is_told(scripted: Any) -> None:
    scripted.script = {"look": [Done(SAID, finished=True), Done(SAID, finished=True)]}
    chat = _environment(1, 2)
    operation = _run(_ask(chat))
    chat.refresh_from_db()
    assert (operation.status, chat.state) == ("succeeded", State.RUNNING)
    assert scripted.done == ["t0: look", "t1: look"]
    assert not Event.objects.exists()
    assert set(operation.steps.values_list("name", "status")) == {
        ("look", "done"), ("announce", "skipped"), ("act", "skipped"),
    }  # fmt: skip


def test_people_are_told_before_anything_is_changed(scripted: Any) -> None:
    chat = _environment(1)
    scripted.script = {"act": [Wait(timedelta(hours=1), SAID)]}
    _run(_ask(chat), until=timedelta(minutes=1))
    assert scripted.done == ["t0: look", "t0: act"]
    assert list(Event.objects.values_list("kind", flat=True)) == ["environment.starting"]


def test_the_times_of_a_plan_are_told_with_their_zone_when_it_begins_and_when_it_is_done(scripted: Any) -> None:
    chat, why = _environment(1), {"en": "Running until 20:02: hold by Kim", "ko": "20:02까지 실행: 유지, Kim"}
    _run(operations.request(environment=chat, kind="start", trigger="hold", reason=why, now=NOW))
    bodies = dict(Event.objects.values_list("kind", "body"))
    told = {"en": "Running until 20:02 (Asia/Seoul): hold by Kim", "ko": "20:02 (Asia/Seoul)까지 실행: 유지, Kim"}
    assert bodies == {"environment.starting": told, "environment.ready": told}


def test_what_trying_again_can_help_is_tried_again_later_and_later_with_the_same_token(scripted: Any) -> None:
    throttled = [TargetError({"en": "AWS is busy.", "ko": "바빠요"}, retryable=True) for _ in range(4)]
    scripted.script = {"act": [*throttled, Done(SAID)]}
    operation = _run(_ask(_environment(1)))
    acts = [context for context, done in zip(scripted.contexts, scripted.done, strict=True) if done == "t0: act"]
    gaps = [(b.now - a.now).total_seconds() for a, b in pairwise(acts)]
    assert operation.status == "succeeded"
    assert [2.5 * 2**n <= gap <= 5 * 2**n for n, gap in enumerate(gaps)] == [True] * 4
    assert len({context.token for context in acts}) == 1
    assert [context.retried for context in acts] == [False, True, True, True, True]


def test_what_keeps_failing_ends_in_a_failed_operation_with_the_last_reason(scripted: Any) -> None:
    scripted.script = {"act": [TargetError({"en": f"Busy {n}.", "ko": "-"}, retryable=True) for n in range(40)]}
    chat = _environment(1)
    operation = _run(_ask(chat))
    chat.refresh_from_db()
    assert (operation.status, operation.error["en"]) == ("failed", "Busy 9.")
    assert (chat.state, chat.state_reason["en"]) == (State.FAILED_TO_START, "Busy 9.")


def test_what_trying_again_cannot_help_fails_at_once_and_people_hear_of_it(scripted: Any) -> None:
    scripted.script = {"act": [TargetError({"en": "Not allowed.", "ko": "권한 없음"}, raw="AccessDenied: nope")]}
    operation = _run(_ask(_environment(1)))
    assert (operation.status, operation.error_detail) == ("failed", "AccessDenied: nope")
    assert scripted.done.count("t0: act") == 1
    told = Event.objects.get(kind="environment.failed")
    assert (told.severity, told.body["ko"]) == ("error", "권한 없음")


def test_a_step_that_waits_past_its_deadline_fails_and_says_how_long_it_waited(scripted: Any) -> None:
    scripted.script = {"act": [Wait(timedelta(minutes=14), {"en": "3 of 5 up", "ko": "-"}) for _ in range(9)]}
    operation = _run(_ask(_environment(1)))
    assert operation.status == "failed"
    assert operation.error["en"] == "t0: still not there after 60 minutes. 3 of 5 up"


def test_an_operation_past_its_deadline_fails_whatever_its_steps_say(scripted: Any) -> None:
    operation = _ask(_environment(1))
    operation = _run(operation, NOW + operations.DEADLINE)
    assert operation.status == "failed"
    assert "6 hours" in operation.error["en"]
    assert scripted.done == []


def test_an_operation_may_last_as_long_as_its_steps_may_one_after_the_other(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    defs = (StepDef("look", timedelta(hours=2), preflight=True), StepDef("act", timedelta(hours=8)))
    monkeypatch.setattr(scripted, "steps", lambda goal: defs)
    operation = _ask(_environment(1, 1, 2))
    workflow.advance(operation_id=operation.pk, now=NOW)
    operation.refresh_from_db()
    # Two of the first order group at once, then the second group; people are told in between.
    least = timedelta(hours=2 + 8 + 8)
    assert NOW + least < operation.deadline_at < NOW + least + timedelta(hours=2)


def test_a_defect_of_ours_ends_in_a_failed_operation_and_not_in_a_loop(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.script = {"act": [ZeroDivisionError("oops")]}
    operation = _run(_ask(_environment(1)))
    assert (operation.status, operation.error_detail) == ("failed", "ZeroDivisionError: oops")
    assert "Step act of operation" in caplog.text


def test_a_kind_that_nobody_knows_any_more_fails_the_operation_too(scripted: Any) -> None:
    chat = _environment(1)
    Target.objects.update(kind="forgotten")
    operation = _run(_ask(chat))
    assert (operation.status, operation.error_detail) == ("failed", "KeyError: 'forgotten'")


def test_an_environment_without_targets_fails_with_what_to_do(scripted: Any) -> None:
    operation = _run(_ask(_environment()))
    assert operation.status == "failed"
    assert operation.error["en"].startswith("chat-dev has no targets")


def test_a_target_removed_meanwhile_fails_with_its_name(scripted: Any) -> None:
    scripted.script = {"act": [Wait(timedelta(seconds=30), SAID)]}
    operation = _run(_ask(_environment(1)), until=timedelta(seconds=10))
    Target.objects.all().delete()
    operation = _run(operation, NOW + timedelta(minutes=1))
    assert operation.status == "failed"
    assert "t0 was removed" in operation.error["en"]


def test_when_one_target_fails_what_has_begun_is_followed_to_its_end_and_nothing_new_is_begun(scripted: Any) -> None:
    scripted.script = {
        "t0: act": [Wait(timedelta(seconds=30), SAID), Done(SAID)],
        "t1: act": [TargetError({"en": "Not allowed.", "ko": "-"})],
    }
    operation = _run(_ask(_environment(1, 1, 2)))
    assert (operation.status, operation.error["en"]) == ("failed", "Not allowed.")
    assert scripted.done[3:] == ["t0: act", "t1: act", "t0: act"]
    assert operation.finished_at == NOW + timedelta(seconds=30)


def test_an_outcome_that_comes_after_the_lease_was_lost_is_dropped(scripted: Any) -> None:
    operation = _ask(_environment(1))

    def taken_over(*args: Any, **kwargs: Any) -> Done:
        Operation.objects.filter(pk=operation.pk).update(lease_token="somebody else's")
        return Done(SAID, memo={"mine": True})

    scripted.perform = taken_over
    assert workflow.advance(operation_id=operation.pk, now=NOW) is None
    assert OperationStep.objects.get(name="look").memo == {}


def test_one_operation_is_advanced_by_one_worker_at_a_time(scripted: Any) -> None:
    operation = _ask(_environment(1))
    assert Operation.objects.claim(operation.pk, now=NOW, lease=workflow.LEASE)
    assert Operation.objects.claim(operation.pk, now=NOW, lease=workflow.LEASE) is None
    assert workflow.advance(operation_id=operation.pk, now=NOW) is None
    assert scripted.done == []
    assert workflow.advance(operation_id=operation.pk, now=NOW + workflow.LEASE) is not None


def test_the_sweep_wakes_what_is_due_and_held_by_nobody(
    scripted: Any, published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    operation = _ask(_environment(1))
    with django_capture_on_commit_callbacks(execute=True):
        assert workflow.sweep(now=NOW) == 1
    assert published == ["environments.tasks.advance"]
    Operation.objects.claim(operation.pk, now=NOW, lease=workflow.LEASE)
    assert workflow.sweep(now=NOW) == 0
    assert workflow.sweep(now=NOW + workflow.LEASE) == 1


def test_a_broker_that_is_away_delays_and_is_logged_but_refuses_nobody(
    scripted: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    from kombu.exceptions import OperationalError

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr("environments.services.wakeups.current_app.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        operation = _ask(_environment(1))
    assert "the sweep will find the work" in caplog.text
    monkeypatch.undo()
    assert workflow.sweep(now=NOW) == 1
    assert operation.status == "pending"


def test_another_installation_that_counts_its_operations_from_one_as_well_never_asks_with_the_same_tokens(
    scripted: Any,
) -> None:
    def tokens(now: datetime) -> set[str]:
        operation = operations.request(environment=_environment(1), kind="start", trigger="hold", reason=WHY, now=now)
        _run(operation, now)
        found = {token.replace(f"-{operation.pk}-", "-1-") for token in operation.steps.values_list("token", flat=True)}
        Environment.objects.all().delete()
        return found

    first, second = tokens(NOW), tokens(NOW + timedelta(days=1))
    assert len(first) == len(second) == 3
    assert first.isdisjoint(second)
