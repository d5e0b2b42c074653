"""The API is as it describes itself: requests made up from its own OpenAPI, by Schemathesis, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from environments.models import Calendar, DayException, Deployment, Schedule, Ticket
from portal.api.root import api
from portal.wsgi import application
from tests import factories
from tests.support.calling import Caller
from tests.support.examples import TIMES

FEW = 4
MANY = 10 * TIMES
LOOKED_AT = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests come in by WSGI, and leave the test's own connection open, as those of Django's client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def described() -> Any:
    """The description, as programs read it."""
    found = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
    found.app = application
    return found


@pytest.fixture
def world(db: None) -> dict[str, Any]:
    """Something of each kind: what stands in place of an id, by the address before it or the field's name."""
    now = timezone.now()
    chat = factories.chat_app(state="running")
    schedule = Schedule.objects.get()
    factories.hold(chat)
    calendar = Calendar.objects.create(name="Company")
    calendar.schedules.add(schedule)
    off = DayException.objects.create(
        environment=chat, day=now.date() + timedelta(days=1), kind="off", reason="party", created_at=now
    )
    ticket = Ticket.objects.create(environment=chat, team=chat.team, title={"": "Disk"}, kind="task", opened_at=now)
    deployment = Deployment.objects.create(
        environment=chat, repository="chat-chat-http", tag="1.0", origin="api", received_at=now, status="waiting"
    )
    return {
        "slug": chat.slug,
        "environment": chat.slug,
        "team": chat.team.name,
        "schedule": schedule.pk,
        "/operations/": factories.operation(chat, status="failed").pk,
        "/health/checks/": factories.http_check(chat).pk,
        "/schedules/": schedule.pk,
        "/calendars/": calendar.pk,
        "/exceptions/": off.pk,
        "/tickets/": ticket.pk,
        "/deployments/": deployment.pk,
    }


@pytest.fixture
def headers(world: dict[str, Any], one_connection: None, settings: Any) -> dict[str, str]:
    """Of a program with an operator's token."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    return {"Authorization": f"Bearer {Caller(factories.operator()).raw}", "Accept-Encoding": "identity"}


def endpoints() -> list[tuple[str, str]]:
    return [(method, path) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods]


def about_what_exists(case: Any, path: str, world: dict[str, Any]) -> None:
    """What was made up for an id or a name, replaced by one that there is: else nearly all is answered 404."""
    for name in case.path_parameters or ():
        begin = path.removeprefix("/api/v1").partition("{")[0]
        case.path_parameters[name] = world["slug"] if name == "slug" else world[begin]
    for place in (case.query, case.body, case.body.get("scope") if isinstance(case.body, dict) else None):
        if isinstance(place, dict):
            for name in ("environment", "team", "schedule"):
                if place.get(name) is not None:
                    place[name] = world[name]


def ask(described: Any, headers: dict[str, str], world: dict[str, Any], endpoint: Any, mode: Any, examples: int) -> int:
    """Asks so many times; how many of the answers were about something that exists."""
    method, path = endpoint
    met = 0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=described[path][method].as_strategy(generation_mode=mode), exists=st.sampled_from([True, True, False]))
    def answers(case: Any, exists: bool) -> None:
        nonlocal met
        if exists:
            about_what_exists(case, path, world)
        if path.endswith("/follow") and isinstance(case.query, dict):
            case.query.pop("since", None)  # else it waits
        answer = case.call(headers=headers)
        met += answer.status_code not in {401, 403, 404}
        case.validate_response(answer, checks=LOOKED_AT)

    answers()
    return met


EACH = pytest.mark.parametrize("endpoint", endpoints(), ids=" ".join)
BOTH = pytest.mark.parametrize("mode", list(GenerationMode))


@EACH
@BOTH
def test_every_endpoint_answers_as_it_is_described(
    described: Any, headers: dict[str, str], world: dict[str, Any], endpoint: Any, mode: GenerationMode
) -> None:
    """What is asked for may be right or wrong: it is no error of ours, and every answer is as it is described."""
    ask(described, headers, world, endpoint, mode, FEW)


@pytest.mark.torture
@EACH
@BOTH
def test_every_endpoint_answers_as_it_is_described_in_many_ways(
    described: Any, headers: dict[str, str], world: dict[str, Any], endpoint: Any, mode: GenerationMode
) -> None:
    assert ask(described, headers, world, endpoint, mode, MANY), "nothing was asked that exists"
