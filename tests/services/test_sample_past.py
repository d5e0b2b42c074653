"""The sample has some weeks behind it, so that its costs can be looked at on the first day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from time_machine import travel

from environments.models import Advice, DailyCost, Environment, Hold, Interval, StaleDays
from environments.services import cost_days, sample
from tests.support.times import monday

pytestmark = pytest.mark.django_db
# The 23rd of November.
NOW = monday("10:00")


@pytest.fixture
def chat(settings: Any) -> Environment:
    settings.DEMO = True
    with travel(NOW, tick=False):
        call_command("seed_demo")
    return Environment.objects.get(name="chat-dev")


def test_it_follows_the_plan_from_the_first_of_last_month_until_yesterday(chat: Environment) -> None:
    spans = list(Interval.objects.filter(environment=chat).order_by("began_at"))
    days = [timezone.localtime(span.began_at).date() for span in spans]
    assert (days[0], days[-1]) == (date(2026, 10, 1), date(2026, 11, 20))
    assert all(day.weekday() < 5 for day in days)
    assert date(2026, 10, 9) not in days  # Hangeul Day
    assert not Interval.objects.open().exists()
    # Nobody has planned chat-demo: it runs when somebody starts it.
    assert not Interval.objects.filter(environment__name="chat-demo").exists()


def test_who_kept_it_on_is_there_too_and_holds_nothing_any_more(chat: Environment) -> None:
    kept = Hold.objects.filter(environment=chat)
    assert kept.count() >= 3
    assert not kept.open().exists()
    assert {hold.author for hold in kept} == {User.objects.get(username="manager")}


def test_its_days_are_reckoned_and_cost_what_the_plan_says(chat: Environment) -> None:
    while cost_days.rebuild_due(now=NOW):
        pass
    row = DailyCost.objects.get(environment=chat, day=date(2026, 11, 17))
    assert row.always_on == Decimal("0.241") * 24
    assert Decimal("0.241") * 9 - Decimal("0.03") < row.estimate < Decimal("0.241") * 9 + Decimal("0.03")


def test_it_is_in_the_portal_since_then_so_that_it_has_saved_something(chat: Environment) -> None:
    added = {timezone.localtime(one.created_at, ZoneInfo(one.zone_name)) for one in Environment.objects.all()}
    assert {f"{moment:%Y-%m-%d %H:%M}" for moment in added} == {"2026-10-01 00:00"}


def test_it_goes_with_the_sample(chat: Environment) -> None:
    cost_days.rebuild_due(now=NOW)
    with travel(NOW, tick=False):
        sample.remove(user=User.objects.get(username="admin"), now=NOW)
    for model in (Interval, DailyCost, StaleDays, Hold):
        assert not model.objects.exists(), model


def test_what_runs_longer_than_it_is_used_has_advice_on_the_first_day(chat: Environment) -> None:
    found = {one.environment.name: one for one in Advice.objects.select_related("environment")}
    assert found.keys() == {"chat-staging", "search-dev"}
    assert {one.kind for one in found.values()} == {Advice.Kind.LONGER_THAN_USE}
    assert (found["chat-staging"].saving or 0) > 20
    assert found["search-dev"].saving is None  # its prices are looked up later
