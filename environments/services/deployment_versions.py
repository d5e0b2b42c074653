"""Which telling is of which deployment: a pipeline, EventBridge and a look at ECR may tell of the same version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from environments.aws import ecr
from environments.models import Deployment, DeploymentStatus

# Of a tag that moves, tellings without a digest or a commit in common are of one version when no further apart.
TOLD_TOGETHER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Version:
    """A version as somebody tells of it. `pushed_at`: when its image was pushed, where ECR itself said so."""

    tag: str
    repository: str = ""
    digest: str = ""
    commit: str = ""
    author: str = ""
    link: str = ""
    note: str = ""
    pushed_at: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.repository} {self.tag}".strip()


def name_of(deployment: Deployment) -> str:
    """“chat-chat-http 2.15.0”."""
    return f"{deployment.repository} {deployment.tag}".strip()


def never_moves(tag: str) -> bool:
    """Whether the tag looks like a version, which names one image for good."""
    return bool(ecr.VERSION.match(tag))


def find(version: Version, rows: Sequence[Deployment], now: datetime) -> Deployment | None:
    """The deployment among these (newest first) that the telling is of; None: nobody has told of it.

    The newest of its tag, unless that is another image or commit by now; else the newest of the same image under
    another tag, unless the tag has meant something else since: a tag that is set back is a new deployment.
    """
    of_its = [row for row in rows if row.repository == version.repository]
    by_tag = next((row for row in of_its if row.tag == version.tag), None)
    if by_tag is not None and _agree(by_tag, version, now):
        return by_tag
    by_digest = alike(version, of_its)
    if by_digest is not None and (by_tag is None or of_its.index(by_digest) < of_its.index(by_tag)):
        return by_digest
    return None


def alike(version: Version, rows: Sequence[Deployment]) -> Deployment | None:
    """The newest of these that is known to be the same image."""
    return next(
        (
            row
            for row in rows
            if version.digest and (row.repository, row.digest) == (version.repository, version.digest)
        ),
        None,
    )


def fill(row: Deployment, version: Version, user_id: int | None) -> bool:
    """Note what was not known yet, and of two names of an image the one that tells more; whether that was anything."""
    before = _known(row)
    for name in ("digest", "commit", "author", "link", "note"):
        if not getattr(row, name):
            setattr(row, name, getattr(version, name))
    if len(version.commit) > len(row.commit):
        row.commit = version.commit
    if ecr.telling(version.tag) > ecr.telling(row.tag):
        row.tag = version.tag
    row.user_id = row.user_id or user_id
    return _known(row) != before


def merge(kept: Deployment, other: Deployment) -> None:
    """One image was told of under two names before anybody knew that: what became of the later is what became of it.
    The other is removed."""
    if kept.status == DeploymentStatus.REPLACED:
        for name in ("status", "due_at", "operation_id", "taken_at", "ended_at", "reason"):
            setattr(kept, name, getattr(other, name))
    other.delete()


def _agree(row: Deployment, version: Version, now: datetime) -> bool:
    if row.digest and version.digest:
        return row.digest == version.digest
    if row.commit and version.commit:
        return row.commit.startswith(version.commit) or version.commit.startswith(row.commit)
    return never_moves(version.tag) or now - row.received_at <= TOLD_TOGETHER


def _known(row: Deployment) -> tuple[object, ...]:
    return row.tag, row.digest, row.commit, row.author, row.link, row.note, row.user_id
