"""The list of budgets and its form; and what dialogs say of a used-up one before the click."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Hold
from environments.models.budget import Budget, BudgetNotice
from environments.services import budgets, cost_days, forecasts
from tests import factories
from tests.admin.conftest import Enter
from tests.admin.filling import refusal
from tests.admin.overriding import words
from tests.services import costing
from tests.support.times import monday

pytestmark = pytest.mark.django_db
LIST = "/environments/budget/"
MONDAY = date(2026, 11, 23)


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """A dollar an hour; it has run for four hours at ten o'clock on Monday morning."""
    made = factories.environment(name, state="running", **fields)
    costing.price(costing.target(made, name), "1", valid_from=MONDAY)
    costing.ran(made.targets.get(), monday("06:00"))
    return made


def reckoned() -> None:
    cost_days.close_days(now=monday("10:00"))
    forecasts.renew(now=monday("10:00"))


def shown(browser: Client, address: str = LIST) -> str:
    return words(browser.get(address).content.decode())


def test_a_row_says_what_is_used_what_is_expected_and_what_it_forbids(as_operator: Client) -> None:
    chat = environment()
    Budget.objects.create(environment=chat, amount=8, blocks_extensions=True)
    Budget.objects.create(team=chat.team, amount=4)
    Budget.objects.create(team=chat.team, amount=4, currency="KRW", month=date(2026, 11, 1))
    reckoned()
    text = shown(as_operator)
    assert "$4.00 · 50% will not suffice" in text
    assert "$4.00 · 100% used up" in text
    assert "nothing in KRW; costs are in USD" in text
    assert "$57.00, more than the budget" in text
    assert "refused once it is used up" in text
    assert "team Chat" in text
    html = as_operator.get(LIST).content.decode()
    assert 'href="/costs/?period=2026-11&amp;environment=chat-dev"' in html
    assert 'style="width:50.0%"' in html


def test_one_sees_the_budgets_of_ones_own_teams(enter: Enter) -> None:
    chat = environment()
    Budget.objects.create(environment=chat, amount=8)
    Budget.objects.create(team=chat.team, amount=9)
    own = Budget.objects.create(team=factories.team("Payments"), amount=10)
    outsider = enter(factories.outsider())
    assert "$10.00" in shown(outsider)
    assert "$8.00" not in shown(outsider)
    assert "$9.00" not in shown(outsider)
    assert outsider.get(f"{LIST}{Budget.objects.exclude(pk=own.pk).first().pk}/change/").status_code == 404  # type: ignore[union-attr]


def test_the_list_takes_as_many_queries_for_many_budgets_as_for_few(as_operator: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            as_operator.get(LIST)
        return len(found)

    chat = environment()
    Budget.objects.create(environment=chat, amount=8)
    Budget.objects.create(team=chat.team, amount=8, month=date(2026, 10, 1))
    reckoned()
    few = queries()
    for number in range(15):
        made = environment(f"e{number}", team=factories.team(f"Team {number}"))
        Budget.objects.create(environment=made, amount=8)
        Budget.objects.create(team=made.team, amount=8, month=date(2026, 9, 1))
    reckoned()
    assert queries() == few


def form(**fields: Any) -> dict[str, Any]:
    return {"environment": "", "team": "", "month": "", "amount": "900", "currency": "usd"} | fields


def test_an_operator_makes_one_for_a_month(as_operator: Client) -> None:
    chat = environment()
    answer = as_operator.post(f"{LIST}add/", form(environment=chat.pk, month="2026-12"))
    assert answer.status_code == 302
    made = Budget.objects.get()
    assert (made.month, made.amount, made.currency) == (date(2026, 12, 1), 900, "USD")
    assert made.history.get().history_user == factories.operator()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose an environment or a team, one of the two."),
        ({"team": True, "environment": True}, "Choose an environment or a team, one of the two."),
        ({"team": True, "amount": "0"}, "greater than or equal to 0.01"),
        ({"team": True, "month": "December"}, "Name a month, for example 2026-12."),
        ({"team": True, "month": "2962-12"}, "This is more than ten years away."),
        ({"team": True, "currency": "dollar"}, "3 characters"),
    ],
)
def test_what_is_no_budget_is_refused_in_words(as_operator: Client, fields: dict[str, Any], said: str) -> None:
    chat = environment()
    ids = {"team": chat.team_id, "environment": chat.pk}
    sent = {name: ids[name] if value is True else value for name, value in fields.items()}
    assert said in " ".join(refusal(as_operator.post(f"{LIST}add/", form(**sent))).values())
    assert not Budget.objects.exists()


def test_raising_it_makes_its_levels_be_told_again(as_operator: Client) -> None:
    chat = environment()
    own = Budget.objects.create(environment=chat, amount=4)
    reckoned()
    budgets.check(now=monday("10:00"))
    assert BudgetNotice.objects.count() == 3
    as_operator.post(f"{LIST}{own.pk}/change/", form(environment=chat.pk, amount="40"))
    assert [one.level for one in BudgetNotice.objects.all()] == ["forecast"]


# Before the click.


@pytest.fixture
def used_up() -> Environment:
    chat = environment()
    Budget.objects.create(environment=chat, amount=Decimal(4), blocks_extensions=True)
    reckoned()
    return chat


SAID = "The budget of chat-dev for this month is used up ($4.00 of $4.00)"


@pytest.mark.parametrize("verb", ["keep", "on"])
def test_the_dialogs_say_it_to_managers_and_not_to_operators(
    used_up: Environment, as_manager: Client, as_operator: Client, verb: str
) -> None:
    assert SAID in shown(as_manager, f"/env/chat-dev/ask/{verb}/")
    assert SAID not in shown(as_operator, f"/env/chat-dev/ask/{verb}/")
    assert SAID not in shown(as_manager, "/env/chat-dev/ask/stop/")


def test_who_clicks_all_the_same_is_told_why_not(used_up: Environment, as_manager: Client) -> None:
    for verb, sent in (("keep", {"choice": "+1"}), ("on", {"day": "2026-11-28", "reason": "demo"})):
        answer = as_manager.post(f"/env/chat-dev/ask/{verb}/", sent, HTTP_HX_REQUEST="true")
        assert SAID in words(answer.content.decode())
    assert not Hold.objects.exists()


def test_several_at_once_say_it_for_those_concerned(used_up: Environment, as_manager: Client) -> None:
    environment("chat-qa")
    reckoned()
    ids = [str(one.pk) for one in Environment.objects.all()]
    text = words(as_manager.get("/board/many/", {"do": "keep", "env": ids}).content.decode())
    assert text.count("is used up") == 1
    assert "With 1 hour more it runs until 19:00" in text


def test_the_preview_of_an_exception_says_it_while_it_is_filled_in(used_up: Environment, as_manager: Client) -> None:
    sent = {"kind": "on", "first": "2026-11-28", "scope": f"environment:{used_up.pk}", "reason": "demo"}
    assert SAID in shown(as_manager, f"/env/chat-dev/exceptions/preview/?{urlencode(sent)}")
    assert SAID not in shown(as_manager, f"/env/chat-dev/exceptions/preview/?{urlencode(sent | {'kind': 'off'})}")
