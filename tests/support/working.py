"""A worker in this process, as a test's other thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from kombu import Connection

from portal.celery import app

LOOK_S = 0.1


@contextmanager
def working() -> Iterator[None]:
    """It consumes for the block, and has ended after it. Whether it is to end it asks each tenth of a second, where
    Celery asks each two."""
    drain = Connection.drain_events

    def briefly(connection: Connection, **options: Any) -> Any:
        return drain(connection, **{**options, "timeout": LOOK_S})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "drain_events", briefly)
        with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False):
            yield
