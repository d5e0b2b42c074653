"""The page of costs while it is open: its figures go on by themselves, and nothing is sent while they stay the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from environments.models import Environment
from environments.models.daily import DailyCost, StaleDays
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .asking import Open, brought
from .costs import MONDAY, PAGE, chat, html_of
from .overriding import words

pytestmark = pytest.mark.django_db
__all__ = ["chat"]


@pytest.fixture
def running(chat: Environment) -> Environment:
    """A dollar an hour since nine this morning, when today was counted last."""
    known = {"known_until": monday("09:00")}
    factories.daily_run(chat, MONDAY, (), **known)
    factories.daily_cost(chat, MONDAY, "0", "9", an_hour=Decimal(1), always_an_hour=Decimal(1), **known)
    costing.ran(chat.targets.get(), monday("09:00"))
    return chat


def test_an_open_page_hears_of_new_amounts_in_its_tiles_its_bars_and_its_rows(
    as_manager: Client, running: Environment
) -> None:
    with travel(monday("10:00"), tick=False) as clock:
        page = Open(as_manager, PAGE)
        assert page.ask().status_code == 204
        clock.shift(timedelta(hours=1))
        answer = page.ask()
        assert page.ask().status_code == 204
    said = words(answer.content.decode())
    assert "Cost so far $92.00" in said
    assert "Mon 23 Nov (so far): $2.00" in answer.content.decode()
    assert "chat-dev 92 h $92.00" in said
    assert brought(answer) == {"costs-bars", "costs-rows"}
    assert "Hours of the week" not in said
    assert "<html" not in answer.content.decode()


def test_it_asks_each_minute_and_not_while_nobody_sees_it(as_manager: Client, running: Environment) -> None:
    assert 'hx-trigger="every 60s [daybreakMayRefresh()], ' in html_of(as_manager)


def test_what_it_asks_for_has_the_choices_of_the_page(as_manager: Client, running: Environment) -> None:
    other = factories.environment("chat-qa")
    factories.daily_cost(other, MONDAY - timedelta(days=1), "500", "900")
    page = Open(as_manager, f"{PAGE}?environment=chat-dev&by=team&step=week&sort=saved")
    asked = parse_qs(urlsplit(page.url).query)
    assert {name: asked[name] for name in ("environment", "by", "step", "sort", "period")} == {
        "environment": ["chat-dev"],
        "by": ["team"],
        "step": ["week"],
        "sort": ["saved"],
        "period": ["2026-11"],
    }
    assert page.ask().status_code == 204
    with travel(monday("12:00"), tick=False):
        said = words(page.ask().content.decode())
    assert "Cost so far $93.00" in said
    assert "$500" not in said


def test_over_the_end_of_its_month_a_page_shows_the_month_that_it_showed(
    as_manager: Client, running: Environment
) -> None:
    page = Open(as_manager, PAGE)
    with travel(monday("10:00") + timedelta(days=10), tick=False):
        said = words(page.ask().content.decode())
    assert "November 2026" in said
    assert "December" not in said


def test_days_that_are_over_are_not_asked_about_again(as_manager: Client, running: Environment) -> None:
    html = html_of(as_manager, period="2026-10")
    assert 'id="live"' not in html
    html = html_of(as_manager, **{"from": "2026-11-09", "to": "2026-11-10"})
    assert "$18.00" in html
    assert 'id="live"' not in html


def test_it_asks_as_somebody_who_may_see_costs_and_of_what_they_see(
    as_manager: Client, as_outsider: Client, running: Environment
) -> None:
    page = Open(as_manager, PAGE)
    page.browser = as_outsider
    answer = page.ask()
    assert answer.headers["HX-Refresh"] == "true"
    assert b"chat-dev" not in answer.content
    assert Client().get(page.url).status_code == 302
    assert as_manager.get("/costs/live/?environment=nowhere").status_code == 204
    assert as_manager.get("/costs/live/?from=x").status_code == 204
    assert as_manager.post("/costs/live/").status_code == 405


def test_days_that_are_being_reckoned_come_to_an_open_page(as_manager: Client) -> None:
    made = factories.chat_app()
    factories.price(made.targets.get(), "1")
    StaleDays.objects.create(environment=made, first=date(2026, 11, 20), marked_at=timezone.now())
    page = Open(as_manager, PAGE)
    assert "Costs are being reckoned" in html_of(as_manager)
    assert page.ask().status_code == 204
    factories.daily_cost(made, MONDAY - timedelta(days=1), "1", "2")
    StaleDays.objects.all().delete()
    assert page.ask().headers["HX-Refresh"] == "true"


def test_when_all_is_reckoned_and_nothing_came_the_page_says_why_there_is_nothing(as_manager: Client) -> None:
    made = factories.chat_app()
    assert "No prices yet" in html_of(as_manager)
    StaleDays.objects.create(environment=made, first=date(2026, 11, 20), marked_at=timezone.now())
    assert "No prices yet" in html_of(as_manager)
    factories.price(made.targets.get(), "1")
    StaleDays.objects.all().delete()
    assert not DailyCost.objects.exists()
    assert "Nothing was counted in this time" in html_of(as_manager)
