"""Programs with a token, as they call the resources of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import Scope
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

ROOT = "/api/v1"


class Program:
    """A program with a token of somebody. What it asks for is answered as plain data."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        self.user = user
        self.client = Caller(user, *scopes).client

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(self.client, method)(ROOT + path, query_params=query, **sent)

    def get(self, path: str, **query: Any) -> Any:
        """What it is shown."""
        answer = self.ask("get", path, **query)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(path, **query)["items"]
        return found

    def did(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What a change answers."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code in {200, 201}, answer.content.decode()
        return answer.json()

    def status(self, method: str, path: str, body: Any = None, **query: Any) -> int:
        return int(self.ask(method, path, body, **query).status_code)

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, list[str]]:
        """Field -> what is wrong with it, of a request that has errors."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code == 422, answer.content.decode()
        assert answer.headers["Content-Type"] == "application/problem+json"
        errors: dict[str, list[str]] = answer.json()["errors"]
        return errors


def queries(call: Callable[[], Any]) -> int:
    """How many questions a call asks the database; once, before it, what is kept by the process is read."""
    call()
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked)


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """It is Monday, 23 November 2026, ten o'clock in Seoul, and stays so."""
    with time_machine.travel(monday("10:00"), tick=False):
        yield


@pytest.fixture
def manager(db: None) -> Program:
    return Program(factories.manager())


@pytest.fixture
def viewer(db: None) -> Program:
    return Program(factories.viewer())


@pytest.fixture
def operator(db: None) -> Program:
    return Program(factories.operator())


@pytest.fixture
def outsider(db: None) -> Program:
    return Program(factories.outsider())
