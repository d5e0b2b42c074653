"""Versions that the chat of the sample has had, as a pipeline would have told of them: invented, like all its past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from environments.models import Deployment, DeploymentStatus, Environment

REPOSITORY: Final = "chat-chat-http"
# Before how many of its days it took which; the newest of the simulated ECR comes at its next start.
VERSIONS: Final = (
    (18, "2.12.1", "Jihun Lee", "Read receipts in group chats"),
    (9, "2.13.0", "Minseo Kim", "Search in all rooms; pictures are sent smaller"),
    (3, "2.14.2", "Jihun Lee", "Reconnects after a lost network without losing messages"),
)
LINK: Final = "https://git.example.com/chat/server/-/commit/"
TOLD_BEFORE, TAKES = timedelta(hours=15), timedelta(minutes=4)


def make(environment: Environment, ran: Sequence[tuple[datetime, datetime]]) -> None:
    """Write them as taken by the starts of those days, as far as it ran on so many."""
    made = []
    for days_ago, tag, author, note in VERSIONS:
        if len(ran) >= days_ago:
            began, commit = ran[-days_ago][0], sha256(tag.encode()).hexdigest()[:40]
            made.append(
                Deployment(
                    environment=environment,
                    repository=REPOSITORY,
                    tag=tag,
                    commit=commit,
                    author=author,
                    link=f"{LINK}{commit}",
                    note=note,
                    origin=Deployment.Origin.API,
                    received_at=began - TOLD_BEFORE,
                    status=DeploymentStatus.DONE,
                    taken_at=began,
                    ended_at=began + TAKES,
                )
            )
    Deployment.objects.bulk_create(made)
