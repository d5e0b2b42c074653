"""What every test has: no network but this machine, made-up AWS credentials, an empty broker; and what it may ask for.

Tasks are not run in the place of their call: a test that wants one calls its service, or starts a worker.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.db import connection
from django.utils import translation
from hypothesis import settings
from kombu.transport.memory import Channel
from pytest_django import Settings

from portal.env import MADE_UP_AWS
from tests.support.examples import PROFILE
from tests.support.migrated import kept
from tests.support.simulator import Simulator, simulator_session

NOBODY_THERE = "http://127.0.0.1:9"

settings.load_profile(PROFILE)

# What is imported and collected stays until the end: looking through it for garbage, again and again as tests make
# objects, took a quarter of the suite's time.
RARELY = (50_000, 20, 100)
gc.set_threshold(*RARELY)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def until_migrated(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> ExitStack:
    """Open until the database is migrated. On SQLite it is one that was migrated before, where there is one."""
    stack = ExitStack()
    cache = getattr(request.config, "cache", None)
    if connection.vendor == "sqlite" and cache:
        database = Path(connection.settings_dict["TEST"]["NAME"])
        stack.enter_context(kept(cache.mkdir("migrated"), database))
    # Closed by who has migrated; where that failed, what there is by then is not kept.
    return stack


@pytest.fixture(scope="session")
def django_db_keepdb(until_migrated: ExitStack) -> bool:
    """Migrate what is there. pytest-django then leaves it to `tests.settings` to remove the database."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(until_migrated: ExitStack, django_db_setup: None) -> None:
    until_migrated.close()


@pytest.fixture(autouse=True)
def made_up_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine is signed in to: no test can reach an account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in MADE_UP_AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY_THERE)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Texts are English until a test or its request asks for another language; what one asked for stays with it."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def empty_broker() -> Iterator[None]:
    """The broker in memory is the process's: what one test sent is not to reach another's worker."""
    yield
    Channel.queues.clear()


@pytest.fixture
def published() -> Iterator[list[str]]:
    """The names of the tasks whose messages were sent during the test, in order."""
    names: list[str] = []

    def keep(sender: str, **signal: Any) -> None:
        names.append(sender)

    before_task_publish.connect(keep)
    yield names
    before_task_publish.disconnect(keep)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The simulated AWS, one for the session (and test process), as its own process, started when first asked for."""
    yield from simulator_session()


@pytest.fixture
def aws(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Simulator:
    """The simulated AWS, empty, its clock standing still, and every boto3 client of this process pointed at it."""
    simulator.reset()
    simulator.freeze()
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulator.url)
    settings.AWS_ENDPOINT_URL = simulator.url
    return simulator
