"""A worker may die amid a burst of reports by SMS: nothing is lost, and nothing counts twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from environments.models import Device, DeviceReport, Environment, HealthHour
from notifications import intake
from notifications.models import Arrival, Event, Gateway
from tests import factories
from tests.support.gateways import call, device, gateway, report

from .test_killed_workers import _database_url

pytestmark = pytest.mark.django_db(transaction=True)
SEED = int(os.environ.get("FAULTS_SEED", "20261123"))
DEATHS, AMID_A_BATCH = 12, 6
GIVEN_UP_S = 120


@contextmanager
def worker(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    variables = {"TEST_DATABASE_URL": _database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.judging_worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def subjects(count: int) -> None:
    care: Environment = factories.environment("care", state="running")
    gateway()
    for number in range(1, count + 1):
        device(number, of=care)


def send(numbers: int, counters: range) -> None:
    """Through the real address; some of them twice, as gateways do that heard no answer."""
    row = Gateway.objects.get()
    chance = random.Random(SEED)
    for counter in counters:
        for number in range(1, numbers + 1):
            said = {"id": f"{number}-{counter}", "from": "", "text": report(counter, number=number, bits=number == 1)}
            for _ in range(1 + (chance.random() < 0.1)):
                assert call(row, said).status_code == 200


def all_counted(reports: int, devices: int) -> None:
    each = reports // devices
    assert Arrival.objects.filter(outcome="counted").count() == Arrival.objects.count() == reports
    assert DeviceReport.objects.count() == reports
    assert HealthHour.objects.aggregate(all=Sum("received"))["all"] == reports
    assert Gateway.objects.get().refused == 0
    assert Device.objects.exclude(state="unknown").count() == devices
    assert set(Device.objects.values_list("newest_counter", "counters_seen")) == {(each, f"{2**each - 1:016x}")}


def test_a_batch_whose_judge_is_killed_before_it_commits_is_judged_once_by_another() -> None:
    subjects(30)
    send(30, range(1, 4))
    with worker("2") as process:
        assert process.wait(timeout=30) == -9
    assert Arrival.objects.waiting().count() == DeviceReport.objects.count() + 10 == 50

    intake.judge_due(now=timezone.now())
    all_counted(90, 30)
    # One urgent device, once for each batch that committed.
    assert 1 <= Event.objects.filter(kind="device.urgent").count() <= 3


@pytest.mark.torture
def test_a_burst_of_1200_survives_workers_that_are_killed_again_and_again() -> None:
    subjects(400)
    sender = threading.Thread(target=_send_in_thread)
    chance = random.Random(SEED)
    sender.start()
    for deaths in range(0, DEATHS, 2):
        # The first ones die amid a batch; the others whenever it strikes them, two of them at once.
        dying = [str(chance.randint(1, 3))] if deaths < AMID_A_BATCH else []
        with worker(*dying), worker():
            time.sleep(chance.uniform(0.1, 1.5))
    sender.join()
    with worker():
        given_up = time.monotonic() + GIVEN_UP_S
        while Arrival.objects.waiting().exists():
            assert time.monotonic() < given_up
            time.sleep(0.2)
    all_counted(1200, 400)


def _send_in_thread() -> None:
    try:
        send(400, range(1, 4))
    finally:
        connection.close()
