"""A drift scan of ten thousand resources: EC2 instances of one account and region, a target each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.db import connection

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

RESOURCES, AT_ONCE = 10_000, 1000
ACCOUNT, REGION = "123456789012", "ap-northeast-2"


def figures() -> Iterator[Figure]:
    """The figures of a scan that finds everything as it is known; most of its seconds are the simulated AWS's own."""
    from environments.targets.client import forget_clients
    from tests.support.simulator import Simulator

    simulator = Simulator()
    before = dict(os.environ)
    os.environ.update(simulator.environment())
    forget_clients()
    try:
        with fresh_database():
            yield from _figures(simulator)
    finally:
        forget_clients()
        os.environ.clear()
        os.environ.update(before)
        simulator.stop()


def _figures(simulator: Any) -> Iterator[Figure]:
    from environments.models import Scan
    from environments.services import status

    ec2 = simulator.client("ec2", REGION, ACCOUNT)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ids: list[str] = []
    while len(ids) < RESOURCES:
        made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=AT_ONCE, MaxCount=AT_ONCE)
        ids += [one["InstanceId"] for one in made["Instances"]]
    _write(ids)
    now = datetime.now(UTC)
    status.scan_due(now=now)
    row = Scan.objects.get()
    status.scan(scan_id=row.pk, now=now)  # the first look writes what it sees
    simulator.forget_requests()
    began = perf_counter()
    status.scan(scan_id=row.pk, now=now)
    took = perf_counter() - began
    sizes: dict[str, int | float | str] = {"database": connection.vendor, "resources": RESOURCES}
    yield Figure("drift.calls_10k", len(simulator.requests(service="ec2")), "calls", sizes)
    yield Figure("drift.seconds_10k", took, "s", sizes)


def _write(ids: list[str]) -> None:
    from environments.models import Account, Environment, State, Target, Team

    team = Team.objects.create(name="Bench")
    account = Account.objects.create(name="bench", account_id=ACCOUNT, regions=[REGION])
    rows = Environment.objects.bulk_create(
        (Environment(name=one, slug=one, team=team, state=State.RUNNING) for one in ids), batch_size=2000
    )
    Target.objects.bulk_create(
        (
            Target(environment=row, kind="ec2", identifier=one, account=account, region=REGION)
            for row, one in zip(rows, ids, strict=True)
        ),
        batch_size=2000,
    )
