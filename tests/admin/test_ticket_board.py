"""What the board of tickets says of where its cards may be dragged, and what becomes of a move that is refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Environment, TicketProgress
from tests import factories
from tests.services.ticketing import incident, over

from .conftest import Enter
from .test_tickets import HTMX, chat, column, manager, opened, shown

__all__ = ["chat", "manager"]  # fixtures
pytestmark = pytest.mark.django_db


def test_what_is_refused_is_said_where_it_was_asked_for_and_the_card_stays(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    old = incident(chat)
    over(chat)
    incident(chat)
    answer = as_manager.post(f"/tickets/{old.pk}/move/", {"progress": "open"}, headers=HTMX)
    assert answer["HX-Trigger"] == "ticketStays"
    assert "A newer ticket about the same" in shown(answer)
    assert f'href="/tickets/{old.pk}/"' in shown(answer)
    without_scripts = as_manager.post(f"/tickets/{old.pk}/move/", {"progress": "open"}, follow=True)
    assert without_scripts.redirect_chain == [(f"/tickets/{old.pk}/", 302)]
    assert "A newer ticket about the same" in shown(without_scripts)


def test_what_can_be_dragged_says_where_to_and_nothing_can_for_who_only_looks(
    chat: Environment, manager: User, as_manager: Client, enter: Enter
) -> None:
    made = opened(chat, manager)
    page = shown(as_manager.get("/tickets/"))
    assert f'data-drag="{made.pk}"' in column(page, "open")
    assert [one for one in TicketProgress.values if f'data-progress="{one}"' in page] == TicketProgress.values
    for progress in ("in_progress", "waiting", "done"):
        assert f'name="progress" value="{progress}"' in column(page, "open")
    assert "portal/tickets.js" in page
    assert "data-drag" not in shown(enter(factories.viewer()).get("/tickets/"))
