"""What a night costs: the days of a large installation closed and begun; and the rest of its month by plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.db import connection

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

SUBJECTS = ("costs",)
ENVIRONMENTS, HISTORY = 5000, 14
TARGETS, RATES = 2, 3
# Tuesday has ended in Seoul, a minute ago.
NOW = datetime(2026, 11, 24, 15, 1, tzinfo=UTC)
MIDNIGHT = NOW - timedelta(minutes=1)
DAY = timedelta(days=1)
BATCH = 5000


def figures() -> Iterator[Figure]:
    """Seconds until each environment has yesterday's last row, today's first one and its month, from the marks that
    wait for midnight; then until the rest of the month is reckoned for all. SQLite with the options of production, or
    DATABASE_URL's server (its name in the figure)."""
    suffix = "" if connection.vendor == "sqlite" else f"_{connection.vendor}"
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor,
        "environments": ENVIRONMENTS,
        "targets": ENVIRONMENTS * TARGETS,
        "rates": ENVIRONMENTS * TARGETS * RATES,
        "days of history": HISTORY,
    }
    with fresh_database():
        spans = _fill()
        _yesterday()
        sizes["intervals"] = spans
        yield Figure(f"costs.rebuild_day{suffix}_s", _rebuild(), "s", sizes)
        yield Figure(f"costs.forecast{suffix}_s", _forecast(), "s", sizes)


def _fill() -> int:
    """The rows that a night reads: environments with prices, and what ran of them for a month; how many spans."""
    from environments.models import Account, Environment, Interval, Period, Schedule, Target, Team

    teams = Team.objects.bulk_create([Team(name=f"Team {n:02}") for n in range(12)])
    schedules = []
    for n in range(6):
        schedules.append(Schedule.objects.create(name=f"Hours {n}", timezone="Asia/Seoul"))
        Period.objects.create(
            schedule=schedules[n], begin_time=f"{7 + n:02}:00", end_time=f"{16 + n:02}:00", weekdays="mon-fri"
        )
    account = Account.objects.create(name="bench", account_id="123456789012", regions=["ap-northeast-2"])
    made = Environment.objects.bulk_create(
        [
            Environment(name=f"e{n}", slug=f"e{n}", team=teams[n % 12], schedule=schedules[n % 6])
            for n in range(ENVIRONMENTS)
        ],
        batch_size=BATCH,
    )
    # Savings count from when an environment came into the portal.
    Environment.objects.update(created_at=MIDNIGHT - (HISTORY + 1) * DAY)
    targets = Target.objects.bulk_create(
        [
            Target(environment=one, kind="ec2", identifier=f"{one.name}-{n}", account=account, region="ap-northeast-2")
            for one in made
            for n in range(TARGETS)
        ],
        batch_size=BATCH,
    )
    _prices(targets)
    spans = list(_spans(targets))
    Interval.objects.bulk_create(spans, batch_size=BATCH)
    return len(spans)


def _prices(targets: list[Any]) -> None:
    from environments.models.rate import Rate

    Rate.objects.bulk_create(
        [
            Rate(
                environment=target.environment,
                target=target,
                target_number=target.pk,
                account=target.account,
                label=label,
                unit_price=Decimal(price) + Decimal(target.pk % 7) / 1000,
                unit=unit,
                always=unit == "month",
                valid_from=date(2026, 11, 1) - HISTORY * DAY,
            )
            for target in targets
            for label, price, unit in (("a", "0.178", "hour"), ("b", "0.023", "hour"), ("volume", "9.12", "month"))
        ],
        batch_size=BATCH,
    )


def _spans(targets: list[Any]) -> Iterator[Any]:
    """Two or three spans a day, of each environment; every other one ran on past the midnight before."""
    from environments.models import Interval

    for target in targets:
        one = target.environment
        for back in range(HISTORY):
            begin = MIDNIGHT - (back + 1) * DAY
            hours = [(8 + target.pk % 3, 12), (13, 18)] + ([(22, 30)] if target.pk % 2 else [])
            for first, last in hours:
                ended = begin + timedelta(hours=last, seconds=target.pk % 600)
                yield Interval(
                    environment=one,
                    target=target,
                    team_id=one.team_id,
                    environment_name=one.name,
                    target_name=target.identifier,
                    target_number=target.pk,
                    began_at=begin + timedelta(hours=first, seconds=target.pk % 600),
                    ended_at=ended if ended < NOW else None,
                    began_by="operation",
                    ended_by="operation" if ended < NOW else "",
                )


def _yesterday() -> None:
    """The rows as they are before midnight: yesterday's not closed, and a mark that waits for that."""
    from environments.services import cost_days, cost_marks

    before = MIDNIGHT - timedelta(hours=3)
    first = before.date() - HISTORY * DAY
    cost_marks.mark(environment_ids=range(1, ENVIRONMENTS + 1), first=first, last=None, now=before)
    while cost_days.rebuild_due(now=before):
        pass


def _rebuild() -> float:
    from environments.models.daily import DailyCost, DailyRun
    from environments.services import cost_days

    began = perf_counter()
    assert len(cost_days.rebuild_due(now=NOW)) == ENVIRONMENTS
    took = perf_counter() - began
    today = date(2026, 11, 25)
    assert DailyRun.objects.filter(day=today - DAY, known_until=MIDNIGHT).count() == ENVIRONMENTS
    assert DailyCost.objects.filter(day=today).count() == ENVIRONMENTS
    return took


def _forecast() -> float:
    from environments.models.daily import Forecast
    from environments.services import forecasts

    forecasts.renew(now=NOW)
    began = perf_counter()
    forecasts.renew(now=NOW + timedelta(hours=1))
    took = perf_counter() - began
    assert Forecast.objects.count() == ENVIRONMENTS
    return took
