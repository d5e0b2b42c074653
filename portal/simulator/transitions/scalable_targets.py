"""Application Auto Scaling: an ECS service's desired count is brought into its target's range, unless suspended."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings
from portal.simulator.transitions.ecs import send_off

SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
DIMENSION = "ecs:service:DesiredCount"


class TargetTransitions:
    """Looks after each change of a service or a target, once `transition_seconds` have passed."""

    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        registering = (call.service, call.action) == ("application-autoscaling", "RegisterScalableTarget")
        if not registering and (call.service != "ecs" or call.action not in ("CreateService", "UpdateService")):
            return go_on(call)
        answer = go_on(call)
        if answer.status != 200 or (not registering and "moto.applicationautoscaling.models" not in sys.modules):
            return answer
        backend = load("applicationautoscaling.models").applicationautoscaling_backends[call.account][call.region]
        for target in backend.targets.get(DIMENSION, {}).values():
            # AWS tells all three, and takes those that are not said for false.
            target.suspended_state = {name: bool((target.suspended_state or {}).get(name)) for name in SUSPENDED}
            service = _service_of(target)
            if service and _in_range(target, service.desired_count) != service.desired_count:
                key = f"{target.arn}/{service.desired_count}"
                self._agenda.after(self._settings.transition_seconds, key, partial(self._bring, backend, target))
        return answer

    def _bring(self, backend: Any, target: Any) -> None:
        service = _service_of(target)
        # It may have been suspended, or have gone, meanwhile.
        if service is None or target not in backend.targets.get(DIMENSION, {}).values():
            return
        count = _in_range(target, service.desired_count)
        if count != service.desired_count:
            service.desired_count = count
            send_off(service, service.running_count, self._agenda, self._settings)


def _in_range(target: Any, count: int) -> int:
    suspended = target.suspended_state
    if count < target.min_capacity and not suspended["DynamicScalingOutSuspended"]:
        return int(target.min_capacity)
    if count > target.max_capacity and not suspended["DynamicScalingInSuspended"]:
        return int(target.max_capacity)
    return count


def _service_of(target: Any) -> Any:
    _, cluster, name = target.resource_id.split("/")
    return target.applicationautoscaling_backend.ecs_backend.services.get(f"{cluster}:{name}")
