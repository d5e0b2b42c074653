"""Stacks, their resources and their events, as the simulator holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from portal.simulator.clock import Clock
from portal.simulator.cloudformation.errors import ValidationError
from portal.simulator.cloudformation.template import NESTED_STACK, Template
from portal.simulator.randomness import new_uuid

if TYPE_CHECKING:
    from portal.simulator.cloudformation.backing import Backing
    from portal.simulator.cloudformation.operation import Operation
    from portal.simulator.cloudformation.update import UpdateRollback

GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


@dataclass(frozen=True)
class Event:
    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    at: datetime
    properties: str | None
    token: str | None


@dataclass(eq=False)
class Resource:
    """One resource of a stack. `backing` is what stands behind it; None before it is made, and for nested stacks."""

    logical_id: str
    type: str
    status: str
    at: datetime
    reason: str | None = None
    physical_id: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    definition: dict[str, Any] = field(default_factory=dict)
    backing: Backing | None = None

    @property
    def exists(self) -> bool:
        return self.status not in GONE

    @property
    def is_stack(self) -> bool:
        return self.type == NESTED_STACK


@dataclass(eq=False)
class Stack:
    """A stack and all it remembers. Its status moves only in `move`, which writes the event, too."""

    id: str
    name: str
    account: str
    region: str
    clock: Clock
    template: Template
    parameters: dict[str, str]
    values: dict[str, Any]
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    notification_arns: list[str] = field(default_factory=list)
    role_arn: str | None = None
    timeout_minutes: int | None = None
    on_failure: str = "ROLLBACK"
    protected: bool = False
    parent: Stack | None = None
    status: str = ""
    reason: str | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    operation: Operation | None = None
    imports: set[str] = field(default_factory=set)
    operations: int = 0
    unfinished_rollback: UpdateRollback | None = None

    @property
    def root(self) -> Stack:
        return self.parent.root if self.parent else self

    @property
    def is_gone(self) -> bool:
        return self.status == "DELETE_COMPLETE"

    @property
    def in_progress(self) -> bool:
        return self.status.endswith("_IN_PROGRESS")

    @property
    def exports(self) -> dict[str, str]:
        return {output["ExportName"]: output["OutputValue"] for output in self.outputs if "ExportName" in output}

    def living_resources(self) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.exists]

    def move(self, status: str, reason: str | None = None, token: str | None = None) -> None:
        self.status, self.reason = status, reason
        self._record(str(new_uuid()), self.name, self.id, NESTED_STACK, status, reason, None, token)

    def move_resource(
        self, resource: Resource, status: str, reason: str | None = None, *, properties: str | None = None
    ) -> None:
        now = self.clock.now()
        resource.status, resource.reason, resource.at = status, reason, now
        event_id = f"{resource.logical_id}-{status}-{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
        if status.endswith("_IN_PROGRESS"):
            event_id = f"{resource.logical_id}-{new_uuid()}"
        token = self.operation.token if self.operation else None
        self._record(
            event_id, resource.logical_id, resource.physical_id, resource.type, status, reason, properties, token
        )

    def _record(
        self, event_id: str, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None,
        properties: str | None, token: str | None,
    ) -> None:  # fmt: skip
        self.events.append(
            Event(event_id, logical_id, physical_id, kind, status, reason, self.clock.now(), properties, token)
        )


class Shelf:
    """All stacks of one account in one region."""

    def __init__(self) -> None:
        self.by_id: dict[str, Stack] = {}
        self._living: dict[str, str] = {}
        # (action, client token, stack) -> stack id: what a retried request is answered with.
        self.tokens: dict[tuple[str, str, str], str] = {}

    def add(self, stack: Stack) -> None:
        self.by_id[stack.id] = stack
        self._living[stack.name] = stack.id

    def living(self, name_or_id: str) -> Stack | None:
        """The stack of that name or id, unless it is deleted."""
        stack = self.by_id.get(self._living.get(name_or_id, name_or_id))
        return None if stack is None or stack.is_gone else stack

    def find(self, name_or_id: str, otherwise: str = "Stack with id {} does not exist") -> Stack:
        """A living stack by its name, or any by its id. Raises ValidationError with the text given."""
        stack = self.living(name_or_id) or self.by_id.get(name_or_id)
        if stack is None:
            raise ValidationError(otherwise.format(name_or_id))
        return stack

    def exporter(self, export: str) -> Stack | None:
        for stack in self.by_id.values():
            if not stack.is_gone and export in stack.exports:
                return stack
        return None

    def importers(self, export: str) -> list[Stack]:
        return [stack for stack in self.by_id.values() if not stack.is_gone and export in stack.imports]


class Shelves:
    """All stacks there are. Reset empties it."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, str], Shelf] = {}

    def of(self, account: str, region: str) -> Shelf:
        return self._shelves.setdefault((account, region), Shelf())

    def all(self) -> list[Stack]:
        return [stack for shelf in self._shelves.values() for stack in shelf.by_id.values()]

    def clear(self) -> None:
        self._shelves.clear()
