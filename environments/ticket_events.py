"""What happens to tickets, as events for those who should hear of it. Called inside the transaction that made it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Ticket
from notifications.outbox import publish

OPENED = "ticket.opened"
CHANGED = "ticket.changed"
DONE = "ticket.done"

KINDS = {OPENED: _("Ticket: opened"), CHANGED: _("Ticket: changed"), DONE: _("Ticket: done")}

Texts = Mapping[str, str]
Fields = Sequence[tuple[Texts, Texts]]

_TITLES: Mapping[str, Texts] = {
    OPENED: {"en": "Ticket #{number} opened: {title}", "ko": "티켓 #{number} 등록: {title}"},
    CHANGED: {"en": "Ticket #{number} changed: {title}", "ko": "티켓 #{number} 변경: {title}"},
    DONE: {"en": "Ticket #{number} done: {title}", "ko": "티켓 #{number} 완료: {title}"},
}


def opened(ticket: Ticket, *, actor: str, now: datetime) -> None:
    severity = "warning" if ticket.kind == Ticket.Kind.INCIDENT else "info"
    _publish(ticket, OPENED, severity, ticket.description, (), actor, now, dedupe_key=f"ticket-{ticket.pk}-opened")


def changed(ticket: Ticket, fields: Fields, *, actor: str, now: datetime) -> None:
    _publish(ticket, CHANGED, "info", {}, fields, actor, now)


def done(ticket: Ticket, fields: Fields, *, actor: str, now: datetime) -> None:
    _publish(ticket, DONE, "success", {}, fields, actor, now)


def _publish(
    ticket: Ticket,
    kind: str,
    severity: str,
    body: Texts,
    fields: Fields,
    actor: str,
    now: datetime,
    dedupe_key: str | None = None,
) -> None:
    environment = ticket.environment
    team = environment.team if environment else ticket.team
    publish(
        kind=kind,
        severity=severity,
        labels={"environment": environment.slug if environment else "", "team": team.name},
        title={language: _filled(text, ticket, language) for language, text in _TITLES[kind].items()},
        body=body,
        fields=[({"en": "Team", "ko": "팀"}, {"en": team.name, "ko": team.name}), *fields],
        link=reverse("environments:ticket", args=[ticket.pk]),
        actor=actor,
        now=now,
        dedupe_key=dedupe_key,
        thread=f"ticket-{ticket.pk}",
        ends_thread=kind == DONE,
    )


def _filled(text: str, ticket: Ticket, language: str) -> str:
    said = ticket.title.get(language) or ticket.title.get("") or ticket.title.get("en", "")
    return text.replace("{number}", str(ticket.pk)).replace("{title}", said)
