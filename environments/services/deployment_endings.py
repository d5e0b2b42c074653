"""What became of deployments when a start or a redeploy has ended: which of them it took, by the images it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from environments import deploy_events
from environments.models import (
    OPEN_DEPLOYMENTS,
    Deployment,
    DeploymentStatus,
    ImagePoll,
    Operation,
    OperationStatus,
    OperationStep,
    StepStatus,
)
from environments.models.alarm import ImagePush

from . import deployment_words as words
from .deployment_changes import changes
from .deployment_images import Images, shown
from .deployment_passing import pass_over
from .deployment_takers import Takers, takers
from .deployment_telling import DECIDED, wait
from .deployment_versions import never_moves
from .deployments import RESOLVE

FINAL = frozenset({StepStatus.DONE, StepStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class _Image:
    """What a target of the operation found as the newest: when it was pushed, when it was found, and whether the target
    came to run it."""

    repository: str
    tag: str
    pushed_at: datetime
    found_at: datetime
    arrived: bool


@dataclass(frozen=True, slots=True)
class _Pushed:
    """An image as ECR told of it: when it was last pushed, and under which tags."""

    at: datetime
    tags: frozenset[str]


@dataclass(slots=True)
class _Ending:
    """An operation that has ended, with what decides about deployments; `pushed` is by repository and digest."""

    operation: Operation
    images: Sequence[_Image]
    takes: Takers
    pushed: dict[tuple[str, str], _Pushed]
    follower: Operation | None
    now: datetime
    done: list[Deployment] = field(default_factory=list)
    failed: list[Deployment] = field(default_factory=list)
    passed_over: list[Deployment] = field(default_factory=list)
    shown: Images = field(default_factory=Images)


def settle(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> None:
    """Judge the deployments of an operation's environment when it has ended, and tell of those that are done or failed.

    In the transaction that ends it, its environment locked. A version that the operation found as the newest is done,
    or failed with it; what found a newer one has replaced it. An older one than what ECR had when it was told of is
    passed over: it counts as failed. What the operation was tied to and did not take goes on with the one that follows,
    or waits, with the reason, and ECR is soon looked at for it. Two queries where nothing is open.
    """
    if operation.kind == Operation.Kind.STOP:
        hours = Deployment.objects.filter(environment=operation.environment_id, status=DeploymentStatus.SCHEDULED)
        hours.update(status=DeploymentStatus.WAITING, due_at=None)
        return
    images = list(_images(steps, now))
    its_tags = Q(status=DeploymentStatus.FAILED, tag__in=[image.tag for image in images])
    of_it = Deployment.objects.filter(environment=operation.environment_id)
    rows = list(of_it.filter(Q(status__in=OPEN_DEPLOYMENTS) | its_tags).order_by("received_at", "pk"))
    rows = [row for row in rows if not _is_outdated(row, rows)]
    if not rows:
        return
    ending = _judged(operation, images, rows, _follower(operation.environment_id), now)
    Deployment.objects.bulk_update(rows, ["tag", *DECIDED])
    _look_soon([row for row in rows if row.status == DeploymentStatus.WAITING and row.reason], now)
    not_taken = [*ending.failed, *ending.passed_over]
    deploy_events.ended(operation, changes(ending.done, ending.takes), not_taken, now)


def _is_outdated(row: Deployment, rows: Sequence[Deployment]) -> bool:
    """Whether it failed, and its tag was told of anew since as another image."""
    later = (other for other in rows if (other.received_at, other.pk) > (row.received_at, row.pk))
    failed = row.status == DeploymentStatus.FAILED
    return failed and any((other.repository, other.tag) == (row.repository, row.tag) for other in later)


def has_all(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> bool:
    """Whether an operation that has succeeded took all versions that were told while it was under way, or newer ones:
    a redeploy for these would change nothing. What names no images may have been pulled before its version was told."""
    began = operation.started_at or operation.created_at
    tied = Deployment.objects.filter(operation=operation, status=DeploymentStatus.TAKEN).order_by("received_at", "pk")
    rows = list(tied)
    if operation.status != OperationStatus.SUCCEEDED or not rows:
        return False
    if any(not row.repository and row.received_at > began for row in rows):
        return False
    ending = _judged(operation, list(_images(steps, now)), rows, None, now)
    over = {DeploymentStatus.DONE, DeploymentStatus.REPLACED}
    return all(row.status in over or row in ending.passed_over for row in rows)


def _judged(
    operation: Operation,
    images: Sequence[_Image],
    rows: Sequence[Deployment],
    follower: Operation | None,
    now: datetime,
) -> _Ending:
    """What becomes of these, written into them; nothing is saved."""
    ending = _Ending(operation, images, takers(operation.environment_id), _pushed(rows), follower, now)
    for row in rows:
        _take(ending, row)
    left = [row for row in rows if row not in [*ending.done, *ending.failed] and row.status in OPEN_DEPLOYMENTS]
    if images:
        ending.shown = shown(operation.environment_id, {row.repository for row in left})
    for row in left:
        _leave(ending, row)
    return ending


def called_off(rows: Sequence[Deployment], now: datetime) -> None:
    """The operation that was to take these was cancelled, or is gone: what follows it takes them, else they wait. In a
    transaction, their environment locked."""
    for row in rows:
        follower = _follower(row.environment_id)
        if follower is not None:
            row.operation = follower
        else:
            wait(row, words.CALLED_OFF)
    Deployment.objects.bulk_update(rows, DECIDED)


def _images(steps: Sequence[OperationStep], now: datetime) -> list[_Image]:
    found = []
    for step in steps:
        if step.name != RESOLVE or not step.memo.get("images"):
            continue
        arrived = all(other.status in FINAL for other in steps if other.target_id == step.target_id)
        for repository, tag, pushed in step.memo["images"]:
            at = step.finished_at or now
            found.append(_Image(repository, tag, datetime.fromisoformat(pushed), at, arrived))
    return found


def _pushed(rows: Sequence[Deployment]) -> dict[tuple[str, str], _Pushed]:
    """What ECR told of these images."""
    digests = [row.digest for row in rows if row.digest]
    found: dict[tuple[str, str], _Pushed] = {}
    if digests:
        told = ImagePush.objects.filter(digest__in=digests).values_list("repository", "digest", "tag", "pushed_at")
        for repository, digest, tag, at in told:
            before = found.get((repository, digest), _Pushed(at, frozenset()))
            found[repository, digest] = _Pushed(max(at, before.at), before.tags | {tag})
    return found


def _follower(environment_id: int) -> Operation | None:
    """The operation of it under way that takes images; what has ended is none."""
    return Operation.objects.unfinished().filter(environment=environment_id).exclude(kind=Operation.Kind.STOP).first()


def _take(ending: _Ending, row: Deployment) -> None:
    """Done or failed, where it is what the operation found."""
    began = ending.operation.started_at or ending.operation.created_at
    its = [image for image in ending.images if row.repository and _is(ending, image, row)]
    if row.repository:
        is_its, arrived = bool(its), all(image.arrived for image in its)
    else:
        # Nothing of it names its images: whatever runs was made or pulled anew by an operation that began after it.
        is_its = row.operation_id == ending.operation.pk or row.received_at <= began
        arrived = ending.operation.status == OperationStatus.SUCCEEDED
    if not is_its or (row.status == DeploymentStatus.FAILED and not arrived):
        return
    (ending.done if arrived else ending.failed).append(row)
    row.status = DeploymentStatus.DONE if arrived else DeploymentStatus.FAILED
    if its and row.tag not in {image.tag for image in its}:
        row.tag = its[0].tag
    row.operation, row.taken_at = ending.operation, began
    row.ended_at, row.due_at = ending.now, None
    row.reason = {} if arrived else dict(ending.operation.error)


def _is(ending: _Ending, image: _Image, row: Deployment) -> bool:
    """Whether what was found is this version, perhaps under another of its tags, and not what the tag meant before."""
    pushed = ending.pushed.get((row.repository, row.digest))
    tags = {row.tag} | (pushed.tags if pushed else frozenset())
    if image.repository != row.repository or image.tag not in tags:
        return False
    if pushed is not None:
        return image.pushed_at >= pushed.at
    return never_moves(row.tag) or row.received_at <= image.found_at


def _leave(ending: _Ending, row: Deployment) -> None:
    """What becomes of an open one that the operation did not find."""
    others = [image for image in ending.images if image.repository == row.repository and image.tag != row.tag]
    tags = list(dict.fromkeys(image.tag for image in others))
    if newer := [image.tag for image in others if _was_newer(ending, image, row)]:
        pass_over(row, list(dict.fromkeys(newer)), ending.now)
        ending.passed_over.append(row)
        return
    if any(image.arrived and _is_newer(ending, image, row) for image in others):
        row.status, row.due_at, row.ended_at = DeploymentStatus.REPLACED, None, ending.now
        row.reason = words.taken_instead(tags)
        return
    its_own = row.status == DeploymentStatus.TAKEN and row.operation_id == ending.operation.pk
    if its_own and ending.follower is not None:
        row.operation = ending.follower
    elif its_own and not others and ending.operation.status == OperationStatus.FAILED:
        row.status, row.ended_at, row.reason = DeploymentStatus.FAILED, ending.now, dict(ending.operation.error)
        ending.failed.append(row)
    elif its_own:
        wait(row, words.newest_was(tags) if tags else words.NOT_TAKEN)
    elif tags and row.status == DeploymentStatus.WAITING:
        row.reason = words.newest_was(tags)


def _was_newer(ending: _Ending, image: _Image, row: Deployment) -> bool:
    """Whether an image that ECR had before somebody told of this version was taken, though the version had been pushed
    before it. Looked for before the telling, ECR may have had the version anew since."""
    if row.origin != Deployment.Origin.API or not image.arrived or not row.repository:
        return False
    pushed, received = ending.shown.pushed(row), row.received_at
    is_older = pushed is not None and pushed < image.pushed_at < received <= image.found_at
    return is_older and ending.takes.replaces(row.repository, image.tag, row.tag)


def _look_soon(rows: Sequence[Deployment], now: datetime) -> None:
    """Ask ECR at the next turn for what was not the newest: whether it is still to come, or older. What is under way or
    fails keeps its time."""
    repositories = {row.repository for row in rows if row.origin == Deployment.Origin.API and row.repository}
    if repositories:
        polls = ImagePoll.objects.filter(repository__in=repositories, attempts=0, next_at__gt=now)
        polls.update(next_at=now)


def _is_newer(ending: _Ending, image: _Image, row: Deployment) -> bool:
    """Whether an image that was taken came after this version, and is taken by whatever would take it."""
    if not ending.takes.replaces(row.repository, image.tag, row.tag):
        return False
    pushed = ending.pushed.get((row.repository, row.digest))
    if image.pushed_at > pushed.at if pushed else image.pushed_at >= row.received_at:
        return True
    told_later = (one for one in ending.done if (one.received_at, one.pk) > (row.received_at, row.pk))
    return any((one.repository, one.tag) == (image.repository, image.tag) for one in told_later)
