"""What ran when: the versions of an environment, each from when it was taken until a newer one was.

Starts and redeploys have noted which images they found; deployments know who made a version, and what is new in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Subquery

from environments.models import (
    OPEN_DEPLOYMENTS,
    Deployment,
    DeploymentStatus,
    Environment,
    Operation,
    OperationStatus,
    OperationStep,
    State,
    StepStatus,
)

from .deployments import RESOLVE

ASLEEP = frozenset({State.STOPPED, State.STARTING, State.FAILED_TO_START})
"""In which nothing of the versions runs, or not yet again."""
# Further back nobody looks: what ran then is shown as running since then.
STEPS_READ, DEPLOYMENTS_READ = 400, 200


@dataclass(frozen=True, slots=True)
class Ran:
    """A version that an environment runs or ran; `until` None: it runs. `deployment` None: nobody told of it."""

    repository: str
    tag: str
    since: datetime
    until: datetime | None
    operation_id: int | None
    deployment: Deployment | None


@dataclass(frozen=True, slots=True)
class History:
    """Newest first: what ran, what has not been taken yet, and what failed."""

    ran: tuple[Ran, ...]
    open: tuple[Deployment, ...]
    failed: tuple[Deployment, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What an operation took at a moment, of one repository: its tags, with the deployment of each that was told."""

    at: datetime
    operation_id: int | None
    repository: str
    tags: dict[str, Deployment | None]


def of_environment(environment: Environment) -> History:
    """Two queries, however long the history.

    Nights and weekends in which it slept are not told: a version runs from when it was taken until another was, or
    until now; until it was stopped, where it does not run.
    """
    told = list(
        Deployment.objects.filter(environment=environment)
        .select_related("environment", "operation", "user")
        .order_by("-received_at", "-pk")[:DEPLOYMENTS_READ]
    )
    took = OperationStep.objects.filter(
        operation__environment=environment,
        operation__kind__in=[Operation.Kind.START, Operation.Kind.REDEPLOY],
        operation__status=OperationStatus.SUCCEEDED,
        name=RESOLVE,
        status=StepStatus.DONE,
    ).order_by("-operation__created_at", "-pk")
    of_stop = Operation.objects.filter(
        environment=environment, kind=Operation.Kind.STOP, status=OperationStatus.SUCCEEDED
    ).order_by("-created_at", "-pk")
    stopped = Subquery(of_stop.values("finished_at")[:1])
    steps = list(took.values_list("operation", "operation__finished_at", "memo__images", stopped)[:STEPS_READ])
    found = _found(steps, told)
    ended = _ended(environment, steps[0][3] if steps else None, found) if environment.state in ASLEEP else None
    return History(
        tuple(sorted(_runs(found, ended), key=lambda one: (one.since, one.tag), reverse=True)),
        tuple(row for row in told if row.status in OPEN_DEPLOYMENTS),
        tuple(row for row in told if row.status == DeploymentStatus.FAILED),
    )


def _ended(environment: Environment, stopped: datetime | None, found: Sequence[_Found]) -> datetime | None:
    """When what ran last was stopped: by the last stop, or outside of the portal."""
    last = max((one.at for one in found), default=None)
    if environment.state != State.STOPPED and stopped and last and stopped >= last:
        return stopped
    return environment.state_since


def _found(
    steps: Iterable[tuple[int, datetime | None, list[list[str]] | None, datetime | None]], told: Iterable[Deployment]
) -> list[_Found]:
    """What was taken, oldest first: by operations, and by deployments where no step is known any more."""
    found: dict[tuple[int | None, str], _Found] = {}
    for operation_id, at, images, _stopped in steps:
        for repository, tag, _pushed in images or ():
            if at is not None:
                one = found.setdefault((operation_id, repository), _Found(at, operation_id, repository, {}))
                one.tags.setdefault(tag, None)
    # What no operation is known of was taken by none, or by one that is gone: what ended at one moment came together.
    moments = {(one.at, one.repository): one for one in found.values()}
    for row in told:
        if row.status == DeploymentStatus.DONE and row.ended_at:
            made = _Found(row.ended_at, row.operation_id, row.repository, {})
            if row.operation_id is None:
                one = moments.setdefault((row.ended_at, row.repository), made)
            else:
                one = found.setdefault((row.operation_id, row.repository), made)
            one.tags[row.tag] = one.tags.get(row.tag) or row
    alone = [one for one in moments.values() if one.operation_id is None]
    return sorted([*found.values(), *alone], key=lambda one: (one.at, one.operation_id or 0))


def _runs(found: Iterable[_Found], ended: datetime | None) -> list[Ran]:
    """One run for each unbroken line of operations that took the same; a new deployment of the same tag is another."""
    made: list[Ran] = []
    open_runs: dict[tuple[str, str], Ran] = {}
    for one in found:
        for key in [key for key in open_runs if key[0] == one.repository]:
            row = one.tags.get(key[1])
            is_new = row is not None and row != open_runs[key].deployment
            if key[1] not in one.tags or is_new:
                made.append(_until(open_runs.pop(key), one.at))
        for tag, row in one.tags.items():
            if (one.repository, tag) not in open_runs:
                open_runs[one.repository, tag] = Ran(one.repository, tag, one.at, None, one.operation_id, row)
    return made + [_until(run, ended) for run in open_runs.values()]


def _until(run: Ran, at: datetime | None) -> Ran:
    until = max(at, run.since) if at else None
    return Ran(run.repository, run.tag, run.since, until, run.operation_id, run.deployment)
