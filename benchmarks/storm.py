"""Nine o'clock: a thousand environments of one EC2 instance each, in four accounts, due in the same minute.

Two worker processes ask the simulated AWS over HTTP, at the rates that are kept for the real one. The simulated AWS
throttles nobody, so throttles are counted by replaying what it was asked through the buckets that EC2 documents.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

ENVIRONMENTS, ACCOUNTS, WORKERS, THREADS = 1000, 4, 2, 16
REGION = "ap-northeast-2"
# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: (bucket, refilled each second), each API,
# account and region by itself.
LOOKING, CHANGING = (100, 20), (50, 5)


def figures() -> Iterator[Figure]:
    """The figures of the storm; SQLite with the options of production, in a file that all processes share."""
    from tests.support.simulator import Simulator

    if connection.vendor != "sqlite":
        return
    simulator = Simulator()
    try:
        with fresh_database():
            yield from _figures(simulator)
    finally:
        simulator.stop()


def _figures(simulator: Any) -> Iterator[Figure]:
    from environments.models import Operation, OperationStatus
    from environments.services import schedules

    numbers = [f"{n + 1:012}" for n in range(ACCOUNTS)]
    instances = {number: _stopped_instances(simulator, number) for number in numbers}
    _write(instances)
    simulator.forget_requests()
    workers = [_worker(simulator) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    began = timezone.now()
    schedules.enforce_due(now=began)
    costs = [json.loads(worker.communicate("go\n")[0].splitlines()[-1]) for worker in workers]

    done = Operation.objects.filter(status=OperationStatus.SUCCEEDED)
    assert done.count() == ENVIRONMENTS, "every environment was started"
    last = done.latest("finished_at").finished_at or began
    asked = list(simulator.requests(service="ec2"))
    sizes: dict[str, int | float | str] = {
        "environments": ENVIRONMENTS, "accounts": ACCOUNTS, "workers": WORKERS, "threads": THREADS,
    }  # fmt: skip
    yield Figure("storm.requests", len(asked), "requests", sizes)
    yield Figure("storm.throttles", _throttles(asked), "requests", sizes)
    yield Figure("storm.last_start_s", (last - began).total_seconds(), "s", sizes)
    yield Figure("storm.worker_cpu_s", max(cost["cpu_s"] for cost in costs), "s", sizes | {"of": "one worker"})
    yield Figure("storm.worker_memory_mb", max(cost["memory_mb"] for cost in costs), "MB", sizes | {"of": "one worker"})


def _stopped_instances(simulator: Any, account: str) -> list[str]:
    simulator.register_role(f"arn:aws:iam::{account}:role/Bench")
    ec2 = simulator.client("ec2", REGION, account)
    count = ENVIRONMENTS // ACCOUNTS
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=count, MaxCount=count)["Instances"]
    ids = [one["InstanceId"] for one in made]
    ec2.stop_instances(InstanceIds=ids)
    return ids


def _write(instances: dict[str, list[str]]) -> None:
    """An environment for each instance, stopped, its office hours beginning now."""
    from environments.models import Account, Environment, Period, Schedule, State, Target, Team, Wish

    now = datetime.now(UTC)
    team = Team.objects.create(name="Storm")
    day = Schedule.objects.create(name="All day", timezone="UTC")
    Period.objects.create(schedule=day, begin_time="00:00", end_time="24:00")
    for number, ids in instances.items():
        account = Account.objects.create(
            name=number, account_id=number, role_arn=f"arn:aws:iam::{number}:role/Bench", regions=[REGION]
        )
        rows = Environment.objects.bulk_create(
            Environment(
                name=f"{number}-{n}", slug=f"{number}-{n}", team=team, schedule=day, state=State.STOPPED,
                wish=Wish.STOPPED, judged_at=now, next_transition_at=now,
            )
            for n in range(len(ids))
        )  # fmt: skip
        Target.objects.bulk_create(
            Target(environment=row, kind="ec2", identifier=one, account=account, region=REGION)
            for row, one in zip(rows, ids, strict=True)
        )


def _worker(simulator: Any) -> subprocess.Popen[str]:
    variables = simulator.environment() | {
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.storm_worker", str(THREADS)],
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _throttles(asked: list[dict[str, Any]]) -> int:
    """How many of these requests EC2's own buckets would have refused."""
    buckets: dict[tuple[str, str, str], tuple[float, float]] = {}
    refused: defaultdict[str, int] = defaultdict(int)
    for one in asked:
        size, per_s = LOOKING if one["action"].startswith("Describe") else CHANGING
        at = datetime.fromisoformat(one["at"]).timestamp()
        key = (one["account"], one["region"], one["action"])
        tokens, last = buckets.get(key, (float(size), at))
        tokens = min(size, tokens + (at - last) * per_s)
        if tokens < 1:
            refused[one["action"]] += 1
        else:
            tokens -= 1
        buckets[key] = (tokens, at)
    return sum(refused.values())
