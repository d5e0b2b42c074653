"""What a minute costs: a tick with nothing due, one with a thousand environments due, and the edit of a large
schedule."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

from django.db import connection, transaction

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

SUBJECTS = ("tick", "schedule")
NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # Monday, 09:00 in Seoul


def figures() -> Iterator[Figure]:
    """The figures of the clockwork; SQLite with the options of production, or DATABASE_URL's server."""
    sizes: dict[str, int | float | str] = {"database": connection.vendor}
    with fresh_database():
        _environments(100, due=0)
        yield Figure("tick.idle_100_ms", _idle(), "ms", sizes | {"environments": 100})
        _environments(99_900, due=0)
        yield Figure("tick.idle_100k_ms", _idle(), "ms", sizes | {"environments": 100_000})
        _environments(1000, due=1000)
        yield Figure("tick.due_1000_s", _due(1000), "s", sizes | {"environments": 101_000, "due": 1000})
        took, waited = _edit(10_000)
        edited = sizes | {"environments": 101_000, "of the schedule": 10_000}
        yield Figure("schedule.edit_10k_s", took, "s", edited)
        yield Figure("schedule.edit_10k_tick_waits_ms", waited * 1000, "ms", edited | {"of": "the slowest tick"})


def _environments(count: int, *, due: int) -> None:
    """So many more environments with office hours, `due` of them due now."""
    from environments.models import Environment, Period, Schedule, State, Team, Wish

    team = Team.objects.get_or_create(name="Bench")[0]
    office, created = Schedule.objects.get_or_create(name="Office", defaults={"timezone": "Asia/Seoul"})
    if created:
        Period.objects.create(schedule=office, begin_time="09:00", end_time="18:00", weekdays="mon-fri")
    first = Environment.objects.count()
    Environment.objects.bulk_create(
        (
            Environment(
                name=f"env-{first + n}",
                slug=f"env-{first + n}",
                team=team,
                schedule=office,
                state=State.STOPPED,
                wish=Wish.STOPPED,
                next_transition_at=NOW if n < due else NOW + timedelta(hours=9),
            )
            for n in range(count)
        ),
        batch_size=2000,
    )


def _idle() -> float:
    """Milliseconds of a tick that finds nothing, best of many."""
    from environments.services import schedules

    best = float("inf")
    for _ in range(50):
        began = perf_counter()
        assert schedules.enforce_due(now=NOW - timedelta(minutes=1)) == 0
        best = min(best, perf_counter() - began)
    return best * 1000


def _due(expected: int) -> float:
    from environments.models import Operation
    from environments.services import schedules

    began = perf_counter()
    schedules.enforce_due(now=NOW)
    took = perf_counter() - began
    assert Operation.objects.count() == expected
    return took


def _edit(count: int) -> tuple[float, float]:
    """Seconds from the edit of a schedule until each of its environments has its new next change; and how long another
    worker's tick with one environment due, begun all the while, took at most."""
    from environments.models import Environment, Period, Schedule
    from environments.services import schedules

    late = Schedule.objects.create(name="Late", timezone="Asia/Seoul")
    period = Period.objects.create(schedule=late, begin_time="12:00", end_time="20:00", weekdays="mon-fri")
    ids = list(Environment.objects.order_by("pk").values_list("pk", flat=True)[:count])
    Environment.objects.filter(pk__gte=ids[0], pk__lte=ids[-1]).update(schedule=late, wish="stopped")
    period.begin_time = "13:00"
    period.save()
    now = NOW + timedelta(minutes=30)
    over = threading.Event()
    waits: list[float] = []
    other = threading.Thread(target=_tick_meanwhile, args=(ids[-1] + 1, over, waits))
    began = perf_counter()
    schedules.plan_changed(schedule=late, now=now)
    other.start()
    schedules.enforce_due(now=now)
    took = perf_counter() - began
    over.set()
    other.join()
    new = NOW + timedelta(hours=4)
    assert Environment.objects.filter(schedule=late, next_transition_at=new).count() == count
    return took, max(waits)


def _tick_meanwhile(pk: int, over: threading.Event, waits: list[float]) -> None:
    """What another worker does meanwhile: judge an environment of its own."""
    from environments.models import Environment
    from environments.services import schedules

    environment = Environment.objects.get(pk=pk)
    while not over.is_set():
        began = perf_counter()
        with transaction.atomic():
            schedules.enforce(environment, now=NOW)
        waits.append(perf_counter() - began)
        over.wait(0.02)
    connection.close()
