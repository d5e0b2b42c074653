"""The board: what needs somebody first, then what goes on, then a row for each environment; at a fixed price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Account, Environment
from tests import factories
from tests.support.times import monday

from .conftest import Enter

pytestmark = pytest.mark.django_db


def chat(name: str = "chat-dev", state: str = "running") -> Environment:
    made = factories.chat_app(name, f"{name}-stack")
    Environment.objects.filter(pk=made.pk).update(state=state)
    return made


def board(browser: Client) -> str:
    return browser.get("/").content.decode()


def starting(name: str) -> None:
    """An environment that comes up, with its past starts."""
    made = chat(name, "starting")
    for days in (1, 2):
        factories.operation(made, at=timezone.now() - timedelta(days=days))
    operation = factories.operation(made, status="running")
    for position in range(3):
        factories.step(operation, "wait", "running", position=position, detail={"en": "coming up"})


def test_the_board_costs_the_same_for_one_environment_and_for_twenty_five(as_manager: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_manager.get("/").status_code == 200
        return len(queries)

    starting("env-0")
    one = cost()
    for number in range(1, 25):
        starting(f"env-{number}")
        if number % 3 == 0:
            factories.hold(Environment.objects.get(name=f"env-{number}"), author=factories.operator())
    assert Environment.objects.count() == 25
    assert cost() == one


def test_failures_come_first_then_holds_that_only_a_person_ends(as_manager: Client) -> None:
    factories.hold(chat("held"), until=None)
    Environment.objects.filter(pk=chat("broken", "failed_to_start").pk).update(state_reason={"en": "No capacity."})
    html = board(as_manager).split("db-tiles")[0]
    assert html.index("broken") < html.index("No capacity.") < html.index("held")
    assert "/env/held/#release" in html


def test_figures_say_what_runs_what_is_under_way_and_what_comes_next(as_manager: Client) -> None:
    chat("one")
    chat("two", "failed_to_stop")
    starting("three")
    tiles = " ".join(board(as_manager).split('class="db-tiles"')[1].split("</dl>")[0].split())
    assert "1 of 3" in tiles
    assert "1 under way, 1 failed" in tiles
    assert "8 h" in tiles
    assert "stops 18:00 (Asia/Seoul)" in tiles


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("stopped", ["#start"]),
        ("running", ["#stop", "#keep"]),
        ("failed_to_start", []),
    ],
)
def test_a_row_offers_what_can_be_done(state: str, offered: list[str], as_manager: Client) -> None:
    chat(state=state)
    row = board(as_manager).split("<article")[1]
    assert [way for way in ("#start", "#stop", "#keep") if f"/env/chat-dev/{way}" in row] == offered


def test_a_viewer_is_offered_to_open_it_and_nothing_else(enter: Enter) -> None:
    factories.hold(chat(), until=None)
    html = board(enter(factories.viewer()))
    assert "/env/chat-dev/" in html
    assert "#stop" not in html
    assert "#release" not in html


def test_people_see_the_environments_of_their_teams_and_operators_all(
    as_manager: Client, as_outsider: Client, as_operator: Client
) -> None:
    chat()
    assert "chat-dev" in board(as_manager)
    assert "chat-dev" not in board(as_outsider)
    assert "chat-dev" in board(as_operator)


def test_the_live_part_is_sent_only_when_it_reads_anew(as_manager: Client) -> None:
    here = chat()
    seen = as_manager.get("/board/live/").context["seen"]
    assert as_manager.get(f"/board/live/?seen={seen}").status_code == 204
    factories.hold(here, until=monday("22:00"))
    answer = as_manager.get(f"/board/live/?seen={seen}")
    assert answer.status_code == 200
    assert "Running, held" in answer.content.decode()


def test_while_something_is_under_way_the_board_looks_more_often(as_manager: Client) -> None:
    chat()
    assert "every 5s" in board(as_manager)
    starting("other")
    assert "every 2s" in board(as_manager)


@pytest.mark.parametrize(
    ("who", "next_step"),
    [
        (factories.viewer, "Ask an administrator to add you to one."),
        (factories.manager, "Ask an administrator to add you to one."),
        (factories.operator, "/environments/environment/add/"),
        (factories.administrator, "/environments/account/add/"),
    ],
)
def test_an_empty_board_says_what_to_do_next(who: Callable[[], User], next_step: str, enter: Enter) -> None:
    html = board(enter(who()))
    assert "No environments yet" in html
    assert next_step in html


def test_once_an_account_is_known_the_empty_board_leads_on_to_the_first_environment(as_administrator: Client) -> None:
    factories.account()
    assert Account.objects.exists()
    html = board(as_administrator)
    assert "/environments/environment/add/" in html
    assert "Add an AWS account" not in html
