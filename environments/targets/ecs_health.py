"""Whether a service's tasks come up, judged by what ECS says of it: its newest deployment, and its events."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from .ecs_services import Service

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
HOPELESS = re.compile(r"is unable to consistently start tasks successfully|deployment failed")
TROUBLE = re.compile(r"unable to|unhealthy|fail|error|throttled|deregistered.*unhealthy", re.IGNORECASE)
PLACING = re.compile(r"unable to place a task")
STARTED = re.compile(r"has started (\d+) tasks")
# Each task may fail so often; three is also where ECS's circuit breaker breaks at the earliest:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
TRIES = 3
# ECS goes on trying by itself: capacity may be on its way (instances that start, Fargate that frees some).
PATIENCE = timedelta(minutes=15)
# What was scaled a moment ago may still show what was true before.
SETTLES = timedelta(seconds=30)


def failing(one: Service, *, since: datetime, waited: timedelta, before: int) -> str:
    """Why the service will not come up, in ECS's words; empty while it may.

    `since` is when the operation began: older events are not its. `before` is what the count of failed tasks was then.
    """
    news = [text for at, text in one.events if at >= since]
    if hopeless := next((text for text in news if HOPELESS.search(text)), ""):
        return hopeless
    if one.rollout == "FAILED" and waited >= SETTLES:
        return one.why or complaint(one, since=since) or "rolloutState FAILED"
    if one.rollout == "NONE" and waited >= SETTLES:
        return "no PRIMARY task set"
    tolerated = TRIES * max(1, one.desired)
    # A new deployment counts from 0 again.
    failed = one.failed - before if one.failed >= before else one.failed
    if failed >= tolerated and one.running < one.desired:
        return complaint(one, since=since) or f"failedTasks: {failed}"
    started = sum(int(found[1]) for text in news if (found := STARTED.search(text)))
    if started - one.desired >= tolerated:
        return complaint(one, since=since) or next(text for text in news if STARTED.search(text))
    unplaced = next((text for text in news if PLACING.search(text)), "")
    return unplaced if waited >= PATIENCE and one.running < one.desired else ""


def complaint(one: Service, *, since: datetime) -> str:
    """The newest event that speaks of trouble; empty: there is none."""
    return next((text for at, text in one.events if at >= since and TROUBLE.search(text)), "")


def said(one: Service, *, since: datetime, most: int = 5) -> str:
    """ECS's newest events of a service, one a line."""
    return "\n".join(text for at, text in one.events[:most] if at >= since)
