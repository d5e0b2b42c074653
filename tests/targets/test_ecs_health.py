"""When a service that does not come up is given up: what ECS tells of it, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets.ecs_health import complaint, failing
from environments.targets.ecs_services import Service

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NO_ROOM = "(service api) was unable to place a task. Reason: Capacity is unavailable at this time."
STARTED = "(service api) has started 1 tasks: (task 1)."


def service(*events: str, at: timedelta = MINUTE, **more: Any) -> Service:
    told: dict[str, Any] = {
        "desired": 2,
        "running": 0,
        "pending": 2,
        "rollout": "IN_PROGRESS",
        "why": "",
        "failed": 0,
    } | more
    return Service(
        cluster="chat", name="api", daemon=False, tags={}, events=tuple((BEGAN + at, text) for text in events), **told
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (service("(service api) is unable to consistently start tasks successfully."), "unable to consistently"),
        (service("(service api) (deployment ecs-svc/1) deployment failed: tasks failed to start."), "failed to start"),
        (service(rollout="FAILED", why="ECS deployment circuit breaker: tasks failed to start."), "circuit breaker"),
        (service(rollout="FAILED"), "rolloutState FAILED"),
        (service(failed=6), "failedTasks: 6"),
        (service("(service api) (task 1) failed container health checks.", failed=6), "container health checks"),
        (service(*[STARTED] * 8, running=1), "has started"),
        (service(rollout="NONE"), "no PRIMARY task set"),
    ],
)
def test_a_service_that_will_not_come_up_is_given_up_in_the_words_of_ecs(found: Service, words: str) -> None:
    assert words in failing(found, since=BEGAN, waited=MINUTE, before=0)


@pytest.mark.parametrize(
    "found",
    [
        service(STARTED, STARTED, running=1),
        service(failed=2),
        service(NO_ROOM),
        service("(service api) (port 80) is unhealthy in (target-group x)"),
        service("(service api) is unable to consistently start tasks successfully.", at=-MINUTE),
    ],
)
def test_a_service_that_may_still_come_up_is_waited_for(found: Service) -> None:
    assert failing(found, since=BEGAN, waited=MINUTE, before=0) == ""


def test_a_place_that_lacks_is_waited_for_a_quarter_of_an_hour() -> None:
    assert failing(service(NO_ROOM), since=BEGAN, waited=14 * MINUTE, before=0) == ""
    assert failing(service(NO_ROOM), since=BEGAN, waited=15 * MINUTE, before=0) == NO_ROOM


def test_tasks_that_failed_before_the_start_do_not_count() -> None:
    assert failing(service(failed=8), since=BEGAN, waited=MINUTE, before=5) == ""
    assert failing(service(failed=11), since=BEGAN, waited=MINUTE, before=5)
    # A deployment that began meanwhile counts from 0.
    assert failing(service(failed=2), since=BEGAN, waited=MINUTE, before=5) == ""


def test_a_failed_rollout_from_before_is_given_half_a_minute_to_change() -> None:
    assert failing(service(rollout="FAILED"), since=BEGAN, waited=timedelta(seconds=10), before=0) == ""


def test_while_it_waits_the_newest_trouble_is_told_and_nothing_else() -> None:
    assert complaint(service(STARTED, NO_ROOM, "(service api) operations are being throttled."), since=BEGAN) == NO_ROOM
    assert complaint(service(STARTED, "(service api) has reached a steady state."), since=BEGAN) == ""
