"""The sample data: once, into an empty database, and only where it is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from environments.models import Environment, Schedule, Target

pytestmark = pytest.mark.django_db


def test_it_is_written_once_however_often_it_is_asked_for(settings: Any) -> None:
    settings.DEMO = True
    for _ in range(2):
        call_command("seed_demo")
    names = {"chat-dev", "chat-staging", "chat-demo", "payments-qa", "search-dev"}
    assert set(Environment.objects.values_list("name", flat=True)) == names
    assert User.objects.count() == 4
    assert Target.objects.filter(identifier="ChatAppMasterStack").count() == 1


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
