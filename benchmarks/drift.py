"""Drift scans: of ten thousand EC2 instances of ten accounts, a target each, one scan after the other; and of one
account that has twenty targets of every kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.db import connection

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

# A page of DescribeInstances is 1,000 at the most, and the simulated AWS reads an account's whole list for each.
ACCOUNTS, EACH = 10, 1000
OF_EVERY_KIND = 20
REGION = "ap-northeast-2"


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
        simulator.reset()
        forget_clients()
        with fresh_database():
            yield _of_every_kind(simulator)
    finally:
        forget_clients()
        os.environ.clear()
        os.environ.update(before)
        simulator.stop()


def _figures(simulator: Any) -> Iterator[Figure]:
    from environments.models import Scan
    from environments.services import status

    for n in range(ACCOUNTS):
        number = f"{n + 1:012}"
        simulator.register_role(f"arn:aws:iam::{number}:role/Bench")
        ec2 = simulator.client("ec2", REGION, number)
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=EACH, MaxCount=EACH)
        _write(number, [one["InstanceId"] for one in made["Instances"]])
    now = datetime.now(UTC)
    status.scan_due(now=now)
    rows = list(Scan.objects.values_list("pk", flat=True))
    for pk in rows:
        status.scan(scan_id=pk, now=now)  # the first look writes what it sees
    simulator.forget_requests()
    began = perf_counter()
    for pk in rows:
        status.scan(scan_id=pk, now=now)
    took = perf_counter() - began
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor, "resources": ACCOUNTS * EACH, "accounts": ACCOUNTS, "kind": "EC2 instances",
    }  # fmt: skip
    yield Figure("drift.calls_10k", len(simulator.requests(service="ec2")), "calls", sizes)
    yield Figure("drift.seconds_10k", took, "s", sizes)


def _of_every_kind(simulator: Any) -> Figure:
    """The calls of a scan, which must be a few a kind, whatever the number of targets."""
    from environments.models import Account, Environment, Scan, State, Target, Team
    from environments.services import status
    from tests.targets.worlds import KINDS, world

    simulator.set_transition_seconds(0)
    account = Account.objects.create(name="mixed", account_id="123456789012", regions=[REGION])
    team = Team.objects.create(name="Mixed")
    for kind in KINDS:
        things = world(kind, simulator)
        for n in range(OF_EVERY_KIND):
            ref = things.running(f"n{n}")
            row = Environment.objects.create(name=f"{kind}-{n}", slug=f"{kind}-{n}", team=team, state=State.RUNNING)
            Target.objects.create(
                environment=row, kind=kind, identifier=ref.identifier, account=account, region=REGION,
                options=dict(ref.options),
            )  # fmt: skip
    now = datetime.now(UTC)
    status.scan_due(now=now)
    scan = Scan.objects.get()
    status.scan(scan_id=scan.pk, now=now)  # the first look writes what it sees
    scan.refresh_from_db()
    assert not scan.error, scan.error
    simulator.forget_requests()
    status.scan(scan_id=scan.pk, now=now)
    sizes: dict[str, int | float | str] = {"kinds": len(KINDS), "targets": len(KINDS) * OF_EVERY_KIND, "accounts": 1}
    return Figure("drift.calls_every_kind", len(simulator.requests()), "calls", sizes)


def _write(number: str, ids: list[str]) -> None:
    from environments.models import Account, Environment, State, Target, Team

    team = Team.objects.get_or_create(name="Bench")[0]
    account = Account.objects.create(
        name=number, account_id=number, role_arn=f"arn:aws:iam::{number}:role/Bench", regions=[REGION]
    )
    rows = Environment.objects.bulk_create(
        Environment(name=f"{number}-{one}", slug=f"{number}-{one}", team=team, state=State.RUNNING) for one in ids
    )
    Target.objects.bulk_create(
        Target(environment=row, kind="ec2", identifier=one, account=account, region=REGION)
        for row, one in zip(rows, ids, strict=True)
    )
