"""Where things stand on an environment's page: what its head says of costs, what is folded, what comes later."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Target
from environments.services import feeds
from environments.services.maintenance_windows import FACTS
from portal.models import Preference
from tests import factories
from tests.support.times import monday, on

from .asking import Open, brought, whole
from .conftest import Enter
from .costs import chat
from .overriding import words

pytestmark = pytest.mark.django_db
__all__ = ["chat"]

PAGE, LIVE = "/env/chat-dev/", "/env/chat-dev/live/"
PLACE = '<div id="env-month" hx-preserve></div>'


def head(browser: Client) -> str:
    """What the card “Now” says."""
    return words(browser.get(PAGE).content.decode().split('class="db-card env-now"')[1].split("</section>")[0])


def is_open(browser: Client, name: str) -> bool:
    found = re.search(rf'<details class="env-fold" id="{name}-fold"( open)?>', browser.get(PAGE).content.decode())
    assert found is not None, name
    return bool(found[1])


def test_the_head_says_what_the_month_cost_and_saved(as_manager: Client, chat: Environment) -> None:
    assert "This month $90.00 saved $150.00 62%" in head(as_manager)


def test_the_head_says_nothing_of_costs_that_are_not_counted_yet(as_manager: Client) -> None:
    factories.chat_app()
    assert "This month" not in head(as_manager)


def test_the_month_in_the_head_is_renewed_alone_and_kept_when_the_head_is_renewed(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    factories.daily_cost(chat, monday("10:00").date(), "9", "24")
    chat.description = "another"  # the history moves: costs are looked at
    chat.save()
    answer = page.ask()
    assert {"env-month", "env-costs"} <= brought(answer)
    assert "$99.00" in answer.content.decode().split('id="env-month" class')[1].split("</dl>")[0]
    Environment.objects.update(state="stopping")
    later = page.ask()
    assert "env-month" not in brought(later)
    assert PLACE in later.content.decode()


def test_the_head_s_figures_are_those_that_the_card_reads_anyway(as_manager: Client, chat: Environment) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_manager.get(PAGE)
    forecasts = [one for one in queries if 'FROM "environments_forecast"' in one["sql"]]
    assert len(forecasts) == 1


def test_the_changes_come_after_the_page_and_have_a_page_of_their_own(as_manager: Client, chat: Environment) -> None:
    chat.description = "told of"
    chat.save()
    html = as_manager.get(PAGE).content.decode()
    assert "told of</" not in html.split('id="env-changes"')[1]
    assert 'href="/env/chat-dev/changes/"' in html.split('id="env-changes"')[1]
    assert "told of" in as_manager.get("/env/chat-dev/changes/").content.decode()
    assert "told of" in whole(as_manager).split('id="env-changes"')[1]


def test_changes_that_could_not_be_fetched_come_with_the_next_look(as_manager: Client, chat: Environment) -> None:
    page = Open(as_manager)
    page.seen["env-changes"] = [""]
    assert brought(page.ask()) == {"env-changes"}


def test_what_comes_later_is_not_there_for_another_team(as_outsider: Client, chat: Environment) -> None:
    assert as_outsider.get(LIVE, {"later": ""}).status_code == 404


def test_prices_are_folded_until_one_is_missing_that_the_reader_may_give(
    as_operator: Client, as_manager: Client, chat: Environment
) -> None:
    assert not is_open(as_operator, "prices")
    factories.stack(chat, "Unpriced")
    assert is_open(as_operator, "prices")
    assert not is_open(as_manager, "prices")


def test_what_it_is_made_of_is_folded_until_aws_announces_something(as_manager: Client, chat: Environment) -> None:
    assert not is_open(as_manager, "made-of")
    event = {"id": "i-1", "code": "instance-reboot", "begins": on("friday", "10:00").isoformat(), "ends": None}
    Target.objects.update(memory={FACTS: {"events": [event]}})
    assert is_open(as_manager, "made-of")


def test_feeds_are_folded_with_their_number(enter: Enter, chat: Environment) -> None:
    manager = factories.manager()
    feeds.make(scope=chat, author=manager, language="en", now=monday("10:00"))
    browser = enter(manager)
    assert not is_open(browser, "feeds")
    assert "Calendar feeds 1" in words(browser.get(PAGE).content.decode())


def test_every_link_to_a_part_leads_to_one_that_is_there_or_is_hidden_by_name(
    as_operator: Client, chat: Environment
) -> None:
    html = whole(as_operator)
    links = re.findall(r'href="#([\w-]+)"', html.split('class="env-jumps"')[1].split("</nav>")[0])
    assert len(links) == 12
    missing = [name for name in links if f'id="{name}"' not in html]
    assert missing == ["what-ran"]  # nothing was deployed here; the style sheet hides its link


def test_when_an_image_was_pushed_is_said_in_the_environment_s_zone_and_by_the_reader_s_clock(enter: Enter) -> None:
    here = factories.chat_app()
    operation = factories.operation(here, at=monday("09:00"), finished_at=monday("09:00") + timedelta(minutes=1))
    factories.step(
        operation,
        "resolve",
        detail={
            "en": "Image tag 2.14.3 (newest in chat-chat-http, pushed 2026-11-22 08:41 UTC)",
            "ko": "이미지 태그 2.14.3 (chat-chat-http의 최신, 2026-11-22 08:41 UTC 푸시)",
        },
    )
    reader = factories.manager()
    browser = enter(reader)
    assert "pushed yesterday 17:41)" in browser.get(PAGE).content.decode()
    assert "어제 17:41 푸시" in browser.get(PAGE, headers={"Accept-Language": "ko"}).content.decode()
    Preference.objects.create(user=reader, timezone="Europe/Berlin")
    assert "pushed yesterday 17:41 = yesterday 09:41 Europe/Berlin)" in browser.get(PAGE).content.decode()
