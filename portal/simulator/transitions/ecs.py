"""ECS services: the running count follows the desired count."""

from __future__ import annotations

from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings


class ServiceTransitions:
    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "ecs" or call.action not in ("CreateService", "UpdateService"):
            return go_on(call)
        services = load("ecs.models").ecs_backends[call.account][call.region].services
        before = {name: service.running_count for name, service in services.items()}
        answer = go_on(call)
        for name, service in services.items():
            wanted, running = service.desired_count, before.get(name, 0)
            if service.running_count == service.desired_count == running:
                continue
            settle(service, running)
            self._agenda.after(self._settings.transition_seconds, f"{name}/{wanted}", partial(_arrive, service, wanted))
        return answer


def settle(service: Any, running: int) -> None:
    """Set how many tasks of a service run; the rest of those desired are pending."""
    service.running_count = running
    service.pending_count = max(service.desired_count - running, 0)
    for deployment in service.deployments[:1]:
        deployment.update(
            desiredCount=service.desired_count,
            runningCount=running,
            pendingCount=service.pending_count,
            rolloutState="COMPLETED" if running == service.desired_count else "IN_PROGRESS",
        )


def _arrive(service: Any, wanted: int) -> None:
    # Another count may be desired meanwhile: then that one's arrival is on the agenda, too.
    if service.desired_count == wanted:
        settle(service, wanted)
