"""What keeps a stack from being deleted, and the delete that leaves exactly that behind.

CloudFormation takes `RetainResources` for a stack in DELETE_FAILED only, for logical ids of that stack itself
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html), and refuses ids that are
deleted already. A resource of a nested stack is therefore left behind by deleting that nested stack first, by its own
id; its parent then finds it gone. `FORCE_DELETE_STACK` is never used: it leaves behind whatever fails this time, which
nobody has looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from environments.aws.template_guard import NESTED

from . import cloudformation_texts, stack_stuck_texts
from .base import StepContext, TargetError, TargetRef, Wait
from .pace import pause
from .stack_progress import Failure, describe, told
from .stack_status import Look, look_at

RETAIN = "retain"
"""It can be left behind. Its name is also that of what a stop was told to leave, in the memo of its steps."""
RETRY = "retry"
"""Only its cause can be taken away, and the delete tried again."""
# What was asked for is seen in the status by then.
SETTLES = timedelta(seconds=30)
CANCELED = "Delete canceled"
# Left behind by an earlier try that then failed on something else, or stuck.
LEFT = frozenset({"DELETE_FAILED", "DELETE_SKIPPED"})


@dataclass(frozen=True, slots=True)
class Stuck:
    """A resource that AWS could not delete. `stack_id` is that of the stack it is in, `path` the nested stacks that
    lead there from the root; `cause` is a key of `stack_stuck_texts.REMEDIES`, `offer` RETAIN or RETRY."""

    stack: str
    stack_id: str
    path: str
    logical_id: str
    physical_id: str
    type: str
    reason: str
    cause: str
    offer: str


def find(cloudformation: Any, stack_id: str, path: str = "") -> list[Stuck]:
    """The resources of a stack and its nested stacks that could not be deleted; botocore's errors pass through.

    A nested stack is named itself only where nothing in it says why. Calls: one a page of the stack's resources and of
    those of each nested stack that is stuck.
    """
    found: list[Stuck] = []
    for row in _stuck_rows(cloudformation, stack_id):
        name, physical = row["LogicalResourceId"], row.get("PhysicalResourceId", "")
        if row["ResourceType"] != NESTED:
            found.append(_stuck(row, stack_id, path, RETAIN))
            continue
        below = find(cloudformation, physical, f"{path}/{name}".strip("/")) if physical.startswith("arn:") else []
        found += below or [_stuck(row, stack_id, path, RETRY)]
    return found


def _stuck_rows(
    cloudformation: Any, stack_id: str, statuses: Collection[str] = ("DELETE_FAILED",)
) -> Iterator[Mapping[str, Any]]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        yield from (row for row in page["StackResourceSummaries"] if row["ResourceStatus"] in statuses)


def _stuck(row: Mapping[str, Any], stack_id: str, path: str, offer: str) -> Stuck:
    reason = row.get("ResourceStatusReason", "")
    return Stuck(
        stack=_name(stack_id),
        stack_id=stack_id,
        path=path,
        logical_id=row["LogicalResourceId"],
        physical_id=row.get("PhysicalResourceId", ""),
        type=row["ResourceType"],
        reason=reason,
        cause=stack_stuck_texts.cause(reason),
        offer=offer,
    )


def failure(cloudformation: Any, ref: TargetRef, stack_id: str, context: StepContext) -> TargetError:
    """What is said of a delete that ended in DELETE_FAILED; its memo lists what is stuck, for the page's offers."""
    try:
        found = find(cloudformation, stack_id)
    except (ClientError, BotoCoreError, ResponseParserError):
        found = []
    why = [Failure(one.stack, one.logical_id, one.type, one.reason) for one in found]
    why = why or told(cloudformation, stack_id, since=context.began, verb="DELETE")
    return TargetError(
        cloudformation_texts.deletion_failed(ref.identifier, why),
        raw="\n".join(map(str, why)),
        memo={"stuck": [asdict(one) for one in found]},
    )


def refuse_canceled(ref: TargetRef, stack: Mapping[str, Any] | None) -> None:
    """`TargetError` when AWS took the delete back at once and the stack is as before: others import what it exports."""
    reason = str((stack or {}).get("StackStatusReason", ""))
    if reason.startswith(CANCELED):
        raise TargetError(stack_stuck_texts.canceled(ref.identifier, reason), raw=reason)


def accepted(rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """What a stop is told to leave behind, of what was stuck: by stack, the innermost first.

    `before` is what the stop that left these stuck was told: what it had left behind stays so.
    """
    stacks: dict[str, list[str]] = {}
    earlier = {one["stack_id"]: list(one["logical_ids"]) for one in before}
    for row in sorted((row for row in rows if row["offer"] == RETAIN), key=_depth, reverse=True):
        stacks.setdefault(row["stack_id"], earlier.pop(row["stack_id"], [])).append(row["logical_id"])
    # Stacks in which nothing more is stuck, the inner ones first, as they were.
    stacks = {**{stack_id: ids for stack_id, ids in earlier.items() if stack_id not in stacks}, **stacks}
    return [{"stack_id": stack_id, "logical_ids": ids} for stack_id, ids in stacks.items()]


def _depth(row: Mapping[str, Any]) -> int:
    return len([part for part in str(row["path"]).split("/") if part])


def nested_first(cloudformation: Any, ref: TargetRef, context: StepContext, deletion: Mapping[str, Any]) -> Wait | None:
    """Delete the nested stacks that hold what is left behind, one after the other; None when they are gone.

    `deletion` is what the delete of the whole stack is asked with. `TargetError` when one is stuck on something else.
    """
    asked: dict[str, str] = dict(context.memo.get("asked", {}))
    for entry in context.memo.get(RETAIN, ()):
        stack_id = entry["stack_id"]
        if stack_id == deletion["StackName"]:
            continue
        stack = describe(cloudformation, stack_id)
        look = look_at(stack["StackStatus"] if stack else None)
        if look is Look.ABSENT:
            continue
        said = stack_stuck_texts.nested_first(_name(stack_id))
        if look is Look.STUCK and stack_id not in asked:
            context.renew()
            wanted = {**deletion, "StackName": stack_id, "ClientRequestToken": _token(context.token, stack_id)}
            cloudformation.delete_stack(**wanted, **kept(cloudformation, context, stack_id))
            return Wait(pause(context), said, memo={"asked": {**asked, stack_id: context.now.isoformat()}})
        if look is Look.STUCK and context.now - datetime.fromisoformat(asked[stack_id]) > SETTLES:
            raise failure(cloudformation, ref, deletion["StackName"], context)
        if look in {Look.STUCK, Look.LEAVING, Look.MOVING}:
            return Wait(pause(context), said)
        # Whatever became of it, the delete of the whole stack comes upon it and says so.
    return None


def kept(cloudformation: Any, context: StepContext, stack_id: str) -> dict[str, list[str]]:
    """`RetainResources` for the delete of one stack: of what was accepted, what is there still. Calls: one a page."""
    wanted = {
        name for one in context.memo.get(RETAIN, ()) if one["stack_id"] == stack_id for name in one["logical_ids"]
    }
    if not wanted:
        return {}
    left = [row["LogicalResourceId"] for row in _stuck_rows(cloudformation, stack_id, LEFT)]
    ids = [name for name in left if name in wanted]
    return {"RetainResources": ids} if ids else {}


def _token(token: str, stack_id: str) -> str:
    """One of its own for each stack that the step deletes, the same at each try."""
    return f"{token}-{hashlib.sha256(stack_id.encode()).hexdigest()[:8]}"


def _name(stack_id: str) -> str:
    return stack_id.split("/")[1] if stack_id.startswith("arn:") else stack_id
