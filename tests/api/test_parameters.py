"""A parameter or a field that an endpoint does not know is refused: it is never taken for one that was left away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ninja.operation import Operation

from portal.api import parameters
from portal.api.description import METHODS, operations_of
from portal.api.root import api
from portal.models import Preference
from tests import factories
from tests.support.calling import Caller

TOLD = json.loads(json.dumps(api.get_openapi_schema()))
ENDPOINTS = [(method, path) for path, methods in TOLD["paths"].items() for method in methods if method in METHODS]
EACH = pytest.mark.parametrize(("method", "path"), ENDPOINTS)


@pytest.fixture
def caller(db: None) -> Caller:
    return Caller(factories.operator())


def _sent(caller: Caller, method: str, path: str) -> Any:
    """About something that need not exist: what is refused is refused before it is looked for."""
    address = path.replace("{slug}", "chat-dev").replace("{number}", "1")
    body = {} if method == "get" else {"data": "{}", "content_type": "application/json"}
    return getattr(caller.client, method)(f"{address}?nonsense=running", **body)


@EACH
def test_every_endpoint_refuses_a_parameter_that_nobody_knows(caller: Caller, method: str, path: str) -> None:
    answer = _sent(caller, method, path)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]["nonsense"][0].startswith("nonsense: there is no such parameter here.")


def test_a_parameter_that_is_given_twice_is_refused_and_none_of_both_is_taken(caller: Caller) -> None:
    answer = caller.client.get("/api/v1/environments?state=running&state=stopped")
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"state": ["state stands there more than once. Give it once."]}


@pytest.mark.parametrize("operation", list(operations_of(api)), ids=lambda one: one.view_func.__qualname__)
def test_what_is_known_is_what_the_description_tells(operation: Operation) -> None:
    name = api.get_openapi_operation_id(operation)
    its = next(one for methods in TOLD["paths"].values() for one in methods.values() if one["operationId"] == name)
    known = {one["name"] for one in its.get("parameters", ()) if one["in"] == "query"}
    assert set(parameters.known_to(operation)) == known
    assert "application/problem+json" in its["responses"]["422"]["content"]


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/environments", {"sate": "running"}, "sate: there is no such parameter here. Did you mean state?"),
        ("/environments", {"State": "running"}, "State: there is no such parameter here. Did you mean state?"),
        ("/environments/x/plan", {"form": "2026-11-23"}, "form: there is no such parameter here. Did you mean from?"),
        ("/holds", {"zz": "1"}, "zz: there is no such parameter here. There are: cursor, environment, limit."),
        ("/schedules/1", {"a": "1"}, "a: there is no such parameter here. This address takes none."),
    ],
)
def test_it_names_the_nearest_that_there_is(caller: Caller, path: str, query: dict[str, str], said: str) -> None:
    answer = caller.get(path, query)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {next(iter(query)): [said]}
    assert answer.json()["detail"] == said


def test_it_is_told_together_with_all_else_that_is_wrong(caller: Caller) -> None:
    wrong = caller.get("/environments", {"sate": "running", "limit": 0, "team": "Chat"}).json()["errors"]
    assert set(wrong) == {"sate", "limit"}


def test_it_is_said_in_the_language_of_the_reader(caller: Caller) -> None:
    Preference.objects.create(user=caller.token.user, language="ko")
    answer = caller.get("/environments", {"sate": "running"})
    assert answer["Content-Language"] == "ko"
    assert answer.json()["title"] == "요청에 오류가 있어요"
    assert "state" in answer.json()["detail"]


def test_a_long_name_is_not_told_back_whole_and_one_of_no_letters_is_told_too(caller: Caller) -> None:
    found = caller.client.get(f"/api/v1/environments?{'x' * 5000}=1&=2").json()["errors"]
    assert set(found) == {"x" * parameters.SAID, "request"}
    assert found["request"][0].startswith("“”: there is no such parameter")


def test_without_a_token_nothing_is_told_of_parameters(caller: Caller) -> None:
    caller.client.defaults.pop("HTTP_AUTHORIZATION")
    assert caller.get("/environments", {"sate": "running"}).status_code == 401


def test_head_refuses_what_get_refuses(caller: Caller) -> None:
    assert caller.client.head("/api/v1/environments?sate=running").status_code == 422


def _objects(schema: Any, known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that may be sent within a body."""
    if isinstance(schema, list):
        for one in schema:
            yield from _objects(one, known)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield from _objects(known[schema["$ref"].rpartition("/")[2]], known)
        if schema.get("type") == "object":
            yield schema
        for one in schema.values():
            yield from _objects(one, known)


@EACH
def test_no_body_takes_a_field_that_nobody_knows(method: str, path: str) -> None:
    body = TOLD["paths"][path][method].get("requestBody", {})
    for one in _objects(body, TOLD["components"]["schemas"]):
        assert one.get("additionalProperties") is False, one.get("title")
