"""What a stack is doing, from its resources and events, nested stacks included; and why something failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from environments.aws.template_guard import NESTED, parse_template

from .stack_status import Look, look_at

LINES = 12
# AWS stamps events by its own clock.
CLOCKS_DIFFER = timedelta(minutes=1)
# AWS writes this on what it stopped because something else failed: never the cause.
CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that failed and why, in AWS's words."""

    stack: str
    logical_id: str
    type: str
    reason: str

    def __str__(self) -> str:
        return f"{self.stack} / {self.logical_id} ({self.type}): {self.reason}"


def describe(cloudformation: Any, stack: str) -> Mapping[str, Any] | None:
    """The stack by name or id; None when it does not exist (AWS says that with a ValidationError)."""
    try:
        stacks = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        answer = error.response.get("Error", {})
        if answer.get("Code") == "ValidationError" and "does not exist" in answer.get("Message", ""):
            return None
        raise
    return stacks[0] if stacks else None


def statuses(cloudformation: Any, names: Collection[str]) -> dict[str, str]:
    """The status of each of these stacks that exists, by name. Calls: one for each page of what the account has.

    Without a name AWS lists what is there, deleted stacks not among it: https://docs.aws.amazon.com/AWSCloudFormation/
    latest/APIReference/API_DescribeStacks.html
    """
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {s["StackName"]: s["StackStatus"] for page in pages for s in page["Stacks"] if s["StackName"] in names}


def creations(cloudformation: Any, names: Collection[str]) -> dict[str, datetime]:
    """When each of these stacks that are up was created, by name. Calls: one a page, as `statuses`."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    stacks = (s for page in pages for s in page["Stacks"] if s["StackName"] in names)
    return {s["StackName"]: s["CreationTime"] for s in stacks if look_at(s["StackStatus"]) is Look.UP}


def expected(cloudformation: Any, stack: str) -> dict[str, int]:
    """How many resources, and how many nested stacks, the template has: AWS lists only those it has begun with.

    Resources whose condition is false count too; what is complete is complete whatever was expected. Calls: one.
    """
    body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    template = body if isinstance(body, Mapping) else parse_template(body)
    types = [resource.get("Type") for resource in template["Resources"].values()]
    return {"resources": len(types), "stacks": types.count(NESTED)}


def progress(
    cloudformation: Any, stack: str, *, settled: str, planned: Mapping[str, int], since: datetime
) -> dict[str, Any]:
    """How far a stack is: `{"done", "total", "unit", "lines"}`, counted in nested stacks where there are any.

    Lines are events since a time, newest first. `settled` is the resource status that counts as done (CREATE_COMPLETE
    or DELETE_COMPLETE); `planned` is what
    `expected` said. Calls: two for the stack and two for each nested stack that is moving.
    """
    rows = _resources(cloudformation, stack)
    nested = [row for row in rows if row["ResourceType"] == NESTED]
    unit = "stacks" if planned.get("stacks") or nested else "resources"
    counted = nested if unit == "stacks" else rows
    return {
        "done": sum(row["ResourceStatus"] == settled for row in counted),
        "total": max(len(counted), planned.get(unit, 0)),
        "unit": unit,
        "lines": _newest(cloudformation, stack, nested, since),
    }


def update_progress(cloudformation: Any, stack: str, *, since: datetime) -> dict[str, Any]:
    """How far an update is, as `progress`: counted are the resources that it has begun with, for AWS names no others.

    Calls: two for the stack and one for each nested stack that is moving.
    """
    rows = _resources(cloudformation, stack)
    nested = [row for row in rows if row["ResourceType"] == NESTED]
    moving = [row for row in rows if row["ResourceStatus"].endswith("_IN_PROGRESS")]
    changed = [row for row in rows if row["LastUpdatedTimestamp"].astimezone(UTC) >= since]
    ended = [row for row in changed if row["ResourceStatus"] in {"UPDATE_COMPLETE", "CREATE_COMPLETE"}]
    return {
        "done": len(ended),
        "total": len(ended) + len(moving),
        "unit": "stacks" if nested else "resources",
        "lines": _newest(cloudformation, stack, nested, since),
    }


def began_with(cloudformation: Any, stack: str, token: str, *, since: datetime) -> bool:
    """Whether the stack was changed since then by the request with this token: AWS stamps events with it."""
    return any(event.get("ClientRequestToken") == token for event in _events(cloudformation, stack, since))


def told(cloudformation: Any, stack: str, *, since: datetime, verb: str = "") -> list[Failure]:
    """`failures`, or none where AWS does not let them be read: what happened is known without them, only not why."""
    try:
        return failures(cloudformation, stack, since=since, verb=verb)
    except (ClientError, BotoCoreError, ResponseParserError):
        return []


def failures(cloudformation: Any, stack: str, *, since: datetime, verb: str = "") -> list[Failure]:
    """What failed since a time, oldest first, followed into the nested stack where it really happened.

    `verb` (CREATE, DELETE, UPDATE) restricts it to failures of that kind. Reads only as many pages of events as are
    newer.
    """
    name = stack.split("/")[1] if stack.startswith("arn:") else stack
    found: list[Failure] = []
    for event in _events(cloudformation, stack, since):
        status = event.get("ResourceStatus", "")
        reason = event.get("ResourceStatusReason", "")
        own = event.get("PhysicalResourceId") == event.get("StackId")
        if own or not status.endswith("_FAILED") or not status.startswith(verb) or reason.startswith(CANCELLED):
            continue
        child = event.get("PhysicalResourceId", "")
        below = (
            failures(cloudformation, child, since=since, verb=verb)
            if event.get("ResourceType") == NESTED and child.startswith("arn:")
            else []
        )
        found += below[::-1] or [Failure(name, event["LogicalResourceId"], event.get("ResourceType", ""), reason)]
    return found[::-1]


@contextmanager
def untold(secrets: Collection[str]) -> Iterator[None]:
    """Take these values out of what AWS says when it refuses the block's call: that is shown and kept."""
    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        for secret in filter(None, secrets):
            answer["Message"] = answer.get("Message", "").replace(secret, "****")
            error.args = tuple(str(arg).replace(secret, "****") for arg in error.args)
        raise


def _resources(cloudformation: Any, stack: str) -> list[Mapping[str, Any]]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [row for page in pages for row in page["StackResourceSummaries"]]


def _events(cloudformation: Any, stack: str, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Events newest first, until they are older than `since`."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["Timestamp"].astimezone(UTC) < since - CLOCKS_DIFFER:
                return
            yield event


def _newest(
    cloudformation: Any, stack: str, nested: Iterable[Mapping[str, Any]], since: datetime
) -> list[dict[str, str]]:
    """The newest events of the stack and of those of its nested stacks that are moving."""
    moving = [r for r in nested if r["ResourceStatus"].endswith("_IN_PROGRESS") and r.get("PhysicalResourceId")]
    lines = list(_lines(cloudformation, stack, "", since))
    for row in moving:
        lines += _lines(cloudformation, row["PhysicalResourceId"], row["LogicalResourceId"], since)
    lines.sort(key=lambda line: line["at"], reverse=True)
    return lines[:LINES]


def _lines(cloudformation: Any, stack: str, label: str, since: datetime) -> Iterator[dict[str, str]]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"][:LINES]
    for event in (event for event in events if event["Timestamp"].astimezone(UTC) >= since - CLOCKS_DIFFER):
        yield {
            "at": event["Timestamp"].astimezone(UTC).isoformat(timespec="seconds"),
            "stack": label,
            "resource": event["LogicalResourceId"],
            "type": event.get("ResourceType", ""),
            "status": event.get("ResourceStatus", ""),
            "reason": event.get("ResourceStatusReason", ""),
        }
