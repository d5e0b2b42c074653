"""Every status a CloudFormation stack can have, and what a start and a stop make of it (the table is in docs/)."""

from __future__ import annotations

from enum import StrEnum

from .base import Seen


class Look(StrEnum):
    """What a status means to the portal."""

    ABSENT = "absent"  # nothing there
    UP = "up"  # complete and usable
    MOVING = "moving"  # being changed: wait
    LEAVING = "leaving"  # being deleted: wait
    SHELL = "shell"  # a name without resources: delete it, then create
    DRAFT = "draft"  # somebody's change set that waits for approval: no resources, and not ours to delete
    BROKEN = "broken"  # resources are there, in a state that a person must look at
    STUCK = "stuck"  # a delete did not succeed


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-stack-status
STATUSES: dict[str, Look] = {
    "CREATE_IN_PROGRESS": Look.MOVING,
    "CREATE_COMPLETE": Look.UP,
    "CREATE_FAILED": Look.BROKEN,
    "ROLLBACK_IN_PROGRESS": Look.MOVING,
    "ROLLBACK_COMPLETE": Look.SHELL,
    "ROLLBACK_FAILED": Look.BROKEN,
    "DELETE_IN_PROGRESS": Look.LEAVING,
    "DELETE_COMPLETE": Look.ABSENT,
    "DELETE_FAILED": Look.STUCK,
    "UPDATE_IN_PROGRESS": Look.MOVING,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Look.MOVING,
    "UPDATE_COMPLETE": Look.UP,
    "UPDATE_FAILED": Look.BROKEN,
    "UPDATE_ROLLBACK_IN_PROGRESS": Look.MOVING,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Look.MOVING,
    "UPDATE_ROLLBACK_COMPLETE": Look.UP,
    "UPDATE_ROLLBACK_FAILED": Look.BROKEN,
    "REVIEW_IN_PROGRESS": Look.DRAFT,
    "IMPORT_IN_PROGRESS": Look.MOVING,
    "IMPORT_COMPLETE": Look.UP,
    "IMPORT_ROLLBACK_IN_PROGRESS": Look.MOVING,
    "IMPORT_ROLLBACK_COMPLETE": Look.UP,
    "IMPORT_ROLLBACK_FAILED": Look.BROKEN,
}


def look_at(status: str | None) -> Look:
    """The meaning of a status; None is a stack that does not exist. One that AWS adds later is left to people."""
    return Look.ABSENT if status is None else STATUSES.get(status, Look.BROKEN)


SEEN = {Look.UP: Seen.RUNNING, Look.ABSENT: Seen.STOPPED, Look.SHELL: Seen.STOPPED, Look.DRAFT: Seen.STOPPED}


def seen_as(status: str | None) -> Seen:
    """What a look shows people: running, stopped, or neither."""
    return SEEN.get(look_at(status), Seen.PARTLY)
