"""The map of hours says of what it is, and in words why there is none."""

from __future__ import annotations

import pytest
from django.test import Client

from environments.models import Environment
from environments.services import cost_hours

from .costs import chat, html_of

pytestmark = pytest.mark.django_db
__all__ = ["chat"]
PART = "/costs/hours/"
AS_A_WHOLE = "Of the environments that have a target in this account, as a whole: hours are not kept apart by account."


def test_with_an_account_chosen_it_says_that_it_is_of_the_environments_as_a_whole(
    as_manager: Client, chat: Environment
) -> None:
    account = chat.targets.get().account_id
    part = html_of(as_manager, PART, account=account)
    assert part.count('role="cell"') == 7 * 24 + 1
    assert AS_A_WHOLE in part
    assert AS_A_WHOLE not in html_of(as_manager, PART)


def test_of_too_many_days_of_single_environments_it_says_why_it_is_missing_and_what_helps(
    as_manager: Client, chat: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_hours, "MOST_RUNS", 3)
    part = html_of(as_manager, PART, environment="chat-dev")
    assert "Too many days of single environments for one map. Choose a shorter span, a team, or fewer" in part
    assert "<table" not in part
