"""The environment's page: what people read on it, and what it costs to show."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Environment, Period
from tests import factories
from tests.support.times import monday

from .conftest import Enter

pytestmark = pytest.mark.django_db


def chat(state: str = "running") -> Environment:
    """The chat application in a state."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(state=state)
    return made


def read(browser: Client, address: str = "/env/chat-dev/", language: str = "en") -> str:
    """What the page says, without its tags."""
    answer = browser.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    text = answer.content.decode().split('<div class="db-page">')[1]
    return " ".join(unescape(" ".join(part.split(">")[-1] for part in text.split("<"))).split())


def state_line(browser: Client, language: str = "en") -> str:
    return read(browser, language=language).split("Next change")[0].split("다음 변경")[0]


def test_the_state_stands_with_until_when_and_why_and_is_said_once(as_manager: Client) -> None:
    chat()
    line = state_line(as_manager)
    assert "Running until 18:00 · Office hours Seoul" in line
    assert line.count("Running") == 1


def test_what_the_plan_wishes_and_is_not_so_is_said_as_the_plan_s(as_manager: Client) -> None:
    chat("stopped")
    assert "Stopped The plan says: running until 18:00 · Office hours Seoul" in state_line(as_manager)


def test_a_hold_shows_its_end_its_author_its_reason_and_what_would_be_without_it(as_manager: Client) -> None:
    held = chat()
    author = factories.operator()
    factories.hold(held, until=monday("22:00"), author=author, reason="client demo")
    line = state_line(as_manager)
    assert "Running, held until 22:00 · operator: client demo" in line
    assert "Without it: running until 18:00 · Office hours Seoul" in line
    assert "Release" in line


def test_without_a_schedule_a_hold_says_that_nothing_else_is_planned(as_manager: Client) -> None:
    held = chat()
    Environment.objects.filter(pk=held.pk).update(schedule=None)
    factories.hold(held, until=monday("22:00"))
    assert "Without it: left as it is · no schedule" in state_line(as_manager)


def test_a_hold_that_only_a_person_ends_is_a_warning_with_a_way_to_release_it(as_manager: Client) -> None:
    factories.hold(chat(), until=None, reason="training")
    html = as_manager.get("/env/chat-dev/").content.decode()
    warning = html.split("db-banner-warn")[1].split("</section>")[0]
    assert "Kept running" in warning
    assert "until released: training" in warning
    assert 'data-open="dialog-release"' in warning
    assert 'action="/env/chat-dev/release/"' in html.split('id="dialog-release"')[1].split("</dialog>")[0]


def test_an_operation_under_way_shows_how_far_it_is_why_it_runs_and_what_aws_reports(as_manager: Client) -> None:
    operation = factories.operation(chat("starting"), status="running", at=timezone.now() - timedelta(minutes=2))
    line = {"at": monday("09:58").isoformat(), "status": "CREATE_COMPLETE", "stack": "Database"}
    line |= {"resource": "DocDb", "type": "AWS::DocDB::DBCluster", "reason": ""}
    factories.step(operation, "look")
    factories.step(
        operation,
        "wait",
        "running",
        detail={"en": "3 of 5 stacks are up"},
        progress={"done": 3, "total": 5, "lines": [line]},
    )
    text = read(as_manager)
    assert "Starting 3 of 5 stacks are up Running until 18:00: schedule Office hours Seoul" in text
    assert "09:58:00 CREATE_COMPLETE Database / DocDb AWS::DocDB::DBCluster" in text
    assert 'aria-valuenow="59"' in as_manager.get("/env/chat-dev/").content.decode()


def test_what_is_left_is_told_from_the_times_before(as_manager: Client) -> None:
    moving = chat("starting")
    for days in (1, 2, 3):
        at = timezone.now() - timedelta(days=days)
        factories.operation(moving, at=at, finished_at=at + timedelta(minutes=5 + days))
    current = factories.operation(moving, status="running", at=timezone.now() - timedelta(minutes=4))
    factories.step(current, "wait", "running", detail={"en": "coming up"})
    assert "coming up · about 3 min left" in read(as_manager)


def test_a_failure_says_what_happened_and_offers_to_try_again(as_manager: Client) -> None:
    broken = chat("failed_to_start")
    words = {"en": "No capacity for cache.t3.micro.", "ko": "용량이 없어요."}
    Environment.objects.filter(pk=broken.pk).update(state_reason=words)
    operation = factories.operation(broken, status="failed", error=words)
    factories.step(operation, "wait", "failed", error=words, error_detail="InsufficientCapacity <1>")
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert "/env/chat-dev/retry/" in html
    assert "InsufficientCapacity &lt;1&gt;" in html
    assert "Failed to start No capacity for cache.t3.micro." in state_line(as_manager)
    assert "용량이 없어요." in state_line(as_manager, "ko")


def test_a_failure_that_no_step_tells_of_is_told_with_the_operation(as_manager: Client) -> None:
    late = {"en": "It was not done within 6 hours."}
    factories.operation(chat("failed_to_start"), status="failed", error=late)
    assert "It was not done within 6 hours." in read(as_manager).split("Operations")[1]


def test_without_targets_it_says_what_is_missing_and_offers_no_switch(as_manager: Client) -> None:
    factories.environment()
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert "It has no targets yet" in html
    assert "/env/chat-dev/switch/" not in html


def test_a_schedule_that_cannot_be_read_is_named_and_breaks_neither_page_nor_board(as_manager: Client) -> None:
    spoilt = chat()
    Period.objects.filter(schedule=spoilt.schedule).update(weekdays="someday")
    assert "Its schedule cannot be read: " in state_line(as_manager)
    assert "someday" in as_manager.get("/").content.decode()


def test_who_may_only_look_finds_no_buttons(enter: Enter) -> None:
    chat()
    html = enter(factories.viewer()).get("/env/chat-dev/").content.decode()
    assert "Running" in html
    # Their own calendar may show it.
    assert "data-open" not in html.replace('data-open="dialog-feed"', "")
    assert "/env/chat-dev/switch/" not in html


def test_the_live_part_is_sent_only_when_it_reads_anew(as_manager: Client) -> None:
    chat()
    part = as_manager.get("/env/chat-dev/live/")
    seen = part.context["seen"]
    assert as_manager.get(f"/env/chat-dev/live/?seen={seen}").status_code == 204
    Environment.objects.update(state="stopping")
    again = as_manager.get(f"/env/chat-dev/live/?seen={seen}")
    assert again.status_code == 200
    assert "Stopping" in again.content.decode()
    assert again.context["seen"] != seen


def test_the_page_costs_the_same_for_one_operation_and_for_a_long_history(as_manager: Client) -> None:
    here = chat()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get("/env/chat-dev/")
        return len(queries)

    factories.step(factories.operation(here), "look")
    few = cost()
    factories.stack(here, "Another")
    for days in range(1, 25):
        operation = factories.operation(here, at=timezone.now() - timedelta(days=days))
        for name in ("look", "create", "wait"):
            factories.step(operation, name)
    assert cost() == few


def test_a_long_history_leads_to_all_operations_of_the_environment(as_manager: Client) -> None:
    here = chat()
    for days in range(1, 10):
        factories.operation(here, at=timezone.now() - timedelta(days=days))
    html = as_manager.get("/env/chat-dev/").content.decode()
    address = f"/environments/operation/?environment__id__exact={here.pk}"
    assert address in html
    assert as_manager.get(address).status_code == 200


def test_an_operation_s_own_page_tells_who_asked_when_and_each_step(as_manager: Client) -> None:
    here = chat()
    operation = factories.operation(here, actor=factories.operator(), at=monday("09:00"))
    factories.step(operation, "look", detail={"en": "It does not exist yet"})
    text = read(as_manager, f"/environments/operation/{operation.pk}/change/")
    for told in ("Start: chat-dev", "Running until 18:00", "Asked for by operator", "09:00 (Asia/Seoul)", "Took 27 s"):
        assert told in text, told
    assert "Look at what is there ChatAppMasterStack done It does not exist yet" in text
