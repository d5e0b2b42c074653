"""What AWS has scheduled for instances: a restart, work on their host, their retirement. Looks only.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from .base import AccountRef, TargetRef
from .client import client, in_words
from .ec2_instances import PAGE, find, instances
from .selection import selection

KIND = "ec2"
# All codes there are: the filter leaves out the instances for which nothing is scheduled.
CODES = ("instance-reboot", "system-reboot", "system-maintenance", "instance-retirement", "instance-stop")
MET_RUNNING = frozenset({"instance-reboot", "system-reboot", "system-maintenance"})
"""Events that an instance sees through when it runs. Before the others it is better stopped and started: that takes it
to another host."""

# What has been done, or called off, is told for up to a week more; its description then begins so.
OVER = ("[Completed]", "[Canceled]", "[Cancelled]")


class Row(TypedDict):
    """What is kept of an event; times in ISO and UTC, `ends` empty where AWS does not say."""

    id: str
    code: str
    begins: str
    ends: str


def overview(account: AccountRef, region: str, refs: Sequence[TargetRef]) -> dict[str, list[Row]]:
    """Scheduled events of what targets name: identifier -> its events, the soonest first.

    One request (one a page) for all instances of a region; another look at the instances only where something is
    scheduled. `TargetError` when AWS cannot be asked.
    """
    with in_words(KIND, "DescribeInstanceStatus", account, region):
        ec2 = client("ec2", account, region)
        events = _scheduled(ec2)
        if not events:
            return {ref.identifier: [] for ref in refs}
        chosen = [selection(ref.identifier) for ref in refs]
        seen = list(instances(ec2, chosen))
    return {
        ref.identifier: sorted(
            (event for member in find(one, seen).members for event in events.get(member.id, ())),
            key=lambda event: (event["begins"], event["id"]),
        )
        for ref, one in zip(refs, chosen, strict=True)
    }


def _scheduled(ec2: Any) -> dict[str, list[Row]]:
    wanted: dict[str, Any] = {
        "Filters": [{"Name": "event.code", "Values": list(CODES)}],
        "IncludeAllInstances": True,
        "PaginationConfig": {"PageSize": PAGE},
    }
    return {
        told["InstanceId"]: rows
        for page in ec2.get_paginator("describe_instance_status").paginate(**wanted)
        for told in page["InstanceStatuses"]
        if (rows := [_row(told["InstanceId"], event) for event in told.get("Events", ()) if _is_ahead(event)])
    }


def _is_ahead(event: Mapping[str, Any]) -> bool:
    return bool(event.get("NotBefore")) and not str(event.get("Description", "")).startswith(OVER)


def _row(instance_id: str, event: Mapping[str, Any]) -> Row:
    return Row(
        id=instance_id,
        code=event.get("Code", ""),
        begins=_written(event["NotBefore"]),
        ends=_written(event["NotAfter"]) if event.get("NotAfter") else "",
    )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
