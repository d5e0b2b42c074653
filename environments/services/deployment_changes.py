"""What a deployment brought beside itself: from which version it came, and which versions came and went in between."""

from __future__ import annotations

from collections.abc import Sequence

from environments.deploy_events import Change
from environments.models import Deployment, DeploymentStatus

from .deployment_takers import Takers

# Further back nobody looks: what was taken then is named as the version before.
READ_BACK = 200
BROUGHT = frozenset({DeploymentStatus.REPLACED, DeploymentStatus.FAILED})


def changes(done: Sequence[Deployment], takes: Takers) -> list[Change]:
    """Each of these, of one environment, with the version that it took the place of, as far as one was told, and with
    those told since then that never ran: what is new in them is new with this one. One query; none without any."""
    if not done:
        return []
    rows = list(
        Deployment.objects.filter(
            environment=done[0].environment_id,
            repository__in={one.repository for one in done},
            status__in=[DeploymentStatus.DONE, *BROUGHT],
        )
        .exclude(pk__in=[one.pk for one in done])
        .order_by("-received_at", "-pk")[:READ_BACK]
    )
    return [_change(one, [row for row in rows if _gives_way(row, one, takes)]) for one in done]


def _gives_way(row: Deployment, one: Deployment, takes: Takers) -> bool:
    return row.repository == one.repository and takes.replaces(one.repository, one.tag, row.tag)


def _change(one: Deployment, others: Sequence[Deployment]) -> Change:
    """`others`: what gave way to it, newest first."""
    ran = [row for row in others if row.status == DeploymentStatus.DONE and row.ended_at]
    before = max(ran, key=lambda row: (row.ended_at, row.pk), default=None)
    since = _told(before) if before else None
    brought = [row for row in others if row.status in BROUGHT and _told(row) < _told(one)]
    return Change(one, before, tuple(row for row in brought if since is None or _told(row) > since))


def _told(row: Deployment) -> tuple[object, ...]:
    return row.received_at, row.pk
