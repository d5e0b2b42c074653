"""What happens to environments, as events for those who should hear of it. Called inside the transaction that made it
so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Environment, Operation, OperationStep
from environments.rules.durations import spoken
from notifications.outbox import publish

STARTING = "environment.starting"
READY = "environment.ready"
STOPPING = "environment.stopping"
STOPPED = "environment.stopped"
FAILED = "environment.failed"
EXPIRING = "environment.expiring"
CHANGED_OUTSIDE = "environment.changed_outside"

KINDS = {
    STARTING: _("Starting"),
    READY: _("Ready"),
    STOPPING: _("Stopping"),
    STOPPED: _("Stopped"),
    FAILED: _("Failed"),
    EXPIRING: _("Last day comes"),
    CHANGED_OUTSIDE: _("Changed outside"),
}

Texts = Mapping[str, str]
Fields = list[tuple[Texts, Texts]]


def announce(operation: Operation, now: datetime) -> None:
    """An operation is about to change something."""
    starting = operation.kind == Operation.Kind.START
    name = operation.environment.name
    _publish(
        operation,
        STARTING if starting else STOPPING,
        "info",
        {"en": f"{name} is starting", "ko": f"{name} 시작 중"}
        if starting
        else {"en": f"{name} is stopping", "ko": f"{name} 중지 중"},
        operation.reason,
        now=now,
    )


def finished(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> None:
    """An operation has brought the environment where it should be."""
    starting = operation.kind == Operation.Kind.START
    name = operation.environment.name
    took = now - (operation.started_at or now)
    fields: Fields = [({"en": "Took", "ko": "걸린 시간"}, {"en": spoken(took, "en"), "ko": spoken(took, "ko")})]
    images = next((s.detail for s in steps if s.name == "resolve" and s.memo.get("parameters")), None)
    if images:
        fields.append(({"en": "Images", "ko": "이미지"}, images))
    _publish(
        operation,
        READY if starting else STOPPED,
        "success",
        {"en": f"{name} is ready", "ko": f"{name} 준비 완료"}
        if starting
        else {"en": f"{name} is stopped", "ko": f"{name} 중지 완료"},
        operation.reason,
        fields,
        now=now,
    )


def failed(operation: Operation, why: Texts, now: datetime) -> None:
    """An operation ended without reaching its goal; `why` is what people read on the environment's page."""
    starting = operation.kind == Operation.Kind.START
    name = operation.environment.name
    _publish(
        operation,
        FAILED,
        "error",
        {"en": f"{name} failed to start", "ko": f"{name} 시작 실패"}
        if starting
        else {"en": f"{name} failed to stop", "ko": f"{name} 중지 실패"},
        why,
        now=now,
    )


def expiring(environment: Environment, now: datetime) -> None:
    """The last day of an environment comes."""
    day = environment.expires_on
    publish(
        kind=EXPIRING,
        severity="warning",
        labels=_labels(environment),
        title={"en": f"{environment.name} expires after {day}", "ko": f"{environment.name}: {day}까지로 만료"},
        body={
            "en": "At the end of that day it is stopped for good. Who still needs it moves its last day, or asks an"
            " operator to.",
            "ko": "그날이 끝나면 완전히 중지해요. 계속 필요하면 마지막 날을 바꾸거나 운영자에게 요청하세요.",
        },
        fields=_team(environment),
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
    )


def changed_outside(environment: Environment, why: Texts, since: datetime, now: datetime) -> None:
    """Somebody started or stopped it outside of the portal; told once for each time (`since`)."""
    publish(
        kind=CHANGED_OUTSIDE,
        severity="warning",
        labels=_labels(environment),
        title={"en": f"{environment.name} was changed outside", "ko": f"{environment.name} 외부에서 변경됨"},
        body=why,
        fields=_team(environment),
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
        dedupe_key=f"environment-{environment.pk}-changed-outside-{since.isoformat()}",
    )


def _labels(environment: Environment) -> dict[str, str]:
    return {"environment": environment.slug, "team": environment.team.name}


def _team(environment: Environment) -> Fields:
    return [({"en": "Team", "ko": "팀"}, {"en": environment.team.name, "ko": environment.team.name})]


def _publish(
    operation: Operation,
    kind: str,
    severity: str,
    title: Texts,
    body: Texts,
    fields: Fields | None = None,
    *,
    now: datetime,
) -> None:
    environment = operation.environment
    publish(
        kind=kind,
        severity=severity,
        labels=_labels(environment),
        title=title,
        body=body,
        fields=_team(environment) + (fields or []),
        link=reverse("environments:page", args=[environment.slug]),
        actor=operation.actor.get_username() if operation.actor else "",
        now=now,
        dedupe_key=f"operation-{operation.pk}-{kind}",
    )
