"""A Monday morning, and people of each role at their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from tests import factories
from tests.services.conftest import scripted
from tests.support.times import monday

Enter = Callable[[User], Client]


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """It is Monday, ten o'clock in Seoul, and stays so."""
    with time_machine.travel(monday("10:00"), tick=False):
        yield


@pytest.fixture
def enter() -> Enter:
    """Signs somebody in: their browser."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def as_manager(enter: Enter, db: None) -> Client:
    return enter(factories.manager())


@pytest.fixture
def as_operator(enter: Enter, db: None) -> Client:
    return enter(factories.operator())


@pytest.fixture
def as_administrator(enter: Enter, db: None) -> Client:
    return enter(factories.administrator())


@pytest.fixture
def as_outsider(enter: Enter, db: None) -> Client:
    return enter(factories.outsider())


__all__ = ["scripted"]
