"""Creating a stack, and taking it back when that fails."""

from __future__ import annotations

from typing import Any

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.provisioning import Provisioning
from portal.simulator.cloudformation.removal import Removal
from portal.simulator.cloudformation.stacks import Resource


class Creation(Provisioning):
    """CREATE_IN_PROGRESS to CREATE_COMPLETE, or by ROLLBACK_IN_PROGRESS to ROLLBACK_COMPLETE.

    A nested stack that fails stays CREATE_FAILED: its parent takes it away in the parent's own rollback.
    """

    def start(self) -> None:
        self.stack.move("CREATE_IN_PROGRESS", "User Initiated", self.token)
        super().start()

    def change(self, resource: Resource, definition: dict[str, Any], properties: dict[str, Any]) -> None:
        raise AssertionError("a stack that is being created has no resources to change")

    def succeeded(self) -> None:
        try:
            self.set_outputs()
        except ResourceError as error:
            self._give_up(str(error))
        else:
            self.finish("CREATE_COMPLETE")

    def failed(self) -> None:
        self._give_up(self.failure_reason())

    def _give_up(self, reason: str) -> None:
        stack = self.stack
        if stack.parent or stack.on_failure == "DO_NOTHING":
            self.finish("CREATE_FAILED", reason)
        elif stack.on_failure == "DELETE":
            stack.move("DELETE_IN_PROGRESS", f"{reason} Delete requested by user.", self.token)
            self.engine.removal(Removal, stack, token=self.token).start()
        else:
            stack.move("ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.", self.token)
            self.engine.removal(Rollback, stack, token=self.token).start()


class Rollback(Removal):
    """Removes what a failed creation made; the stack itself stays, to be looked at and deleted."""

    ends = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    retaining = frozenset({"Retain"})
