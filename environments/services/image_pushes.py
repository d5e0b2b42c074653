"""Images that were pushed to ECR, as EventBridge tells them: noted once, and taken at once where that is wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from environments.aws import ecr
from environments.models import Environment, Operation, State, TargetParameter
from environments.models.alarm import ImagePush
from environments.models.environment import OnPush
from environments.rules.alarm_messages import Push

from . import deployments, operations

# What is under way or up takes a new image; what sleeps takes it when it starts.
TAKES = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
NEW, KNOWN, REDEPLOYED = "new image", "known image", "redeploy"
NAMED = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a push, in a word, and which environments it concerns."""

    word: str
    note: dict[str, str] = field(default_factory=dict)


def take(pushes: Sequence[Push], *, now: datetime) -> list[Taken]:
    """Notes each push once, and asks for a redeploy of what runs and wants new images at once; what became of each.

    In the caller's transaction. Told again, a push does nothing; a tag that goes back to an image that it had before
    is a push like any other. One redeploy an environment, however many tags of the
    same moment it takes.
    """
    fresh = [_note(push, now) for push in pushes]
    users = [list(_users(push)) if is_new else [] for push, is_new in zip(pushes, fresh, strict=True)]
    wanted: defaultdict[int, list[Push]] = defaultdict(list)
    by_id: dict[int, Environment] = {}
    for push, environments in zip(pushes, users, strict=True):
        for environment in environments:
            by_id[environment.pk] = environment
            wanted[environment.pk].append(push)
    asked = {pk for pk in sorted(wanted) if _redeploy(by_id[pk], wanted[pk], now)}
    return [_taken(is_new, environments, asked) for is_new, environments in zip(fresh, users, strict=True)]


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
    ).select_related("target__environment", "target__account")
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


def _redeploy(environment: Environment, pushes: Sequence[Push], now: datetime) -> bool:
    """Asks for a redeploy where it is wanted and can be; whether it was."""
    if environment.on_push != OnPush.AT_ONCE or environment.state not in TAKES:
        return False
    names = ", ".join(list(dict.fromkeys(f"{push.repository} {push.tag}" for push in pushes))[:NAMED])
    try:
        operations.request(
            environment=environment,
            kind=Operation.Kind.REDEPLOY,
            trigger=Operation.Trigger.DEPLOY,
            reason={"en": f"A new image was pushed: {names}", "ko": f"새 이미지 푸시: {names}"},
            now=now,
        )
    except ValidationError:
        # It is being stopped by now, or nothing of it can be redeployed: it takes the image when it starts.
        return False
    return True


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
