"""Tickets for tests, with the least that each needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from environments.models import Environment, Ticket
from environments.services import ticket_changes, tickets
from tests import factories

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WHY = {"en": "AWS had no capacity.", "ko": "AWS에 용량이 없었어요."}
OVER = {"en": "It has started since.", "ko": "이후 시작에 성공했어요."}


def incident(of: Environment, cause: str = tickets.OPERATION, now: datetime = NOW, **fields: Any) -> Ticket:
    title = {"en": f"{of.name} failed to start", "ko": f"{of.name} 시작 실패"}
    values = {"title": title, "description": WHY} | fields
    return tickets.incident(environment=of, cause=cause, now=now, **values)


def over(of: Environment, cause: str = tickets.OPERATION, now: datetime = NOW) -> bool:
    return tickets.over(environment_id=of.pk, cause=cause, reason=OVER, now=now)


def task(of: Environment, user: User, title: str = "Raise the size of the database", **fields: Any) -> Ticket:
    return ticket_changes.open_task(user=user, scope=of, title=title, **({"now": NOW} | fields))


def somebody(name: str, role: str = "Manager", team: str = "Chat") -> User:
    """With an address, in a team."""
    made = factories.person(name, role, factories.team(team))
    User.objects.filter(pk=made.pk).update(email=f"{name}@example.com")
    return User.objects.get(pk=made.pk)
