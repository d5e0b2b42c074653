"""Reports by SMS: 1,200 of 400 devices come in within ten seconds, at the web server that production uses; how soon the
last of them is judged by a worker beside it, and that each counts once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import connection

from benchmarks.database import address_of, fresh_database
from benchmarks.figure import Figure

DEVICES, EACH, SECONDS = 400, 3, 10
REPORTS: Final = DEVICES * EACH
WEB_WORKERS = 2
MASTER_KEY = "00" * 32
SECRET = "bench"
GIVEN_UP_S = 90
JUDGING = """
import django, time; django.setup()
from django.utils import timezone
from notifications import intake
while True:
    began = time.monotonic()
    intake.judge_due(now=timezone.now())
    time.sleep(max(0, 2 - (time.monotonic() - began)))
"""


def figures() -> Iterator[Figure]:
    """The worker looks each two seconds, as beat tells it to."""
    with fresh_database():
        path = _write()
        bodies = _bodies()
        with _web() as port, _process([sys.executable, "-c", JUDGING]):
            _wait_for(port)
            began = datetime.now(UTC)
            answers = asyncio.run(_call(port, path, bodies))
            _until_judged()
        yield from _told(answers, began)


def _told(answers: Sequence[tuple[int, float]], began: datetime) -> Iterator[Figure]:
    from django.db.models import Max, Sum

    from environments.models import DeviceReport, HealthHour
    from notifications.models import Arrival

    accepted = sum(status == 200 for status, _ in answers)
    judged = Arrival.objects.filter(door="sms", outcome="counted")
    counted = HealthHour.objects.aggregate(all=Sum("received"))["all"]
    kept = DeviceReport.objects.values("device", "counter").distinct().count()
    assert accepted == judged.count() == counted == kept == REPORTS, (accepted, judged.count(), counted, kept)
    last = judged.aggregate(at=Max("judged_at"))["at"]
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor, "reports": REPORTS, "devices": DEVICES, "seconds": SECONDS,
    }  # fmt: skip
    slowest = max(ms for _, ms in answers)
    yield Figure("sms.judged_1200_s", (last - began).total_seconds(), "s", sizes, "from the first call on")
    yield Figure("sms.slowest_answer_ms", slowest, "ms", sizes)


async def _call(port: int, path: str, bodies: Sequence[bytes]) -> list[tuple[int, float]]:
    """Each report once, at a steady rate whatever the answers take; status and milliseconds of each."""
    loop = asyncio.get_running_loop()
    began, calls = loop.time(), []
    for number, body in enumerate(bodies):
        await asyncio.sleep(max(0.0, began + number * SECONDS / REPORTS - loop.time()))
        calls.append(asyncio.create_task(_one(port, path, body)))
    return list(await asyncio.gather(*calls))


async def _one(port: int, path: str, body: bytes) -> tuple[int, float]:
    """Signed by hand, as a gateway does it that knows the documentation alone."""
    began, stamp = time.perf_counter(), str(int(time.time()))
    signature = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Daybreak-Timestamp: {stamp}\r\n"
        f"X-Daybreak-Signature: sha256={signature}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + body)
    line = await reader.readline()
    took = (time.perf_counter() - began) * 1000
    await reader.read()
    writer.close()
    return int(line.split()[1]) if line else 0, took


def _bodies() -> list[bytes]:
    """The first report of each device, then the second of each, then the third."""
    from environments.probes import sms_report

    status = sms_report.Status(datetime.now(UTC), 0, 87, 21, 19, 35, 0)
    master = bytes.fromhex(MASTER_KEY)
    keys = {number: sms_report.device_key(master, device=number, epoch=0) for number in range(DEVICES)}
    texts = [
        sms_report.seal(status, keys[number], device=number, epoch=0, counter=counter)
        for counter in range(1, EACH + 1)
        for number in range(DEVICES)
    ]
    return [json.dumps({"id": f"m{n}", "from": "+82", "text": text}).encode() for n, text in enumerate(texts)]


def _write() -> str:
    """Devices of one environment, and a gateway, whose path is returned."""
    from environments.models import Device, Environment, State, Team
    from environments.services import devices
    from notifications import secret_doors
    from notifications.inbound import sms
    from notifications.models import Gateway

    now = datetime.now(UTC)
    team = Team.objects.create(name="Bench")
    care = Environment.objects.create(name="care", slug="care", team=team, state=State.RUNNING, state_since=now)
    rows = [
        Device.objects.create(
            environment=care, name=f"subject {n}", number=n, always=True, rhythm="windows",
            windows="00:00-08:00, 08:00-16:00, 16:00-24:00",
        )
        for n in range(DEVICES)
    ]  # fmt: skip
    devices.saved(devices=rows, changed=None, now=now)
    gateway = Gateway(name="Bench", kind="json", config={sms.SECRET: SECRET})
    secret_doors.new_address(gateway)
    gateway.save()
    return f"/hooks/sms/{gateway.config[secret_doors.KEY]}/"


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
    with _process(command):
        yield port


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    """With the database of this benchmark, and the master key."""
    variables = {"DATABASE_URL": address_of(connection), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    variables |= {"LOG_LEVEL": "ERROR", "DEVICE_MASTER_KEY": MASTER_KEY}
    silent = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=os.environ | variables, stdout=silent, stderr=silent, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int) -> None:
    """Until each worker of the server has answered, with its imports done and its database open."""

    async def ask() -> None:
        good, given_up = 0, time.monotonic() + GIVEN_UP_S
        while good < 40:
            assert time.monotonic() < given_up, "the web server does not answer"
            try:
                status, _ = await _one(port, "/hooks/sms/nobody/", b"{}")
            except OSError:
                status = 0
            good += status == 404
            await asyncio.sleep(0.05)

    asyncio.run(ask())


def _until_judged() -> None:
    from notifications.models import Arrival

    given_up = time.monotonic() + GIVEN_UP_S
    while Arrival.objects.filter(judged_at__isnull=True).exists():
        assert time.monotonic() < given_up, "not all is judged"
        time.sleep(0.2)
