"""Prices in the board's dialogs: of starting, of several together, of days; and what of it has no price."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from environments.models import Environment
from environments.models.rate import Pricing
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .conftest import Enter
from .overriding import words
from .test_board_actions import ASK, ask, said, send

pytestmark = pytest.mark.django_db
VCPU = {"what": {"": "App Runner vCPU"}, "why": {"en": "No price in the list.", "ko": "목록에 가격이 없어요."}}


def made(name: str = "chat-dev", price: str = "0.10", state: str = "stopped") -> Environment:
    """It is as its plan wishes at eight in the evening, or still runs at ten in the morning."""
    found = factories.chat_app(name, f"{name}-stack")
    stands = {"state": state, "wish": state, "judged_at": monday("09:00")}
    Environment.objects.filter(pk=found.pk).update(**stands)
    if price:
        costing.price(found.targets.get(), price)
    return found


def lacks_one(of: Environment) -> None:
    Pricing.objects.create(target=of.targets.get(), looked_at=monday("09:00"), unpriced=[VCPU])


def many(browser: Client, verb: str, *chosen: Environment) -> str:
    ids = "".join(f"&env={one.pk}" for one in chosen)
    return words(browser.get(f"/board/many/?do={verb}{ids}").content.decode())


def test_starting_says_until_when_it_really_runs_and_what_each_choice_costs(as_manager: Client) -> None:
    made()
    with travel(monday("20:00"), tick=False):
        text = words(ask(as_manager, "start"))
        answer = said(send(as_manager, ASK.format("start"), until="next"))
    assert "until tomorrow 18:00 (from 09:00 by its plan) · $1.30" in text, "13 hours more than planned"
    assert "for 1 hour · $0.10" in text
    assert "for 2 hours · $0.20" in text
    assert "Each hour of running costs $0.10." in text
    assert answer == (
        "chat-dev starts now and is kept running until tomorrow 18:00 (Asia/Seoul), from 09:00 by its plan."
    )


def test_where_the_plan_stops_it_the_end_is_that_of_the_hold(as_manager: Client) -> None:
    made()
    assert "until the next planned change: 18:00 · $0.80" in words(ask(as_manager, "start"))
    answer = said(send(as_manager, ASK.format("start"), until="next"))
    assert answer == "chat-dev starts now and is kept running until 18:00 (Asia/Seoul)."


def test_a_part_without_a_price_is_said_and_never_counted_as_nothing(as_manager: Client) -> None:
    lacks_one(made(state="running"))
    keep = words(ask(as_manager, "keep"))
    assert "+1 hour until 19:00 · at least $0.10" in keep
    assert "Each hour longer costs at least $0.10 (App Runner vCPU has no price)." in keep
    off = words(ask(as_manager, "off"))
    assert "9 h less (at least $0.90)" in off
    assert "Each hour of running costs at least $0.10 (App Runner vCPU has no price)." in off


def test_several_are_priced_together_with_what_of_which_has_no_price(as_manager: Client) -> None:
    one, other, unpriced = made("one"), made("two", "0.20"), made("three", "")
    lacks_one(other)
    with travel(monday("20:00"), tick=False):
        text = many(as_manager, "start", one, other, unpriced)
        both = many(as_manager, "start", one)
    assert "until the next planned change of each · together at least $3.90" in text
    assert "for 2 hours · together at least $0.60" in text
    lacking = "(three, two: App Runner vCPU have no price)"
    assert f"Together each hour of running costs at least $0.30 {lacking}." in text
    assert "together $1.30" in both


def test_keeping_several_on_and_a_day_for_several_have_their_totals(as_manager: Client) -> None:
    chosen = made("one", state="running"), made("two", "0.20", state="running")
    text = many(as_manager, "keep", *chosen)
    assert "+1 hour · together $0.30" in text
    assert "+2 hours · together $0.60" in text
    assert "Tue 24 Nov, together: 18 h less ($2.70)." in many(as_manager, "off", *chosen)
    assert "Tue 24 Nov, together: 30 h more ($4.50)." in many(as_manager, "on", *chosen)


def test_each_day_that_is_offered_has_its_price(as_manager: Client) -> None:
    made(state="running")
    text = words(ask(as_manager, "off"))
    assert "everybody who uses it loses it. · 8 h less ($0.80)" in text, "what has passed of today is as it was"
    assert "Tomorrow Tue 24 Nov planned 09:00–18:00 · 9 h less ($0.90)" in text
    assert "15 h more ($1.50)" in words(ask(as_manager, "on"))


@pytest.mark.parametrize("verb", ["start", "keep", "off", "on"])
def test_without_prices_and_for_who_may_not_see_them_nothing_is_said(verb: str, enter: Enter) -> None:
    person = factories.manager()
    priced, free = made(state="running"), made("free", "", "running")
    assert "costs" not in words(enter(person).get(f"/env/free/ask/{verb}/").content.decode())
    assert "costs" not in many(enter(person), verb, free)
    person.groups.clear()
    person.user_permissions.add(Permission.objects.get(codename="switch_environment"))
    for html in (words(ask(enter(person), verb)), many(enter(person), verb, priced)):
        assert "chat-dev" in html
        assert "$" not in html


@pytest.mark.parametrize("verb", ["start", "keep", "off", "on"])
def test_prices_of_several_cost_the_same_number_of_queries_for_few_and_for_many(verb: str, as_manager: Client) -> None:
    def cost(count: int) -> int:
        for number in range(Environment.objects.count(), count):
            one = made(f"env-{number}", state="stopped" if verb == "start" else "running")
            lacks_one(one)
        with CaptureQueriesContext(connection) as queries:
            assert "at least" in many(as_manager, verb, *Environment.objects.all())
        return len(queries)

    assert cost(2) == cost(20)


def test_lines_that_begin_later_are_no_price_of_today(as_manager: Client) -> None:
    one = made(state="running")
    later = costing.target(one)
    costing.price(later, valid_from=date(2026, 12, 1))
    assert "at least $0.10 (web has no price)" in words(ask(as_manager, "keep"))
