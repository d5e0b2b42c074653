"""ECS services: the running count follows the desired count, and long lists come in pages."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings

PAGE, LARGEST_PAGE = 10, 100
DESCRIBED_AT_ONCE = 10


class InvalidParameterError(ServiceException):
    code = "InvalidParameterException"


class ServiceTransitions:
    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "ecs":
            return go_on(call)
        if refused := _refusal(call):
            return call.failure(refused, status=400)
        if call.action == "ListServices":
            return _page(call, go_on(call))
        return self._change(call, go_on) if call.action in ("CreateService", "UpdateService") else go_on(call)

    def _change(self, call: Call, go_on: Next) -> Answer:
        services = load("ecs.models").ecs_backends[call.account][call.region].services
        before = {name: service.running_count for name, service in services.items()}
        answer = go_on(call)
        for name, service in services.items():
            running = before.get(name, 0)
            if not service.running_count == service.desired_count == running:
                send_off(service, running, self._agenda, self._settings)
        return answer


def send_off(service: Any, running: int, agenda: Agenda, settings: Settings) -> None:
    """Let a service of which so many tasks run come to its desired count in time."""
    settle(service, running)
    wanted = service.desired_count
    agenda.after(settings.transition_seconds, f"{service.arn}/{wanted}", partial(_arrive, service, wanted))


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


def _refusal(call: Call) -> ServiceException | None:
    services = call.parameters.get("services", [])
    if call.action == "DescribeServices" and len(services) > DESCRIBED_AT_ONCE:
        return InvalidParameterError(f"service names can have at most {DESCRIBED_AT_ONCE} items.")
    if call.action == "DescribeServices" and not services:
        return InvalidParameterError("Services cannot be empty.")
    if call.action == "ListServices" and not (call.parameters.get("nextToken") or "0").isdecimal():
        return InvalidParameterError("Invalid token.")
    size = call.parameters.get("maxResults")
    if call.action == "ListServices" and size is not None and not 1 <= size <= LARGEST_PAGE:
        return InvalidParameterError(f"maxResults must be between 1 and {LARGEST_PAGE}.")
    return None


def _page(call: Call, answer: Answer) -> Answer:
    """At most `maxResults` of the services (10 if it does not say), and a token for the rest."""
    if answer.status != 200:
        return answer
    content: dict[str, Any] = json.loads(answer.body)
    arns, start = content["serviceArns"], int(call.parameters.get("nextToken") or 0)
    end = start + int(call.parameters.get("maxResults") or PAGE)
    content["serviceArns"] = arns[start:end]
    if end < len(arns):
        content["nextToken"] = str(end)
    return dataclasses.replace(answer, body=json.dumps(content).encode())
