"""The REST API: a thousand environments in one page, for many callers at once, from the web server that production
uses."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from benchmarks.database import address_of, fresh_database
from benchmarks.figure import Figure
from benchmarks.pages_data import fill

ENVIRONMENTS, OPERATIONS = 1000, 20_000
CALLERS, EACH, WARM = 20, 10, 40
WEB_WORKERS: Final = 2
PATH: Final = f"/api/v1/environments?limit={ENVIRONMENTS}"
GIVEN_UP_S: Final = 90
AT_ONCE: Final = 2**21
"""Bytes that a caller takes before it pauses the server: a whole answer, for stop and go is the caller's own time."""


def figures() -> Iterator[Figure]:
    """p95 of a whole answer. Each caller has a token and a connection of its own and asks again as soon as it is
    answered: so many requests are always under way. Every answer is held against what it must be, after the last one:
    reading them takes longer than giving them, and would be measured in the place of the server."""
    with fresh_database():
        fill(timezone.now(), environments=ENVIRONMENTS, operations=OPERATIONS)
        _judge(timezone.now())
        tokens = _tokens()
        bodies: set[bytes] = set()
        with _web() as port:
            _wait_for(port, tokens[-1])
            answers = asyncio.run(_everybody(port, tokens, bodies))
    for body in bodies:
        assert len({one["slug"] for one in json.loads(body)["items"]}) == ENVIRONMENTS
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor,
        "environments": ENVIRONMENTS,
        "callers": CALLERS,
        "requests": len(answers),
        "web workers": WEB_WORKERS,
    }
    times = sorted(ms for ms, _bytes in answers)
    note = f"median {times[len(times) // 2]:.0f} ms, {max(size for _ms, size in answers) / 1000:,.0f} kB each"
    yield Figure("api.list_1000_p95_ms", times[int(len(times) * 0.95) - 1], "ms", sizes, note)


def _judge(now: datetime) -> None:
    """As the tick has it within seconds: what it has not judged yet has its plan read for each answer."""
    from environments.models import Environment
    from environments.services import schedules

    Environment.objects.update(next_transition_at=now)
    assert schedules.enforce_due(now=now) == ENVIRONMENTS


async def _everybody(port: int, tokens: Sequence[str], bodies: set[bytes]) -> list[tuple[float, int]]:
    found = await asyncio.gather(*(_caller(port, token, bodies) for token in tokens))
    return [answer for those in found for answer in those]


async def _caller(port: int, token: str, bodies: set[bytes]) -> list[tuple[float, int]]:
    """How long each answer took, and its bytes; those that differ are put into `bodies`."""
    answers = []
    for _ in range(EACH):
        began = time.perf_counter()
        status, body = await _one(port, token)
        answers.append(((time.perf_counter() - began) * 1000, len(body)))
        assert status == 200, (status, body[:300])
        bodies.add(body)
    return answers


async def _one(port: int, token: str, path: str = PATH) -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=AT_ONCE)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    headers = await reader.readuntil(b"\r\n\r\n")
    length = _length(headers)
    body = await (reader.readexactly(length) if length is not None else reader.read())
    writer.close()
    return int(headers.split()[1]), body


def _length(headers: bytes) -> int | None:
    for line in headers.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return None


def _tokens() -> list[str]:
    """A token for each caller, of an operator: sees every team."""
    from django.contrib.auth.models import User

    from portal.api import tokens
    from portal.models import Scope

    operator: Any = User.objects.get(username="operator")
    return [
        tokens.make(
            account=operator,
            name=f"caller {number}",
            scopes=[Scope.READ],
            expires_at=None,
            author=operator,
            now=timezone.now(),
        )[1]
        for number in range(CALLERS)
    ]


@contextmanager
def _web() -> Iterator[int]:
    """The server as `make web` starts it; its port."""
    import socket

    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    granian = str(Path(sys.executable).with_name("granian"))
    command = [granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WEB_WORKERS), "--blocking-threads", "2", "portal.wsgi:application"]
    variables = {"DATABASE_URL": address_of(connection), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    silent = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env=os.environ | variables | {"LOG_LEVEL": "ERROR"},
        stdout=silent,
        stderr=silent,
        start_new_session=True,
    )
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int, token: str) -> None:
    """Until each worker of the server has answered the same, with its imports done and its database open."""

    async def ask() -> None:
        good, given_up = 0, time.monotonic() + GIVEN_UP_S
        while good < WARM:
            assert time.monotonic() < given_up, "the web server does not answer"
            try:
                status, body = await _one(port, token)
            except (OSError, asyncio.IncompleteReadError):
                status, body = 0, b""
                await asyncio.sleep(0.1)
            assert status in (0, 200), (status, body[:300])
            good += status == 200

    asyncio.run(ask())
