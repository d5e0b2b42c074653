"""Jobs call while the process that judges their calls is killed, again and again: each call counts, and counts once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from environments.models import HealthDay, HealthHour, Heartbeat
from environments.services import heartbeat_edits, heartbeats
from notifications import intake
from notifications.models import Arrival, Event
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
JOBS, CALLS, CALLERS = 20, 120, 4
JUDGE = (
    "import django, time; django.setup()\n"
    "from django.utils import timezone\n"
    "from environments.services import expectations\n"
    "from notifications import intake\n"
    "print('ready', flush=True)\n"
    "while True:\n"
    "    intake.judge_due(now=timezone.now())\n"
    "    expectations.judge_due(now=timezone.now())\n"
)


def _database_url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    sign_in = f"{config['USER']}:{config['PASSWORD']}".rstrip(":")
    return f"postgresql://{sign_in}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"


def _judge() -> subprocess.Popen[str]:
    variables = os.environ | {"TEST_DATABASE_URL": _database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = subprocess.Popen([sys.executable, "-c", JUDGE], env=variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    return process


def _calling(addresses: list[str], accepted: list[int]) -> Callable[[], None]:
    def call() -> None:
        client = Client()
        for address in addresses:
            answer = client.post(address, b"done", "text/plain")
            accepted.append(answer.status_code)
            time.sleep(0.005)
        connection.close()

    return call


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.torture)])
def test_calls_count_once_each_when_the_worker_that_judges_them_is_killed_amid_them(kills: int) -> None:
    chat = factories.environment(state="running", wish="running", state_since=timezone.now())
    rows = [Heartbeat(environment=chat, name=f"job {number}") for number in range(JOBS)]
    for row in rows:
        heartbeat_edits.add(heartbeat=row, now=timezone.now())
    keys = [f"/ping/{rows[number % JOBS].key[heartbeats.KEY]}" for number in range(CALLS)]
    random.Random(1).shuffle(keys)
    accepted: list[int] = []
    callers = [threading.Thread(target=_calling(keys[n::CALLERS], accepted)) for n in range(CALLERS)]
    judge = _judge()
    try:
        for caller in callers:
            caller.start()
        for number in range(kills):
            share = CALLS * (number + 1) // (kills + 2)
            _until(lambda share=share: _judged() >= share)  # type: ignore[misc]
            judge.send_signal(signal.SIGKILL)
            assert judge.wait(10) == -signal.SIGKILL
            judge = _judge()
        for caller in callers:
            caller.join()
        _until(lambda: not Arrival.objects.waiting().exists())
    finally:
        judge.kill()
        judge.wait()
    assert accepted == [200] * CALLS
    intake.judge_due(now=datetime.now(UTC) + timedelta(seconds=10))
    assert Arrival.objects.filter(door="ping", outcome="success").count() == CALLS
    for table in (HealthHour, HealthDay):
        sums = dict(table.objects.values_list("check_number").annotate(Sum("received")).order_by())
        assert sums == {row.pk: CALLS // JOBS for row in rows}
        assert table.objects.aggregate(all=Sum("missed"))["all"] == 0
    assert set(Heartbeat.objects.values_list("state", flat=True)) == {"up"}
    assert not Event.objects.exists()


def _judged() -> int:
    return Arrival.objects.filter(judged_at__isnull=False).count()


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)
