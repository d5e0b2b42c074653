"""Heartbeats: ten thousand calls in a minute, at a steady rate, answered by the web server that production uses, while
another process judges what came in. How soon each is answered, what that costs, and that every call counts once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from django.db import connection

from benchmarks.database import address_of, fresh_database
from benchmarks.figure import Figure

SUBJECTS = ("heartbeat",)
CALLS, SECONDS = 10_000, 60
JOBS, WEB_WORKERS = 10_000, 2
GIVEN_UP_S = 90


def figures() -> Iterator[Figure]:
    with fresh_database():
        keys = _write()
        with _web() as (port, web), _judging() as judge:
            _wait_for(port)
            began = _cpu(web)
            answers = asyncio.run(_call(port, keys))
            web_cpu = _cpu(web) - began
            judged_s = _until_judged()
            judge_cpu = _cpu(judge)
        yield from _told(answers, web_cpu, judge_cpu, judged_s)


def _told(answers: Sequence[tuple[int, float]], web_cpu: float, judge_cpu: float, judged_s: float) -> Iterator[Figure]:
    from django.db.models import Sum

    from environments.models import HealthHour
    from notifications.models import Arrival

    accepted = sum(status == 200 for status, _ in answers)
    judged = Arrival.objects.filter(door="ping", outcome="success").count()
    counted = HealthHour.objects.aggregate(all=Sum("received"))["all"]
    assert accepted == judged == counted == CALLS, (accepted, judged, counted)
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor, "calls": CALLS, "seconds": SECONDS, "web workers": WEB_WORKERS,
    }  # fmt: skip
    times = [ms for _, ms in answers]
    yield Figure("heartbeat.accepted", accepted, "calls", sizes, "answered 200, judged and counted, each once")
    yield Figure("heartbeat.p50_ms", quantiles(times, n=2)[0], "ms", sizes)
    yield Figure("heartbeat.p95_ms", quantiles(times, n=20)[18], "ms", sizes)
    yield Figure("heartbeat.p99_ms", quantiles(times, n=100)[98], "ms", sizes)
    yield Figure("heartbeat.web_cpu_ms", web_cpu / CALLS * 1000, "ms a call", sizes)
    yield Figure("heartbeat.judge_cpu_ms", judge_cpu / CALLS * 1000, "ms a call", sizes)
    yield Figure("heartbeat.judged_after_s", judged_s, "s", sizes, "after the last answer")


async def _call(port: int, keys: Sequence[str]) -> list[tuple[int, float]]:
    """Each key once, at a steady rate whatever the answers take; status and milliseconds of each."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    calls = []
    for number, key in enumerate(keys):
        await asyncio.sleep(max(0.0, began + number * SECONDS / CALLS - loop.time()))
        calls.append(asyncio.create_task(_one(port, key)))
    return list(await asyncio.gather(*calls))


async def _one(port: int, key: str) -> tuple[int, float]:
    """A connection of its own, as jobs have."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /ping/{key} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    took = (time.perf_counter() - began) * 1000
    await reader.read()
    writer.close()
    return int(line.split()[1]) if line else 0, took


def _write() -> list[str]:
    """Jobs of a hundred environments, and their keys."""
    from environments.models import Check, Environment, Heartbeat, State, Team
    from environments.services import heartbeats

    now = datetime.now(UTC)
    team = Team.objects.create(name="Bench")
    rows = Environment.objects.bulk_create(
        Environment(name=f"env-{n}", slug=f"env-{n}", team=team, state=State.RUNNING, state_since=now)
        for n in range(100)
    )
    keys = []
    checks = Check.objects.bulk_create(
        Check(environment=rows[n % 100], name=f"job {n}", kind="heartbeat", due_at=now + timedelta(hours=1))
        for n in range(JOBS)
    )
    found = []
    for check in checks:
        row = Heartbeat(check_ptr=check)
        heartbeats.renew(row)
        keys.append(row.key[heartbeats.KEY])
        found.append(row)
    _insert(found)
    random.Random(7).shuffle(keys)
    return keys


def _insert(rows: Sequence[Any]) -> None:
    """The children alone, which Django's `bulk_create` does not know."""
    from environments.models import Heartbeat

    fields = Heartbeat._meta.local_concrete_fields  # noqa: SLF001
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO environments_heartbeat ({names}) VALUES ({marks})",
            [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows],
        )


@contextmanager
def _web() -> Iterator[tuple[int, int]]:
    """The server as `make web` starts it: its port and process."""
    import socket

    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    granian = str(Path(sys.executable).with_name("granian"))
    command = [granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WEB_WORKERS), "--blocking-threads", "2", "portal.wsgi:application"]
    with _process([*command]) as process:
        yield port, process.pid


@contextmanager
def _judging() -> Iterator[int]:
    """What a worker does each two seconds and each fifteen, in a process of its own."""
    code = (
        "import django, time; django.setup()\n"
        "from django.utils import timezone\n"
        "from environments.services import expectations\n"
        "from notifications import intake\n"
        "turn = 0\n"
        "while True:\n"
        "    intake.judge_due(now=timezone.now())\n"
        "    turn % 7 or expectations.judge_due(now=timezone.now())\n"
        "    turn += 1\n"
        "    time.sleep(2)\n"
    )
    with _process([sys.executable, "-c", code]) as process:
        yield process.pid


@contextmanager
def _process(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"DATABASE_URL": address_of(connection), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    environment |= {"EMBEDDED": "false"} if "EMBEDDED" in os.environ else {}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    """Until each worker of the server has answered, with its imports done and its database open."""

    async def ask() -> None:
        until = time.monotonic() + GIVEN_UP_S
        good = 0
        while good < 40:
            assert time.monotonic() < until, "the web server does not answer"
            try:
                status, _ = await _one(port, "nobody")
            except OSError:
                status = 0
            good += status == 404
            await asyncio.sleep(0.05)

    asyncio.run(ask())


def _until_judged() -> float:
    from notifications.models import Arrival

    began = time.monotonic()
    while Arrival.objects.waiting().exists():
        assert time.monotonic() - began < GIVEN_UP_S, "what came in is not judged"
        time.sleep(0.2)
    return time.monotonic() - began


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process and its children, from /proc."""
    tick = os.sysconf("SC_CLK_TCK")
    used, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
        for task in Path(f"/proc/{one}/task").iterdir():
            waiting += [int(child) for child in (task / "children").read_text().split()]
    return used / tick
