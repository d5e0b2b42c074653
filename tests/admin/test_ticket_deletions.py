"""What is deleted together with tickets is named in the question."""

from __future__ import annotations

import pytest
from django.test import Client

from environments.models import Environment, Ticket
from portal.history import changes_of
from tests import factories
from tests.services.ticketing import NOW, incident, somebody

from .test_deletions import asked

pytestmark = pytest.mark.django_db


def test_the_question_for_a_team_names_its_tickets(as_administrator: Client) -> None:
    team = factories.team("Payments")
    Ticket.objects.create(kind="task", team=team, author=somebody("kim"), title={"": "Tidy up"}, opened_at=NOW)
    text = asked(as_administrator, f"/environments/team/{team.pk}/delete/")
    assert "Tickets: 1" in text
    assert "Tidy up" in text


def test_tickets_go_with_their_environment_and_their_history_stays(as_administrator: Client) -> None:
    chat = factories.environment()
    number = incident(chat).pk
    as_administrator.post(f"/environments/environment/{chat.pk}/delete/", {"post": "yes"})
    assert not Environment.objects.exists()
    assert not Ticket.objects.exists()
    kept = changes_of(Ticket).filter(id=number).values_list("history_type", flat=True)
    assert list(kept.order_by("history_id")) == ["+", "-"]


def test_the_question_for_an_environment_names_its_tickets(as_administrator: Client) -> None:
    chat = factories.environment()
    incident(chat)
    assert "tickets: 1" in asked(as_administrator, f"/environments/environment/{chat.pk}/delete/").lower()
