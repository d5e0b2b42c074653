"""Images that were pushed to ECR, as EventBridge tells them: noted once, and taken at once where that is wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from environments import deploy_events
from environments.aws import ecr
from environments.models import Deployment, DeploymentStatus, Environment, State, TargetParameter
from environments.models.alarm import ImagePush
from environments.rules.alarm_messages import Push

from . import deployment_telling, deployment_words, deployments
from .deployment_takers import Takers, takers
from .deployment_versions import Version

NEW, KNOWN, REDEPLOYED = "new image", "known image", "redeploy"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a push, in a word, and which environments it concerns."""

    word: str
    note: dict[str, str] = field(default_factory=dict)


def take(pushes: Sequence[Push], *, now: datetime, origin: Deployment.Origin = Deployment.Origin.PUSH) -> list[Taken]:
    """Notes each push once and tells it to each environment that takes it (`deployment_telling`), which takes it by its
    policy; what became of each.

    In the caller's transaction. Told again, a push does nothing; a tag that goes back to an image that it had before
    is a push like any other. One redeploy an environment, however many tags of the same moment it takes. What a start
    has taken before it was told is nobody's news.
    """
    fresh = [_note(push, now) for push in pushes]
    users = [list(_users(push)) if is_new else [] for push, is_new in zip(pushes, fresh, strict=True)]
    asked = _tell(pushes, users, origin, now)
    return [_taken(is_new, environments, asked) for is_new, environments in zip(fresh, users, strict=True)]


def _tell(
    pushes: Sequence[Push], users: Sequence[Sequence[Environment]], origin: Deployment.Origin, now: datetime
) -> set[int]:
    """Tells each push to its users, and people of what does not run yet; the ids of those that are redeployed."""
    wanted: defaultdict[int, list[Push]] = defaultdict(list)
    by_id: dict[int, Environment] = {}
    for push, environments in zip(pushes, users, strict=True):
        for environment in environments:
            by_id[environment.pk] = environment
            wanted[environment.pk].append(push)
    told: dict[int, list[Deployment]] = {}
    # In one order: each environment is locked until the caller's transaction ends.
    for pk in sorted(wanted):
        told[pk] = deployment_telling.tell(
            environment=by_id[pk], versions=[_version(push) for push in wanted[pk]], origin=origin, now=now
        )
    for pk, rows in told.items():
        _tell_people(by_id[pk], wanted[pk], rows, now)
    return {pk for pk, rows in told.items() if any(row.status == DeploymentStatus.TAKEN for row in rows)}


def first_seen(pushes: Sequence[Push], *, now: datetime, origin: Deployment.Origin) -> None:
    """Notes what was in a repository when it was first looked at. It is news only to those whose last start or redeploy
    had found an older image: it was pushed since. In the caller's transaction."""
    fresh = [push for push in pushes if _note(push, now)]
    users = [list(_users(push)) for push in fresh]
    found = {one.pk: deployments.resolved(one) for environments in users for one in environments}
    missed = [
        [one for one in environments if _is_newer(push, found[one.pk], takers(one.pk))]
        for push, environments in zip(fresh, users, strict=True)
    ]
    _tell(fresh, missed, origin, now)


def _is_newer(push: Push, found: Sequence[deployments.RunningImage], takes: Takers) -> bool:
    """Whether it came after the images that it takes the place of."""
    its = (one for one in found if one.repository == push.repository)
    before = [one.pushed_at for one in its if takes.replaces(push.repository, push.tag, one.tag)]
    return bool(before) and push.pushed_at > max(before)


def waiting(
    environment: Environment, current: Sequence[deployments.RunningImage] | None = None
) -> dict[str, str] | None:
    """What the page says while it runs an older image than one that it would take: at the next start it does.

    `current`: its images, from who knows them already. Two queries, none where nothing runs or its images are unknown.
    """
    if environment.state != State.RUNNING:
        return None
    current = deployments.current(environment) if current is None else current
    running = {(image.repository, image.tag) for image in current}
    since: dict[str, datetime] = {}
    for image in current:
        since[image.repository] = max(image.pushed_at, since.get(image.repository, image.pushed_at))
    if not since:
        return None
    parameters = list(_parameters(environment))
    newer = ImagePush.objects.filter(repository__in=list(since), pushed_at__gt=min(since.values()))
    for push in newer.order_by("-pushed_at", "-id")[:50]:
        is_newer = push.pushed_at > since[push.repository] and (push.repository, push.tag) not in running
        if is_newer and any(_takes(one, push) for one in parameters):
            name = f"{push.repository} {push.tag}"
            return {
                "en": f"A new image waits for the next start: {name}.",
                "ko": f"새 이미지가 다음 시작을 기다려요: {name}.",
            }
    return None


def prune(*, now: datetime) -> int:
    """Removes pushes that were heard of more than `ARRIVAL_DAYS` ago; how many."""
    return ImagePush.objects.filter(received_at__lt=now - timedelta(days=settings.ARRIVAL_DAYS)).delete()[0]


def _note(push: Push, now: datetime) -> bool:
    """Writes the push; whether its tag means this image since then: it is nobody's news, and no newer one is known."""
    of_tag = ImagePush.objects.filter(
        account_id=push.account_id, region=push.region, repository=push.repository, tag=push.tag
    )
    newest = of_tag.order_by("-pushed_at").values_list("pushed_at", flat=True).first()
    try:
        with transaction.atomic():
            ImagePush.objects.create(
                account_id=push.account_id,
                region=push.region,
                repository=push.repository,
                tag=push.tag,
                digest=push.digest,
                pushed_at=push.pushed_at,
                received_at=now,
            )
    except IntegrityError:
        later = of_tag.filter(digest=push.digest, pushed_at__lt=push.pushed_at)
        moved = later.update(pushed_at=push.pushed_at, received_at=now)
        return bool(moved) and (newest is None or push.pushed_at > newest)
    return newest is None or push.pushed_at >= newest


def _users(push: Push) -> Iterator[Environment]:
    """Environments whose targets take this image."""
    its = TargetParameter.objects.filter(
        source=TargetParameter.Source.ECR,
        value=push.repository,
        target__account__account_id=push.account_id,
        target__region=push.region,
    ).select_related("target__environment__team", "target__account")
    found = {one.target.environment_id: one.target.environment for one in its if _takes(one, push)}
    yield from (found[pk] for pk in sorted(found))


def _parameters(environment: Environment) -> Iterable[TargetParameter]:
    ecr_only = Q(target__environment=environment, source=TargetParameter.Source.ECR)
    return TargetParameter.objects.filter(ecr_only).select_related("target__account")


def _takes(parameter: TargetParameter, push: Push | ImagePush) -> bool:
    target = parameter.target
    where = (target.account.account_id, target.region, parameter.value)
    if where != (push.account_id, push.region, push.repository) or ecr.SIGNATURE.match(push.tag):
        return False
    return ecr.Wanted.of(parameter.pattern, parameter.excluded).takes(push.tag)


def _version(push: Push) -> Version:
    return Version(tag=push.tag, repository=push.repository, digest=push.digest, pushed_at=push.pushed_at)


def _tell_people(environment: Environment, pushes: Sequence[Push], rows: Sequence[Deployment], now: datetime) -> None:
    """One event for those that do not run yet."""
    news = [(push, row) for push, row in zip(pushes, rows, strict=True) if row.status != DeploymentStatus.DONE]
    if not news:
        return
    named = _names([push for push, _row in news])
    first = next((row for _push, row in news if row.status != DeploymentStatus.REPLACED), news[0][1])
    deploy_events.pushed(environment, named, outlook=_outlook(first, environment, now), now=now)


def _outlook(row: Deployment, environment: Environment, now: datetime) -> dict[str, str]:
    if row.status == DeploymentStatus.TAKEN:
        return {"en": "It is redeployed with it now.", "ko": "지금 이 이미지로 재배포해요."}
    if row.status == DeploymentStatus.SCHEDULED:
        return deployment_words.outlook(row, environment, now)
    return {"en": "It takes it at its next start.", "ko": "다음에 시작할 때 반영돼요."}


def _names(pushes: Sequence[Push]) -> list[str]:
    return list(dict.fromkeys(f"{push.repository} {push.tag}" for push in pushes))


def _taken(is_new: bool, environments: Sequence[Environment], asked: set[int]) -> Taken:
    if not is_new:
        return Taken(KNOWN)
    names = [environment.name for environment in environments]
    if not names:
        return Taken(NEW, {"en": "No environment takes it.", "ko": "이 이미지를 쓰는 환경이 없어요."})
    at_once = ", ".join(environment.name for environment in environments if environment.pk in asked)
    later = ", ".join(environment.name for environment in environments if environment.pk not in asked)
    said_en = [f"Redeployed: {at_once}."] * bool(at_once) + [f"At the next start: {later}."] * bool(later)
    said_ko = [f"재배포: {at_once}."] * bool(at_once) + [f"다음 시작 때: {later}."] * bool(later)
    return Taken(REDEPLOYED if at_once else NEW, {"en": " ".join(said_en), "ko": " ".join(said_ko)})
