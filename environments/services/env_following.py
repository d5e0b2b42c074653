"""Following what was asked for until it has ended: by looking at the database, from any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum

from environments.models import Environment, Operation, OperationStatus

LOOK_EVERY_S = 1.0
# Workers end an operation at its deadline. When so long after it none has, nobody is there to.
NOBODY_AFTER = timedelta(minutes=5)


class End(Enum):
    """How it ended for who followed it."""

    DONE = "done"
    FAILED = "failed"
    OVERTAKEN = "overtaken"
    NOBODY = "nobody"


def under_way(environment: Environment) -> Operation | None:
    """The environment's unfinished operation, with its steps; None when there is nothing to follow."""
    rows = Operation.objects.unfinished().filter(environment=environment)
    return rows.select_related("actor").prefetch_related("steps").first()


def follow(
    environment: Environment,
    kind: str,
    *,
    pause: Callable[[float], None],
    clock: Callable[[], datetime],
) -> Iterator[tuple[Operation, End | None]]:
    """Look each second at what the environment's wish of this kind has become; the last look says how it ended.

    Three queries a look, no transaction held in between. An operation that gives way to ours is shown until ours
    begins. OVERTAKEN: somebody wished for the opposite meanwhile.
    """
    while True:
        rows = Operation.objects.filter(environment=environment).order_by("-created_at", "-pk")
        newest = rows.select_related("actor").prefetch_related("steps").first()
        if newest is None:
            return
        end = _end(newest, kind, clock())
        yield newest, end
        if end is not None:
            return
        pause(LOOK_EVERY_S)


def _end(newest: Operation, kind: str, now: datetime) -> End | None:
    follows = (newest.next_wish or {}).get("kind")
    if not (_fulfils(newest.kind, kind) or follows == kind):
        return End.OVERTAKEN
    if newest.is_unfinished:
        return End.NOBODY if now > newest.deadline_at + NOBODY_AFTER else None
    return End.DONE if newest.status == OperationStatus.SUCCEEDED else End.FAILED


def _fulfils(kind: str, wished: str) -> bool:
    """Who wishes for a start while it is redeployed gets it by that."""
    return kind == wished or (wished == Operation.Kind.START and kind == Operation.Kind.REDEPLOY)
