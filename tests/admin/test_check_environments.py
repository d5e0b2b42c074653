"""Checks of every kind stay in the environment that they were added to."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from django.test import Client

from environments.models import Check
from tests import factories

from . import valid_rows
from .conftest import Enter
from .valid_forms import Form, Scene

pytestmark = pytest.mark.django_db
KINDS = {
    "alarmcheck": valid_rows.alarm_check,
    "httpcheck": valid_rows.http_check,
    "heartbeat": valid_rows.heartbeat,
    "device": valid_rows.device,
}


@pytest.fixture(autouse=True)
def this_machine_may_be_asked(settings: Any) -> None:
    settings.HEALTH_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_as_another_environment_is_ignored_and_a_name_that_is_taken_there_refused(
    kind: str, enter: Enter
) -> None:
    operator, address = enter(factories.operator()), f"/environments/{kind}/"
    chat, shop = factories.environment("chat-dev"), factories.environment("shop-dev")
    send(operator, f"{address}add/", KINDS[kind]("first"), chat)
    send(
        operator,
        f"{address}add/",
        KINDS[kind]("second") if kind != "device" else valid_rows.device("second", "44"),
        chat,
    )
    first, second = Check.objects.order_by("pk")

    send(operator, f"{address}{first.pk}/change/", KINDS[kind]("renamed"), shop)
    first.refresh_from_db()
    assert (first.name, first.environment) == ("renamed", chat)

    page = send(operator, f"{address}{second.pk}/change/", KINDS[kind]("renamed"), shop)
    assert "This environment has a check of this name already." in page
    assert "It stays there: for another environment, add another check." in page


def send(browser: Client, address: str, form: Form, environment: Any) -> str:
    return browser.post(address, form(Scene(environment, None, None)).fields, follow=True).content.decode()  # type: ignore[arg-type]
