"""EC2 instances: pending, stopping and shutting-down before running, stopped and terminated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings
from portal.simulator.transitions import hibernation, volume_keys

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
        backend = load("ec2.models").ec2_backends[call.account][call.region]
        if refusal := self._refusal(call, backend) or hibernation.refusal(call, backend):
            return call.failure(refusal, status=400)
        before = {instance.id: state_of(instance).name for instance in instances_of(backend)}
        answer = go_on(call)
        for instance in instances_of(backend):
            now = state_of(instance).name
            if before.get(instance.id) == now:
                continue
            if instance.id not in before:
                hibernation.encrypt_by_default(instance, backend)
            if now == "stopped" and call.parameters.get("Hibernate"):
                hibernation.mark(instance)
            reason = volume_keys.denial(instance, backend) if call.action == "StartInstances" else None
            if reason and now == "running":
                self._let_down(instance, reason)
            else:
                send_off(instance, self._agenda, self._settings)
        return answer

    def _let_down(self, instance: Any, reason: volume_keys.Reason) -> None:
        """A start that was accepted and comes to nothing: pending, then stopped again, with AWS's reason."""

        def fall_back() -> None:
            if state_of(instance).name in ("pending", "running"):
                instance.stop()
                volume_keys.give_reason(instance, reason)

        if self._settings.transition_seconds:
            state_of(instance).name, state_of(instance).code = ON_THE_WAY["running"]
            self._agenda.after(self._settings.transition_seconds, f"{instance.id}/denied", fall_back)
        else:
            fall_back()

    def _refusal(self, call: Call, backend: Any) -> ServiceException | None:
        if call.action not in POSSIBLE:
            return None
        states, verb = POSSIBLE[call.action]
        for instance in instances_of(backend):
            if instance.id in call.parameters.get("InstanceIds", []) and state_of(instance).name not in states:
                return IncorrectInstanceStateError(
                    f"The instance '{instance.id}' is not in a state from which it can be {verb}."
                )
        return None


def send_off(instance: Any, agenda: Agenda, settings: Settings, then: Callable[[], None] | None = None) -> None:
    """Put an instance that moto has brought to its final state on the way there.

    `then` is done when it has arrived; without time, or for an instance that is on its way already, at once or when
    as much time has passed.
    """
    state = state_of(instance)
    if state.name in ON_THE_WAY and settings.transition_seconds:
        (passing, code), (final, final_code) = ON_THE_WAY[state.name], (state.name, state.code)
        state.name, state.code = passing, code
    else:
        passing, final, final_code = "", state.name, state.code

    def arrive() -> None:
        # It may have been sent elsewhere meanwhile.
        if state.name == passing:
            state.name, state.code = final, final_code
        if then:
            then()

    if settings.transition_seconds:
        agenda.after(settings.transition_seconds, f"{instance.id}/{final}", arrive)
    else:
        arrive()


def instances_of(backend: Any) -> list[Any]:
    return [instance for reservation in backend.reservations.values() for instance in reservation.instances]


def state_of(instance: Any) -> Any:
    return instance._state  # noqa: SLF001 - moto has no public way to set it
