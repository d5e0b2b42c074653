"""`GET /healthz`: this web process lives. `GET /readyz`: the database, the broker, a worker and a beat do too.

Both answer without a sign-in, and are answered before everything else: probes come by IP address (ALLOWED_HOSTS would
refuse them), over plain http behind a TLS proxy, and /healthz must not depend on the database that sessions live in.
"""

import json
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from portal.celery import app
from portal.masking import mask
from portal.models import Pulse

logger = logging.getLogger(__name__)

DEADLINE_S: Final = 4.0
STALE_AFTER: Final = timedelta(seconds=30)
Section = dict[str, Any]


class HealthMiddleware:
    """Answers the two addresses; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            if request.path_info == "/healthz":
                return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})
            if request.path_info == "/readyz":
                report = readiness()
                response = HttpResponse(
                    json.dumps(report),
                    content_type="application/json",
                    status=200 if report["ready"] else 503,
                    headers={"Cache-Control": "no-store"},
                )
                # Django logs every 503 as an error of ours; this one is an answer, and its causes are logged already.
                response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
                return response
        return self.get_response(request)


class Bounded:
    """Runs a check that may hang, for at most `DEADLINE_S`, and at most `slots` of it at the same time.

    A thread that hangs cannot be ended, only left behind; the slots keep probes from piling such threads up.
    """

    def __init__(self, subject: str, check: Callable[[], Section], slots: int = 2) -> None:
        self.subject = subject
        self.check = check
        self.free = threading.BoundedSemaphore(slots)

    def __call__(self) -> Callable[[], Section]:
        """Start the check; the function given back waits for its section."""
        answer: list[Section] = []
        if not self.free.acquire(blocking=False):
            return lambda: _failed(f"{self.subject} has not answered the checks before this one.")

        def run() -> None:
            try:
                answer.append(self.check())
            except Exception as error:  # noqa: BLE001  any failure is this check's answer
                logger.warning("%s is not ready: %s", self.subject, error)
                answer.append(_failed(f"{self.subject} does not answer: {_first_line(error)}"))
            finally:
                self.free.release()

        thread = threading.Thread(target=run, name="readyz", daemon=True)
        thread.start()

        def wait() -> Section:
            thread.join(DEADLINE_S)
            return answer[0] if answer else _failed(f"{self.subject} did not answer within {DEADLINE_S:g} seconds.")

        return wait


def readiness() -> Section:
    """What /readyz says; `ready` is true when every section is `ok`. Bounded by `DEADLINE_S`, raises nothing."""
    # Both at once, so that two that hang cost one deadline.
    waits = [check_database(), check_broker()]
    database, broker = (wait() for wait in waits)
    pulses = database.pop("pulses", None)
    sections = {
        "database": database,
        "broker": broker,
        "worker": _alive(Pulse.Name.WORKER, pulses),
        "beat": _alive(Pulse.Name.BEAT, pulses),
    }
    return {"ready": all(section["ok"] for section in sections.values()), **sections}


def _database() -> Section:
    try:
        return {"ok": True, "kind": connection.vendor, "pulses": Pulse.objects.latest_by_name()}
    finally:
        connection.close()  # this thread's own


def _broker() -> Section:
    parts = urlsplit(settings.CELERY_BROKER_URL)
    if not settings.EMBEDDED:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            _ = broker.default_channel  # opening one is what shows that it answers
    return {"ok": True, "kind": parts.scheme}


check_database = Bounded("The database", _database)
check_broker = Bounded("The broker", _broker)


def _alive(name: Pulse.Name, pulses: dict[str, Any] | None) -> Section:
    who = name.value
    if pulses is None:
        return _failed(f"Unknown: the last sign of life of a {who} is in the database.") | {"age_s": None}
    if name not in pulses:
        return _failed(f"No {who} has given a sign of life yet.") | {"age_s": None}
    age = round((timezone.now() - pulses[name]).total_seconds(), 1)
    if age > STALE_AFTER.total_seconds():
        return _failed(f"No {who} has given a sign of life for {age:g} seconds.") | {"age_s": age}
    return {"ok": True, "age_s": max(age, 0.0)}


def _failed(error: str) -> Section:
    return {"ok": False, "error": error}


def _first_line(error: Exception) -> str:
    """The masked first line: the rest of a driver's message is advice that does not fit an answer."""
    return mask(str(error).partition("\n")[0] or type(error).__name__)
