"""Which days are reckoned anew: those that a change touches, once, by one worker, and never less than what is known."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Interval, Target
from environments.models.daily import DailyCost, DailyRun, StaleDays, TeamHours
from environments.services import cost_days, cost_facts, cost_marks, interval_looks, intervals
from environments.targets.base import Seen
from tests import factories
from tests.services import costing
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
SUNDAY, MONDAY, TUESDAY = date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)
NOW = monday("10:00")


def environment(name: str = "chat-dev") -> Environment:
    made = factories.environment(name)
    costing.price(costing.target(made, name), valid_from=MONDAY)
    return made


def marks() -> list[tuple[date, date | None]]:
    return list(StaleDays.objects.order_by("pk").values_list("first", "last"))


def test_a_mark_that_is_covered_by_a_free_one_is_not_written_again() -> None:
    chat = environment()
    for first, last in [(MONDAY, None), (MONDAY, None), (TUESDAY, TUESDAY), (SUNDAY, MONDAY), (SUNDAY, SUNDAY)]:
        cost_marks.mark(environment_ids=[chat.pk], first=first, last=last, now=NOW)
    assert marks() == [(MONDAY, None), (SUNDAY, MONDAY)]


def test_what_is_taken_up_already_or_waits_for_the_end_of_a_day_covers_nothing() -> None:
    chat = environment()
    StaleDays.objects.create(environment=chat, first=MONDAY, marked_at=on("tuesday", "00:00"))
    cost_marks.mark(environment_ids=[chat.pk], first=MONDAY, last=None, now=NOW)
    assert len(marks()) == 2
    cost_marks.claim(now=NOW, most=10, most_days=10)
    cost_marks.mark(environment_ids=[chat.pk], first=MONDAY, last=None, now=NOW)
    assert len(marks()) == 3


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda pk: intervals.begun(target_id=pk, now=on("tuesday", "23:30")), TUESDAY),
        (lambda pk: intervals.ended(target_id=pk, now=on("tuesday", "23:30")), None),  # nothing ran
    ],
)
def test_the_beginning_of_a_span_marks_its_own_day_by_the_clock_of_the_environment(
    change: Any, first: date | None
) -> None:
    change(environment().targets.get().pk)
    assert marks() == ([(first, None)] if first else [])


def test_the_end_of_a_span_marks_the_day_of_the_end_and_one_that_was_none_all_since_it_was_thought_to_begin() -> None:
    web = environment().targets.get()
    costing.ran(web, monday("09:00"))
    intervals.ended(target_id=web.pk, now=on("tuesday", "00:30"))
    assert marks() == [(TUESDAY, None)]
    costing.ran(web, on("wednesday", "09:00"))
    intervals.ended(target_id=web.pk, now=on("tuesday", "09:00"))
    assert Interval.objects.count() == 1
    assert marks() == [(TUESDAY, None)]  # covered


def test_a_look_at_aws_marks_the_days_since_what_it_corrects() -> None:
    web, db = environment().targets.get(), environment("db").targets.get()
    costing.ran(web, monday("09:00"))
    looks = interval_looks.Looks(
        {web.pk: Seen.STOPPED, db.pk: Seen.RUNNING},
        differing=frozenset({web.pk, db.pk}),
        since={web.pk: on("tuesday", "12:00"), db.pk: on("wednesday", "12:00")},
    )
    looks.correct({web.pk: Seen.RUNNING, db.pk: Seen.STOPPED}, on("friday", "10:00"))
    found = dict(StaleDays.objects.values_list("environment__name", "first"))
    assert found == {"chat-dev": TUESDAY, "db": date(2026, 11, 25)}


def test_the_target_of_what_ran_is_removed_and_its_day_is_reckoned_anew() -> None:
    web = environment().targets.get()
    costing.ran(web, monday("09:00"))
    Target.objects.all().delete()
    assert intervals.end_those_of_removed_targets(now=on("tuesday", "09:00")) == 1
    assert marks() == [(TUESDAY, None)]


def test_marks_of_many_environments_take_as_many_queries_as_of_one() -> None:
    ids = [environment(f"e{n}").pk for n in range(20)]
    with CaptureQueriesContext(connection) as one:
        cost_marks.mark_since(since={ids[0]: NOW}, now=NOW)
    with CaptureQueriesContext(connection) as many:
        cost_marks.mark_since(since=dict.fromkeys(ids, NOW), now=NOW)
    assert len(many) == len(one)
    assert StaleDays.objects.count() == 20


def test_a_worker_that_is_killed_delays_the_days_by_its_lease() -> None:
    chat = environment()
    cost_marks.mark(environment_ids=[chat.pk], first=MONDAY, last=None, now=NOW)
    assert len(cost_marks.claim(now=NOW, most=10, most_days=10)) == 1
    assert cost_days.rebuild_due(now=NOW + cost_marks.LEASE - timedelta(seconds=1)) == set()
    assert cost_days.rebuild_due(now=NOW + cost_marks.LEASE) == {chat.pk}


def test_what_changes_while_its_days_are_reckoned_is_never_overwritten_by_what_was_known_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat = environment()
    web = chat.targets.get()
    intervals.begun(target_id=web.pk, now=monday("09:00"))
    reckoned = cost_facts.reckoned

    def and_change(**said: Any) -> Any:
        found = reckoned(**said)
        monkeypatch.setattr(cost_days, "reckoned", reckoned)
        intervals.ended(target_id=web.pk, now=monday("09:30"))
        return found

    monkeypatch.setattr(cost_days, "reckoned", and_change)
    assert cost_days.rebuild_due(now=NOW) == set()
    assert not DailyCost.objects.exists()
    assert cost_days.rebuild_due(now=NOW) == {chat.pk}
    assert DailyCost.objects.get().estimate == Decimal("0.05")


def test_a_worker_that_was_too_slow_leaves_the_days_to_the_one_that_took_them_over() -> None:
    chat = environment()
    intervals.begun(target_id=chat.targets.get().pk, now=monday("09:00"))
    slow = cost_marks.claim(now=NOW, most=10, most_days=10)
    known = cost_facts.reckoned(days={one.environment_id: one.days for one in slow}, now=NOW)
    later = NOW + cost_marks.LEASE
    cost_marks.claim(now=later, most=10, most_days=10)
    assert cost_days._write(slow, known, later) == []
    assert not DailyRun.objects.exists()
    assert cost_days.rebuild_due(now=later + cost_marks.LEASE) == {chat.pk}


def test_days_of_today_are_made_before_those_of_long_ago_and_no_turn_takes_too_many() -> None:
    ones = [environment(f"e{n}") for n in range(4)]
    for one, first in zip(ones, [date(2025, 12, 1), MONDAY, date(2025, 11, 1), SUNDAY], strict=True):
        cost_marks.mark(environment_ids=[one.pk], first=first, last=None, now=NOW)
    taken = []
    while claims := cost_marks.claim(now=NOW, most=10, most_days=100):
        taken.append([one.environment_id for one in claims])
    names = [[Environment.objects.get(pk=pk).name for pk in those] for those in taken]
    assert [sorted(those) for those in names] == [["e1", "e3"], ["e0"], ["e2"]]


@pytest.mark.django_db(transaction=True)
def test_any_number_of_workers_at_once_make_each_day_once_and_right() -> None:
    """While spans go on beginning and ending: what is written last is what is so."""
    ones = [environment(f"e{n}") for n in range(24)]
    targets = [one.targets.get().pk for one in ones]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for hour in range(9, 17):
                for pk in targets[number::4]:
                    (intervals.ended if hour % 2 else intervals.begun)(target_id=pk, now=monday(f"{hour:02}:00"))
                cost_days.rebuild_due(now=monday(f"{hour:02}:30"))
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    last = on("tuesday", "00:00")
    cost_days.rebuild_due(now=last)
    assert DailyRun.objects.filter(day=MONDAY).count() == DailyCost.objects.filter(day=MONDAY).count() == 24
    # From ten to eleven, twelve to one, two to three, and from four on.
    assert set(DailyRun.objects.filter(day=MONDAY).values_list("seconds", flat=True)) == {11 * 3600}
    hours = TeamHours.objects.get(day=MONDAY).minutes
    assert hours == [24 * 60 if hour in {10, 12, 14} or hour >= 16 else 0 for hour in range(24)]
    waiting = StaleDays.objects.values_list("environment", "marked_at", "leased_until")
    assert sorted(waiting) == [(one.pk, on("wednesday", "00:00"), None) for one in ones]
