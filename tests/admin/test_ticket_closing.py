"""Who closes an incident while what it is about goes on is told so, and what follows."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from environments.models import Environment, Ticket
from environments.services import operation_tickets, tickets
from tests import factories
from tests.services.judging import a_check
from tests.services.ticketing import WHY, incident, over

from .test_tickets import HTMX, chat, manager, shown

__all__ = ["chat", "manager"]  # fixtures
pytestmark = pytest.mark.django_db


def close(browser: Client, made: Ticket) -> str:
    return shown(browser.post(f"/tickets/{made.pk}/move/", {"progress": "done"}, headers=HTMX))


@pytest.mark.parametrize(
    ("after", "follows"),
    [(5, "if it stays so for 5 minutes."), (1, "if it stays so for 1 minute."), (0, "in a moment if it stays so.")],
)
def test_that_its_check_is_still_in_trouble_is_said_and_when_a_new_one_opens(
    chat: Environment, as_manager: Client, after: int, follows: str
) -> None:
    check = a_check(chat, state="down", ticket_after=after)
    said = close(as_manager, incident(chat, tickets.of_check(check.pk)))
    assert f"Done. “API” still says: Down. A new incident opens {follows}" in said
    assert "Undo" in said


def test_in_the_dialog_and_without_scripts_too(chat: Environment, as_manager: Client) -> None:
    made = incident(chat, tickets.of_check(a_check(chat, state="missed").pk))
    answer = as_manager.post(f"/tickets/{made.pk}/edit/", {"progress": "done"}, follow=True)
    assert "is changed. “API” still says: Missed." in shown(answer)


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        ("start", "failed_to_start", "chat-dev has not started yet."),
        ("stop", "failed_to_stop", "chat-dev has not stopped yet."),
        ("redeploy", "running", "chat-dev is not redeployed yet."),
    ],
)
def test_that_what_failed_has_not_come_about_is_said(
    chat: Environment, as_manager: Client, kind: str, state: str, said: str
) -> None:
    Environment.objects.update(state=state)
    operation_tickets.failed(factories.operation(chat, kind, "failed"), WHY, timezone.now())
    made = Ticket.objects.get()
    assert "with “Try again”" in shown(as_manager.get(f"/tickets/{made.pk}/"))
    assert f"Done. {said} A new incident opens when it fails again." in close(as_manager, made)


def test_nothing_is_said_of_what_is_over_or_goes_on_elsewhere(chat: Environment, as_manager: Client) -> None:
    well, failed = a_check(chat), factories.operation(chat, "start", "failed")
    operation_tickets.failed(failed, WHY, timezone.now())
    Environment.objects.update(state="running")
    for made in (incident(chat, tickets.of_check(well.pk)), Ticket.objects.get(cause=tickets.OPERATION)):
        assert "A new incident" not in close(as_manager, made)


def test_one_that_was_opened_again_says_since_when_its_cause_is_over(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    made = incident(chat)
    over(chat, now=timezone.now())
    as_manager.post(f"/tickets/{made.pk}/move/", {"progress": "open"})
    assert "It was opened again, so it stays open until somebody says it is done." in shown(
        as_manager.get(f"/tickets/{made.pk}/")
    )
