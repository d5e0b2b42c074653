"""ECR is asked about a version while somebody who tells of it waits: whether it would be taken at all.

Only of what ran before, or is known to be older than another image: what is new is news to ECR as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

from django.core.exceptions import ValidationError

from environments.aws import ecr
from environments.models import Account, Deployment, DeploymentStatus, Environment, TargetParameter
from environments.models.texts import in_language
from environments.targets.base import AccountRef, TargetError
from environments.targets.lanes import lanes
from environments.targets.limits import Busy, patience

from . import deployment_words as words
from . import deployments
from .deployment_images import shown
from .deployment_takers import takers
from .deployment_versions import Version

# Who tells of a version waits for the answer; what ECR does not say by then, the redeploy finds.
WAITS_S: Final = 5.0
ENDED = frozenset({DeploymentStatus.DONE, DeploymentStatus.FAILED, DeploymentStatus.REPLACED})

Images = Sequence[Mapping[str, Any]]


def confirmed(environment: Environment, version: Version) -> Version:
    """The version, with its digest and its push where ECR was asked and has it.

    ValidationError naming `tag` where ECR has it, and a newer image that everything takes in its place. Where ECR has
    no such image yet, or does not answer in seconds, the version is as it was told.
    """
    if not _may_be_older(environment, version):
        return version
    its: ecr.Image | None = None
    newest: list[str] = []
    for account, region, all_wanted in _places(environment, version):
        images = _asked(account, region, version.repository)
        image = next((one for one in images or () if version.tag in (one.get("imageTags") or ())), None)
        if images is None or image is None or version.digest not in {"", image["imageDigest"]}:
            return version
        its = ecr.choose([image], version.repository, ecr.Wanted((version.tag,)))
        for wanted in all_wanted:
            taken = ecr.choose(images, version.repository, wanted)
            if taken.digest == its.digest:
                return replace(version, digest=its.digest, pushed_at=its.pushed_at)
            newest.append(taken.tag)
    if its is None:
        return version
    raise ValidationError({"tag": in_language(words.only_the_newest(version.tag, list(dict.fromkeys(newest))))})


def _may_be_older(environment: Environment, version: Version) -> bool:
    """Whether it ended before, or ECR has shown another image that was pushed after it; not where it runs."""
    if not version.repository:
        return False
    running = {(image.repository, image.tag) for image in deployments.current(environment)}
    if (version.repository, version.tag) in running:
        return False
    same = Deployment.objects.filter(environment=environment, repository=version.repository, tag=version.tag)
    if same.filter(status__in=ENDED).exists():
        return True
    pushed = shown(environment.pk, [version.repository]).newest
    at = pushed.get((version.repository, version.tag))
    takes = takers(environment.pk)
    return at is not None and any(
        later > at and name == version.repository and takes.replaces(name, tag, version.tag)
        for (name, tag), later in pushed.items()
    )


def _places(environment: Environment, version: Version) -> list[tuple[Account, str, list[ecr.Wanted]]]:
    """The registries that its parameters take this tag from, with the tags that they want."""
    ids = takers(environment.pk).of(version.repository, version.tag)
    found: dict[tuple[int, str], tuple[Account, str, list[ecr.Wanted]]] = {}
    for one in TargetParameter.objects.filter(pk__in=ids).select_related("target__account").order_by("pk"):
        target = one.target
        place = found.setdefault((target.account_id, target.region), (target.account, target.region, []))
        place[2].append(ecr.Wanted.of(one.pattern, one.excluded))
    return list(found.values())


def _asked(account: Account, region: str, repository: str) -> Images | None:
    """All images of the repository; None: ECR did not say in time."""
    ref = AccountRef(account.account_id, account.name, account.role_arn, account.external_id)

    def ask() -> Images:
        with lanes.lane(ref.account_id), patience(WAITS_S):
            return ecr.images_of(ref, region, repository)

    asking = ThreadPoolExecutor(max_workers=1)
    try:
        return asking.submit(ask).result(timeout=WAITS_S)
    except (Busy, TargetError, TimeoutError):
        return None
    finally:
        asking.shutdown(wait=False)
