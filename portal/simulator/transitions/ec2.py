"""EC2 instances: pending, stopping and shutting-down before running, stopped and terminated."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings

ON_THE_WAY = {"running": ("pending", 0), "stopped": ("stopping", 64), "terminated": ("shutting-down", 32)}
# What can be asked of an instance in which states; AWS refuses the rest with IncorrectInstanceState.
POSSIBLE = {
    "StartInstances": ({"stopped", "pending", "running"}, "started"),
    "StopInstances": ({"running", "stopping", "stopped"}, "stopped"),
}


class IncorrectInstanceStateError(ServiceException):
    code = "IncorrectInstanceState"


class InstanceTransitions:
    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "ec2" or not call.action.endswith("Instances") or not call.changes_something:
            return go_on(call)
        if refusal := self._refusal(call):
            return call.failure(refusal, status=400)
        before = {instance.id: _state_of(instance).name for instance in _instances(call)}
        answer = go_on(call)
        if self._settings.transition_seconds:
            for instance in _instances(call):
                if before.get(instance.id) != _state_of(instance).name and _state_of(instance).name in ON_THE_WAY:
                    self._send_off(instance)
        return answer

    def _send_off(self, instance: Any) -> None:
        state = _state_of(instance)
        (passing, code), (final, final_code) = ON_THE_WAY[state.name], (state.name, state.code)
        state.name, state.code = passing, code

        def arrive() -> None:
            # It may have been sent elsewhere meanwhile.
            if state.name == passing:
                state.name, state.code = final, final_code

        self._agenda.after(self._settings.transition_seconds, f"{instance.id}/{final}", arrive)

    def _refusal(self, call: Call) -> ServiceException | None:
        if call.action not in POSSIBLE:
            return None
        states, verb = POSSIBLE[call.action]
        for instance in _instances(call):
            if instance.id in call.parameters.get("InstanceIds", []) and _state_of(instance).name not in states:
                return IncorrectInstanceStateError(
                    f"The instance '{instance.id}' is not in a state from which it can be {verb}."
                )
        return None


def _instances(call: Call) -> list[Any]:
    reservations = load("ec2.models").ec2_backends[call.account][call.region].reservations.values()
    return [instance for reservation in reservations for instance in reservation.instances]


def _state_of(instance: Any) -> Any:
    return instance._state  # noqa: SLF001 - moto has no public way to set it
