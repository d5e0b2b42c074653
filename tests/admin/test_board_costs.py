"""Money on the board: today and the month in its tiles, today in each row, and the price of keeping something on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from time_machine import travel

from environments.models import Environment
from environments.models.daily import StaleDays
from environments.services import cost_days, intervals
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .overriding import words
from .test_board import board, row

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


@pytest.fixture
def chat() -> Environment:
    """Ten cents an hour running, a cent an hour always; it runs since nine."""
    made = factories.chat_app("chat-dev", "chat-stack")
    Environment.objects.update(state="running", state_since=monday("09:00"), wish="running")
    costing.price(made.targets.get(), valid_from=MONDAY)
    costing.price(made.targets.get(), "0.01", "volume", always=True, valid_from=MONDAY)
    intervals.begun(target_id=made.targets.get().pk, now=monday("09:00"))
    cost_days.rebuild_due(now=monday("09:30"))
    return made


def tiles(browser: Client) -> str:
    return words(board(browser).split('id="board-tiles"')[1].split("</dl>")[0])


def test_tiles_say_what_today_cost_so_far_and_what_the_month_saved(as_manager: Client, chat: Environment) -> None:
    with travel(monday("14:00"), tick=False):
        said = tiles(as_manager)
    # Five hours of running and fourteen of the volume; always on, fourteen of both.
    assert "Today so far $0.64 always on it would be $1.54" in said
    assert "Saved in November $0.90 58% cost so far $0.64" in said


def test_a_row_says_what_its_environment_cost_today_and_saved(as_manager: Client, chat: Environment) -> None:
    with travel(monday("14:00"), tick=False):
        said = words(row(board(as_manager), "chat-dev"))
    assert "today $0.64 saved $0.90" in said


def test_what_a_row_cannot_price_is_named_beside_the_least_that_it_cost(as_manager: Client, chat: Environment) -> None:
    costing.target(chat, "App Runner vCPU")
    with travel(monday("14:00"), tick=False):
        said = words(row(board(as_manager), "chat-dev"))
    assert "today ≥ at least $0.64 (without a price: App Runner vCPU)" in said


def test_without_prices_nothing_is_called_free(as_manager: Client) -> None:
    factories.chat_app()
    said = tiles(as_manager)
    assert "Today so far – no prices yet" in said
    assert "$0.00" not in said


def test_days_that_are_still_to_be_reckoned_are_told_from_missing_prices(as_manager: Client) -> None:
    made = factories.chat_app()
    costing.price(made.targets.get(), valid_from=MONDAY)
    intervals.begun(target_id=made.targets.get().pk, now=monday("09:00"))
    said = tiles(as_manager)
    assert "Today so far – being reckoned" in said
    assert "Saved in November – being reckoned" in said
    assert "no prices yet" not in said
    cost_days.rebuild_due(now=monday("09:30"))
    said = tiles(as_manager)
    assert "being reckoned" not in said
    assert "Today so far $0.10" in said


def test_what_has_no_price_is_not_said_to_be_reckoned(as_manager: Client) -> None:
    made = factories.chat_app()
    intervals.begun(target_id=made.targets.get().pk, now=monday("09:00"))
    assert StaleDays.objects.exists()
    assert "Today so far – no prices yet" in tiles(as_manager)


def test_what_others_have_to_reckon_is_not_said(as_outsider: Client) -> None:
    made = factories.chat_app()
    costing.price(made.targets.get(), valid_from=MONDAY)
    intervals.begun(target_id=made.targets.get().pk, now=monday("09:00"))
    factories.environment("theirs", team=factories.outsider().teams.get())
    assert "no prices yet" in tiles(as_outsider)


def test_a_manager_sees_no_money_of_other_teams(as_outsider: Client, chat: Environment) -> None:
    factories.environment("theirs", team=factories.outsider().teams.get())
    assert "no prices yet" in tiles(as_outsider)


def test_keeping_on_says_what_each_choice_costs(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(schedule=factories.schedule())
    with travel(monday("17:00"), tick=False):
        said = words(as_manager.get("/env/chat-dev/ask/keep/").content.decode())
    # The volume is billed either way.
    assert "+1 hour until 19:00 · $0.10" in said
    assert "+2 hours until 20:00 · $0.20" in said
    assert "until 22:00 $0.40" in said
    assert "Each hour longer costs $0.10." in said


def test_keeping_several_on_says_what_an_hour_of_all_costs(as_manager: Client, chat: Environment) -> None:
    with travel(monday("17:00"), tick=False):
        said = words(as_manager.get(f"/board/many/?do=keep&env={chat.pk}").content.decode())
    assert "Together each hour of running costs $0.10." in said


def test_an_open_board_hears_of_a_new_amount_within_minutes(as_manager: Client, chat: Environment) -> None:
    from .test_board import seen

    with travel(monday("14:00"), tick=False) as clock:
        address = seen(as_manager)
        assert as_manager.get(address).status_code == 204
        clock.shift(timedelta(minutes=30))
        answer = as_manager.get(address).content.decode()
    assert "$0.70" in words(answer)


def test_another_day_says_what_it_costs_more_before_it_is_saved(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(schedule=factories.schedule())
    sent = {
        "kind": "hours",
        "first": "2026-11-24",
        "stop": "21:00",
        "scope": f"environment:{chat.pk}",
        "reason": "demo",
    }
    said = words(as_manager.get("/env/chat-dev/exceptions/preview/", sent).content.decode())
    assert "3 h more ($0.30)" in said
