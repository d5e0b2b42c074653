"""How fast schedules are evaluated: many instants of one schedule, and one instant of many definitions.

The instants are drawn at random over the year, so that nothing is gained by their order; definitions all differ, so
that nothing is gained by remembering. Best of several rounds, in CPU time of this process: other work on the machine
does not count.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Final

from benchmarks.figure import Figure
from environments.rules import Period, Schedule, compile_schedule, desired_at, desired_at_many, parse_period

_YEAR: Final = datetime(2026, 1, 1, tzinfo=UTC)
_INSTANTS: Final = 20_000
_DEFINITIONS: Final = 4_000
_ROUNDS: Final = 7

_SIMPLE: Final = (parse_period("office", "09:00", "17:00", "mon-fri"),)
_FIVE: Final = (
    parse_period("office", "09:00", "17:00", "mon-fri"),
    parse_period("night batch", "22:00", "02:00", "mon,wed,fri"),
    parse_period("month end", "18:00", "23:30", monthdays="28-L"),
    parse_period("first Saturday", "10:00", "16:00", "sat#1"),
    parse_period("winter sales", None, None, "sun", None, "nov-jan"),
)


def figures() -> Iterator[Figure]:
    """The planner's figures of issue 3."""
    yield Figure(
        "planner.eval_simple_per_s", _evaluations(_SIMPLE), "evaluations/s", {"instants": _INSTANTS, "periods": 1}
    )
    yield Figure("planner.eval_five_per_s", _evaluations(_FIVE), "evaluations/s", {"instants": _INSTANTS, "periods": 5})
    yield Figure("planner.define_and_eval_per_s", _definitions(), "definitions/s", {"definitions": _DEFINITIONS})


def _evaluations(periods: tuple[Period, ...]) -> float:
    """Evaluations a second of one schedule at instants all over a year, compiling the year included."""
    chance = random.Random(1)
    instants = [_YEAR + timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(_INSTANTS)]
    schedule = Schedule("1", "Bench", "America/New_York", periods)

    def evaluate() -> None:
        timeline = compile_schedule(schedule, _YEAR, _YEAR + timedelta(days=365))
        desired_at_many(timeline, instants)

    return _INSTANTS / _best(evaluate)


def _definitions() -> float:
    """Fresh definitions a second: reading the fields as people write them, up to the answer for one instant."""
    chance = random.Random(2)
    days = ["mon-fri", "mon,wed,fri", "tue-thu", "sat-sun", "fri-mon", "mon-fri/2", "monday", "fri#2", "sunL", "0-4"]
    zones = ["Asia/Seoul", "America/New_York", "Europe/London", "UTC", "Australia/Lord_Howe"]
    written = [
        (
            f"{chance.randrange(6, 12):02}:{chance.randrange(60):02}",
            f"{chance.randrange(13, 24):02}:{chance.randrange(60):02}",
            chance.choice(days),
            chance.choice(zones),
            _YEAR + timedelta(seconds=chance.randrange(365 * 86_400)),
        )
        for _ in range(_DEFINITIONS)
    ]

    def define_and_evaluate() -> None:
        for number, (begin, end, weekdays, timezone, at) in enumerate(written):
            period = parse_period("office", begin, end, weekdays)
            desired_at(Schedule(str(number), "Bench", timezone, (period,)), at)

    return _DEFINITIONS / _best(define_and_evaluate)


def _best(work: Callable[[], None]) -> float:
    """CPU seconds of the quickest of several rounds."""
    times: list[float] = []
    for _ in range(_ROUNDS):
        begin = process_time()
        work()
        times.append(process_time() - begin)
    return min(times)
