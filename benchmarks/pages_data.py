"""A year of a large installation, for the benches of pages: environments, their operations, what really ran, and what
boards show beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from benchmarks.costs_data import ACCOUNTS, add_costs
from benchmarks.pages_health import add_health

TEAMS, SCHEDULES = 12, 6
BATCH = 5000


def fill(now: datetime, *, environments: int, operations: int) -> None:
    """Write the rows: teams, schedules with a calendar, environments with a target each, and a year behind them.

    A year of costs is among it, and two checks an environment with tickets. One in fifty is held, one in ten has an
    exception this week, one in twenty failed last.
    """
    from django.contrib.auth.models import Group, User

    from environments import roles
    from environments.models import Account, Calendar, Period, Schedule, Team

    teams = Team.objects.bulk_create([Team(name=f"Team {n:02}") for n in range(TEAMS)])
    people = {}
    for role in (roles.OPERATOR, roles.MANAGER):
        person = User.objects.create(username=role.lower(), is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        people[role] = person
    people[roles.MANAGER].teams.set(teams[:2])
    schedules = []
    for n in range(SCHEDULES):
        schedule = Schedule.objects.create(name=f"Hours {n}", timezone="Asia/Seoul")
        Period.objects.create(
            schedule=schedule, begin_time=f"{7 + n:02}:00", end_time=f"{16 + n:02}:00", weekdays="mon-fri"
        )
        schedules.append(schedule)
    Calendar.objects.create(name="Korea", country="KR").schedules.set(schedules)
    accounts = Account.objects.bulk_create(
        Account(name=f"account {n}", account_id=f"{n:012}", regions=["ap-northeast-2"]) for n in range(ACCOUNTS)
    )
    made = _environments(environments, teams, schedules, accounts[0])
    _overrides(made, people[roles.MANAGER], now)
    _past(made, operations // environments, now)
    add_health(made, list(people.values()), now)
    add_costs(now, days=365)


def _environments(count: int, teams: list[Any], schedules: list[Any], account: Any) -> list[Any]:
    from environments.models import Environment, State, Tag, Target

    tag = Tag.objects.create(name="demo")
    states = [State.RUNNING, State.STOPPED, State.RUNNING, State.STOPPED, State.FAILED_TO_START]
    made = Environment.objects.bulk_create(
        [
            Environment(
                name=f"service-{n:04}",
                slug=f"service-{n:04}",
                team=teams[n % TEAMS],
                schedule=schedules[n % SCHEDULES],
                state=State.FAILED_TO_START if n % 20 == 0 else states[n % 4],
            )
            for n in range(count)
        ]
    )
    Target.objects.bulk_create(
        Target(environment=one, kind="ec2", identifier=f"i-{n:017x}", account=account, region="ap-northeast-2")
        for n, one in enumerate(made)
    )
    tag.environments.set(made[::7])
    return made


def _overrides(made: list[Any], author: Any, now: datetime) -> None:
    from environments.models import DayException, Hold, Wish

    Hold.objects.bulk_create(
        Hold(
            environment=one,
            desired=Wish.RUNNING,
            starts_at=now - timedelta(hours=1),
            until=None if n % 2 else now + timedelta(hours=3),
            author=author,
            created_at=now,
        )
        for n, one in enumerate(made[::50])
    )
    DayException.objects.bulk_create(
        DayException(
            environment=one,
            kind="off" if n % 2 else "on",
            day=now.date() + timedelta(days=n % 7),
            author=author,
            reason="bench",
            created_at=now,
        )
        for n, one in enumerate(made[::10])
    )


def _past(made: list[Any], each: int, now: datetime) -> None:
    """Alternating stops and starts, the newest first, twelve hours apart; and the spans between them."""
    from environments.models import Interval, Operation, OperationStep

    def operations() -> Iterator[Operation]:
        for one in made:
            for n in range(each):
                at = now - timedelta(hours=12 * n + 1)
                yield Operation(
                    environment=one,
                    kind="stop" if n % 2 else "start",
                    trigger="schedule",
                    status="succeeded",
                    reason={"en": "Running until 18:00: Hours", "ko": "18:00까지 실행: Hours"},
                    created_at=at,
                    started_at=at,
                    finished_at=at + timedelta(minutes=4),
                    deadline_at=at + timedelta(hours=2),
                    not_before=at,
                )

    for chunk in _chunks(operations()):
        rows = Operation.objects.bulk_create(chunk)
        OperationStep.objects.bulk_create(
            OperationStep(operation=row, position=0, name=row.kind, status="done") for row in rows
        )
    target = {one.pk: one.targets.first() for one in made}

    def spans() -> Iterator[Interval]:
        for one in made:
            for n in range(0, each, 2):
                began = now - timedelta(hours=12 * (n + 1) + 1)
                ended = began + timedelta(hours=9)
                yield Interval(
                    environment=one,
                    target=target[one.pk],
                    team_id=one.team_id,
                    environment_name=one.name,
                    target_name=target[one.pk].identifier,
                    began_at=began,
                    ended_at=ended,
                    began_by="operation",
                    ended_by="operation",
                )

    for chunk in _chunks(spans()):
        Interval.objects.bulk_create(chunk)


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
