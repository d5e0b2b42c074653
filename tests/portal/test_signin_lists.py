"""The lists about signing in speak of sign-ins, not of the tables that django-axes keeps them in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db.models import Model
from django.test import Client

from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "counted"),
    [
        ("accesslog", "1 sign-in"),
        ("accessfailurelog", "0 failed sign-ins"),
        ("accessattempt", "0 names with failed tries"),
    ],
)
def test_a_list_about_signing_in_counts_in_words_that_people_know(client: Client, model: str, counted: str) -> None:
    client.force_login(factories.administrator())
    page = client.get(f"/axes/{model}/", headers={"accept-language": "en"}).content.decode()
    assert counted in " ".join(page.split())
    assert "access log" not in page
    assert "access failure" not in page
    assert "access attempt" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AccessLog, AccessFailureLog, AccessAttempt])
def test_a_record_is_called_by_its_name_and_when_it_was(client: Client, model: type[Model]) -> None:
    client.force_login(factories.administrator())
    record = model._default_manager.create(
        username="kim", ip_address="203.0.113.7", **({"failures_since_start": 1} if model is AccessAttempt else {})
    )
    model._default_manager.update(attempt_time=datetime(2026, 11, 21, 5, 24, 51, 665283, UTC))
    page = client.get(f"/axes/{model._meta.model_name}/{record.pk}/change/", headers={"accept-language": "en"})
    html = page.content.decode()
    assert page.context["title"] == "kim · 21 Nov 2026 05:24 (UTC)"
    assert page.context["title"] in html
    assert "51.665" not in html
    assert "Access" not in html


@pytest.mark.django_db
def test_a_record_that_nobody_edits_offers_no_history_and_its_address_leads_to_the_record(client: Client) -> None:
    client.force_login(factories.administrator())
    record = AccessLog.objects.create(username="kim", ip_address="203.0.113.7")
    page = f"/axes/accesslog/{record.pk}/change/"
    assert "/history/" not in client.get(page).content.decode()
    answer = client.get(f"/axes/accesslog/{record.pk}/history/")
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
