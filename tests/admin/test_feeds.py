"""Calendar feeds on the environment's page: made with a click, shown once, listed and revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import PlanFeed
from environments.services import feeds
from tests import factories
from tests.support.times import monday

from .conftest import Enter

pytestmark = pytest.mark.django_db

MAKE, REVOKE = "/env/chat-dev/feed/make/", "/env/chat-dev/feed/revoke/"


def made(browser: Client, scope: str = "environment", **more: str) -> str:
    """The address of a new feed, as the page shows it."""
    answer = browser.post(MAKE, {"scope": scope} | more)
    assert answer.status_code == 200
    found = re.search(r'id="feed-address"[^>]*value="([^"]*)"', answer.content.decode())
    assert found
    return unescape(found[1])


def listed(browser: Client) -> str:
    html = browser.get("/env/chat-dev/").content.decode()
    section = html.split('aria-labelledby="feeds"')[1].split("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", section)).split())


def test_a_viewer_makes_a_feed_and_a_calendar_program_reads_it(enter: Enter) -> None:
    factories.environment()
    address = made(enter(factories.viewer()))
    assert address.startswith("http")
    answer = Client().get("/" + address.split("/", 3)[3])
    assert answer.status_code == 200
    assert b"SUMMARY:chat-dev running" in answer.content


def test_the_address_is_shown_once_and_kept_by_nobody(as_manager: Client) -> None:
    factories.environment()
    answer = as_manager.post(MAKE, {"scope": "environment"})
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    address = re.search(r"/feeds/([\w-]+)\.ics", html)
    assert address
    assert "data-copy" in html
    assert "webcal://" in html
    assert address[1] not in as_manager.get("/env/chat-dev/").content.decode()
    assert address[1] not in str(dict(as_manager.session)) + str(as_manager.cookies)


def test_the_list_says_what_who_when_last_read_and_how_it_ends(as_manager: Client, as_operator: Client) -> None:
    factories.environment()
    address = made(as_manager)
    hint = address.removesuffix(".ics")[-4:]
    assert f"chat-dev ends with …{hint} made 10:00 (Asia/Seoul) · not read yet" in listed(as_manager)
    with time_machine.travel(monday("11:30"), tick=False):
        Client().get("/" + address.split("/", 3)[3])
    assert "made 10:00 (Asia/Seoul) by manager · last read 11:30 (Asia/Seoul)" in listed(as_operator)


def test_a_feed_of_the_team_shows_on_each_of_its_environments(as_manager: Client) -> None:
    factories.environment()
    factories.environment("chat-staging")
    address = made(as_manager, "team", language="ko")
    assert "all environments of Chat" in listed(as_manager)
    assert "all environments of Chat" in unescape(as_manager.get("/env/chat-staging/").content.decode())
    text = Client().get("/" + address.split("/", 3)[3]).content.decode()
    assert "chat-staging 실행" in text


def test_people_see_their_own_feeds_only_and_operators_all(enter: Enter, as_operator: Client) -> None:
    factories.environment()
    made(enter(factories.viewer()))
    assert "ends with" not in listed(enter(factories.manager()))
    assert "made 10:00 (Asia/Seoul) by viewer" in listed(as_operator)


def test_revoking_asks_in_a_dialog_and_ends_it(as_manager: Client) -> None:
    factories.environment()
    address = made(as_manager)
    row = PlanFeed.objects.get()
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert f'data-open="dialog-revoke-{row.pk}"' in html
    assert REVOKE in html.split(f'id="dialog-revoke-{row.pk}"')[1].split("</dialog>")[0]
    answer = as_manager.post(REVOKE, {"feed": row.pk}, follow=True)
    assert "Revoked: calendar programs cannot read this feed any more." in unescape(answer.content.decode())
    assert Client().get("/" + address.split("/", 3)[3]).status_code == 404
    assert "ends with" not in listed(as_manager)


@pytest.mark.parametrize("feed", ["", "x", "999999", "٣"])
def test_revoking_what_is_not_there_says_so(feed: str, as_manager: Client) -> None:
    factories.environment()
    answer = as_manager.post(REVOKE, {"feed": feed}, follow=True)
    assert "There was nothing to revoke any more." in answer.content.decode()


def test_nobody_revokes_somebody_else_s_feed_unless_they_see_every_team(enter: Enter, as_operator: Client) -> None:
    here = factories.environment()
    row, _secret = feeds.make(scope=here, author=factories.viewer(), language="en", now=monday("10:00"))
    enter(factories.manager()).post(REVOKE, {"feed": row.pk})
    row.refresh_from_db()
    assert row.revoked_at is None
    as_operator.post(REVOKE, {"feed": row.pk})
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_outside_the_team_there_is_nothing_to_make_or_revoke(as_outsider: Client) -> None:
    factories.environment()
    assert as_outsider.post(MAKE, {"scope": "environment"}).status_code == 404
    assert as_outsider.post(REVOKE, {"feed": "1"}).status_code == 404
    assert not PlanFeed.objects.exists()


def test_making_takes_a_post_and_a_scope(as_manager: Client) -> None:
    factories.environment()
    assert as_manager.get(MAKE).status_code == 405
    assert as_manager.get(REVOKE).status_code == 405
    for scope in ("", "schedule"):
        answer = as_manager.post(MAKE, {"scope": scope}, follow=True)
        assert "Say of what the calendar feed is to be" in unescape(answer.content.decode())
    assert not PlanFeed.objects.exists()


def test_the_section_takes_as_many_queries_whatever_is_listed(enter: Enter) -> None:
    here = factories.environment()
    browser = enter(factories.operator())
    browser.get("/env/chat-dev/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/env/chat-dev/")
    for number in range(8):
        scope = here.team if number % 2 else here
        feeds.make(scope=scope, author=factories.viewer(), language="en", now=monday("10:00") - timedelta(days=number))
    with CaptureQueriesContext(connection) as many:
        browser.get("/env/chat-dev/")
    assert len(many) == len(few)
