"""The card of prices as people read it, and what they press there."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.html import strip_tags

from environments.admin import rates_section
from environments.models import Environment, Target
from environments.models.rate import Rate
from environments.services import rates
from tests import factories

HTMX = {"HX-Request": "true"}


FIELDS = {"label": "t3.small", "unit_price": "0.023", "unit": "hour", "quantity": "2", "currency": "usd"}


TODAY = date(2026, 11, 23)


@pytest.fixture
def stack() -> Target:
    return factories.chat_app().targets.get()


def priced(target: Target, label: str, price: str, **fields: Any) -> Rate:
    values = {"valid_from": date(2026, 11, 1), "actor": None, "now": timezone.now()} | fields
    rates.set_line(target=target, label=label, unit_price=Decimal(price), **values)
    return Rate.objects.latest("pk")


def card(user: User, environment: Environment) -> str:
    """What stands on the card, without its tags."""
    request = RequestFactory().get("/")
    request.user = user
    context = rates_section.section(request, environment, timezone.now())
    return words(render_to_string("environments/_prices.html", context, request))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", strip_tags(html.replace("<d", " <d"))).strip()


def post(browser: Client, act: str, **fields: Any) -> Any:
    return browser.post(f"/env/chat-dev/prices/{act}/", fields, headers=HTMX)


def undo(browser: Client, answer: Any) -> Any:
    return post(browser, "undo", **answer.context["done"].undo)
