"""/healthz and /readyz: who may ask, what they say, and that they never hang."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from portal import health
from portal.models import Pulse


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces what is asked: `checks(database=…, broker=…)`."""

    def replace(**functions: Callable[[], dict[str, Any]]) -> None:
        for subject, function in functions.items():
            monkeypatch.setattr(health, f"check_{subject}", health.Bounded(f"The {subject}", function))

    return replace


Checks = Callable[..., None]


def pulses(**ages: float) -> dict[str, Any]:
    now = timezone.now()
    return {"ok": True, "pulses": {name: now - timedelta(seconds=age) for name, age in ages.items()}}


def fine() -> dict[str, Any]:
    return {"ok": True}


def test_healthz_answers_without_a_database(client: Client) -> None:
    # No `db` fixture: pytest-django fails whatever touches the database here.
    response = client.get("/healthz", headers={"host": "10.1.2.3"})

    assert (response.status_code, response.content) == (200, b"ok")
    assert response.headers["Content-Type"] == "text/plain"


def test_only_looking_is_answered(client: Client, db: None) -> None:
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").content != b"ok"


@pytest.mark.django_db(transaction=True)
def test_readyz_is_ready_when_everything_gave_a_sign_of_life(client: Client) -> None:
    Pulse.beat(Pulse.Name.WORKER)
    Pulse.beat(Pulse.Name.BEAT)

    response = client.get("/readyz", headers={"host": "10.1.2.3"})

    assert response.status_code == 200
    report = response.json()
    assert report["ready"] is True
    assert [report[part]["ok"] for part in ("database", "broker", "worker", "beat")] == [True] * 4
    assert 0 <= report["worker"]["age_s"] < 5


def test_readyz_says_which_process_was_not_heard_of(client: Client, checks: Checks) -> None:
    checks(database=lambda: pulses(beat=95.0), broker=fine)

    response = client.get("/readyz")

    assert response.status_code == 503
    report = response.json()
    assert report["ready"] is False
    assert report["worker"] == {"ok": False, "error": "No worker has given a sign of life yet.", "age_s": None}
    assert report["beat"] == {"ok": False, "error": "No beat has given a sign of life for 95 seconds.", "age_s": 95.0}


def test_readyz_answers_in_words_when_the_database_is_away(client: Client, checks: Checks) -> None:
    def away() -> dict[str, Any]:
        raise OperationalError("connection to postgresql://daybreak:hush@db:5432/x refused\n\tIs the server running?")

    checks(database=away, broker=fine)

    report = client.get("/readyz").json()

    assert report["database"]["error"] == (
        "The database does not answer: connection to postgresql://daybreak:***@db:5432/x refused"
    )
    assert report["worker"]["error"] == "Unknown: the last sign of life of a worker is in the database."


@pytest.fixture
def hanging() -> Iterator[Callable[[], dict[str, Any]]]:
    """A check that does not come back until the test is over."""
    over = threading.Event()

    def hang() -> dict[str, Any]:
        over.wait()
        return {"ok": True}

    yield hang
    over.set()


def test_readyz_does_not_wait_for_a_check_that_hangs_and_does_not_pile_them_up(
    client: Client, checks: Checks, hanging: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "DEADLINE_S", 0.05)
    checks(database=lambda: pulses(worker=1, beat=1), broker=hanging)

    errors = [client.get("/readyz").json()["broker"]["error"] for _ in range(4)]

    assert errors == [
        "The broker did not answer within 0.05 seconds.",
        "The broker did not answer within 0.05 seconds.",
        "The broker has not answered the checks before this one.",
        "The broker has not answered the checks before this one.",
    ]


def test_a_broker_that_refuses_is_reported_within_the_deadline(
    client: Client, checks: Checks, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.celery import app

    settings.EMBEDDED = False
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://:hush@127.0.0.1:1/0")
    checks(database=lambda: pulses(worker=1, beat=1))

    response = client.get("/readyz")

    assert response.status_code == 503
    broker = response.json()["broker"]
    assert broker["ok"] is False
    assert "refused" in broker["error"]
    assert "hush" not in response.content.decode()
