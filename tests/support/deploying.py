"""Environments that take images, as tests of deployments have them: a scripted kind finds what ECR would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Deployment, Environment, ImagePush, Operation, State, Target, TargetParameter
from environments.services import operations, workflow
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from environments.targets.base import Done, Goal, StepDef
from tests import factories
from tests.support.times import monday

NOW = monday("10:00")
SAID = {"en": "done", "ko": "완료"}
REPOSITORY = "chat-chat-http"
RESOLVING = (
    StepDef("look", timedelta(hours=1), preflight=True),
    StepDef("resolve", timedelta(hours=1), preflight=True),
    StepDef("act", timedelta(hours=1)),
)


def resolving(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The scripted kind, looking for images before it acts."""
    steps: Callable[[Goal], Any] = lambda goal: RESOLVING[::2] if goal is Goal.STOP else RESOLVING  # noqa: E731
    monkeypatch.setattr(scripted, "steps", steps)
    return scripted


def chat(state: State = State.RUNNING, on_push: str = "at_once", name: str = "chat-dev", **fields: Any) -> Environment:
    """An environment of a scripted target that takes the newest image of the chat's repository."""
    made = factories.environment(name, **({"schedule": None, "state": state, "on_push": on_push} | fields))
    takes(made)
    return made


def takes(environment: Environment, repository: str = REPOSITORY, pattern: str = "") -> TargetParameter:
    """One more target of it, with a parameter that takes from a repository."""
    target = Target.objects.create(
        environment=environment,
        kind="scripted",
        identifier=f"{environment.slug}-{environment.targets.count()}",
        account=factories.account(),
        region=factories.REGION,
    )
    return TargetParameter.objects.create(target=target, name="Tag", source="ecr", value=repository, pattern=pattern)


def ecr_has(scripted: Any, *images: tuple[str, datetime], repository: str = REPOSITORY, times: int = 1) -> None:
    """What the next resolving finds: tags, and when they were pushed."""
    found = [[repository, tag, pushed.isoformat()] for tag, pushed in images]
    scripted.script.setdefault("resolve", []).extend(Done(SAID, memo={"images": found}) for _ in range(times))


def ecr_showed(tag: str, pushed: datetime, digest: str = "", repository: str = REPOSITORY) -> ImagePush:
    """The portal has heard of this image, or seen it in ECR."""
    return ImagePush.objects.create(
        account_id=factories.account().account_id,
        region=factories.REGION,
        repository=repository,
        tag=tag,
        digest=digest or f"sha256:of-{tag}",
        pushed_at=pushed,
        received_at=pushed,
    )


def told(environment: Environment, tag: str = "2.15.0", now: datetime = NOW, **fields: Any) -> Deployment:
    """A pipeline tells of a version."""
    version = Version(tag=tag, repository=fields.pop("repository", REPOSITORY), **fields)
    (row,) = tell(environment=environment, versions=[version], origin=Deployment.Origin.API, now=now)
    return row


def start(environment: Environment, now: datetime = NOW) -> Environment:
    """Start it, and work until nothing is under way."""
    reason = {"en": "by plan", "ko": "일정"}
    operations.request(environment=environment, kind="start", trigger="schedule", reason=reason, now=now)
    return run(environment, now)


def run(environment: Environment, now: datetime = NOW) -> Environment:
    """Work until nothing is under way."""
    for _ in range(200):
        unfinished = environment.operations.unfinished().first()
        if unfinished is None:
            return Environment.objects.get(pk=environment.pk)
        now = max(now, unfinished.not_before)
        workflow.advance(operation_id=unfinished.pk, now=now)
    raise AssertionError("it does not end")


def statuses(rows: Iterable[Deployment] | None = None) -> dict[str, str]:
    """What became of each tag."""
    found = Deployment.objects.order_by("pk") if rows is None else rows
    return {row.tag: str(row.status) for row in found}


def redeploys() -> int:
    return Operation.objects.filter(kind="redeploy").count()
