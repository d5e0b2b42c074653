"""Checks of environments, and what is found out about them, for tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from environments.models import Check, Environment, HttpCheck
from environments.services import health
from environments.services.health import Move
from notifications.models import Event
from tests import factories
from tests.support.times import monday

NOW = monday("10:00")
EARLIER = monday("09:00")
FINE = {"en": "answers 200", "ko": "200 응답"}
BAD = {"en": "answers 503", "ko": "503 응답"}


def an_environment(state: str = "running", wish: str = "running", name: str = "chat-dev") -> Environment:
    return factories.environment(name, state=state, wish=wish, state_since=EARLIER)


def a_check(of: Environment, name: str = "API", state: str = "up", **fields: Any) -> HttpCheck:
    fields.setdefault("due_at", None if state == "asleep" else NOW)
    url = f"https://{name}.example.com".lower()
    return HttpCheck.objects.create(environment=of, name=name, url=url, state=state, state_since=EARLIER, **fields)


def settle(*checks: Check, state: str = "down", now: datetime = NOW) -> int:
    reason = FINE if state == "up" else BAD
    return health.settle([Move(check.pk, state, reason, now) for check in checks], now=now)


def events() -> list[tuple[str, str]]:
    return [(event.kind, event.title["en"]) for event in Event.objects.order_by("pk")]
