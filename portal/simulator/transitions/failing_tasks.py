"""ECS services whose image does not exist: tasks are started again and again, and ECS says so in its events."""

from __future__ import annotations

from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.apprunner.requests import can_be_deployed
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.moto_modules import load
from portal.simulator.randomness import hexadecimal, new_uuid
from portal.simulator.settings import Settings
from portal.simulator.transitions.ecs import settle

KEPT = 100
SHORTEST_S, LONGEST_S = 10.0, 900.0
# ECS says it after some tries that failed one after the other; the circuit breaker breaks at three at the earliest.
CONSISTENTLY = 3


class FailingTasks:
    """Looks after each change of a service: what would run by then does not, where there is no image to run.

    Only images in (simulated) private ECR repositories can be missing; all others are taken to exist.
    """

    def __init__(self, clock: Clock, agenda: Agenda, settings: Settings) -> None:
        self._clock = clock
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        answer = go_on(call)
        if call.service != "ecs" or call.action not in ("CreateService", "UpdateService") or answer.status != 200:
            return answer
        for service in load("ecs.models").ecs_backends[call.account][call.region].services.values():
            if service.running_count < service.desired_count and not _has_image(service):
                self._after(self._settings.transition_seconds, service, tries=1)
        return answer

    def _after(self, seconds: float, service: Any, tries: int) -> None:
        wanted = service.desired_count
        self._agenda.after(seconds, f"{service.arn}/{wanted}/{tries}", partial(self._fail, service, wanted, tries))

    def _fail(self, service: Any, wanted: int, tries: int) -> None:
        """None of the tasks runs; another try follows later and later, until somebody changes something."""
        if service.desired_count != wanted or service.status != "ACTIVE":
            return
        if _has_image(service):
            settle(service, wanted)
            return
        settle(service, 0)
        tasks = " ".join(f"(task {hexadecimal(32)})" for _ in range(wanted))
        self._say(service, f"has started {wanted} tasks: {tasks}.")
        for deployment in service.deployments[:1]:
            deployment["failedTasks"] += wanted
        if tries >= CONSISTENTLY:
            self._say(service, "is unable to consistently start tasks successfully.")
        pause = max(self._settings.transition_seconds, SHORTEST_S) * 2 ** (tries - 1)
        self._after(min(pause, LONGEST_S), service, tries + 1)

    def _say(self, service: Any, words: str) -> None:
        event = {"id": str(new_uuid()), "createdAt": self._clock.now(), "message": f"(service {service.name}) {words}"}
        service.events = [event, *service.events][:KEPT]


def _has_image(service: Any) -> bool:
    if not service.task_definition:
        return True
    containers = service._backend.describe_task_definition(service.task_definition).container_definitions  # noqa: SLF001
    images = [{"ImageRepositoryType": "ECR", "ImageIdentifier": one.get("image", "")} for one in containers]
    return all(can_be_deployed({"ImageRepository": image}) for image in images)
