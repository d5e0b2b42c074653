"""Which of the versions that wait are overtaken by those that were just told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from environments.models import Deployment, DeploymentStatus, Environment

from . import deployment_words as words
from .deployment_images import shown
from .deployment_takers import takers
from .deployment_versions import Version


def replace(environment: Environment, told: Sequence[tuple[Deployment, Version]], now: datetime) -> None:
    """Of what waits, whatever takes it takes a newer one instead: older images, of those told before and now.

    What runs already replaces nothing: the start that took it has judged what waited then. Neither does a tag that
    somebody told of while ECR has shown no image of it. The caller saves what was told.
    """
    repositories = {row.repository for row, _version in told}
    rivals = list(
        Deployment.objects.filter(
            environment=environment,
            repository__in=repositories,
            status__in=[DeploymentStatus.WAITING, DeploymentStatus.SCHEDULED],
        ).exclude(pk__in=[row.pk for row, _version in told])
    )
    takes, images = takers(environment.pk), shown(environment.pk, repositories)
    pushed = {row.pk: version.pushed_at for row, version in told if version.pushed_at}
    places = {row.pk: pushed.get(row.pk) or images.told(row) for row in [*rivals, *(row for row, _version in told)]}
    for row, _version in told:
        if row.status == DeploymentStatus.DONE:
            continue
        is_there = row.pk in pushed or images.is_there(row)
        for rival in [*rivals, *(other for other, _version in told)]:
            waits = rival.status in {DeploymentStatus.WAITING, DeploymentStatus.SCHEDULED}
            same = rival.repository == row.repository and takes.replaces(row.repository, row.tag, rival.tag)
            later = (row.received_at, row.pk) > (rival.received_at, rival.pk)
            # A tag that moved means the older image no more.
            is_newer = later if rival.tag == row.tag else is_there and _after(places, row, rival, later)
            if waits and same and is_newer:
                rival.status, rival.due_at, rival.ended_at = DeploymentStatus.REPLACED, None, now
                rival.reason = words.NEWER_CAME
    gone = [one for one in rivals if one.status == DeploymentStatus.REPLACED]
    Deployment.objects.bulk_update(gone, ["status", "due_at", "ended_at", "reason"])


def _after(places: Mapping[int, datetime], row: Deployment, rival: Deployment, told_later: bool) -> bool:
    """Whether its image came after the other's; of one moment, whether it was told later."""
    mine, other = places[row.pk], places[rival.pk]
    return mine > other or (mine == other and told_later)
