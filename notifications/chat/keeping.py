"""Answers as they are kept with the request, and how long requests are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from notifications.chat.spoken import Answer, Button
from notifications.models import ChatCode, ChatRequest
from notifications.storing import storable
from notifications.texts import render

AT_ONCE: Final = 1000
RESOLVED: Final = "resolved"
HIDDEN: Final = "…"


def packed(answer: Answer) -> dict[str, Any]:
    """An answer as JSON, in each language."""
    found: dict[str, Any] = {
        "title": render(answer.title),
        "body": render(answer.body) if answer.body else {},
        "fields": [[render(name), render(value)] for name, value in answer.fields],
        "severity": answer.severity,
        "link": answer.link,
        "buttons": [
            {"label": render(button.label), "says": button.says, "style": button.style} for button in answer.buttons
        ],
        "private": answer.private,
        "confirm": answer.confirm,
        "refused": answer.refused,
        RESOLVED: answer.resolved,
    }
    kept: dict[str, Any] = storable(found)
    return kept


def unpacked(kept: Mapping[str, Any]) -> Answer:
    """The answer that `packed` made JSON of. Without `follows`, which has a column of its own."""
    return Answer(
        title=kept["title"],
        body=kept["body"],
        fields=tuple((name, value) for name, value in kept["fields"]),
        severity=kept["severity"],
        link=kept["link"],
        buttons=tuple(Button(one["label"], one["says"], one["style"]) for one in kept["buttons"]),
        private=kept["private"],
        confirm=kept["confirm"],
        refused=kept["refused"],
        resolved=kept.get(RESOLVED, ""),
    )


def without(value: Any, secrets: Iterable[str]) -> Any:
    """A kept answer, or a part of it, in which these do not stand any more."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, dict):
        return {name: without(part, secrets) for name, part in value.items()}
    return [without(part, secrets) for part in value] if isinstance(value, list) else value


def prune(now: datetime) -> int:
    """Removes requests of more than ARRIVAL_DAYS ago, in small steps, and codes that nobody can use any more; says how
    many requests. What is still owed an answer stays until the next night."""
    ChatCode.objects.filter(expires_at__lt=now).delete()
    old = ChatRequest.objects.filter(received_at__lt=now - timedelta(days=settings.ARRIVAL_DAYS), next_at=None)
    removed = 0
    while ids := list(old.order_by("received_at").values_list("pk", flat=True)[:AT_ONCE]):
        removed += ChatRequest.objects.filter(pk__in=ids).delete()[0]
    return removed
