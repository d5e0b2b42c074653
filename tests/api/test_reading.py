"""Requests that only look: HEAD, and conditions on what has changed; of what changes something, they are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.models import Hold, Operation
from portal.models import Scope
from tests import factories
from tests.support.calling import Caller

pytestmark = pytest.mark.django_db
PATH = "/api/v1/schedules"
OLD = "Sat, 01 Jan 2000 00:00:00 GMT"


@pytest.fixture
def caller() -> Caller:
    factories.schedule()
    return Caller(factories.manager())


def test_head_is_answered_as_get_without_the_body(caller: Caller) -> None:
    got, head = caller.client.get(PATH), caller.client.head(PATH)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control", "Content-Language"):
        assert head.headers.get(name) == got.headers.get(name), name
    assert caller.client.head(PATH, headers={"If-None-Match": got["ETag"]}).status_code == 304
    assert caller.client.head(f"{PATH}/999999").status_code == 404
    assert caller.client.head("/api/v1/environments/chat-dev/start").status_code == 405
    caller.client.defaults.pop("HTTP_AUTHORIZATION")
    assert caller.client.head(PATH).status_code == 401


def test_what_is_not_as_it_was_any_more_is_a_problem(caller: Caller) -> None:
    etag = caller.client.get(PATH)["ETag"]
    same: Any = caller.client.get(PATH, headers={"If-Match": etag})
    assert same.status_code == 200
    changed = caller.client.get(PATH, headers={"If-Match": '"another"'})
    assert (changed.status_code, changed["Content-Type"]) == (412, "application/problem+json")
    assert (changed["ETag"], changed.json()["status"]) == (etag, 412)
    assert changed.json()["type"].endswith("#problem-precondition-failed")
    assert "RateLimit-Remaining" in changed
    assert changed["Cache-Control"] == "private, no-cache"


CHANGES = [
    ("post", "/environments/chat-dev/start"),
    ("post", "/environments/chat-dev/stop"),
    ("post", "/holds"),
    ("delete", "/holds/chat-dev"),
    ("patch", "/tickets/1"),
]


@pytest.mark.parametrize("condition", [{"If-Match": '"x"'}, {"If-Match": "*"}, {"If-Unmodified-Since": OLD}], ids=str)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_change_with_a_condition_is_refused_and_nothing_is_done(
    caller: Caller, method: str, path: str, condition: dict[str, str]
) -> None:
    """Whatever else is wrong with it: what nobody compares must not be taken for fulfilled."""
    factories.environment()
    body = json.dumps({"environment": "chat-dev", "desired": "stopped"})
    change = getattr(caller.client, method)
    answer: Any = change(f"/api/v1{path}", body, content_type="application/json", headers=condition)
    assert (answer.status_code, answer["Content-Type"]) == (412, "application/problem+json")
    assert "for reading only" in answer.json()["detail"]
    assert not Hold.objects.exists()
    assert not Operation.objects.exists()


def test_who_may_not_change_it_is_told_that_first(caller: Caller) -> None:
    factories.environment()
    reading = Caller(factories.viewer(), Scope.READ)
    path = "/api/v1/environments/chat-dev/stop"
    assert reading.client.post(path, headers={"If-Match": '"x"'}).status_code == 403
    reading.client.defaults.pop("HTTP_AUTHORIZATION")
    assert reading.client.post(path, headers={"If-Match": '"x"'}).status_code == 401


def test_a_date_that_is_none_is_no_condition(caller: Caller) -> None:
    """As RFC 9110 says (13.1.4)."""
    factories.environment()
    assert caller.post("/environments/chat-dev/start", If_Unmodified_Since="yesterday").status_code == 202
