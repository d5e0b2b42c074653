"""Failed operations as incidents: one an environment, over with its next operation that succeeds. Called inside the
transaction that ends the operation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from environments.models import Operation

from . import tickets

_TITLES = {
    Operation.Kind.START: {"en": "{name} failed to start", "ko": "{name} 시작 실패"},
    Operation.Kind.STOP: {"en": "{name} failed to stop", "ko": "{name} 중지 실패"},
    Operation.Kind.REDEPLOY: {"en": "{name} could not be redeployed", "ko": "{name} 재배포 실패"},
}
_OVER = {
    Operation.Kind.START: {"en": "It has started since.", "ko": "이후 시작에 성공했어요."},
    Operation.Kind.STOP: {"en": "It has stopped since.", "ko": "이후 중지에 성공했어요."},
    Operation.Kind.REDEPLOY: {"en": "It has been redeployed since.", "ko": "이후 재배포에 성공했어요."},
}


def failed(operation: Operation, why: Mapping[str, str], now: datetime) -> None:
    """`why` is what people read on the environment's page."""
    texts = _TITLES[Operation.Kind(operation.kind)]
    tickets.incident(
        environment=operation.environment,
        cause=tickets.OPERATION,
        title={language: text.replace("{name}", operation.environment.name) for language, text in texts.items()},
        description=why,
        now=now,
    )


def succeeded(operation: Operation, now: datetime) -> None:
    """One query where no incident is open."""
    reason = _OVER[Operation.Kind(operation.kind)]
    tickets.over(environment_id=operation.environment_id, cause=tickets.OPERATION, reason=reason, now=now)
