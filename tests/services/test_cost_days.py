"""Days of environments, made from intervals and prices: exact, idempotent, and exactly those that a change touches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Interval
from environments.models.daily import DailyCost, DailyRun, MonthlyCost, StaleDays, TeamHours
from environments.services import cost_days, cost_facts, cost_marks, cost_sums, intervals
from environments.services.cost_scope import Scope
from tests import factories
from tests.services import costing
from tests.services.costing import estimates, everything
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SUNDAY = monday("00:00") - timedelta(minutes=1)


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """With one target at ten cents an hour from Monday on."""
    made = factories.environment(name, **fields)
    costing.price(costing.target(made, name), valid_from=MONDAY)
    return made


def begin(of: Environment, at: datetime) -> None:
    intervals.begun(target_id=of.targets.get().pk, now=at)


def end(of: Environment, at: datetime) -> None:
    intervals.ended(target_id=of.targets.get().pk, now=at)


def test_a_day_has_what_ran_and_what_that_cost_and_what_each_hour_adds() -> None:
    chat = environment()
    costing.price(chat.targets.get(), "0.01", "volume", always=True, valid_from=MONDAY)
    begin(chat, monday("09:30"))
    assert cost_days.rebuild_due(now=monday("11:00")) == {chat.pk}
    run, cost = DailyRun.objects.get(), DailyCost.objects.get()
    assert (run.day, run.seconds, run.known_until) == (MONDAY, 5400, monday("11:00"))
    assert list(bytes(run.hours)) == [0] * 9 + [30, 60] + [0] * 13
    # An hour and a half of running, eleven hours of the volume.
    assert (cost.estimate, cost.always_on) == (Decimal("0.26"), Decimal("1.21"))
    assert (cost.an_hour, cost.always_an_hour) == (Decimal("0.11"), Decimal("0.11"))
    end(chat, monday("12:00"))
    cost_days.rebuild_due(now=monday("13:00"))
    cost = DailyCost.objects.get()
    assert (cost.estimate, cost.an_hour, cost.always_an_hour) == (Decimal("0.38"), Decimal("0.01"), Decimal("0.11"))


def test_a_day_is_closed_when_it_has_ended_and_every_one_that_was_missed() -> None:
    chat = environment()
    begin(chat, monday("20:00"))
    cost_days.rebuild_due(now=monday("20:00"))
    assert cost_days.rebuild_due(now=monday("23:59")) == set()
    cost_days.rebuild_due(now=on("thursday", "00:00"))
    assert estimates(chat) == {
        MONDAY: Decimal("0.4"),
        TUESDAY: Decimal("2.4"),
        date(2026, 11, 25): Decimal("2.4"),
        date(2026, 11, 26): Decimal(0),
    }
    assert list(DailyCost.objects.order_by("day").values_list("an_hour", flat=True)) == [0, 0, 0, Decimal("0.1")]
    month = MonthlyCost.objects.get()
    assert (month.month, month.estimate, month.seconds) == (date(2026, 11, 1), Decimal("5.2"), 52 * 3600)
    hours = {row.day: sum(row.minutes) for row in TeamHours.objects.all()}
    assert hours == {MONDAY: 240, TUESDAY: 1440, date(2026, 11, 25): 1440}


def test_each_environment_has_the_days_of_its_own_time_zone() -> None:
    seoul, berlin = environment(), environment("berlin", timezone="Europe/Berlin")
    for one in (seoul, berlin):
        begin(one, monday("23:00"))
        end(one, on("tuesday", "02:00"))
    cost_days.rebuild_due(now=on("tuesday", "12:00"))
    assert estimates(seoul) == {MONDAY: Decimal("0.1"), TUESDAY: Decimal("0.2")}
    assert estimates(berlin) == {MONDAY: Decimal("0.3"), TUESDAY: Decimal(0)}


def test_made_twice_nothing_changes_and_nothing_is_written() -> None:
    chat = environment()
    begin(chat, monday("09:00"))
    now = on("wednesday", "10:00")
    cost_days.rebuild_due(now=now)
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=None, now=now)
    assert everything() == before
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("staledays" in sql for sql in written)


def test_a_late_correction_makes_exactly_the_days_anew_that_it_touches() -> None:
    chat = environment()
    begin(chat, monday("09:00"))
    cost_days.rebuild_due(now=on("friday", "10:00"))
    DailyRun.objects.update(known_until=datetime(2000, 1, 1, tzinfo=UTC))
    DailyCost.objects.update(known_until=datetime(2000, 1, 1, tzinfo=UTC))
    # AWS says of what was thought to run that it ended on Wednesday: as a look writes it.
    Interval.objects.update(ended_at=on("wednesday", "12:00"), ended_by="scan")
    cost_marks.mark_since(since={chat.pk: on("wednesday", "12:00")}, now=on("friday", "11:00"))
    cost_days.rebuild_due(now=on("friday", "11:00"))
    for model in (DailyRun, DailyCost):
        untouched = model.objects.filter(known_until__year=2000).values_list("day", flat=True)
        assert sorted(untouched) == [MONDAY, TUESDAY]
    assert list(estimates(chat).values()) == [Decimal("1.5"), Decimal("2.4"), Decimal("1.2"), 0, 0]


def test_rows_that_must_vanish_vanish_and_others_stay_with_the_team_they_were_made_with() -> None:
    chat = environment()
    begin(chat, monday("09:00"))
    cost_days.rebuild_due(now=on("tuesday", "10:00"))
    Environment.objects.update(team=factories.team("Payments"))
    chat.targets.get().rates.update(valid_from=TUESDAY, unit_price="0.2")
    cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=None, now=on("wednesday", "00:00"))
    assert estimates(chat) == {TUESDAY: Decimal("4.8"), date(2026, 11, 25): Decimal(0)}
    months = MonthlyCost.objects.values_list("team__name", "estimate", "seconds")
    assert sorted(months) == [("Chat", Decimal("4.8"), (15 + 24) * 3600), ("Payments", Decimal(0), 0)]
    teams = list(DailyRun.objects.order_by("day").values_list("team__name", flat=True))
    assert teams == ["Chat", "Chat", "Payments"]
    chat.targets.get().rates.all().delete()
    Interval.objects.all().delete()
    cost_days.rebuild(environments=[chat.pk], first=cost_marks.BEGINNING, last=None, now=on("wednesday", "00:00"))
    assert not DailyRun.objects.exists()
    assert not MonthlyCost.objects.exists()
    assert {minute for row in TeamHours.objects.all() for minute in row.minutes} == {0}


def test_before_the_first_fact_or_price_there_are_no_days_nor_in_the_future() -> None:
    chat = environment()
    cost_days.rebuild(environments=[chat.pk], first=date(2026, 11, 1), last=date(2026, 12, 24), now=SUNDAY)
    assert not DailyRun.objects.exists()
    cost_days.rebuild_due(now=monday("01:00"))
    assert list(DailyRun.objects.values_list("day", "seconds")) == [(MONDAY, 0)]
    assert DailyCost.objects.get().always_on == Decimal("0.1")


def test_a_price_that_begins_later_counts_from_that_day_on_though_nobody_marks_it() -> None:
    chat = environment()
    cost_days.close_days(now=SUNDAY)
    assert not DailyCost.objects.exists()
    cost_days.rebuild_due(now=monday("02:00"))
    assert DailyCost.objects.get(environment=chat).always_on == Decimal("0.2")


def test_what_ran_before_there_were_days_is_found_and_counted() -> None:
    chat = environment()
    costing.ran(chat.targets.get(), monday("09:00"), monday("18:00"))
    assert not StaleDays.objects.exists()
    cost_days.close_days(now=on("tuesday", "00:05"))
    assert estimates(chat) == {MONDAY: Decimal("0.9"), TUESDAY: Decimal(0)}


def test_the_first_change_of_an_environment_brings_all_the_days_before_it() -> None:
    chat = environment()
    costing.ran(chat.targets.get(), monday("09:00"), monday("18:00"))
    begin(chat, on("wednesday", "09:00"))
    cost_days.rebuild_due(now=on("wednesday", "10:00"))
    assert list(estimates(chat).values()) == [Decimal("0.9"), 0, Decimal("0.1")]


def test_without_prices_it_is_known_when_it_ran_and_nothing_is_said_of_costs() -> None:
    chat = environment()
    chat.targets.get().rates.all().delete()
    begin(chat, monday("09:00"))
    cost_days.rebuild_due(now=monday("10:00"))
    assert DailyRun.objects.get().seconds == 3600
    assert not DailyCost.objects.exists()
    assert not MonthlyCost.objects.exists()


def test_accounts_and_currencies_are_kept_apart() -> None:
    chat = environment()
    other = factories.account(name="other", account_id="210987654321")
    web = chat.targets.get()
    second = costing.target(chat, "db", account=other)
    costing.price(second, "100", currency="KRW", valid_from=MONDAY)
    costing.price(second, "0.5", "volume", valid_from=MONDAY)
    for one in (web, second):
        costing.ran(one, monday("09:00"), monday("10:00"))
    cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=None, now=monday("12:00"))
    rows = DailyCost.objects.order_by("estimate").values_list("account__name", "currency", "estimate")
    assert list(rows) == [
        ("development", "USD", Decimal("0.1")),
        ("other", "USD", Decimal("0.5")),
        ("other", "KRW", Decimal(100)),
    ]
    assert MonthlyCost.objects.count() == 3


def test_costs_without_an_account_are_written_once(settings: Any) -> None:
    """Its account was removed: the database itself takes no two such rows for the same."""
    chat = environment()
    chat.targets.get().rates.update(account=None)
    begin(chat, monday("09:00"))
    for clock in ("10:00", "11:00", "12:00"):
        cost_days.rebuild(environments=[chat.pk], first=MONDAY, last=None, now=monday(clock))
    assert [row.estimate for row in DailyCost.objects.all()] == [Decimal("0.3")]
    assert [row.estimate for row in MonthlyCost.objects.all()] == [Decimal("0.3")]


def test_a_removed_environment_leaves_its_days_as_they_are_then() -> None:
    chat = environment()
    begin(chat, monday("09:00"))
    cost_days.rebuild_due(now=monday("09:00"))
    cost_days.finish(environments=[chat.pk], now=monday("12:00"))
    chat.delete()
    everything = Scope(user=factories.operator())
    assert cost_sums.since_counted(everything, cost_sums.Span(MONDAY, MONDAY), monday("12:30")) == []
    intervals.end_those_of_removed_targets(now=monday("12:01"))
    cost_days.close_days(now=on("tuesday", "00:05"))
    row = DailyCost.objects.get()
    assert (row.environment_id, row.environment_name, row.estimate, row.an_hour) == (
        None,
        "chat-dev",
        Decimal("0.3"),
        0,
    )
    assert MonthlyCost.objects.get().estimate == Decimal("0.3")


def test_an_environment_that_is_forgotten_leaves_nothing_and_its_team_the_hours_of_the_others() -> None:
    chat, other = environment(), environment("other")
    for one in (chat, other):
        begin(one, monday("09:00"))
    cost_days.rebuild_due(now=monday("10:00"))
    cost_days.forget(environments=[chat.pk])
    assert [row.environment_id for row in DailyCost.objects.all()] == [other.pk]
    assert [row.environment_id for row in MonthlyCost.objects.all()] == [other.pk]
    assert TeamHours.objects.get().minutes == [0] * 9 + [60] + [0] * 14


def test_another_time_zone_makes_all_days_anew() -> None:
    chat = environment(timezone="")
    begin(chat, monday("20:00"))
    end(chat, on("tuesday", "04:00"))
    cost_days.rebuild_due(now=on("wednesday", "12:00"))
    assert estimates(chat)[MONDAY] == Decimal("0.4")
    assert chat.schedule is not None
    chat.schedule.timezone = "UTC"
    chat.schedule.save()
    cost_marks.mark_zone(schedule=chat.schedule, now=on("wednesday", "12:00"))
    cost_days.rebuild_due(now=on("wednesday", "12:00"))
    assert estimates(chat) == {MONDAY: Decimal("0.8"), TUESDAY: Decimal(0), date(2026, 11, 25): Decimal(0)}
    assert StaleDays.objects.get().marked_at == datetime(2026, 11, 26, tzinfo=UTC)


def test_days_that_cannot_be_reckoned_keep_nobody_waiting(caplog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, broken = environment(), environment("broken")
    dates = cost_facts._dates

    def breaking(one: Any, *args: Any) -> Any:
        if one.name == "broken":
            raise ArithmeticError
        return dates(one, *args)

    monkeypatch.setattr(cost_facts, "_dates", breaking)
    cost_marks.mark(environment_ids=[chat.pk, broken.pk], first=MONDAY, last=None, now=monday("10:00"))
    cost_days.rebuild_due(now=monday("10:00"))
    assert set(DailyRun.objects.values_list("environment__name", flat=True)) == {"chat-dev"}
    assert "broken" in caplog.text
    monkeypatch.undo()
    cost_days.rebuild_due(now=monday("10:30"))
    assert DailyRun.objects.filter(environment=broken).exists()


def test_many_environments_take_as_many_queries_as_one() -> None:
    def cost(at: datetime) -> int:
        with CaptureQueriesContext(connection) as queries:
            cost_days.rebuild_due(now=at)
        return len(queries)

    begin(environment("first"), monday("09:00"))
    one = cost(monday("10:00")), cost(on("tuesday", "00:00"))
    for n in range(30):
        begin(environment(f"e{n}"), monday("09:00"))
    Environment.objects.get(name="first").delete()
    TeamHours.objects.all().delete()
    many = cost(monday("10:00")), cost(on("tuesday", "00:00"))
    assert many == one
