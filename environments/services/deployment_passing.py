"""Versions that are passed over: somebody asked for an older image, while only the newest is taken.

They end as failed, with why, so that whoever waits for `done` does not take them for deployed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from environments import deploy_events
from environments.models import Account, Deployment, DeploymentStatus, TargetParameter
from environments.models.alarm import ImagePush
from environments.rules.alarm_messages import Push

from . import deployment_words as words
from . import operations
from .deployment_takers import takers

# What was told longer ago, and taken by nothing, is not looked for any more.
LOOKED_FOR = timedelta(days=30)
UNDECIDED = frozenset({DeploymentStatus.WAITING, DeploymentStatus.SCHEDULED})
SHOWN_OF = frozenset({*UNDECIDED, DeploymentStatus.TAKEN, DeploymentStatus.FAILED, DeploymentStatus.REPLACED})


def pass_over(row: Deployment, newest: Sequence[str], now: datetime) -> None:
    """`newest`: the tags that are taken instead. Nothing is saved."""
    row.status, row.due_at, row.ended_at = DeploymentStatus.FAILED, None, now
    row.reason = words.only_the_newest(row.tag, newest)


def compare(
    account: Account,
    region: str,
    repository: str,
    images: Sequence[Mapping[str, Any]],
    newest: Sequence[Push],
    *,
    now: datetime,
) -> None:
    """Compare what pipelines told of with all the images that a repository has; `newest`: what is taken of it now.

    An image that was told of is noted as pushed: ECR has shown it. What waits and is older than what was the newest
    already when it was told of is passed over, and its people hear of it.
    """
    users = TargetParameter.objects.filter(
        source=TargetParameter.Source.ECR, value=repository, target__account=account, target__region=region
    )
    told = Deployment.objects.filter(
        environment__in=users.values("target__environment"),
        repository=repository,
        origin=Deployment.Origin.API,
        status__in=SHOWN_OF,
        received_at__gte=now - LOOKED_FOR,
    )
    tags = set(told.order_by().values_list("tag", flat=True).distinct())
    pushes = {
        tag: Push(account.account_id, region, repository, tag, image["imageDigest"], _pushed_at(image))
        for image in images
        for tag in image.get("imageTags") or ()
        if tag in tags
    }
    if not pushes:
        return
    _note(pushes.values(), now)
    waiting = defaultdict(list)
    for row in told.filter(status__in=UNDECIDED, tag__in=pushes).order_by("environment", "pk"):
        waiting[row.environment_id].append(row.pk)
    for environment_id, pks in waiting.items():
        _judge(environment_id, pks, pushes, newest, now)


def _judge(
    environment_id: int, pks: Sequence[int], pushes: Mapping[str, Push], newest: Sequence[Push], now: datetime
) -> None:
    with transaction.atomic():
        environment = operations.lock(environment_id)
        takes, passed = takers(environment_id), []
        for row in Deployment.objects.filter(pk__in=pks, status__in=UNDECIDED).order_by("pk"):
            its = pushes[row.tag]
            # Its tag has another image by now: the one that was told of may be anywhere.
            if row.digest and row.digest != its.digest:
                continue
            newer = [
                push.tag
                for push in newest
                if push.digest != its.digest
                and its.pushed_at < push.pushed_at <= row.received_at
                and takes.replaces(row.repository, push.tag, row.tag)
            ]
            if newer:
                pass_over(row, newer, now)
                passed.append(row)
        if passed:
            Deployment.objects.bulk_update(passed, ["status", "due_at", "ended_at", "reason"])
            deploy_events.passed_over(environment, passed, now)


def _note(pushes: Iterable[Push], now: datetime) -> None:
    rows = [
        ImagePush(
            account_id=push.account_id, region=push.region, repository=push.repository, tag=push.tag,
            digest=push.digest, pushed_at=push.pushed_at, received_at=now,
        )
        for push in pushes
    ]  # fmt: skip
    ImagePush.objects.bulk_create(rows, ignore_conflicts=True)


def _pushed_at(image: Mapping[str, Any]) -> datetime:
    at: datetime = image["imagePushedAt"]
    return at.astimezone(UTC)
