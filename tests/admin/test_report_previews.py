"""The month so far on the pages of reports: of one team, and of all teams that somebody may read of."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, MonthlyReport, Team
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .costs import MONDAY
from .overriding import words

pytestmark = pytest.mark.django_db
PREVIEW = "/costs/reports/preview/"


def spent(team: str, estimate: str, always_on: str) -> Team:
    """On Monday, by an environment of its own."""
    made = factories.team(team)
    factories.daily_cost(factories.environment(f"of-{team.lower()}", team=made), MONDAY, estimate, always_on)
    return made


def shown(browser: Client, address: str = PREVIEW) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_with_all_teams_chosen_each_has_a_line_that_leads_to_its_own(as_operator: Client) -> None:
    chat, payments = spent("Chat", "1", "4"), spent("Payments", "2", "2")
    html = as_operator.get(f"{PREVIEW}?team=").content.decode()
    assert "November 2026, all teams so far, until 23 Nov" in words(html)
    assert "Chat 0 h $1.00, saved $3.00 (75%) Payments 0 h $2.00, saved $0.00 (0%)" in words(html)
    for team in (chat, payments):
        address = f"{PREVIEW}?team={team.pk}"
        assert f'href="{address}"' in html
        assert f"{team.name}, November 2026" in shown(as_operator, address)
    assert not MonthlyReport.objects.exists()


def test_a_line_says_what_the_team_s_own_preview_says_while_it_runs(as_operator: Client) -> None:
    spent("Payments", "2", "2")
    chat = factories.chat_app()
    known = {"known_until": monday("09:00")}
    factories.daily_run(chat, MONDAY, (), **known)
    factories.daily_cost(chat, MONDAY, "1", "9", an_hour=Decimal(1), always_an_hour=Decimal(1), **known)
    costing.ran(chat.targets.get(), monday("09:00"))
    assert "Chat 1 h $2.00, saved $8.00 (80%)" in shown(as_operator)
    own = shown(as_operator, f"{PREVIEW}?team={chat.team_id}")
    assert "Cost, by estimate $2.00" in own
    assert "ran 1 h" in own


def test_who_reads_of_one_team_sees_its_preview_at_once_and_none_of_the_others(as_manager: Client) -> None:
    spent("Payments", "2", "2")
    Environment.objects.update(team=factories.team("Payments"))
    page = shown(as_manager)
    assert "Chat, November 2026" in page
    assert "Payments" not in page


def test_the_lines_take_as_many_queries_for_many_teams_as_for_two(as_operator: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            shown(as_operator)
        return len(found)

    spent("Chat", "1", "4")
    spent("Payments", "2", "2")
    few = queries()
    for number in range(8):
        spent(f"Team-{number}", "1", "2")
    assert queries() == few
