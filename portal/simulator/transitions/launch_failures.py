"""Auto scaling groups whose launches fail, and the scaling activities that say so, of which moto keeps none."""

from __future__ import annotations

from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.moto_modules import load

KEPT = "scaling_activities"
LAUNCH = "replace_autoscaling_group_instances"


class LaunchFailures:
    """Answers DescribeScalingActivities; `plan` is a handler of the control API."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "autoscaling" or call.action != "DescribeScalingActivities":
            return go_on(call)
        backend = load("autoscaling.models").autoscaling_backends[call.account][call.region]
        name = call.parameters.get("AutoScalingGroupName")
        groups = [one for one in backend.autoscaling_groups.values() if name in (None, one.name)]
        return call.success({"Activities": [said for one in groups for said in one.__dict__.get(KEPT, [])[::-1]]})

    def plan(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """`group` launches nothing from now on, for a `reason` in AWS's words; with null it does again, at once.

        Raises ValueError for a group there is not.
        """
        name, reason = str(wanted["group"]), wanted["reason"]
        for account in list(load("autoscaling.models").autoscaling_backends.values()):
            for backend in list(account.values()):
                if group := backend.autoscaling_groups.get(name):
                    self._plan(group, reason)
                    return {"group": name, "reason": reason}
        raise ValueError(f"no group {name}")

    def _plan(self, group: Any, reason: str | None) -> None:
        def refuse(count: int, tags: dict[str, str]) -> None:
            self._note(group, "Failed", str(reason))

        if reason is not None:
            group.__dict__[LAUNCH] = refuse
        elif group.__dict__.pop(LAUNCH, None):
            group.set_desired_capacity(group.desired_capacity)
            self._note(group, "Successful", "")

    def _note(self, group: Any, status: str, words: str) -> None:
        kept = group.__dict__.setdefault(KEPT, [])
        now = self._clock.now()
        said = {
            "ActivityId": f"{group.name}-{len(kept)}",
            "AutoScalingGroupName": group.name,
            "Description": "Launching a new EC2 instance." + (f"  Status Reason: {words}" if words else ""),
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between desired "
            "and actual capacity.",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": status,
            "Progress": 100,
        }
        kept.append(said | ({"StatusMessage": words} if words else {}))
