"""The way forward through a template's graph: making and changing resources, each when what it needs is done."""

from __future__ import annotations

import copy
import json
from typing import Any

from portal.simulator.cloudformation import graph
from portal.simulator.cloudformation.backing import make
from portal.simulator.cloudformation.errors import CloudFormationError, ResourceError
from portal.simulator.cloudformation.intrinsics import NO_VALUE, as_text, evaluate
from portal.simulator.cloudformation.operation import Operation
from portal.simulator.cloudformation.requests import ResourceRequest
from portal.simulator.cloudformation.scope import StackScope
from portal.simulator.cloudformation.stacks import Resource, Stack


class Provisioning(Operation):
    """Makes and changes resources until all are as the template says, or one fails; then `succeeded` or `failed`."""

    def start(self) -> None:
        self.scope = StackScope(self.stack, self.engine.shelf_of(self.stack))
        self.waiting = self._active()
        self.done: set[str] = set()
        self.failures: list[Resource] = []
        self.go_on()

    def succeeded(self) -> None:
        raise NotImplementedError

    def failed(self) -> None:
        raise NotImplementedError

    def change(self, resource: Resource, definition: dict[str, Any], properties: dict[str, Any]) -> None:
        raise NotImplementedError

    def go_on(self) -> None:
        """Begin all that can begin, and end when nothing is left."""
        while not self.failures and self.stack.operation is self:
            ready = [name for name, needs in self.waiting.items() if needs <= self.done]
            if not ready:
                break
            for name in ready:
                if self.failures or self.stack.operation is not self:
                    return
                del self.waiting[name]
                self._begin(name)
        if not self.waiting and not self.running and not self.failures and self.stack.operation is self:
            self.succeeded()

    def complete(self, resource: Resource) -> None:
        self.stack.move_resource(resource, f"{resource.status.partition('_')[0]}_COMPLETE")
        self.running.pop(resource.logical_id, None)
        self.done.add(resource.logical_id)
        self.go_on()

    def fail(self, resource: Resource, reason: str) -> None:
        """The first failure ends it: all else that is under way is cancelled."""
        self.stack.move_resource(resource, f"{resource.status.partition('_')[0]}_FAILED", reason)
        self.running.pop(resource.logical_id, None)
        self.failures = [resource, *self.running.values()]
        self.abandon()
        self.failed()

    def failure_reason(self) -> str:
        return " ".join(
            f"The following resource(s) failed to {verb.lower()}: [{', '.join(names)}]."
            for verb in ("CREATE", "UPDATE")
            if (names := [resource.logical_id for resource in self.failures if resource.status.startswith(verb)])
        )

    def set_outputs(self) -> None:
        """Evaluate the outputs. Raises ResourceError where one cannot be, or its export name is taken."""
        outputs = []
        for key, definition in self.stack.template.outputs.items():
            if "Condition" in definition and not self.scope.condition(definition["Condition"]):
                continue
            value = evaluate(definition["Value"], self.scope)
            text = ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
            output = {"OutputKey": key, "OutputValue": text}
            if "Description" in definition:
                output["Description"] = definition["Description"]
            if "Export" in definition:
                name = str(evaluate(definition["Export"]["Name"], self.scope))
                other = self.engine.shelf_of(self.stack).exporter(name)
                if other is not None and other is not self.stack:
                    raise ResourceError(f"Export with name {name} is already exported by stack {other.name}.")
                output["ExportName"] = name
            outputs.append(output)
        self.stack.outputs = outputs

    def _active(self) -> dict[str, frozenset[str]]:
        """The graph without resources whose condition is false, in an order in which it can be made."""
        template = self.stack.template
        active = {
            name
            for name, definition in template.resources.items()
            if "Condition" not in definition or self.scope.condition(definition["Condition"])
        }
        return {name: template.graph[name] & active for name in graph.in_order(template.graph) if name in active}

    def _begin(self, name: str) -> None:
        definition = dict(self.stack.template.resources[name])
        existing = self.stack.resources.get(name)
        living = existing if existing and existing.exists else None
        try:
            properties = evaluate(definition.get("Properties") or {}, self.scope)
            properties = {} if properties is NO_VALUE else self.engine.resolve_dynamic(self.stack, properties)
        except (ResourceError, CloudFormationError) as error:
            resource = living or self._new(name, definition, {})
            self._announce(resource, "UPDATE" if living else "CREATE", {})
            self.fail(resource, str(getattr(error, "message", error)))
            return
        if living and living.physical_id:
            self.change(living, definition, properties)
        else:
            self._create(self._new(name, definition, properties))

    def _new(self, name: str, definition: dict[str, Any], properties: dict[str, Any]) -> Resource:
        resource = Resource(name, definition["Type"], "", self.stack.clock.now(), None, "", properties, definition)
        self.stack.resources[name] = resource
        return resource

    def _announce(self, resource: Resource, verb: str, properties: dict[str, Any]) -> None:
        self.running[resource.logical_id] = resource
        self.stack.move_resource(resource, f"{verb}_IN_PROGRESS", properties=as_json(properties))

    def _create(self, resource: Resource) -> None:
        self._announce(resource, "CREATE", resource.properties)
        reason = self.engine.failures.take("create", self.stack, resource)
        if reason is not None:
            self.later(resource, lambda: self.fail(resource, reason))
        elif resource.is_stack:
            self._create_child(resource)
        else:
            try:
                resource.backing = make(self.request_for(resource, resource.properties))
            except ResourceError as refusal:
                words = str(refusal)
                self.later(resource, lambda: self.fail(resource, words))
                return
            resource.physical_id = resource.backing.physical_id
            self.stack.move_resource(
                resource, "CREATE_IN_PROGRESS", "Resource creation Initiated", properties=as_json(resource.properties)
            )
            self.later(resource, lambda: self.complete(resource))

    def _create_child(self, resource: Resource) -> None:
        def when_done(child: Stack) -> None:
            if self.stack.operation is not self:
                return
            if child.status == "CREATE_COMPLETE":
                self.complete(resource)
            else:
                self.fail(resource, f"Embedded stack {child.id} was not successfully created: {child.reason}")

        try:
            creation = self.engine.create_child(self, resource, when_done)
        except CloudFormationError as refusal:
            words = refusal.message
            self.later(resource, lambda: self.fail(resource, words), weight=0)
            return
        self.stack.move_resource(
            resource, "CREATE_IN_PROGRESS", "Resource creation Initiated", properties=as_json(resource.properties)
        )
        # Not at once: it may end at once, and this operation is still counting what it has begun.
        self.later(resource, creation.start, weight=0)

    def request_for(self, resource: Resource, properties: dict[str, Any]) -> ResourceRequest:
        stack = self.stack
        return ResourceRequest(
            resource.type, resource.logical_id, stack.id, stack.name, stack.account, stack.region,
            copy.deepcopy(properties), dict(stack.tags),
        )  # fmt: skip


def as_json(properties: dict[str, Any]) -> str:
    return json.dumps(properties, separators=(",", ":"), default=str)
