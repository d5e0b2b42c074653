"""Requests that only look: HEAD, and conditions on what has changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.support.calling import Caller

pytestmark = pytest.mark.django_db
PATH = "/api/v1/schedules"


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
