"""Updating a stack, and putting it back when that fails."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.simulator.cloudformation.errors import CloudFormationError, ResourceError
from portal.simulator.cloudformation.operation import WhenDone
from portal.simulator.cloudformation.provisioning import Provisioning, as_json
from portal.simulator.cloudformation.removal import Removal
from portal.simulator.cloudformation.stacks import Resource, Stack
from portal.simulator.cloudformation.template import Template

if TYPE_CHECKING:
    from portal.simulator.cloudformation.engine import Engine

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


@dataclass(frozen=True)
class Description:
    """What a stack is described by: what an update changes, and what a rollback puts back."""

    template: Template
    parameters: dict[str, str]
    values: dict[str, Any]
    tags: dict[str, str]

    @classmethod
    def of(cls, stack: Stack) -> Description:
        return cls(stack.template, stack.parameters, stack.values, stack.tags)

    def apply_to(self, stack: Stack) -> None:
        stack.template, stack.parameters = self.template, self.parameters
        stack.values, stack.tags = self.values, self.tags


class Update(Provisioning):
    """UPDATE_IN_PROGRESS to UPDATE_COMPLETE, or back again to UPDATE_ROLLBACK_COMPLETE.

    What is no longer needed is removed last, when nothing can fail any more.
    """

    in_progress, cleaning, complete_status = (
        "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE",
    )  # fmt: skip

    def __init__(
        self, engine: Engine, stack: Stack, new: Description, *, unit: float, token: str | None = None,
        when_done: WhenDone | None = None, reason: str | None = "User Initiated",
    ) -> None:  # fmt: skip
        super().__init__(engine, stack, unit=unit, token=token, when_done=when_done)
        self.before = Description.of(stack)
        self.new = new
        self.reason = reason
        # Physical resources that another one has replaced: removed in the end, or taken back.
        self.replaced: dict[str, Resource] = {}
        # What nested stacks were before: their templates are no longer to be had where they were fetched.
        self.children_before: dict[str, Description] = {}

    def start(self) -> None:
        self.new.apply_to(self.stack)
        self.stack.updated = self.stack.clock.now()
        self.stack.move(self.in_progress, self.reason, self.token)
        super().start()

    def change(self, resource: Resource, definition: dict[str, Any], properties: dict[str, Any]) -> None:
        if resource.is_stack:
            self._change_child(resource, definition, properties)
        elif properties == resource.properties and resource.status != "UPDATE_FAILED":
            resource.definition = definition
            self.done.add(resource.logical_id)
        else:
            self._change_plain(resource, definition, properties)

    def _change_plain(self, resource: Resource, definition: dict[str, Any], properties: dict[str, Any]) -> None:
        self._announce(resource, "UPDATE", properties)
        reason = self.engine.failures.take("update", self.stack, resource)
        backing = resource.backing
        try:
            if reason is None and backing is not None and properties != resource.properties:
                backing = self._back_from(resource) or backing.update(self.request_for(resource, properties))
        except ResourceError as refusal:
            reason = str(refusal)
        if reason is not None or backing is None:
            words = reason or "Resource does not exist"
            self.later(resource, lambda: self.fail(resource, words))
            return
        if backing.physical_id != resource.physical_id:
            policy = resource.definition.get("UpdateReplacePolicy")
            self.replaced[resource.logical_id] = dataclasses.replace(
                resource, definition={**resource.definition, "DeletionPolicy": policy}
            )
            resource.physical_id = backing.physical_id
            self.stack.move_resource(resource, "UPDATE_IN_PROGRESS", REPLACING, properties=as_json(properties))
        resource.backing, resource.properties, resource.definition = backing, properties, definition
        self.later(resource, lambda: self.complete(resource))

    def _back_from(self, resource: Resource) -> Any:
        """What stood behind the resource before it was replaced, if this operation puts things back."""
        return None

    def _change_child(self, resource: Resource, definition: dict[str, Any], properties: dict[str, Any]) -> None:
        child = self.engine.shelf_of(self.stack).by_id[resource.physical_id]
        try:
            new = self._description_of(resource, child, properties)
        except CloudFormationError as refusal:
            self._announce(resource, "UPDATE", properties)
            words = refusal.message
            self.later(resource, lambda: self.fail(resource, words), weight=0)
            return
        resource.properties, resource.definition = properties, definition
        self.children_before.setdefault(resource.logical_id, Description.of(child))
        if child.operation is None and new == Description.of(child):
            self.done.add(resource.logical_id)
            return
        self._announce(resource, "UPDATE", properties)

        def when_done(changed: Stack) -> None:
            if self.stack.operation is not self:
                return
            if changed.status in ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE") and changed.operation is None:
                self.complete(resource)
            else:
                self.fail(
                    resource,
                    f"Embedded stack {changed.id} was not successfully updated. Currently in {changed.status} with "
                    f"reason: {changed.reason}",
                )

        self._start_child(resource, child, new, when_done)

    def _description_of(self, resource: Resource, child: Stack, properties: dict[str, Any]) -> Description:
        """What a nested stack is to be. Raises CloudFormationError if it cannot be."""
        return self.engine.child_description(self.stack, child, properties)

    def _start_child(self, resource: Resource, child: Stack, new: Description, when_done: WhenDone) -> None:
        update = Update(self.engine, child, new, unit=self.unit, token=self.token, when_done=when_done)
        self.later(resource, update.start, weight=0)

    def succeeded(self) -> None:
        try:
            self.set_outputs()
        except ResourceError as error:
            self._roll_back(str(error))
            return
        self.clean_up()

    def clean_up(self) -> None:
        """Remove what the template no longer has, and what was replaced. A failure in it fails nothing."""
        self.stack.move(self.cleaning, None, self.token)
        kept = self.done
        removed = [resource for resource in self.stack.living_resources() if resource.logical_id not in kept]
        cleanup = Cleanup(
            self.engine, self.stack, unit=self.unit / 2, token=self.token, when_done=self.when_done,
            resources=[*removed, *self.replaced.values()], order=self.before.template.graph,
        )  # fmt: skip
        cleanup.ends = (self.complete_status, self.complete_status)
        cleanup.start()

    def failed(self) -> None:
        self._roll_back(self.failure_reason())

    def _roll_back(self, reason: str) -> None:
        UpdateRollback(self, self.before, reason=reason).begin()
        if self.when_done:
            # The parent fails now, and does not wait for the rollback of this one.
            self.when_done(self.stack)


class UpdateRollback(Update):
    """Puts a stack back to what it was before an update, and takes over what that update has replaced."""

    in_progress, cleaning, complete_status = (
        "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
    )  # fmt: skip

    def __init__(
        self, failed: Update, target: Description, *, reason: str | None = None, when_done: WhenDone | None = None
    ) -> None:
        super().__init__(
            failed.engine, failed.stack, target, unit=failed.unit / 2, token=failed.token, reason=reason,
            when_done=when_done,
        )  # fmt: skip
        self.took_over = dict(failed.replaced)
        self.children_before = dict(failed.children_before)

    def begin(self) -> None:
        """Move the stack now; the first resource follows when what reported the failure has returned."""
        self.new.apply_to(self.stack)
        self.stack.move(self.in_progress, self.reason, self.token)
        anything = Resource("", "", "", self.stack.clock.now())
        self.later(anything, self._walk, weight=0)

    def _walk(self) -> None:
        Provisioning.start(self)

    def _back_from(self, resource: Resource) -> Any:
        former = self.took_over.get(resource.logical_id)
        return former.backing if former else None

    def _description_of(self, resource: Resource, child: Stack, properties: dict[str, Any]) -> Description:
        known = self.children_before.get(resource.logical_id)
        return known or super()._description_of(resource, child, properties)

    def _start_child(self, resource: Resource, child: Stack, new: Description, when_done: WhenDone) -> None:
        if isinstance(child.operation, UpdateRollback):
            # It is putting itself back already.
            child.operation.when_done = when_done
            return
        done = Update(self.engine, child, Description.of(child), unit=self.unit * 2, token=self.token)
        UpdateRollback(done, new, when_done=when_done).begin()

    def _roll_back(self, reason: str) -> None:
        self.finish("UPDATE_ROLLBACK_FAILED", reason)
        self.stack.unfinished_rollback = self


class Cleanup(Removal):
    """The last part of an update. Its failures are shown in events; the update is complete all the same."""

    def end(self) -> None:
        for resource in self.members.values():
            if self.stack.resources.get(resource.logical_id) is resource and not resource.exists:
                del self.stack.resources[resource.logical_id]
        self.failures = []
        super().end()
