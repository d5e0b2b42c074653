"""The layer that answers App Runner's API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.agenda import Agenda
from portal.simulator.apprunner.errors import (
    InvalidRequestError,
    InvalidStateError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
)
from portal.simulator.apprunner.requests import can_be_deployed, page, refused
from portal.simulator.apprunner.scaling import scaling_configuration
from portal.simulator.apprunner.services import (
    CREATE_FAILED,
    DELETE_FAILED,
    DELETED,
    IN_PROGRESS,
    PAUSED,
    RUNNING,
    Operation,
    Service,
)
from portal.simulator.apprunner.tagging import with_services
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.randomness import hexadecimal, new_uuid
from portal.simulator.settings import Settings

QUOTA = 30
Json = dict[str, Any]
# In which states what can be asked for. StartDeployment is apart: its model knows no InvalidStateException.
POSSIBLE = {
    "PauseService": {RUNNING},
    "ResumeService": {PAUSED},
    "UpdateService": {RUNNING, PAUSED, CREATE_FAILED},
    "DeleteService": {RUNNING, PAUSED, CREATE_FAILED, DELETE_FAILED},
}
DONE = {"PauseService": "paused", "ResumeService": "resumed", "UpdateService": "updated", "DeleteService": "deleted"}


class AppRunner:
    """Services by account and region. What is asked for takes `transition_seconds`, or is done by the next call.

    A deleted service can still be described, as in AWS, and is no longer listed.
    """

    def __init__(self, clock: Clock, agenda: Agenda, settings: Settings) -> None:
        self._clock = clock
        self._agenda = agenda
        self._settings = settings
        self._services: dict[tuple[str, str], dict[str, Service]] = {}
        self._actions: dict[str, Callable[[Call], Json]] = {
            "CreateService": self._create,
            "DescribeAutoScalingConfiguration": scaling_configuration,
            "DescribeService": lambda call: {"Service": self._named(call).description()},
            "ListServices": self._list,
            "PauseService": lambda call: self._begin(call, "PAUSE_SERVICE", PAUSED),
            "ResumeService": lambda call: self._begin(call, "RESUME_SERVICE", RUNNING),
            "DeleteService": lambda call: self._begin(call, "DELETE_SERVICE", DELETED),
            "UpdateService": self._update,
            "StartDeployment": self._deploy,
            "ListOperations": self._list_operations,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def clear(self) -> None:
        self._services.clear()

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if (call.service, call.action) == ("resourcegroupstaggingapi", "GetResources"):
            return with_services(call, go_on(call), self._here(call).values())
        if call.service != "apprunner" or call.action not in self._actions:
            return go_on(call)
        try:
            if error := refused(call.action, call.parameters):
                raise error
            return call.success(self._actions[call.action](call))
        except ServiceException as error:
            return call.failure(error, status=400)

    def _create(self, call: Call) -> Json:
        wanted = call.parameters
        name = wanted["ServiceName"]
        living = [service for service in self._here(call).values() if service.status != DELETED]
        if any(service.name == name for service in living):
            raise InvalidRequestError(f"Service with the provided name already exists: {name}.")
        if len(living) >= QUOTA:
            raise ServiceQuotaExceededError(f"You have reached your account's quota of {QUOTA} services.")
        service = Service(
            name=name,
            id=hexadecimal(32),
            account=call.account,
            region=call.region,
            url=f"{hexadecimal(10)}.{call.region}.awsapprunner.com",
            created=self._clock.now(),
            settings={},
            tags={tag["Key"]: tag.get("Value", "") for tag in wanted.get("Tags", [])},
            encryption=wanted.get("EncryptionConfiguration"),
        )
        service.change(wanted)
        self._here(call)[service.arn] = service
        # A first deployment belongs to the creation: without an image there is no service.
        works = can_be_deployed(service.settings["SourceConfiguration"])
        return self._on_its_way(service, "CREATE_SERVICE", RUNNING if works else CREATE_FAILED, works=works)

    def _begin(self, call: Call, operation: str, final: str) -> Json:
        service = self._named(call)
        self._check_state(call, service)
        return self._on_its_way(service, operation, final)

    def _update(self, call: Call) -> Json:
        service = self._named(call)
        self._check_state(call, service)
        before, settings = service.status, dict(service.settings)
        service.change(call.parameters)
        works = can_be_deployed(service.settings["SourceConfiguration"])
        if not works:
            service.settings = settings
        final = RUNNING if before == CREATE_FAILED and works else before
        return self._on_its_way(service, "UPDATE_SERVICE", final, works=works)

    def _deploy(self, call: Call) -> Json:
        service = self._named(call)
        if service.status != RUNNING:
            raise InvalidRequestError(f"Service status must be RUNNING to be deployed. Status is {service.status}.")
        works = can_be_deployed(service.settings["SourceConfiguration"])
        begun = self._on_its_way(service, "START_DEPLOYMENT", RUNNING, works=works)
        return {"OperationId": begun["OperationId"]}

    def _check_state(self, call: Call, service: Service) -> None:
        states = POSSIBLE[call.action]
        if service.status not in states:
            wanted = " or ".join(sorted(states, reverse=True))
            raise InvalidStateError(
                f"Service status must be {wanted} to be {DONE[call.action]}. Status is {service.status}."
            )

    def _on_its_way(self, service: Service, kind: str, final: str, *, works: bool = True) -> Json:
        operation = Operation(str(new_uuid()), kind, service.arn, self._clock.now())
        service.operations.insert(0, operation)
        service.status, service.updated = IN_PROGRESS, operation.started

        def arrive() -> None:
            now = self._clock.now()
            service.status, service.updated = final, now
            service.deleted = now if final == DELETED else None
            operation.ended = now
            # A deployment that fails leaves what ran before; a creation that fails leaves nothing to go back to.
            failed = "FAILED" if kind == "CREATE_SERVICE" else "ROLLBACK_SUCCEEDED"
            operation.status = "SUCCEEDED" if works else failed

        self._agenda.after(self._settings.transition_seconds, f"{service.arn}/{operation.id}", arrive)
        return {"Service": service.description(), "OperationId": operation.id}

    def _list(self, call: Call) -> Json:
        living = [service for service in self._here(call).values() if service.status != DELETED]
        return page([service.summary() for service in living], call.parameters, "ServiceSummaryList")

    def _list_operations(self, call: Call) -> Json:
        operations = self._named(call).operations
        return page([operation.summary() for operation in operations], call.parameters, "OperationSummaryList")

    def _tag(self, call: Call) -> Json:
        tags = {tag["Key"]: tag.get("Value", "") for tag in call.parameters["Tags"]}
        self._named(call, "ResourceArn").tags.update(tags)
        return {}

    def _untag(self, call: Call) -> Json:
        tags = self._named(call, "ResourceArn").tags
        for key in call.parameters["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, call: Call) -> Json:
        tags = self._named(call, "ResourceArn").tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _here(self, call: Call) -> dict[str, Service]:
        return self._services.setdefault((call.account, call.region), {})

    def _named(self, call: Call, parameter: str = "ServiceArn") -> Service:
        arn = str(call.parameters.get(parameter, ""))
        if arn not in self._here(call):
            raise ResourceNotFoundError(f"Service does not exist: {arn}.")
        return self._here(call)[arn]
