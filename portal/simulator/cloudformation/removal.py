"""The way back through a template's graph: removing resources, each when nothing needs it any more."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from portal.simulator.cloudformation import graph
from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.operation import Operation, WhenDone
from portal.simulator.cloudformation.stacks import Resource, Stack

if TYPE_CHECKING:
    from portal.simulator.cloudformation.engine import Engine


class Removal(Operation):
    """Removes resources, all of the stack's unless told which, and ends with the stack deleted (or what `ends` says).

    A resource that cannot be removed keeps what it needs; the rest goes, and the stack ends as failed.
    """

    ends = ("DELETE_COMPLETE", "DELETE_FAILED")
    retaining = frozenset({"Retain", "RetainExceptOnCreate"})

    def __init__(
        self, engine: Engine, stack: Stack, *, unit: float, token: str | None = None, when_done: WhenDone | None = None,
        resources: list[Resource] | None = None, retain: Collection[str] = (), force: bool = False,
        order: graph.Graph | None = None,
    ) -> None:  # fmt: skip
        super().__init__(engine, stack, unit=unit, token=token, when_done=when_done)
        members = stack.living_resources() if resources is None else resources
        self.members = {resource.logical_id: resource for resource in members}
        self.waiting = dict(graph.reversed_graph(order or stack.template.graph, self.members))
        self.retain = retain
        self.force = force
        self.failures: list[str] = []
        self.done: set[str] = set()

    def start(self) -> None:
        self.go_on()

    def go_on(self) -> None:
        while ready := [name for name, needs in self.waiting.items() if needs <= self.done]:
            # The last made goes first, as in AWS's events.
            for name in reversed(ready):
                del self.waiting[name]
                self._begin(self.members[name])
        if not self.running:
            self.end()

    def end(self) -> None:
        complete, failed = self.ends
        if self.failures:
            self.finish(failed, f"The following resource(s) failed to delete: [{', '.join(self.failures)}]. ")
            return
        if complete == "DELETE_COMPLETE":
            self.stack.deleted = self.stack.clock.now()
        self.finish(complete)
        if complete == "DELETE_COMPLETE":
            self.engine.on_removed(self.stack)

    def _begin(self, resource: Resource) -> None:
        if resource.definition.get("DeletionPolicy") in self.retaining or resource.logical_id in self.retain:
            self.stack.move_resource(resource, "DELETE_SKIPPED")
            self.done.add(resource.logical_id)
            return
        if not resource.physical_id:
            self.stack.move_resource(resource, "DELETE_COMPLETE")
            self.done.add(resource.logical_id)
            return
        self.running[resource.logical_id] = resource
        self.stack.move_resource(resource, "DELETE_IN_PROGRESS")
        reason = None if self.force else self.engine.failures.take("delete", self.stack, resource)
        if reason is None and resource.is_stack:
            self._remove_child(resource)
            return
        try:
            if reason is None and resource.backing:
                resource.backing.delete()
        except ResourceError as refusal:
            reason = None if self.force else str(refusal)
        self.later(resource, lambda: self._ended(resource, reason))

    def _remove_child(self, resource: Resource) -> None:
        def when_done(child: Stack) -> None:
            if self.stack.operation is self:
                words = f"Embedded stack {child.id} was not successfully deleted: {child.reason}"
                self._ended(resource, None if child.is_gone else words)

        # Not at once: it may end at once, and this operation is still counting what it has begun.
        self.later(
            resource,
            lambda: self.engine.delete_child(self, resource.physical_id, when_done, force=self.force),
            weight=0,
        )

    def _ended(self, resource: Resource, reason: str | None) -> None:
        self.running.pop(resource.logical_id, None)
        if reason is None:
            self.stack.move_resource(resource, "DELETE_COMPLETE")
            self.done.add(resource.logical_id)
        else:
            self.stack.move_resource(resource, "DELETE_FAILED", reason)
            self.failures.append(resource.logical_id)
        self.go_on()
