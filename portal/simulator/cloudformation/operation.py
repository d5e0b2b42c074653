"""What all runs of the engine over a stack have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from portal.simulator.cloudformation.pace import weight_of
from portal.simulator.cloudformation.stacks import Resource, Stack

if TYPE_CHECKING:
    from portal.simulator.cloudformation.engine import Engine

WhenDone = Callable[[Stack], None]


class Operation:
    """One run over one stack. A newer operation takes the stack over: what this one still had planned is void.

    `unit` is the time, in seconds, of a resource of weight one.
    """

    def __init__(
        self, engine: Engine, stack: Stack, *, unit: float, token: str | None = None, when_done: WhenDone | None = None
    ) -> None:
        self.engine = engine
        self.stack = stack
        self.unit = unit
        self.token = token
        self.when_done = when_done
        self.running: dict[str, Resource] = {}
        stack.operations += 1
        self._key = f"{stack.id}/{stack.operations}"
        self._planned = 0
        stack.operation = self

    def start(self) -> None:
        raise NotImplementedError

    def later(self, resource: Resource, action: Callable[[], None], weight: float | None = None) -> None:
        """Plan an action for when this resource has taken its time."""
        self._planned += 1
        seconds = self.unit * (weight_of(resource.type) if weight is None else weight)
        key = f"{self._key}/{resource.logical_id}/{self._planned}"

        def act() -> None:
            if self.stack.operation is self:
                action()

        self.engine.agenda.after(seconds, key, act)

    def abandon(self) -> None:
        """Stop where it stands: what is under way is cancelled, in nested stacks, too."""
        self.stack.operation = None
        for resource in self.running.values():
            verb = resource.status.partition("_")[0]
            noun = {"CREATE": "creation", "UPDATE": "update"}.get(verb, "deletion")
            if resource.is_stack and resource.physical_id:
                self.engine.abandon_child(self.stack, resource.physical_id, f"Resource {noun} cancelled")
            self.stack.move_resource(resource, f"{verb}_FAILED", f"Resource {noun} cancelled")
        self.running.clear()

    def finish(self, status: str, reason: str | None = None) -> None:
        """Set the stack's last status and tell whoever waits for it."""
        self.stack.operation = None
        self.stack.move(status, reason, self.token)
        if self.when_done:
            self.when_done(self.stack)
