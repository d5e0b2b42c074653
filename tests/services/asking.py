"""Web address checks that are due, and a server for them on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from environments.models import Environment, HttpCheck
from tests import factories
from tests.support.ics import Answer as Served
from tests.support.ics import content, serving
from tests.support.times import monday

NOW = monday("10:00")
SECOND = timedelta(seconds=1)
UP = content(b'{"status": "UP"}')
DOWN = content(b'{"status": "DOWN"}', 503)


@pytest.fixture(autouse=True)
def only_this_machine(settings: Settings) -> None:
    settings.HEALTH_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, Served]]]:
    answers: dict[str, Served] = {"/actuator/health": UP}
    with serving(answers) as address:
        yield address, answers


def check(address: str, name: str = "API", *, of: Environment | None = None, **fields: Any) -> HttpCheck:
    """Due now, of an environment that has been running for long."""
    of = of or Environment.objects.filter(name="chat-dev").first() or running()
    values = {"url": f"{address}/actuator/health", "due_at": NOW, "timeout_s": 2} | fields
    return HttpCheck.objects.create(environment=of, name=name, **values)


def running(name: str = "chat-dev", **fields: Any) -> Environment:
    return factories.environment(name, **({"state": "running", "state_since": NOW - timedelta(days=1)} | fields))


def after(row: HttpCheck) -> HttpCheck:
    return HttpCheck.objects.get(pk=row.pk)


def near(moment: datetime | None, wanted: datetime) -> bool:
    """A turn adds the time that it took."""
    return moment is not None and timedelta(0) <= moment - wanted < timedelta(seconds=10)
