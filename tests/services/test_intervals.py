"""When targets ran, as operations write it: from the first request of a start to the stop that is seen done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Interval, Operation, Target
from environments.services import intervals, operations, workflow
from environments.targets.base import Done, Outcome, TargetError, Wait
from environments.targets.client import UNREACHABLE
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("09:00")
SAID = {"en": "-", "ko": "-"}
WAIT = Wait(timedelta(minutes=1), SAID)
DONE = Done(SAID)
CAPACITY = TargetError(SAID, retryable=True, code="InsufficientInstanceCapacity")
DENIED = TargetError(SAID, code="UnauthorizedOperation")
NO_ANSWER = TargetError(SAID, retryable=True, code=UNREACHABLE)
BROKEN = TargetError(SAID, retryable=True, code="InternalFailure")


class Killed(BaseException):
    """The worker's process is gone, in the middle of a step."""


@pytest.fixture
def acting(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The scripted kind, whose step `act` sends as many requests to AWS as `requests` says, one unless told."""
    perform: Callable[..., Outcome] = scripted.perform
    scripted.requests = 1

    def and_send(goal: Any, step: str, ref: Any, context: Any) -> Outcome:
        for _ in range(scripted.requests if step == "act" else 0):
            context.renew()
        return perform(goal, step, ref, context)

    monkeypatch.setattr(scripted, "perform", and_send)
    return scripted


def _environment(*names: str) -> Environment:
    made = factories.environment(schedule=None)
    for name in names or ("web",):
        Target.objects.create(
            environment=made, kind="scripted", identifier=name, account=factories.account(), region=factories.REGION
        )
    return made


def _do(kind: str, at: datetime = NOW) -> Operation:
    """The whole operation, each look at its time."""
    made = operations.request(environment=Environment.objects.get(), kind=kind, trigger="hold", reason=SAID, now=at)
    for _ in range(60):
        row = Operation.objects.get(pk=made.pk)
        if not row.is_unfinished:
            return row
        at = max(at, row.lease_until or row.not_before)
        workflow.advance(operation_id=made.pk, now=at)
    raise AssertionError("the operation does not end")


def _spans() -> list[tuple[str, str, str | None]]:
    """The spans, oldest first: the target, and the minutes in which they begin and end, as in “09:00” of Seoul."""

    def clock(at: datetime) -> str:
        return (at + timedelta(hours=9)).strftime("%H:%M")

    rows = Interval.objects.order_by("began_at", "target_name")
    return [(r.target_name, clock(r.began_at), clock(r.ended_at) if r.ended_at else None) for r in rows]


def test_a_span_begins_with_the_first_request_and_ends_when_the_stop_is_seen_done(acting: Any) -> None:
    _environment()
    acting.script = {"look": [WAIT, WAIT], "act": [WAIT, WAIT, WAIT]}
    _do("start")
    assert _spans() == [("web", "09:02", None)]
    acting.script = {"act": [WAIT, WAIT]}
    _do("stop", monday("18:00"))
    assert _spans() == [("web", "09:02", "18:02")]
    assert list(Interval.objects.values_list("began_by", "ended_by", "environment_name")) == [
        ("operation", "operation", "chat-dev")
    ]


def test_each_target_has_its_own_spans(acting: Any) -> None:
    _environment("db", "web")
    acting.script = {"web: act": [WAIT, WAIT], "db: look": [Done(SAID, finished=True)]}
    _do("start")
    acting.script = {"db: act": [WAIT] * 5}
    _do("stop", monday("18:00"))
    assert _spans() == [("db", "09:00", "18:05"), ("web", "09:00", "18:00")]


def test_a_start_that_finds_it_running_begins_a_span_only_where_none_is_open_and_a_redeploy_none(acting: Any) -> None:
    _environment()
    for minute in ("09:00", "09:30"):
        acting.script = {"look": [Done(SAID, finished=True)]}
        _do("start", monday(minute))
        assert _spans() == [("web", "09:00", None)]
    _do("redeploy", monday("10:00"))
    assert _spans() == [("web", "09:00", None)]
    Interval.objects.all().delete()
    _do("redeploy", monday("11:00"))
    assert _spans() == []


@pytest.mark.parametrize(
    ("error", "requests", "stays"),
    [
        (DENIED, 1, False),
        (CAPACITY, 1, False),  # refused as often as it was tried
        (DENIED, 2, True),  # the first of the two may have started something
        (NO_ANSWER, 1, True),
        (BROKEN, 1, True),
        (DENIED, 0, False),  # nothing was asked for
    ],
)
def test_a_failed_start_leaves_a_span_where_something_may_run(
    acting: Any, error: TargetError, requests: int, stays: bool
) -> None:
    _environment()
    acting.requests = requests
    acting.script = {"act": [error] * 20}
    assert _do("start").status == "failed"
    assert _spans() == ([("web", "09:00", None)] if stays else [])


def test_what_was_refused_at_first_runs_from_the_request_that_was_followed(acting: Any) -> None:
    _environment()
    acting.script = {"act": [CAPACITY] * 6 + [WAIT]}
    _do("start")
    began = Interval.objects.get().began_at
    assert NOW + timedelta(seconds=75) < began < NOW + timedelta(minutes=5)


def test_a_refused_start_takes_no_span_away_that_was_there_before(acting: Any) -> None:
    _environment()
    intervals.begun(target_id=Target.objects.get().pk, now=monday("08:00"))
    acting.script = {"act": [DENIED]}
    _do("start")
    assert _spans() == [("web", "08:00", None)]


def test_a_worker_killed_between_the_answer_of_aws_and_its_note_leaves_the_true_beginning(acting: Any) -> None:
    _environment()
    perform = acting.perform

    def and_die(goal: Any, step: str, ref: Any, context: Any) -> Outcome:
        outcome: Outcome = perform(goal, step, ref, context)
        if step == "act":
            acting.perform, acting.requests = perform, 0  # who comes after finds it started
            raise Killed
        return outcome

    acting.perform = and_die
    with pytest.raises(Killed):
        _do("start")
    assert Operation.objects.get().is_unfinished
    _do("start", NOW + workflow.LEASE)
    assert Operation.objects.get().status == "succeeded"
    assert _spans() == [("web", "09:00", None)]


def test_who_loses_the_race_for_a_beginning_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _environment()
    target, real = Target.objects.get(), intervals.span_of

    def and_lose(*arguments: Any) -> Interval:
        real(target, monday("08:59"), intervals.SCAN).save()
        return real(*arguments)

    monkeypatch.setattr(intervals, "span_of", and_lose)
    assert intervals.begun(target_id=target.pk, now=NOW) is None
    assert _spans() == [("web", "08:59", None)]


def test_a_span_never_begins_before_the_last_one_ended_nor_ends_before_it_began(acting: Any) -> None:
    """Clocks of two workers may differ by a moment."""
    _environment()
    pk = Target.objects.get().pk
    for begin, end in (("09:00", "10:00"), ("09:59", "11:00"), ("12:00", "12:00"), ("13:00", "12:59")):
        intervals.begun(target_id=pk, now=monday(begin))
        intervals.ended(target_id=pk, now=monday(end))
    intervals.ended(target_id=pk, now=monday("14:00"))
    assert _spans() == [("web", "09:00", "10:00"), ("web", "10:00", "11:00")]


def test_an_environment_ran_while_any_of_its_targets_did_and_all_are_told_with_one_query(
    django_assert_num_queries: Any,
) -> None:
    two, none = _environment("db", "web"), factories.environment("none", schedule=None)
    for name, begin, end in (("db", "08:00", "10:00"), ("web", "09:00", "11:00"), ("db", "15:00", None)):
        pk = Target.objects.get(identifier=name).pk
        intervals.begun(target_id=pk, now=monday(begin))
        if end:
            intervals.ended(target_id=pk, now=monday(end))
    with django_assert_num_queries(1):
        told = intervals.ran(
            environments=[two, none.pk], begin=monday("08:30"), end=monday("23:00"), now=monday("16:00")
        )
    ends = [(monday("08:30"), monday("11:00")), (monday("15:00"), monday("16:00"))]
    assert told == {two.pk: ends, none.pk: []}
    with django_assert_num_queries(0):
        assert intervals.ran(environments=[], begin=NOW, end=monday("10:00"), now=NOW) == {}
