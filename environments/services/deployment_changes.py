"""What a deployment brought beside itself: from which version it came, and which versions came and went in between."""

from __future__ import annotations

from collections.abc import Sequence

from environments.deploy_events import Change
from environments.models import Deployment, DeploymentStatus

from .deployment_images import Images, shown
from .deployment_takers import Takers

# Further back nobody looks: what was taken then is named as the version before.
READ_BACK = 200
BROUGHT = frozenset({DeploymentStatus.REPLACED, DeploymentStatus.FAILED})


def changes(done: Sequence[Deployment], takes: Takers) -> list[Change]:
    """Each of these, of one environment, with the version that it took the place of, as far as one was told, and with
    those that never ran and whose images ECR has shown between the two: what is new in them is new with this one. Three
    queries; none without any."""
    if not done:
        return []
    environment_id, repositories = done[0].environment_id, {one.repository for one in done}
    rows = list(
        Deployment.objects.filter(
            environment=environment_id,
            repository__in=repositories,
            status__in=[DeploymentStatus.DONE, *BROUGHT],
        )
        .exclude(pk__in=[one.pk for one in done])
        .order_by("-received_at", "-pk")[:READ_BACK]
    )
    images = shown(environment_id, repositories)
    return [_change(one, [row for row in rows if _gives_way(row, one, takes)], images, takes) for one in done]


def _gives_way(row: Deployment, one: Deployment, takes: Takers) -> bool:
    return row.repository == one.repository and takes.replaces(one.repository, one.tag, row.tag)


def _change(one: Deployment, others: Sequence[Deployment], images: Images, takes: Takers) -> Change:
    """`others`: what gave way to it."""
    ran = [row for row in others if row.status == DeploymentStatus.DONE and row.ended_at]
    before = max(ran, key=lambda row: (row.ended_at, row.pk), default=None)
    known = [images.told(before) if before else None, images.before(one, takes)]
    since, until = max((at for at in known if at), default=None), images.told(one)
    # What was pushed under two names at one moment is one image: nothing came between.
    brought = [
        row
        for row in others
        if row.status in BROUGHT
        and images.is_there(row)
        and images.told(row) < until
        and (since is None or images.told(row) > since)
    ]
    brought.sort(key=lambda row: (images.told(row), row.pk), reverse=True)
    return Change(one, before, tuple(brought))
