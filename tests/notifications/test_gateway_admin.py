"""Gateways in the admin: secrets that are not shown again, addresses that are, and a new one by a POST."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from notifications import secret_doors
from notifications.inbound import sms
from notifications.models import Arrival, Gateway
from tests import factories
from tests.support.gateways import gateway, path

pytestmark = pytest.mark.django_db


def signed_in(as_whom: Any = factories.administrator) -> Client:
    client = Client()
    client.force_login(as_whom())
    return client


def page(client: Client, row: Gateway) -> str:
    return client.get(f"/notifications/gateway/{row.pk}/change/").content.decode()


def test_a_gateway_that_is_added_gets_an_address_and_keeps_its_secret_to_itself() -> None:
    client = signed_in()
    form = {"name": "SMS Seoul", "kind": "twilio", "secret": "a-very-long-auth-token", "is_on": "on"}
    assert client.post("/notifications/gateway/add/", form).status_code == 302
    row = Gateway.objects.get()
    assert row.config[sms.SECRET] == "a-very-long-auth-token"
    assert row.digest == secret_doors.digest(row.config[secret_doors.KEY])
    shown = page(client, row)
    assert sms.address(row) in shown
    assert "a-very-long" not in shown
    assert "…oken" in shown
    assert "A message comes in" in shown


def test_an_empty_secret_keeps_the_one_that_is_stored_and_the_address_stays() -> None:
    row = gateway()
    Gateway.objects.update(refused=3)
    form = {"name": "renamed", "kind": "json", "secret": "", "is_on": "on"}
    signed_in().post(f"/notifications/gateway/{row.pk}/change/", form)
    now = Gateway.objects.get()
    assert (now.name, now.config, now.refused) == ("renamed", row.config, 3)


def test_a_new_address_is_made_by_a_post_and_ends_the_old_one() -> None:
    row, client = gateway(), signed_in()
    action = reverse("admin:notifications_gateway_new_address", args=[row.pk])
    client.get(action)
    assert Gateway.objects.get().digest == row.digest
    client.post(action, {"_form_submitted": "on"})
    now = Gateway.objects.get()
    assert now.digest != row.digest
    assert now.config[sms.SECRET] == row.config[sms.SECRET]
    assert path(now) != path(row)


def test_what_became_of_its_messages_is_counted_by_outcome() -> None:
    row = gateway()
    for outcome in ("counted", "counted", "replayed"):
        now = timezone.now()
        Arrival.objects.create(door="sms", subject=row.pk, received_at=now, judged_at=now, outcome=outcome)
    shown = page(signed_in(), row)
    assert "<li>counted: 2</li>" in shown
    assert "<li>came before: 1</li>" in shown


def test_gateways_are_for_administrators() -> None:
    assert signed_in(factories.operator).get("/notifications/gateway/").status_code == 403


@pytest.mark.parametrize(("given", "errors"), [("", 0), ("0" * 64, 0), ("0" * 63, 1), ("secret words", 1)])
def test_a_master_key_that_is_none_is_said_at_start_up_without_showing_it(
    given: str, errors: int, settings: Settings
) -> None:
    settings.DEVICE_MASTER_KEY = given
    found = [one for one in run_checks() if one.id == "environments.E001"]
    assert len(found) == errors
    assert not given or given not in str(found)
