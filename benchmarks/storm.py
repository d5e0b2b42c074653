"""Nine o'clock: a thousand environments of one EC2 instance each, in four accounts, due in the same minute.

Two worker processes ask the simulated AWS over HTTP, at the rates that are kept for the real one; both are told to
begin at once. The simulated AWS throttles nobody, so throttles are counted by replaying what it was asked through the
buckets that EC2 documents. Then a smaller one twice: three accounts by themselves, and beside one that is away, none of
whose requests is answered.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


NUMBERS = [f"{n + 1:012}" for n in range(ACCOUNTS)]
DEAD = NUMBERS[0]
# As long as a request waits for its answer (`targets.client.CONFIG`), and longer.
SILENT_S = 25
# Environments of each account beside the one that is away.
BESIDE = 150
SIZES: dict[str, int | float | str] = {
    "environments": ENVIRONMENTS, "accounts": ACCOUNTS, "workers": WORKERS, "threads": THREADS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Storm:
    """What a storm came to: seconds until the last start of accounts that answer, what EC2 was asked, what each worker
    used."""

    last_s: float
    asked: list[dict[str, Any]]
    costs: list[dict[str, float]]


def figures() -> Iterator[Figure]:
    """The figures of the storm; SQLite with the options of production, in a file that all processes share."""
    if connection.vendor != "sqlite":
        return
    whole = _storm(NUMBERS, ENVIRONMENTS // ACCOUNTS)
    yield Figure("storm.requests", len(whole.asked), "requests", SIZES)
    yield Figure("storm.throttles", _throttles(whole.asked), "requests", SIZES)
    yield Figure("storm.last_start_s", whole.last_s, "s", SIZES)
    for number, cost in enumerate(whole.costs, start=1):
        yield Figure(f"storm.worker_{number}_cpu_s", cost["cpu_s"], "s", SIZES)
        yield Figure(f"storm.worker_{number}_memory_mb", cost["memory_mb"], "MB", SIZES)
    yield _dead_account()


def _dead_account() -> Figure:
    """How much later the last start of three accounts is, beside one that is away."""
    others = [number for number in NUMBERS if number != DEAD]
    alone, beside = _storm(others, BESIDE), _storm(NUMBERS, BESIDE, dead=DEAD)
    sizes = SIZES | {"environments": BESIDE * ACCOUNTS, "away": 1}
    return Figure("storm.dead_account_ratio", beside.last_s / alone.last_s, "of the time alone", sizes)


def _storm(numbers: Sequence[str], each: int, dead: str = "") -> Storm:
    from tests.support.simulator import Simulator

    simulator = Simulator()
    try:
        with fresh_database():
            return _measured(simulator, numbers, each, dead)
    finally:
        simulator.stop()


def _measured(simulator: Any, numbers: Sequence[str], each: int, dead: str) -> Storm:
    from environments.models import Operation, OperationStatus
    from environments.services import schedules

    _write({number: _stopped_instances(simulator, number, each) for number in numbers})
    if dead:
        simulator.fault("timeout", service="ec2", account=dead, seconds=SILENT_S, times=None)
    simulator.forget_requests()
    workers = [_worker(simulator, dead) for _ in range(WORKERS)]
    pipes = [(worker.stdin, worker.stdout) for worker in workers if worker.stdin and worker.stdout]
    assert [told.readline() for _, told in pipes] == ["ready\n"] * WORKERS
    began = timezone.now()
    schedules.enforce_due(now=began)
    for tell, _ in pipes:
        tell.write("go\n")
        tell.flush()
    costs = [json.loads(told.readlines()[-1]) for _, told in pipes]
    for worker in workers:
        worker.wait()
    assert [cost["workers"] for cost in costs] == [WORKERS] * WORKERS, "each knew of the other"

    done = Operation.objects.filter(status=OperationStatus.SUCCEEDED)
    assert done.count() == each * len([number for number in numbers if number != dead]), "every environment was started"
    last = done.latest("finished_at").finished_at or began
    return Storm((last - began).total_seconds(), list(simulator.requests(service="ec2")), costs)


def _stopped_instances(simulator: Any, account: str, count: int) -> list[str]:
    simulator.register_role(f"arn:aws:iam::{account}:role/Bench")
    ec2 = simulator.client("ec2", REGION, account)
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


def _worker(simulator: Any, ignored: str) -> subprocess.Popen[str]:
    variables = simulator.environment() | {
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.storm_worker", str(THREADS), ignored],
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
