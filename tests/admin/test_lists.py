"""An empty list says what would be there, and none offers what its reader may not see. What lists cost:
`test_list_queries`."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories

from .conftest import Enter

pytestmark = pytest.mark.django_db


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
