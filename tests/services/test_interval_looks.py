"""What looks at AWS correct in the spans that are known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from environments.models import Environment, Interval, Scan, State, Target
from environments.services import interval_looks, intervals, operations, status
from environments.targets.base import Seen, TargetError
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
SAID = {"en": "-", "ko": "-"}
RUNNING, STOPPED, PARTLY = Seen.RUNNING, Seen.STOPPED, Seen.PARTLY


@pytest.fixture
def web(scripted: Any) -> Target:
    return Target.objects.create(
        environment=factories.environment(schedule=None, state=State.UNKNOWN),
        kind="scripted",
        identifier="web",
        account=factories.account(),
        region=factories.REGION,
    )


def _look(scripted: Any, at: str, seen: Seen) -> None:
    """A scan of the account at this time, that sees this."""
    scripted.seen = {"web": seen}
    status.scan_due(now=monday(at))
    status.scan(scan_id=Scan.objects.get(started_at=monday(at)).pk, now=monday(at))


def _times() -> list[tuple[datetime, datetime | None]]:
    return list(Interval.objects.order_by("began_at").values_list("began_at", "ended_at"))


def _at(*spans: str) -> list[tuple[datetime, datetime | None]]:
    """“09:00-10:00” or, open, “09:00-”."""
    pairs = [span.split("-") for span in spans]
    return [(monday(begin), monday(end) if end else None) for begin, end in pairs]


@pytest.mark.parametrize(
    ("looks", "spans"),
    [
        ([("09:00", RUNNING)], ["09:00-"]),  # what ran when this arrived
        ([("09:00", STOPPED)], []),
        ([("09:00", PARTLY)], []),
        ([("09:00", RUNNING), ("09:05", RUNNING)], ["09:00-"]),
        ([("09:00", RUNNING), ("09:05", PARTLY)], ["09:00-"]),
        ([("09:00", RUNNING), ("09:05", STOPPED), ("09:10", STOPPED)], ["09:00-09:05"]),
        ([("09:00", RUNNING), ("09:05", STOPPED), ("09:10", RUNNING)], ["09:00-09:05", "09:10-"]),
    ],
)
def test_looks_begin_and_end_spans(scripted: Any, web: Target, looks: list[tuple[str, Seen]], spans: list[str]) -> None:
    for at, seen in looks:
        _look(scripted, at, seen)
    assert _times() == _at(*spans)


@pytest.mark.parametrize(
    ("seen", "since", "spans"),
    [
        (RUNNING, "09:02", ["09:02-"]),
        (RUNNING, "08:30", ["09:05-"]),  # before the look that saw it stopped: AWS speaks of something else
        (RUNNING, "09:06", ["09:05-"]),  # in the future
        (RUNNING, None, ["09:05-"]),
    ],
)
def test_what_was_started_between_two_looks_ran_since_aws_says_so(
    scripted: Any, web: Target, seen: Seen, since: str | None, spans: list[str]
) -> None:
    _look(scripted, "09:00", STOPPED)
    scripted.since = lambda account, region, refs: {"web": monday(since)} if since else {}
    _look(scripted, "09:05", seen)
    assert _times() == _at(*spans)


@pytest.mark.parametrize(("since", "end"), [("09:02", "09:02"), ("08:30", "09:05"), (None, "09:05")])
def test_what_was_stopped_between_two_looks_ended_when_aws_says_so(
    scripted: Any, web: Target, since: str | None, end: str
) -> None:
    _look(scripted, "09:00", RUNNING)
    scripted.since = lambda account, region, refs: {"web": monday(since)} if since else {}
    _look(scripted, "09:05", STOPPED)
    assert _times() == _at(f"09:00-{end}")


def test_what_aws_cannot_be_asked_for_is_known_from_the_look(scripted: Any, web: Target) -> None:
    def denied(account: Any, region: str, refs: Any) -> Any:
        raise TargetError(SAID)

    _look(scripted, "09:00", STOPPED)
    scripted.since = denied
    _look(scripted, "09:05", RUNNING)
    assert _times() == _at("09:05-")


@pytest.mark.parametrize(
    ("since", "spans"),
    [
        (None, ["09:00-09:20"]),  # until it is seen, something may have run
        ("09:10", ["09:00-09:10"]),
        ("08:00", []),  # it has not run at all since the night
    ],
)
def test_after_a_start_that_failed_a_look_that_sees_it_stopped_corrects_the_span(
    scripted: Any, web: Target, since: str | None, spans: list[str]
) -> None:
    intervals.begun(target_id=web.pk, now=monday("09:00"))
    Environment.objects.update(state=State.FAILED_TO_START, state_since=monday("09:12"))
    if since:
        scripted.since = lambda account, region, refs: {"web": monday(since)}
    _look(scripted, "09:20", STOPPED)
    assert _times() == _at(*spans)


def test_what_the_look_before_had_seen_stopped_already_ended_then(scripted: Any, web: Target) -> None:
    _look(scripted, "09:00", RUNNING)
    _look(scripted, "09:05", STOPPED)
    Interval.objects.update(ended_at=None, ended_by="")
    _look(scripted, "09:10", STOPPED)
    assert _times() == _at("09:00-09:05")


def test_a_look_says_nothing_of_what_an_operation_is_changing(scripted: Any, web: Target) -> None:
    _look(scripted, "09:00", RUNNING)
    operations.request(environment=web.environment, kind="stop", trigger="hold", reason=SAID, now=monday("09:04"))
    _look(scripted, "09:05", STOPPED)
    assert _times() == _at("09:00-")


def test_a_look_that_comes_too_late_changes_nothing(web: Target) -> None:
    looked = interval_looks.looks({web.pk: RUNNING})
    intervals.begun(target_id=web.pk, now=monday("09:00"))
    looked.correct({web.pk: ""}, monday("09:01"))
    assert _times() == _at("09:00-")


def test_a_database_that_aws_has_started_runs_while_it_is_still_coming_up(web: Target) -> None:
    assert interval_looks.looks({web.pk: PARTLY}).differing == frozenset()
    interval_looks.looks({web.pk: PARTLY}, {web.pk: ["db"]}).correct({web.pk: "stopped"}, monday("09:00"))
    assert _times() == _at("09:00-")


def test_the_span_of_a_removed_target_ends_with_it_and_stays(scripted: Any, web: Target) -> None:
    environment = web.environment
    _look(scripted, "09:00", RUNNING)
    web.delete()
    status.scan_due(now=monday("09:01"))
    status.scan_due(now=monday("09:02"))
    asked = {"begin": monday("08:00"), "end": monday("12:00"), "now": monday("12:00")}
    assert intervals.ran(environments=[environment], **asked) == {environment.pk: _at("09:00-09:01")}
