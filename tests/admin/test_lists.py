"""Lists cost the same for few rows and for many, and an empty one says what would be there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Account
from tests import factories

from .conftest import Enter

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["environment", "target", "schedule", "operation", "hold", "account", "team"])
def test_a_list_costs_the_same_for_few_rows_and_for_many(model: str, as_administrator: Client) -> None:
    def furnish(name: str) -> None:
        team = factories.team(name)
        team.members.add(factories.manager(team))
        chat = factories.chat_app(name, name, team=team, schedule=factories.schedule(name))
        factories.operation(chat, actor=factories.operator())
        factories.hold(chat, author=factories.operator())
        factories.account(name=name, account_id=f"{Account.objects.count():012}")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_administrator.get(f"/environments/{model}/").status_code == 200
        return len(queries)

    furnish("a")
    few = cost()
    for name in "bcdefg":
        furnish(name)
    assert cost() == few


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("hold", "A hold is placed on an environment"),
        ("operation", "Nothing has been started or stopped so far."),
        ("environment", "An environment is what people switch on and off."),
        ("schedule", "/environments/schedule/add/"),
    ],
)
def test_an_empty_list_says_what_would_be_there_or_what_to_do(model: str, sentence: str, as_operator: Client) -> None:
    html = as_operator.get(f"/environments/{model}/").content.decode()
    assert "Nothing here yet" in html
    assert sentence in html


def test_a_search_without_a_hit_leads_back_to_everything(as_operator: Client) -> None:
    factories.environment()
    html = as_operator.get("/environments/environment/?q=nowhere").content.decode()
    assert "Nothing matches" in html
    assert '<a class="db-button" href="?">' in html


def test_filters_offer_only_what_belongs_to_the_rows_one_sees(enter: Enter) -> None:
    factories.environment("chat-dev")
    factories.environment("pay-dev", team=factories.team("Payments"), schedule=factories.schedule("Night shift"))
    html = enter(factories.manager()).get("/environments/environment/").content.decode()
    assert "Office hours Seoul" in html
    assert "Night shift" not in html
    assert "Payments" not in html
