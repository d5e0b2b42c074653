"""What AWS billed is read once a day and account, through its own API, and given to environments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import cost_explorer
from environments.models import BillLook, DailyBill, Environment, Interval
from environments.services import bill_rows, bill_wishes, bills
from environments.services.bills import look_due
from tests import factories
from tests.services.billing import DAY, HOUR, NOW, again, asked_spans, billed, cloud, environment, look, rows
from tests.services.costing import ran, target

pytestmark = pytest.mark.django_db


# -- what is written ---------------------------------------------------------------------------------------------------


def test_days_come_with_the_environment_whose_short_name_or_name_the_tag_says(look: BillLook, cloud: Any) -> None:
    environment("chat-dev")
    environment("Chat QA", slug="qa")
    for value in ("chat-dev", "Chat QA", "strange", ""):
        billed(cloud, "2026-11-20", value)
    assert look_due(now=NOW) == 1
    assert rows() == {
        ("2026-11-20", ""): ("0.25", None),
        ("2026-11-20", "Chat QA"): ("0.25", "qa"),
        ("2026-11-20", "chat-dev"): ("0.25", "chat-dev"),
        ("2026-11-20", "strange"): ("0.25", None),
    }
    look.refresh_from_db()
    assert (look.known_until, look.requests, look.problem) == (date(2026, 11, 20), 1, {})


def test_asked_again_amounts_are_replaced_and_what_aws_tells_no_more_goes(look: BillLook, cloud: Any) -> None:
    billed(cloud, "2026-11-19")
    billed(cloud, "2026-11-20", "strange")
    look_due(now=NOW)
    cloud.reset()
    cloud.seed_reference()
    cloud.freeze(NOW + DAY)
    billed(cloud, "2026-11-19", amount="0.5")
    again(look, NOW + DAY)
    assert rows() == {("2026-11-19", "chat-dev"): ("0.5", None)}


def test_days_before_those_that_are_asked_stay(look: BillLook, cloud: Any) -> None:
    DailyBill.objects.create(account=look.account, tagged="old", day=date(2026, 11, 8), currency="USD", amount=1)
    DailyBill.objects.create(account=look.account, tagged="old", day=date(2026, 11, 9), currency="USD", amount=1)
    look_due(now=NOW)
    assert list(rows()) == [("2026-11-08", "old")]


def test_bills_outlive_their_environment(look: BillLook, cloud: Any) -> None:
    made = environment("chat-dev")
    billed(cloud, "2026-11-20")
    look_due(now=NOW)
    made.delete()
    again(look, NOW + DAY)
    assert rows() == {("2026-11-20", "chat-dev"): ("0.25", None)}


def test_after_a_new_short_name_both_tags_are_the_environments(look: BillLook, cloud: Any) -> None:
    made = environment("chat-dev")
    billed(cloud, "2026-11-18")
    look_due(now=NOW)
    Environment.objects.filter(pk=made.pk).update(slug="chat", name="chat")
    billed(cloud, "2026-11-19")
    billed(cloud, "2026-11-20", "chat")
    again(look, NOW + DAY)
    assert {environment for _amount, environment in rows().values()} == {"chat"}


def test_a_short_name_given_to_another_environment_takes_only_later_bills_along(look: BillLook, cloud: Any) -> None:
    first = environment("chat-dev")
    billed(cloud, "2026-11-18")
    look_due(now=NOW)
    Environment.objects.filter(pk=first.pk).update(slug="chat-old", name="chat-old")
    environment("chat-dev")
    billed(cloud, "2026-11-20")
    again(look, NOW + DAY)
    assert [environment for _amount, environment in rows().values()] == ["chat-old", "chat-dev"]


def test_what_waited_for_an_environment_is_its_own_at_the_next_look_however_old(look: BillLook, cloud: Any) -> None:
    DailyBill.objects.create(account=look.account, tagged="wiki", day=date(2026, 1, 8), currency="USD", amount=1)
    environment("wiki")
    look_due(now=NOW)
    assert rows() == {("2026-01-08", "wiki"): ("1", "wiki")}


def test_a_look_costs_the_same_number_of_queries_whatever_it_finds(
    look: BillLook, cloud: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        environment(f"chat-{number}")
        billed(cloud, f"2026-11-{10 + number % 10}", f"chat-{number}")
    with django_assert_max_num_queries(16):
        look_due(now=NOW)
    assert len(rows()) == 40


def test_values_that_no_environment_has_are_told_the_dearest_first(look: BillLook, cloud: Any) -> None:
    environment("chat-dev")
    for value, amount in (("chat-dev", "9"), ("cheap", "1"), ("dear", "3"), ("", "7")):
        billed(cloud, "2026-11-19", value, amount=amount)
    billed(cloud, "2026-11-20", "dear", amount="2")
    look_due(now=NOW)
    found = bill_rows.unknown_values(account=look.account, since=date(2026, 11, 1))
    assert [(one.tagged, one.amount, one.until.day) for one in found] == [
        ("dear", Decimal(5), 20),
        ("cheap", Decimal(1), 19),
    ]


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_the_first_time_bills_are_read_since_something_ran_but_no_more_than_a_year(look: BillLook, cloud: Any) -> None:
    web = target(factories.environment())
    ran(web, NOW - 40 * DAY, NOW - 39 * DAY)
    look_due(now=NOW)
    Interval.objects.update(began_at=NOW - 800 * DAY)
    again(look, NOW + DAY)
    spans = asked_spans(cloud)
    assert spans[0] == ("2026-10-14", "2026-11-23")
    assert spans[1:] == [("2025-11-24", "2026-11-24")] * 4  # in pages, as nothing was billed at the first time


def test_from_then_on_the_last_two_weeks_are_read_and_what_was_missed(look: BillLook, cloud: Any) -> None:
    billed(cloud, "2026-11-20")
    look_due(now=NOW)
    again(look, NOW + DAY)
    cloud.freeze(NOW + 40 * DAY)
    again(look, NOW + 40 * DAY)
    assert asked_spans(cloud)[1:] == [("2026-11-10", "2026-11-24"), ("2026-11-20", "2027-01-02")]


def test_from_the_sixth_on_the_month_before_is_read_until_it_is_final(look: BillLook, cloud: Any) -> None:
    billed(cloud, "2026-11-02")
    billed(cloud, "2026-11-20")
    BillLook.objects.update(known_until=date(2026, 11, 1))
    for day in ("2026-11-23", "2026-12-05", "2026-12-06", "2026-12-07"):
        at = datetime.fromisoformat(day).replace(tzinfo=UTC) + HOUR
        cloud.freeze(at)
        again(look, at)
    spans = asked_spans(cloud)
    assert [first for first, _end in spans] == ["2026-11-01", "2026-11-20", "2026-11-01", "2026-11-20"]
    assert set(DailyBill.objects.values_list("is_final", flat=True)) == {True}


def test_an_account_is_asked_once_a_day_at_a_minute_of_its_own(look: BillLook, cloud: Any) -> None:
    look_due(now=NOW)
    look.refresh_from_db()
    first = look.wanted_at
    assert first is not None
    assert first.date() == date(2026, 11, 24)
    assert look_due(now=first - HOUR / 60) == 0
    assert look_due(now=first) == 1
    look.refresh_from_db()
    assert look.wanted_at == first + DAY
    assert bills.next_day("210987654321", NOW) != first


def test_accounts_that_are_switched_off_are_not_asked(look: BillLook, cloud: Any) -> None:
    BillLook.objects.update(enabled=False)
    assert look_due(now=NOW) == 0
    assert cloud.requests("ce") == []


def test_two_turns_at_once_ask_once(look: BillLook, cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, counts = bills._look, []

    def meanwhile(row: BillLook, now: datetime) -> None:
        counts.append(look_due(now=now))
        asked(row, now)

    monkeypatch.setattr(bills, "_look", meanwhile)
    assert look_due(now=NOW) == 1
    assert (counts, len(cloud.requests("ce"))) == ([0], 1)


def test_a_worker_that_was_killed_delays_a_look_by_half_an_hour(look: BillLook, cloud: Any) -> None:
    bills._claim(look, NOW)
    assert look_due(now=NOW + timedelta(minutes=29)) == 0
    assert look_due(now=NOW + timedelta(minutes=31)) == 1


def test_what_was_read_by_another_tag_meanwhile_is_dropped_but_was_paid_for(
    look: BillLook, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    billed(cloud, "2026-11-20")
    pages, operator = cost_explorer.pages, factories.operator()

    def changed_meanwhile(*asked: Any) -> Any:
        bill_wishes.configure(account=look.account, enabled=True, tag="Project", user=operator, now=NOW)
        return pages(*asked)

    monkeypatch.setattr(cost_explorer, "pages", changed_meanwhile)
    look_due(now=NOW)
    look.refresh_from_db()
    assert (rows(), look.requests, look.wanted_at, look.known_until) == ({}, 1, NOW, None)


__all__ = ["cloud", "look"]
