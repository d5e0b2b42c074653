"""Repositories of ECR are asked for new images: the safety net below pushes that nobody told of (docs/deployments.md).

A look is a row of `ImagePoll` whose time has come; one for a repository, however many environments take from it. Who
moves its `next_at` on has it, for as long as a look may take at the most. Only what runs or starts needs it: what
sleeps asks ECR itself when it starts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zlib import crc32

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Length

from environments.aws import ecr
from environments.models import Deployment, ImagePoll, TargetParameter
from environments.rules.alarm_messages import Push
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from . import deployment_passing, image_pushes
from .deployment_telling import TAKES
from .step_errors import defect

log = logging.getLogger(__name__)

IMAGE_POLL: Final = timedelta(minutes=15)
LONGEST_PAUSE: Final = timedelta(hours=6)
BUSY_AGAIN: Final = timedelta(minutes=5)
LEASE: Final = timedelta(minutes=10)
# AWS stamps pushes by its own clock.
CLOCKS_DIFFER: Final = timedelta(minutes=10)
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
LONGEST_NAME: Final = 256
# The next turn, minutes later, goes on where this one ends.
AT_ONCE: Final = 200
SECONDS_A_TURN: Final = 240


class _Place(NamedTuple):
    """Where a repository is: the row of its account, the region, its name."""

    account: int
    region: str
    repository: str


def look_due(*, now: datetime) -> int:
    """Ask for what is due, for some minutes at most; how many repositories were asked for.

    An account that cannot be reached holds up no other: what else is due of it waits, too. Side effect: repositories
    that came into use are given a row, and rows that nobody needs any more go.
    """
    follow(now=now)
    end, away, count = time.monotonic() + SECONDS_A_TURN, set[str](), 0
    awake = _parameters().filter(
        target__account=OuterRef("account"),
        target__region=OuterRef("region"),
        value=OuterRef("repository"),
        target__environment__state__in=TAKES,
    )
    due = ImagePoll.objects.filter(Exists(awake), next_at__lte=now).order_by("next_at", "pk")
    for row in due.select_related("account")[:AT_ONCE]:
        account = row.account.account_id
        if account in away or time.monotonic() > end or not _claim(row, now):
            continue
        count += 1
        if _look(row, now) == UNREACHABLE:
            away.add(account)
    return count


def follow(*, now: datetime) -> None:
    """Have a row for each repository that parameters name, and none for others. First looks are spread over the time
    between two, by their names. Two queries where nothing has changed."""
    places = _parameters().values_list("target__account_id", "target__region", "value").order_by().distinct()
    used = {_Place(account, region, value) for account, region, value in places}
    known = {_Place(row.account_id, row.region, row.repository): row.pk for row in ImagePoll.objects.all()}
    if gone := [pk for place, pk in known.items() if place not in used]:
        ImagePoll.objects.filter(pk__in=gone).delete()
    new = [
        ImagePoll(account_id=one.account, region=one.region, repository=one.repository, next_at=now + _spread(one))
        for one in sorted(used - set(known))
    ]
    if new:
        ImagePoll.objects.bulk_create(new, ignore_conflicts=True)


def _spread(place: _Place) -> timedelta:
    share = crc32("|".join(map(str, place)).encode()) % 1000
    return IMAGE_POLL * share / 1000


def _parameters() -> QuerySet[TargetParameter]:
    """Those that take from ECR; the name of a longer repository there is none."""
    of_ecr = TargetParameter.objects.filter(source=TargetParameter.Source.ECR, value__gt="")
    return of_ecr.annotate(length=Length("value")).filter(length__lte=LONGEST_NAME)


def _claim(row: ImagePoll, now: datetime) -> bool:
    lease = now + LEASE
    ours = ImagePoll.objects.filter(pk=row.pk, next_at=row.next_at)
    if not ours.update(next_at=lease, attempts=row.attempts + 1):
        return False
    row.next_at, row.attempts = lease, row.attempts + 1
    return True


def _look(row: ImagePoll, now: datetime) -> str:
    """Look at one repository, outside of any transaction; the code of what went wrong, or nothing."""
    account = row.account
    ref = AccountRef(account.account_id, account.name, account.role_arn, account.external_id)
    try:
        with lanes.lane(account.account_id):
            images = ecr.images_of(ref, row.region, row.repository)
    except Busy:
        # Nothing was tried: its account has all the threads, or all the requests, that it gets.
        _settle(row, attempts=row.attempts - 1, next_at=now + BUSY_AGAIN)
    except TargetError as error:
        log.warning("Images of %s could not be looked up: %s", row, error.raw or error)
        return _failed(row, error, now)
    except Exception as error:  # a defect of ours with one repository must not keep the others from their turn
        log.exception("Looking up the images of %s broke.", row)
        return _failed(row, defect(error), now)
    else:
        _keep(row, images, now)
    return ""


def _keep(row: ImagePoll, images: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Tell of the newest images that came since the last look; of the first look's only to those
    that have started or been redeployed without them. What was told of and is older is passed over."""
    newest = _newest(row, images)
    with transaction.atomic():
        if not _settle(row, attempts=0, next_at=now + IMAGE_POLL, polled_at=now, problem={}):
            return  # another look has it by now
        if row.polled_at is None:
            image_pushes.first_seen(newest, now=now, origin=Deployment.Origin.POLL)
        else:
            since = row.polled_at - CLOCKS_DIFFER
            new = [push for push in newest if push.pushed_at >= since]
            if new:
                image_pushes.take(new, now=now, origin=Deployment.Origin.POLL)
    deployment_passing.compare(row.account, row.region, row.repository, images, newest, now=now)


def _newest(row: ImagePoll, images: Sequence[Mapping[str, Any]]) -> list[Push]:
    """What those who take from the repository would take now: each kind of wanted tag its newest."""
    users = _parameters().filter(target__account=row.account, target__region=row.region, value=row.repository)
    found: dict[tuple[str, str], Push] = {}
    for pattern, excluded in users.values_list("pattern", "excluded").order_by().distinct():
        try:
            image = ecr.choose(images, row.repository, ecr.Wanted.of(pattern, excluded))
        except TargetError:
            continue  # there is none yet: its start says so
        found[image.tag, image.digest] = Push(
            row.account.account_id, row.region, row.repository, image.tag, image.digest, image.pushed_at
        )
    return list(found.values())


def _failed(row: ImagePoll, error: TargetError, now: datetime) -> str:
    """Say why, and try again after a while, then later and later."""
    pause = min(LONGEST_PAUSE, IMAGE_POLL * 2 ** min(row.attempts, 10))
    _settle(row, next_at=now + pause, problem={**error.texts, "raw": error.raw})
    return error.code


def _settle(row: ImagePoll, **fields: Any) -> bool:
    """Write down how the look ended, unless it took too long and is another's by now."""
    return bool(ImagePoll.objects.filter(pk=row.pk, next_at=row.next_at).update(**fields))
