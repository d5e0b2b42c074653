"""What happens to environments, as events for those who should hear of it. Called inside the transaction that made it
so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Environment, Operation, OperationStep, Team
from environments.rules.durations import spoken
from notifications.outbox import publish

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

STARTING = "environment.starting"
READY = "environment.ready"
STOPPING = "environment.stopping"
STOPPED = "environment.stopped"
REDEPLOYING = "environment.redeploying"
REDEPLOYED = "environment.redeployed"
FAILED = "environment.failed"
EXPIRING = "environment.expiring"
CHANGED_OUTSIDE = "environment.changed_outside"

KINDS = {
    STARTING: _("Starting"),
    READY: _("Ready"),
    STOPPING: _("Stopping"),
    STOPPED: _("Stopped"),
    REDEPLOYING: _("Redeploying"),
    REDEPLOYED: _("Redeployed"),
    FAILED: _("Failed"),
    EXPIRING: _("Last day comes"),
    CHANGED_OUTSIDE: _("Changed outside"),
}

Texts = Mapping[str, str]
Fields = list[tuple[Texts, Texts]]


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of a kind of operation, `{name}` being the environment's."""

    begins: str
    ends: str
    is_beginning: Texts
    is_done: Texts
    has_failed: Texts


_WORDS = {
    Operation.Kind.START: _Words(
        STARTING,
        READY,
        {"en": "{name} is starting", "ko": "{name} 시작 중"},
        {"en": "{name} is ready", "ko": "{name} 준비 완료"},
        {"en": "{name} failed to start", "ko": "{name} 시작 실패"},
    ),
    Operation.Kind.STOP: _Words(
        STOPPING,
        STOPPED,
        {"en": "{name} is stopping", "ko": "{name} 중지 중"},
        {"en": "{name} is stopped", "ko": "{name} 중지 완료"},
        {"en": "{name} failed to stop", "ko": "{name} 중지 실패"},
    ),
    Operation.Kind.REDEPLOY: _Words(
        REDEPLOYING,
        REDEPLOYED,
        {"en": "{name} is being redeployed", "ko": "{name} 재배포 중"},
        {"en": "{name} is redeployed", "ko": "{name} 재배포 완료"},
        {"en": "{name} could not be redeployed", "ko": "{name} 재배포 실패"},
    ),
}


def announce(operation: Operation, now: datetime) -> None:
    """An operation is about to change something."""
    words = _WORDS[Operation.Kind(operation.kind)]
    fields = _images(operation.steps.all()) if operation.kind == Operation.Kind.REDEPLOY else []
    _publish(operation, words.begins, "info", words.is_beginning, operation.reason, fields, now=now)


def finished(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> None:
    """An operation has brought the environment where it should be."""
    words = _WORDS[Operation.Kind(operation.kind)]
    took = now - (operation.started_at or now)
    fields: Fields = [({"en": "Took", "ko": "걸린 시간"}, {"en": spoken(took, "en"), "ko": spoken(took, "ko")})]
    _publish(operation, words.ends, "success", words.is_done, operation.reason, fields + _images(steps), now=now)


def failed(operation: Operation, why: Texts, now: datetime) -> None:
    """An operation ended without reaching its goal; `why` is what people read on the environment's page."""
    words = _WORDS[Operation.Kind(operation.kind)]
    _publish(operation, FAILED, "error", words.has_failed, why, now=now)


def _images(steps: Iterable[OperationStep]) -> Fields:
    """What each target takes, or of a redeploy what changes: “chat-chat-http 2.14.2 → 2.14.3”; the same once."""
    said = [step for step in steps if step.name == "resolve" and (step.memo.get("images") or step.memo.get("changes"))]
    if not said:
        return []
    texts = {language: "; ".join(dict.fromkeys(step.detail[language] for step in said)) for language in ("en", "ko")}
    only_images = all(change["repository"] for step in said for change in step.memo.get("changes", []))
    label = {"en": "Images", "ko": "이미지"} if only_images else {"en": "Parameters", "ko": "파라미터"}
    return [(label, texts)]


def expiring(environment: Environment, now: datetime) -> None:
    """The last day of an environment comes."""
    day = environment.expires_on
    publish(
        kind=EXPIRING,
        severity="warning",
        labels=_labels(environment),
        title={"en": f"{environment.name} expires after {day}", "ko": f"{environment.name}: 마지막 날 {day}"},
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


def teams_of(user: User | AnonymousUser) -> list[str]:
    """The names of somebody's teams, as events carry them in their label “team”."""
    return list(Team.objects.filter(members=user.pk).values_list("name", flat=True))


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
        title={language: text.replace("{name}", environment.name) for language, text in title.items()},
        body=body,
        fields=_team(environment) + (fields or []),
        link=reverse("environments:page", args=[environment.slug]),
        actor=operation.actor.get_username() if operation.actor else "",
        now=now,
        dedupe_key=f"operation-{operation.pk}-{kind}",
    )
