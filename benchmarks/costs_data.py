"""A year of costs of a large installation, for the benches of their pages: made within the database, in seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from django.db import connection

TEAMS, ACCOUNTS, HOLDS = 12, 5, 2000
SEOUL = timezone(timedelta(hours=9))
# What an hour costs, in millionths: from 0.05 to 1.54 dollars. Some services run all the week.
AN_HOUR = "(50000 + (e.id * 7919) % 1500000)"
HOURS = "(CASE WHEN e.id % 10 = 0 THEN 24 WHEN {weekend} THEN 0 ELSE 8 + (e.id + d.n) % 5 END)"


def fill(now: datetime, *, environments: int, days: int) -> None:
    """Write environments with a target each, and what `add_costs` does."""
    _described(environments)
    add_costs(now, days=days)


def add_costs(now: datetime, *, days: int) -> None:
    """Write the rows of `days` days until today for what is there: runs, costs, months, teams' hours, bills, prices,
    forecasts and budgets. There are `ACCOUNTS` accounts, made one after the other."""
    today = now.astimezone(SEOUL).date()
    _of_old(now, days=days)
    _days([today - timedelta(days=ahead) for ahead in range(days)])
    _past(now, today)
    _beside(now, today)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_days")
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _described(count: int) -> None:
    from django.contrib.auth.models import Group, User

    from environments import roles
    from environments.models import Account, Environment, Schedule, Tag, Target, Team

    teams = Team.objects.bulk_create([Team(name=f"Team {n:02}") for n in range(TEAMS)])
    for role in (roles.OPERATOR, roles.MANAGER):
        person = User.objects.create(username=role.lower(), is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        if role == roles.MANAGER:
            person.teams.set(teams[:2])
    accounts = Account.objects.bulk_create(
        Account(name=f"account {n}", account_id=f"{n:012}", regions=["ap-northeast-2"]) for n in range(ACCOUNTS)
    )
    schedule = Schedule.objects.create(name="Hours", timezone="Asia/Seoul")
    made = Environment.objects.bulk_create(
        Environment(name=f"service-{n:04}", slug=f"service-{n:04}", team=teams[n % TEAMS], schedule=schedule)
        for n in range(count)
    )
    Target.objects.bulk_create(
        Target(environment=one, kind="ec2", identifier=f"i-{n:017x}", account=accounts[0], region="ap-northeast-2")
        for n, one in enumerate(made)
    )
    Tag.objects.create(name="demo").environments.set(made[::7])


def _of_old(now: datetime, *, days: int) -> None:
    """All environments are in the portal since before the first of the days: savings count from there on."""
    from environments.models import Environment

    Environment.objects.update(created_at=now - timedelta(days=days + 1))


def _days(dates: list[date]) -> None:
    """A table of the dates: each with its number, its month and whether it is at a weekend."""
    begins = [datetime.combine(one + timedelta(days=1), time(), SEOUL).astimezone(UTC) for one in dates]
    rows: list[Any] = [
        (
            n,
            one,
            one.replace(day=1),
            one.weekday() > 4,
            end.replace(tzinfo=None) if connection.vendor == "sqlite" else end,
        )
        for n, (one, end) in enumerate(zip(dates, begins, strict=True))
    ]
    moment = "datetime" if connection.vendor == "sqlite" else "timestamptz"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_days (n integer, day date, month date, weekend bool, ends {moment})")
        cursor.executemany("INSERT INTO bench_days VALUES (%s, %s, %s, %s, %s)", rows)


def _past(now: datetime, today: date) -> None:
    hours = HOURS.format(weekend="d.weekend")
    account = f"(SELECT MIN(id) FROM environments_account) + e.id % {ACCOUNTS}"
    an_hour = AN_HOUR.replace("e.id", "environment_id").replace("%", "%%")
    minutes = "X'" + "3C" * 24 + "'" if connection.vendor == "sqlite" else "decode(repeat('3C', 24), 'hex')"
    minutes_json = "'[" + ", ".join(["9000"] * 24) + "]'" + ("" if connection.vendor == "sqlite" else "::jsonb")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO environments_dailyrun
                (environment_id, team_id, environment_name, day, seconds, hours, known_until)
            SELECT e.id, e.team_id, e.name, d.day, {hours} * 3600, {minutes}, d.ends
            FROM bench_days d CROSS JOIN environments_environment e ORDER BY d.day, e.id"""
        )
        cursor.execute(
            f"""INSERT INTO environments_dailycost
                (environment_id, account_id, team_id, environment_name, day, currency,
                 estimate, always_on, an_hour, always_an_hour, known_until)
            SELECT e.id, {account}, e.team_id, e.name, d.day, 'USD',
                {AN_HOUR} * {hours}, {AN_HOUR} * 24, 0, 0, d.ends
            FROM bench_days d CROSS JOIN environments_environment e ORDER BY d.day, e.id"""
        )
        cursor.execute(
            f"""UPDATE environments_dailycost SET known_until = %s, an_hour = {an_hour}, always_an_hour = {an_hour}
            WHERE day = %s""",
            [now - timedelta(minutes=40), today],
        )
        cursor.execute(
            f"""INSERT INTO environments_monthlycost
                (environment_id, account_id, team_id, environment_name, month, currency, estimate, always_on, seconds)
            SELECT e.id, {account}, e.team_id, e.name, d.month, 'USD',
                SUM({AN_HOUR} * {hours}), SUM({AN_HOUR} * 24), SUM({hours} * 3600)
            FROM bench_days d CROSS JOIN environments_environment e
            GROUP BY e.id, e.team_id, e.name, d.month"""
        )
        cursor.execute(
            f"""INSERT INTO environments_teamhours (team_id, day, minutes)
            SELECT t.id, d.day, {minutes_json} FROM bench_days d CROSS JOIN environments_team t"""
        )
        cursor.execute(
            """INSERT INTO environments_dailybill
                (environment_id, team_id, environment_name, account_id, tagged, day, currency, amount, is_final,
                estimate)
            SELECT environment_id, team_id, environment_name, account_id, environment_name, day, currency,
                estimate * 102 / 100, day < %s, estimate
            FROM environments_dailycost WHERE day < %s""",
            [today - timedelta(days=14), today - timedelta(days=1)],
        )


def _beside(now: datetime, today: date) -> None:
    from django.contrib.auth.models import User

    from environments.models import Account, BillLook, Budget, Environment, Forecast, Hold, Rate, Target, Team

    account = Account.objects.order_by("pk")[0]
    BillLook.objects.bulk_create(
        BillLook(account=one, enabled=True, known_until=today - timedelta(days=2)) for one in Account.objects.all()
    )
    Budget.objects.bulk_create(Budget(team=team, amount=250_000, currency="USD") for team in Team.objects.all())
    those = list(Environment.objects.order_by("pk"))
    Forecast.objects.bulk_create(
        Forecast(
            environment=one,
            account_id=account.pk + one.pk % ACCOUNTS,
            month=today.replace(day=1),
            currency="USD",
            from_moment=now,
            estimate=40,
            always_on=160,
        )
        for one in those
    )
    Rate.objects.bulk_create(
        Rate(
            environment_id=one.environment_id,
            target=one,
            target_number=one.pk,
            account=account,
            label="EC2",
            unit_price="0.1",
            valid_from=today - timedelta(days=400),
        )
        for one in Target.objects.order_by("pk")
    )
    author = User.objects.get(username="manager")
    begins = [now - timedelta(hours=4 * n + 3) for n in range(HOLDS)]
    Hold.objects.bulk_create(
        Hold(
            environment=those[n % len(those)],
            desired="running",
            starts_at=begin,
            until=begin + timedelta(hours=2),
            ended_at=begin + timedelta(hours=2),
            created_at=begin,
            author=author,
        )
        for n, begin in enumerate(begins)
    )
