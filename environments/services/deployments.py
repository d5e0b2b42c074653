"""Which images an environment runs, as its starts and redeploys have noted it; and whether it can be redeployed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from environments.models import (
    UNFINISHED,
    Environment,
    Operation,
    OperationStatus,
    OperationStep,
    State,
    StepStatus,
    TargetParameter,
)
from environments.targets import registry
from environments.targets.base import Goal, chain

RUNS = frozenset({State.RUNNING, State.REDEPLOYING})
RESOLVE = "resolve"
# Further back nobody looks: an image that old is shown as running since then.
OPERATIONS_READ = 30


@dataclass(frozen=True, slots=True)
class RunningImage:
    """An image that runs: its repository, its tag, when it was pushed, and since when it runs."""

    repository: str
    tag: str
    pushed_at: datetime
    since: datetime


def can_be_redeployed(environment: Environment) -> bool:
    """Whether any of its targets is of a kind that is brought to another version while it runs."""
    kinds = set(environment.targets.values_list("kind", flat=True))
    return any(chain(registry.driver(kind), Goal.REDEPLOY) for kind in kinds)


def repositories(environment: Environment) -> list[str]:
    """The ECR repositories whose newest image its targets take. One query."""
    ecr = TargetParameter.objects.filter(target__environment=environment, source=TargetParameter.Source.ECR)
    return sorted(set(ecr.values_list("value", flat=True)))


def failed_redeploy(last: Operation | None) -> Operation | None:
    """Its last operation, where that was a redeploy that failed: what runs is what ran before."""
    failed = last is not None and last.kind == Operation.Kind.REDEPLOY and last.status == OperationStatus.FAILED
    return last if failed else None


def current(environment: Environment) -> list[RunningImage]:
    """The images that the environment runs, by repository and tag; none where it does not run, or nobody knows.

    What counts is what the portal has started or redeployed since it was last stopped, target by target: one whose
    update failed runs what it ran before. What somebody changed in AWS is not seen. Queries: two.
    """
    if environment.state not in RUNS:
        return []
    running: dict[tuple[str, str], RunningImage] = {}
    for made in _targets(_since_last_stop(environment)).values():
        newest = made[0]
        for repository, tag, pushed in newest.memo["images"]:
            known = running.get((repository, tag))
            since = _since(made, repository, tag)
            first = min(since, known.since) if known else since
            running[repository, tag] = RunningImage(repository, tag, datetime.fromisoformat(pushed), first)
    return [running[key] for key in sorted(running)]


def resolved(environment: Environment) -> list[RunningImage]:
    """The images that it runs, or that the start or redeploy under way has found: what is newer came after these.
    Three queries at most."""
    steps = OperationStep.objects.filter(
        operation__environment=environment,
        operation__status__in=UNFINISHED,
        name=RESOLVE,
        status=StepStatus.DONE,
    ).select_related("operation")
    under_way = [step for step in steps.exclude(operation__kind=Operation.Kind.STOP) if step.memo.get("images")]
    if not under_way:
        return current(environment)
    return [
        RunningImage(repository, tag, datetime.fromisoformat(pushed), step.operation.created_at)
        for step in under_way
        for repository, tag, pushed in step.memo["images"]
    ]


def _since_last_stop(environment: Environment) -> list[Operation]:
    """Its ended operations since the last stop that did anything, newest first."""
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    ended = environment.operations.exclude(status__in=UNFINISHED).prefetch_related(steps)
    found: list[Operation] = []
    for operation in ended.order_by("-created_at", "-id")[:OPERATIONS_READ]:
        if operation.kind == Operation.Kind.STOP and operation.status != OperationStatus.CANCELLED:
            break
        found.append(operation)
    return found


def _targets(ended: Iterable[Operation]) -> dict[int, list[OperationStep]]:
    """For each target the steps that found its images, newest first, where all that followed them was done."""
    found: dict[int, list[OperationStep]] = {}
    for operation in ended:
        steps = list(operation.steps.all())
        for step in steps:
            if step.name == RESOLVE and step.target_id and step.memo.get("images") and _was_done(step, steps):
                found.setdefault(step.target_id, []).append(step)
    return found


def _was_done(resolve: OperationStep, steps: Sequence[OperationStep]) -> bool:
    final = {StepStatus.DONE, StepStatus.SKIPPED}
    return all(step.status in final for step in steps if step.target_id == resolve.target_id)


def _since(made: Sequence[OperationStep], repository: str, tag: str) -> datetime:
    """When the target came to run this tag: the oldest of its unbroken line of operations that found the same."""
    first = made[0]
    for step in made:
        if not any((repository, tag) == (name, other) for name, other, _ in step.memo["images"]):
            break
        first = step
    operation = first.operation
    return operation.finished_at or operation.created_at
