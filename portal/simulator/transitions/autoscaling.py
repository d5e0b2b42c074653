"""Auto scaling groups: instances come and go in their time, and one that was stopped is replaced."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings
from portal.simulator.transitions.autoscaling_refusals import refusal
from portal.simulator.transitions.ec2 import send_off, state_of

GONE = {"shutting-down", "terminated"}
IN_SERVICE, PENDING, TERMINATING = "InService", "Pending", "Terminating"
Members = dict[str, tuple[Any, list[Any]]]


class GroupTransitions:
    """Stands before the layer of instances, whose states it leaves to it where a call is about instances."""

    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        of_groups = call.service == "autoscaling"
        if not of_groups and (call.service != "ec2" or call.action not in ("StopInstances", "TerminateInstances")):
            return go_on(call)
        groups = _groups(call, of_groups)
        if of_groups and (refused := refusal(call, groups)):
            return call.failure(refused, status=400)
        if not call.changes_something:
            return go_on(call)
        before = _members(groups.values())
        answer = go_on(call)
        if answer.status == 200:
            for group in groups.values():
                self._keep_order(group, resumed=call.action == "ResumeProcesses")
            if call.action != "AttachInstances":
                self._follow(before, _members(groups.values()))
            if call.action in ("StopInstances", "ResumeProcesses"):
                self._watch(groups.values())
        return answer

    def _keep_order(self, group: Any, *, resumed: bool) -> None:
        # Moto keeps processes in no order, and a capacity that new sizes exclude.
        group.suspended_processes = sorted(process["ProcessName"] for process in group.suspended_processes)
        possible = min(max(group.desired_capacity, group.min_size), group.max_size)
        if resumed or possible != group.desired_capacity:
            group.set_desired_capacity(possible)

    def _follow(self, before: Members, after: Members) -> None:
        """Put on their way those that came and those that went."""
        for name, (group, members) in {**before, **after}.items():
            was, now = before.get(name, (group, []))[1], members if name in after else []
            for member in now:
                if member not in was:
                    self._bring(member)
            for member in was:
                if member not in now and state_of(member.instance).name in GONE:
                    self._take_away(group, member)

    def _bring(self, member: Any) -> None:
        def arrive() -> None:
            if member.lifecycle_state == PENDING:
                member.lifecycle_state = IN_SERVICE

        member.lifecycle_state = PENDING
        send_off(member.instance, self._agenda, self._settings, arrive)

    def _take_away(self, group: Any, member: Any) -> None:
        leaving: list[Any] = group.__dict__.setdefault("leaving", [])
        leaving.append(member)
        member.lifecycle_state = TERMINATING
        send_off(member.instance, self._agenda, self._settings, partial(leaving.remove, member))

    def _watch(self, groups: Any) -> None:
        """Have the health of what does not run looked at, once as much time has passed."""
        for group in groups:
            for member in group.instance_states:
                if _is_down(member):
                    check = partial(self._check, group, member)
                    self._agenda.after(self._settings.transition_seconds, f"{member.instance.id}/health", check)

    def _check(self, group: Any, member: Any) -> None:
        # It may have been started again, or have left the group, meanwhile.
        suspended = {process["ProcessName"] for process in group.suspended_processes}
        if member not in group.instance_states or not _is_down(member) or "HealthCheck" in suspended:
            return
        member.health_status = "Unhealthy"
        if suspended & {"ReplaceUnhealthy", "Terminate"}:
            return
        before = _members([group])
        group.ec2_backend.terminate_instances([member.instance.id])
        group.instance_states.remove(member)
        group.set_desired_capacity(group.desired_capacity)
        self._follow(before, _members([group]))


def _groups(call: Call, needed: bool) -> dict[str, Any]:
    """The groups of the call's account and region; none while nobody has loaded moto's module, unless it is needed."""
    if not needed and "moto.autoscaling.models" not in sys.modules:
        return {}
    backend = load("autoscaling.models").autoscaling_backends[call.account][call.region]
    groups: dict[str, Any] = backend.autoscaling_groups
    return groups


def _members(groups: Any) -> Members:
    return {group.name: (group, list(group.instance_states)) for group in groups}


def _is_down(member: Any) -> bool:
    return member.lifecycle_state == IN_SERVICE and state_of(member.instance).name in ("stopping", "stopped")
