"""Which images ECR has shown the portal, and when they were pushed: what tells a newer version from an older one.

Pushes, looks at ECR, and what starts and redeploys have found. A tag that somebody only told of is no image yet.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef

from environments.models import Deployment, OperationStatus, OperationStep, TargetParameter
from environments.models.alarm import ImagePush

from .deployment_takers import Takers
from .deployment_versions import never_moves
from .deployments import RESOLVE

# Further back nobody looks: what was pushed then is not known here.
PUSHES_READ, STEPS_READ = 1000, 200

Name = tuple[str, str]
"""A repository with a tag, or with a digest."""


@dataclass(frozen=True, slots=True)
class Images:
    """When images of an environment's repositories were pushed last: by digest, by tag (`pushes` and `found`: told to
    the portal, and found by operations); `ran`: by those that succeeded. `moved`: tags that meant several images."""

    digests: dict[Name, datetime] = field(default_factory=dict)
    pushes: dict[Name, datetime] = field(default_factory=dict)
    found: dict[Name, datetime] = field(default_factory=dict)
    ran: dict[Name, datetime] = field(default_factory=dict)
    moved: set[Name] = field(default_factory=set)

    @property
    def newest(self) -> dict[Name, datetime]:
        """When each tag was pushed last, as far as anybody knows."""
        return {name: self._of_tag(name) for name in {**self.pushes, **self.found}}

    def pushed(self, row: Deployment) -> datetime | None:
        """When its image was pushed; None: ECR has shown none, or nobody knows which the tag meant."""
        name = row.repository, row.tag
        if of_digest := self.digests.get((row.repository, row.digest)):
            return of_digest
        if (row.digest and name in self.pushes) or (name in self.moved and not never_moves(row.tag)):
            return None
        return self._of_tag(name) if name in self.pushes or name in self.found else None

    def told(self, row: Deployment) -> datetime:
        """Its place among versions: when it was pushed, else when it was told of."""
        return self.pushed(row) or row.received_at

    def is_there(self, row: Deployment) -> bool:
        """Whether ECR has shown it; what takes no images of ECR needs no such proof."""
        return not row.repository or row.origin != Deployment.Origin.API or self.pushed(row) is not None

    def before(self, row: Deployment, takes: Takers) -> datetime | None:
        """When the newest image that ran and is older than this one was pushed."""
        at = self.told(row)
        its = (pushed for (name, tag), pushed in self.ran.items() if _in_its_place(takes, row, name, tag))
        return max((pushed for pushed in its if pushed < at), default=None)

    def _of_tag(self, name: Name) -> datetime:
        return max(known[name] for known in (self.pushes, self.found) if name in known)


def _in_its_place(takes: Takers, row: Deployment, repository: str, tag: str) -> bool:
    return repository == row.repository and takes.replaces(repository, row.tag, tag)


def shown(environment_id: int, repositories: Collection[str]) -> Images:
    """What is known of these repositories. Two queries; none where none is named."""
    images = Images()
    named = {repository for repository in repositories if repository}
    if not named:
        return images
    takers = TargetParameter.objects.filter(
        target__environment=environment_id,
        source=TargetParameter.Source.ECR,
        value=OuterRef("repository"),
        target__account__account_id=OuterRef("account_id"),
        target__region=OuterRef("region"),
    )
    pushes = ImagePush.objects.filter(Exists(takers), repository__in=named).order_by("-pushed_at")
    meant: dict[Name, str] = {}
    for repository, digest, tag, at in pushes.values_list("repository", "digest", "tag", "pushed_at")[:PUSHES_READ]:
        name = repository, tag
        if meant.setdefault(name, digest) != digest:
            images.moved.add(name)
        _later(images.digests, (repository, digest), at)
        _later(images.pushes, name, at)
    steps = OperationStep.objects.filter(operation__environment=environment_id, name=RESOLVE).order_by("-pk")
    for found, status in steps.values_list("memo__images", "operation__status")[:STEPS_READ]:
        for repository, tag, pushed in found or ():
            name, at = (repository, tag), datetime.fromisoformat(pushed)
            if images.found.setdefault(name, at) != at:
                images.moved.add(name)
            _later(images.found, name, at)
            if status == OperationStatus.SUCCEEDED:
                _later(images.ran, name, at)
    return images


def _later(known: dict[Name, datetime], name: Name, at: datetime) -> None:
    known[name] = max(at, known.get(name, at))
