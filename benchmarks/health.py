"""HTTP checks: two thousand are due at once, two hundred of them hang; how soon the others' verdicts are there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from time import perf_counter, process_time
from typing import Any

from django.db import connection

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

CHECKS, HANGING = 2000, 200
TIME_OUT_S = 5


def figures() -> Iterator[Figure]:
    """One turn of one worker; the hanging ones are due first, so that they take their places before all others."""
    from django.test import override_settings

    allowed = [ip_network("127.0.0.1/32")]
    with fresh_database(), serving() as address, override_settings(HEALTH_ALLOWED_NETWORKS=allowed):
        yield from _figures(address)


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server in a process of its own."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.health_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.wait()


def _figures(address: str) -> Iterator[Figure]:
    from environments.models import HealthSample
    from environments.services import http_checks, http_writing

    now = datetime.now(UTC)
    _write(address, now)
    good = CHECKS - HANGING
    began, cpu = perf_counter(), process_time()
    done: list[tuple[float, float]] = []
    there, write = 0, http_writing.write

    def told(taken: Any, answers: Any, **at: Any) -> int:
        nonlocal there
        written = write(taken, answers, **at)
        there += sum(not answer.trouble for answer in answers)
        if there == good and not done:
            done.append((perf_counter() - began, process_time() - cpu))
        return written

    http_writing.write = told
    try:
        asked = http_checks.check_due(now=now)
    finally:
        http_writing.write = write
    assert asked >= CHECKS
    assert HealthSample.objects.filter(is_up=True).count() == good
    (seconds, busy) = done[0]
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor, "checks": CHECKS, "hanging": HANGING, "time-out s": TIME_OUT_S,
    }  # fmt: skip
    yield Figure("health.http_2000_s", seconds, "s", sizes, "verdicts of those that answer")
    yield Figure("health.http_2000_cpu_s", busy, "s", sizes, "processor time of the worker until then")


def _write(address: str, now: datetime) -> None:
    from environments.models import Environment, HttpCheck, State, Team

    team = Team.objects.create(name="Bench")
    rows = Environment.objects.bulk_create(
        Environment(name=f"env-{n}", slug=f"env-{n}", team=team, state=State.RUNNING, state_since=now)
        for n in range(CHECKS)
    )
    for number, row in enumerate(rows):
        hangs = number < HANGING
        HttpCheck.objects.create(
            environment=row,
            name="API",
            url=f"{address}/{'hang' if hangs else 'actuator/health'}",
            timeout_s=TIME_OUT_S,
            due_at=now - timedelta(seconds=60 if hangs else 1),
        )
