"""What stands behind a stack's resource: one of moto's models, or a plain stand-in."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from portal.simulator.cloudformation.database_backing import MAKERS, DatabaseBacking
from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.moto_backing import MotoBacking, model_of, refusal
from portal.simulator.cloudformation.plain_backing import PlainBacking
from portal.simulator.cloudformation.requests import ResourceRequest

logger = logging.getLogger(__name__)


class Backing(Protocol):
    @property
    def physical_id(self) -> str: ...

    def attribute(self, name: str) -> Any:
        """What `Fn::GetAtt` gives. Raises ResourceError where there is no such attribute."""

    def update(self, request: ResourceRequest) -> Backing:
        """Change to these properties. A backing with another physical id is a replacement, made beside this one."""

    def delete(self) -> None:
        """Remove it. Raises ResourceError, with the service's reason, where AWS would refuse."""


def make(request: ResourceRequest) -> Backing:
    """A new resource. Raises ResourceError where AWS would refuse.

    Where moto has no such type, or has it and breaks on it, a plain resource stands in, so that any template works.
    """
    if request.type in MAKERS:
        return DatabaseBacking.make(request)
    model = model_of(request.type)
    if model is None:
        return PlainBacking.make(request)
    try:
        return MotoBacking.make(model, request)
    except Exception as error:
        if reason := refusal(error, request):
            raise ResourceError(reason) from error
        logger.info("moto cannot make %s (%r): a plain resource stands in", request.type, error)
        return PlainBacking.make(request)
