"""Events that EC2 has scheduled for instances: a restart, work on the host, a retirement.

Moto knows none. Here an instance has the one that its tag `simulator:event` says: a code as AWS calls it, and from when
to when, with a slash between (`instance-reboot 2026-11-29T01:00:00Z/2026-11-29T03:00:00Z`; the end may be left out).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load

TAG = "simulator:event"
FILTER = "event.code"


def scheduled_events(call: Call, go_on: Next) -> Answer:
    """A layer: answers DescribeInstanceStatus where it asks for events."""
    if call.service != "ec2" or call.action != "DescribeInstanceStatus":
        return go_on(call)
    codes = {
        code for one in call.parameters.get("Filters", []) if one["Name"] == FILTER for code in one.get("Values", [])
    }
    if not codes:
        return go_on(call)
    backend = load("ec2.models").ec2_backends[call.account][call.region]
    found = [
        {"InstanceId": instance.id, "Events": [event]}
        for reservation in backend.reservations.values()
        for instance in reservation.instances
        for event in _events(instance)
        if event["Code"] in codes
    ]
    return call.success({"InstanceStatuses": found})


def _events(instance: Any) -> list[dict[str, Any]]:
    """ValueError for a tag that is none."""
    found = []
    for tag in instance.get_tags():
        if tag["key"] == TAG:
            code, _, times = tag["value"].partition(" ")
            begin, _, end = times.partition("/")
            event = {"Code": code, "Description": "simulated", "NotBefore": datetime.fromisoformat(begin)}
            found.append(event | ({"NotAfter": datetime.fromisoformat(end)} if end else {}))
    return found
