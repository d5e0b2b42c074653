"""Resources that are told to fail."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.simulator.cloudformation.stacks import Resource, Stack

DEFAULT_REASON = (
    'Resource handler returned message: "Internal failure" (RequestToken: 0, HandlerErrorCode: InternalFailure)'
)


@dataclass
class Failure:
    """Which resources fail at what, why, and how often (None: each time). What is None matches anything."""

    id: int
    operation: str
    reason: str
    logical_id: str | None
    resource_type: str | None
    stack: str | None
    times: int | None

    def matches(self, operation: str, stack: Stack, resource: Resource) -> bool:
        return (
            self.operation == operation
            and self.logical_id in (None, resource.logical_id)
            and self.resource_type in (None, resource.type)
            and self.stack in (None, stack.name, stack.root.name)
        )


class Failures:
    def __init__(self) -> None:
        self._planned: list[Failure] = []
        self._numbers = itertools.count(1)

    def plan(
        self, *, operation: str = "create", reason: str = DEFAULT_REASON, logical_id: str | None = None,
        resource_type: str | None = None, stack: str | None = None, times: int | None = 1,
    ) -> Failure:  # fmt: skip
        """Raises ValueError for an operation there is not, or a failure that names no resource."""
        if operation not in ("create", "update", "delete"):
            raise ValueError(f"operation is create, update or delete, not {operation!r}")
        if logical_id is None and resource_type is None:
            raise ValueError("name a logical_id or a resource_type")
        failure = Failure(next(self._numbers), operation, reason, logical_id, resource_type, stack, times)
        self._planned.append(failure)
        return failure

    def take(self, operation: str, stack: Stack, resource: Resource) -> str | None:
        """The reason why this is going to fail, or None. Uses a one-shot failure up."""
        for failure in self._planned:
            if failure.matches(operation, stack, resource):
                if failure.times is not None:
                    failure.times -= 1
                    if failure.times <= 0:
                        self._planned.remove(failure)
                return failure.reason
        return None

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(failure) for failure in self._planned]

    def clear(self, number: int | None = None) -> None:
        self._planned = [failure for failure in self._planned if number is not None and failure.id != number]
