"""Somebody of another team, with a token of every scope, at every endpoint with the ids of what is not theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.utils import timezone

from environments.models import (
    Calendar,
    DayException,
    Deployment,
    Environment,
    Hold,
    Operation,
    Team,
    Ticket,
    TicketComment,
)
from notifications.outbox import publish
from portal.api.root import api
from portal.models import Scope
from tests import factories
from tests.support.calling import Caller

pytestmark = pytest.mark.django_db
SECRET = "xylophone"  # in everything that is not theirs
UNKNOWN = 999_999
CHANGED = (Environment, Hold, Operation, DayException, Ticket, TicketComment, Deployment)
OF_ALL = ("/api/v1/schedules/", "/api/v1/calendars/")
"""Whoever may read these may read each; what of others hangs on them is left out."""


@pytest.fixture
def theirs() -> Environment:
    """An environment of another team with everything that it may have. Schedules are everybody's who may read them."""
    team = factories.team(f"{SECRET} team")
    made = factories.environment(f"{SECRET}-dev", team=team, state="running", description=f"{SECRET} too")
    factories.stack(made, f"{SECRET}Stack")
    now = timezone.now()
    factories.hold(made, reason=SECRET)
    factories.operation(made, status="failed", reason={"en": SECRET})
    factories.http_check(made, f"{SECRET} check")
    factories.daily_cost(made, now.date() - timedelta(days=1), "1.5", "2.5")
    DayException.objects.create(
        environment=made, day=now.date() + timedelta(days=1), kind="off", reason=SECRET, created_at=now
    )
    ticket = Ticket.objects.create(environment=made, team=team, title={"": SECRET}, kind="task", opened_at=now)
    TicketComment.objects.create(ticket=ticket, text={"": SECRET}, at=now)
    Deployment.objects.create(
        environment=made, repository=SECRET, tag="1.0", origin="api", received_at=now, status="waiting"
    )
    calendar = Calendar.objects.create(name="Days of the company")
    calendar.environments.add(made)
    calendar.teams.add(team)
    said = {"en": SECRET, "ko": SECRET}
    labels = {"environment": made.slug, "team": team.name}
    publish(kind="environment.ready", severity="success", labels=labels, title=said, now=now)
    return made


def _stand() -> list[Any]:
    """What could be changed: all of it, as it is."""
    rows: list[Any] = []
    for model in CHANGED:
        rows += [(model.__name__, row) for row in model.objects.order_by("pk").values()]
    return rows


def _endpoints() -> Iterator[tuple[str, str]]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            yield method, path


def _takes(method: str, path: str, query: Iterable[str]) -> bool:
    """Whether the endpoint knows these parameters: what it does not know is refused to everybody."""
    return set(query) <= _parameters(method, path)


@cache
def _parameters(method: str, path: str) -> set[str]:
    told = api.get_openapi_schema()["paths"][path][method].get("parameters", ())
    return {one["name"] for one in told if one["in"] == "query"}


def _paths(path: str, environment: Environment) -> Iterator[str]:
    """The address with each id that something of theirs has."""
    named = path.replace("{slug}", environment.slug)
    if "{" not in named:
        yield named
        return
    numbers = {UNKNOWN, environment.pk, environment.schedule_id or 0}
    for model in (*CHANGED, Calendar):
        numbers |= set(model.objects.values_list("pk", flat=True))
    numbers |= set(environment.checks.values_list("pk", flat=True))
    for number in sorted(numbers):
        yield re.sub(r"\{\w+\}", str(number), named)


def _bodies(method: str, path: str, environment: Environment) -> list[Any]:
    """What a changing endpoint takes, about what is not theirs: right in itself, so that rights alone can refuse it."""
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    its, team = environment.slug, environment.team.name
    scopes = [{"environment": its}, {"team": team}, {"schedule": environment.schedule_id}]
    known: dict[tuple[str, str], list[Any]] = {
        ("post", "/environments/{slug}/start"): [{"hours": 1, "reason": "mine"}],
        ("post", "/environments/{slug}/stop"): [{"released": True}, {"hours": 1, "anyway": True}],
        ("post", "/environments/{slug}/redeploy"): [{"reason": "mine"}],
        ("post", "/environments/{slug}/deploy"): [{"tag": "2.15.0"}, {"tag": "2.15.0", "repository": SECRET}],
        ("post", "/operations/{number}/retry"): [None],
        ("post", "/holds"): [{"environment": its, "desired": wish, "hours": 1} for wish in ("running", "stopped")],
        ("delete", "/holds/{slug}"): [None],
        ("post", "/exceptions"): [
            {"scope": scope, "kind": "off", "first": tomorrow, "reason": "mine"} for scope in scopes
        ],
        ("delete", "/exceptions/{number}"): [None],
        ("post", "/tickets"): [{"environment": its, "title": "mine"}, {"team": team, "title": "mine"}],
        ("patch", "/tickets/{number}"): [{"progress": "done"}, {"title": "mine"}],
        ("post", "/tickets/{number}/comments"): [{"text": "mine"}],
    }
    return known[method, path.removeprefix("/api/v1")]


def _queries(path: str, environment: Environment) -> list[dict[str, str]]:
    """What a list may be asked for, of theirs."""
    if "{" in path:
        return [{}]
    span = {"from": "2020-01-01", "to": "2020-02-01"}
    return [
        {},
        {"environment": environment.slug},
        {"team": environment.team.name},
        {"q": SECRET},
        {"group": "team"},
        span,
    ]


def _sent(caller: Caller, method: str, address: str, body: Any) -> Any:
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(caller.client, method)(address, **sent)


def test_nothing_of_another_team_is_shown(theirs: Environment) -> None:
    outsider = Caller(factories.outsider())
    asked = 0
    for method, path in _endpoints():
        if method != "get":
            continue
        for address in _paths(path, theirs):
            for query in _queries(path, theirs):
                if not _takes(method, path, query):
                    continue
                answer = outsider.client.get(address, query_params=query)
                asked += 1
                text = answer.content.decode().replace(address, "")
                assert SECRET not in text, (address, query, text)
                if "{" in path and not path.startswith(OF_ALL):
                    assert answer.status_code in {403, 404}, (address, answer.status_code, text)
                else:
                    assert answer.status_code in {200, 404, 422}, (address, query, answer.status_code, text)
    assert asked > 50


def test_nothing_of_another_team_is_changed(theirs: Environment) -> None:
    """Whatever is sent would do, were it theirs: so it is their rights that it is refused for."""
    outsider = Caller(factories.outsider())
    before, asked = _stand(), 0
    for method, path in _endpoints():
        if method == "get":
            continue
        for address in _paths(path, theirs):
            for body in _bodies(method, path, theirs):
                for query in ("", "preview", "together"):
                    if query and not _takes(method, path, [query]):
                        continue
                    answer = _sent(outsider, method, f"{address}?{query}=true" if query else address, body)
                    asked += 1
                    text = answer.content.decode().replace(address, "")
                    assert answer.status_code in {403, 404}, (method, address, body, answer.status_code, text)
                    assert SECRET not in text, (method, address, body, text)
    assert _stand() == before
    assert asked > 25


def test_the_same_bodies_change_it_for_those_whose_it_is(theirs: Environment) -> None:
    """The test above cannot pass because what is sent is wrong."""
    operator = Caller(factories.operator())
    of_kind: dict[str, Any] = {"/tickets": Ticket, "/exceptions": DayException, "/operations": Operation}
    for method, path in _endpoints():
        if method == "get":
            continue
        short = path.removeprefix("/api/v1")
        for body in _bodies(method, path, theirs):
            model = next((model for begin, model in of_kind.items() if short.startswith(begin)), None)
            number = model.objects.latest("pk").pk if model and "{number}" in path else 0
            address = path.replace("{slug}", theirs.slug).replace("{number}", str(number))
            answer = _sent(operator, method, address, body)
            assert answer.status_code not in {403, 404}, (method, address, answer.content)
    assert Team.objects.filter(name=theirs.team.name).exists()


def test_the_same_requests_show_it_to_those_whose_it_is(theirs: Environment) -> None:
    """Nor can the first pass because nothing is ever shown."""
    operator = Caller(factories.operator())
    its = f"/environments/{theirs.slug}"
    yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()
    costs = f"/costs?from={yesterday}&to={yesterday}"
    lists = ("/environments", "/operations", "/holds", "/exceptions", "/tickets", "/health", "/events", costs)
    one = (its, f"{its}/deployments", f"/tickets/{Ticket.objects.get().pk}", f"/calendars/{Calendar.objects.get().pk}")
    for path in (*lists, *one, f"/deployments/{Deployment.objects.get().pk}", f"/schedules/{theirs.schedule_id}"):
        assert SECRET in operator.get(path).content.decode(), path


def test_without_a_token_no_endpoint_answers(theirs: Environment) -> None:
    nobody = Caller(factories.outsider())
    nobody.client.defaults.pop("HTTP_AUTHORIZATION")
    for method, path in _endpoints():
        address = next(_paths(path, theirs))
        answer = getattr(nobody.client, method)(address)
        assert answer.status_code == 401, (method, address)


def test_a_token_without_scopes_that_fit_changes_nothing(theirs: Environment) -> None:
    reader = Caller(factories.operator(), Scope.READ)
    before = _stand()
    for method, path in _endpoints():
        if method == "get":
            continue
        for address in _paths(path, theirs):
            for body in _bodies(method, path, theirs):
                answer = _sent(reader, method, address, body)
                assert answer.status_code == 403, (method, address, answer.content)
    assert _stand() == before
