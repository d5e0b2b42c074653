"""The sample data: once, into an empty database, and only where it is wanted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from environments.models import Environment, Schedule, Target
from environments.models.rate import Pricing
from environments.services import rates

pytestmark = pytest.mark.django_db


def test_it_is_written_once_however_often_it_is_asked_for(settings: Any) -> None:
    settings.DEMO = True
    for _ in range(2):
        call_command("seed_demo")
    names = {"chat-dev", "chat-staging", "chat-demo", "payments-qa", "search-dev"}
    assert set(Environment.objects.values_list("name", flat=True)) == names
    assert User.objects.count() == 4
    assert Target.objects.filter(identifier="ChatAppMasterStack").count() == 1


def test_the_chat_application_costs_what_the_design_says_and_the_neighbours_are_looked_up(settings: Any) -> None:
    settings.DEMO = True
    call_command("seed_demo")
    chat, today = Environment.objects.get(name="chat-dev"), timezone.localdate()
    [priced] = rates.lines_of(environments=[chat.pk], first=today, last=today)[chat.pk]
    assert sum(rate.an_hour for rate in priced.rates) * 730 == Decimal("175.93")
    looked_up = {one.target.environment.name: one.automatic for one in Pricing.objects.all()}
    assert looked_up == {
        **dict.fromkeys(("chat-dev", "chat-staging", "chat-demo"), False),
        **dict.fromkeys(("payments-qa", "search-dev"), True),
    }


def test_nothing_is_written_where_the_demo_is_off(settings: Any) -> None:
    settings.DEMO = False
    call_command("seed_demo")
    assert not User.objects.exists()
    assert not Schedule.objects.exists()


def test_nothing_is_written_where_somebody_is_at_home_already(settings: Any) -> None:
    settings.DEMO = True
    User.objects.create_user("somebody")
    call_command("seed_demo")
    assert not Environment.objects.exists()
