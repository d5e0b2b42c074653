"""New versions that somebody tells of: written once for each environment, and taken as its policy says.

A pipeline tells by the API, EventBridge and the looks at ECR tell by `image_pushes`; they all come through here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from environments.models import Deployment, DeploymentStatus, Environment, Operation, State
from environments.models.environment import OnPush

from . import deployment_words as words
from . import deployments, operations
from .deployment_hours import next_hour
from .deployment_replacing import replace
from .deployment_versions import Version, alike, fill, find, merge, never_moves

# What is under way or up takes a new version; what sleeps takes it when it starts.
TAKES = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
READ_BACK = 200
DECIDED = ["status", "due_at", "operation", "taken_at", "ended_at", "reason"]
TOLD = ["tag", "digest", "commit", "author", "link", "note", "user"]


def tell(
    *,
    environment: Environment,
    versions: Sequence[Version],
    origin: Deployment.Origin,
    user: User | None = None,
    now: datetime,
) -> list[Deployment]:
    """Note these versions, told at one moment, and have the environment take what is new; the deployment of each.

    Told again, a version is the same row: what was not known is filled in, and nothing else changes. Only what has to
    be decided anew is: one that waits, of which ECR says now that its image is there, and one that failed, when a
    pipeline tells of it once more or its image was pushed again. One that was taken and does not run any more is
    another deployment when a pipeline tells of it. A new version replaces those of its repository that wait and are
    older. One redeploy, however many versions. Two who tell the same at once write one row: the environment is locked.
    Nothing is asked of AWS.
    """
    with transaction.atomic():
        locked = operations.lock(environment.pk)
        known = _known(locked, versions)
        running = deployments.current(locked)
        told = [_note(locked, version, known, running, origin, user, now) for version in versions]
        undecided = [(row, version) for row, version, is_open in told if is_open]
        # One image may be told under several names at once: each is named, and it is one row.
        its = {row.pk for row, _version in undecided}
        why = words.why(origin, [version for row, version, _is_open in told if row.pk in its])
        _decide(locked, undecided, running, why, user, now)
    return [row for row, _version, _is_open in told]


def take_now(
    environment: Environment, rows: Sequence[Deployment], reason: words.Texts, actor: User | None, now: datetime
) -> None:
    """Ask for one redeploy that takes these, of an environment that is locked; they wait, with the reason, where there
    can be none. Nothing is saved of the rows."""
    try:
        operation = operations.request(
            environment=environment,
            kind=Operation.Kind.REDEPLOY,
            trigger=Operation.Trigger.DEPLOY,
            reason=reason,
            actor=actor,
            now=now,
        )
    except ValidationError:
        # It takes the version when it starts.
        can = deployments.can_be_redeployed(environment)
        for row in rows:
            wait(row, words.BEING_STOPPED if can else words.NOT_REDEPLOYABLE)
        return
    for row in rows:
        row.status, row.operation, row.taken_at = DeploymentStatus.TAKEN, operation, now
        row.due_at, row.ended_at, row.reason = None, None, {}


def wait(row: Deployment, reason: words.Texts | None = None) -> None:
    """Have it wait for the next start. Nothing is saved."""
    row.status, row.operation, row.reason = DeploymentStatus.WAITING, None, dict(reason or {})
    row.due_at = row.taken_at = row.ended_at = None


def _known(environment: Environment, versions: Sequence[Version]) -> list[Deployment]:
    """The deployments that these may be of, newest first."""
    digests = [version.digest for version in versions if version.digest]
    same = Q(tag__in=[version.tag for version in versions]) | Q(digest__in=digests)
    repositories = [version.repository for version in versions]
    rows = Deployment.objects.filter(same, environment=environment, repository__in=repositories)
    return list(rows.order_by("-received_at", "-pk")[:READ_BACK])


def _note(
    environment: Environment,
    version: Version,
    known: list[Deployment],
    running: Sequence[deployments.RunningImage],
    origin: Deployment.Origin,
    user: User | None,
    now: datetime,
) -> tuple[Deployment, Version, bool]:
    """The deployment of a telling, and whether it is to be decided what becomes of it. A new one joins the known."""
    row = find(version, known, now)
    pushed_since = row is not None and _pushed_since(row, version)
    if row is None or _is_another(environment, row, version, running, pushed_since or origin == Deployment.Origin.API):
        row = Deployment.objects.create(
            environment=environment,
            repository=version.repository,
            tag=version.tag,
            digest=version.digest,
            commit=version.commit,
            author=version.author,
            link=version.link,
            note=version.note,
            origin=origin,
            user=user,
            received_at=now,
            status=DeploymentStatus.WAITING,
        )
        known.insert(0, row)
        return row, version, True
    other = alike(version, known)
    if other is not None and other != row and not row.digest and other.tag != row.tag:
        merge(row, other)
        known.remove(other)
    is_there_now = bool(version.digest and not row.digest)
    if fill(row, version, user.pk if user else None):
        row.save(update_fields=[*TOLD, *DECIDED])
    again = row.status == DeploymentStatus.FAILED and (pushed_since or origin == Deployment.Origin.API)
    return row, version, again or (is_there_now and row.status == DeploymentStatus.WAITING)


def _pushed_since(row: Deployment, version: Version) -> bool:
    """Whether its image was pushed again after it had reached its end."""
    return bool(row.ended_at and version.pushed_at and version.pushed_at > row.ended_at)


def _is_another(
    environment: Environment,
    row: Deployment,
    version: Version,
    running: Sequence[deployments.RunningImage],
    is_wanted: bool,
) -> bool:
    """Whether a version whose row has reached its end is wanted once more: what became of the row stays as it is."""
    match row.status:
        case DeploymentStatus.DONE:
            return is_wanted and not _runs(environment, row, version, running)
        case DeploymentStatus.REPLACED:
            return _pushed_since(row, version)
        case _:
            return False


def _runs(
    environment: Environment, row: Deployment, version: Version, running: Sequence[deployments.RunningImage]
) -> bool:
    """Whether a version that was taken is what runs now. Where nobody knows the images, it is the one taken last."""
    its = [image for image in running if image.repository == row.repository]
    if its:
        same = (image for image in its if image.tag == row.tag)
        return any(version.pushed_at is None or image.pushed_at >= version.pushed_at for image in same)
    if environment.state not in deployments.RUNS:
        return False
    taken = environment.deployments.filter(repository=row.repository, status=DeploymentStatus.DONE)
    return taken.order_by("-ended_at", "-pk").values_list("pk", flat=True).first() == row.pk


def _decide(
    environment: Environment,
    told: Sequence[tuple[Deployment, Version]],
    running: Sequence[deployments.RunningImage],
    why: words.Texts,
    user: User | None,
    now: datetime,
) -> None:
    """What becomes of these by the environment's policy; those of their repositories that wait are replaced."""
    rest: list[tuple[Deployment, Version]] = []
    for row, version in told:
        image = next((one for one in running if _is(one, row, version)), None)
        if image is None:
            rest.append((row, version))
            continue
        row.status, row.taken_at, row.ended_at = DeploymentStatus.DONE, image.since, image.since
        row.due_at, row.reason = None, words.RUNS_ALREADY
    rows = [row for row, _version in rest]
    runs = environment.state in TAKES
    if rows and runs and environment.on_push == OnPush.AT_ONCE:
        take_now(environment, rows, why, user, now)
    elif rows:
        hour = environment.push_hour if runs and environment.on_push == OnPush.AT_HOUR else None
        for row in rows:
            wait(row)
            if hour is not None:
                row.status, row.due_at = DeploymentStatus.SCHEDULED, next_hour(hour, environment.zone_name, now)
    if told:
        replace(environment, told, now)
        Deployment.objects.bulk_update([row for row, _version in told], DECIDED)


def _is(image: deployments.RunningImage, row: Deployment, version: Version) -> bool:
    """Whether the version runs already: whoever told of it was later than a start that took it."""
    if (image.repository, image.tag) != (row.repository, row.tag):
        return False
    return image.pushed_at >= version.pushed_at if version.pushed_at else never_moves(row.tag)
