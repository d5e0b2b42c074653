"""The environment's page: what people read on it, and what it costs to show."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Environment, Interval, Operation, Period
from environments.services import intervals
from portal.models import Preference
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
    assert 'data-ask="/env/chat-dev/ask/release/"' in warning


@pytest.mark.parametrize(
    ("began", "since"), [("08:00", "08:00"), ("10:00", "10:02")], ids=["ran already", "started it"]
)
def test_what_ran_already_when_it_was_kept_on_has_run_since_it_began(
    as_manager: Client, began: str, since: str
) -> None:
    kept = chat()
    factories.operation(kept, "start", at=monday("09:59"))
    Environment.objects.filter(pk=kept.pk).update(state_since=monday("10:02"))
    span = intervals.span_of(kept.targets.get(), monday(began), Interval.Evidence.OPERATION)
    span.save()
    assert f"Since Asia/Seoul {since}" in read(as_manager)


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
    assert "asked for by schedule, 09:58 (Asia/Seoul)" in text
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
    assert html.count('data-ask="/env/chat-dev/ask/retry/"') == 2  # beside the state, and where it failed
    assert "InsufficientCapacity &lt;1&gt;" in html
    assert "Failed to start No capacity for cache.t3.micro." in state_line(as_manager)
    assert "용량이 없어요." in state_line(as_manager, "ko")


def test_a_failure_that_no_step_tells_of_is_told_with_the_operation(as_manager: Client) -> None:
    late = {"en": "It was not done within 6 hours."}
    factories.operation(chat("failed_to_start"), status="failed", error=late)
    assert "It was not done within 6 hours." in read(as_manager).split("Operations Asia/Seoul")[1]


def test_without_targets_it_says_what_is_missing_and_offers_no_switch(as_manager: Client) -> None:
    factories.environment()
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert "It has no targets yet" in html
    assert "/env/chat-dev/ask/start/" not in html


def test_without_targets_who_may_add_one_is_led_there_from_the_top(as_operator: Client, as_manager: Client) -> None:
    here = factories.environment()
    head = as_operator.get("/env/chat-dev/").content.decode().split("</header>")[-2]
    assert f'id="env-add-target" href="/environments/target/add/?environment={here.pk}"' in head
    assert "env-add-target" not in as_manager.get("/env/chat-dev/").content.decode()
    factories.stack(here)
    assert "env-add-target" not in as_operator.get("/env/chat-dev/").content.decode()


def test_a_schedule_that_cannot_be_read_is_named_and_breaks_neither_page_nor_board(as_manager: Client) -> None:
    spoilt = chat()
    Period.objects.filter(schedule=spoilt.schedule).update(weekdays="someday")
    assert "Its schedule cannot be read: " in state_line(as_manager)
    assert "someday" in as_manager.get("/").content.decode()


def test_who_may_only_look_reads_all_of_it_and_finds_no_buttons(enter: Enter) -> None:
    broken = chat("failed_to_start")
    failed = factories.operation(broken, status="failed", error={"en": "No capacity."})
    factories.step(failed, "wait", "failed", error={"en": "No capacity."})
    factories.hold(broken, until=None, reason="training")
    browser = enter(factories.viewer())
    text = read(browser)
    for told in (
        "Failed to start",
        "Next seven days",
        "Office hours Seoul",
        "No capacity.",
        "until released: training",
    ):
        assert told in text, told
    # Their own calendar may show it.
    html = browser.get("/env/chat-dev/").content.decode().replace('data-open="dialog-feed"', "")
    assert not re.search("data-(open|ask)", html)


def test_the_page_has_the_board_s_own_dialogs_and_reads_itself_anew_when_one_was_answered(as_manager: Client) -> None:
    chat()
    html = as_manager.get("/env/chat-dev/").content.decode()
    asked = set(re.findall(r'data-ask="/env/chat-dev/ask/(\w+)/"', html))
    assert asked == {"off", "keep", "stop"}
    sent = {"choice": "+1", "reason": "client demo"}
    answer = as_manager.post(
        "/env/chat-dev/ask/keep/", sent, headers={"HX-Request": "true", "X-Shown-On": "environment"}
    )
    assert answer.headers["HX-Trigger"] == "environmentChanged"
    assert "environmentChanged from:body" in html
    told = answer.content.decode()
    assert "is kept running until 19:00" in told
    assert 'hx-post="/env/chat-dev/undo/"' in told
    assert "row-" not in told


def test_the_next_change_is_by_the_reader_s_own_clock_too(enter: Enter) -> None:
    chat()
    reader = factories.manager()
    Preference.objects.create(user=reader, timezone="Europe/Berlin")
    text = read(enter(reader))
    assert "Next change Asia/Seoul stops 18:00 in 8 h = 10:00 Europe/Berlin" in text


def history(of: Environment, count: int) -> None:
    """Starts of 60 seconds, an hour apart; the newest one took 48."""
    for hours in range(count):
        at = timezone.now() - timedelta(hours=hours, minutes=5)
        took = timedelta(seconds=60 if hours else 48)
        row = factories.operation(of, at=at, finished_at=at + took)
        for name in ("look", "create", "wait"):
            factories.step(row, name, finished_at=at + took)


@pytest.mark.parametrize("address", ["/env/chat-dev/", "/env/chat-dev/live/", "/env/chat-dev/operations/"])
def test_the_page_costs_the_same_for_a_short_and_for_a_long_history(as_manager: Client, address: str) -> None:
    here = chat()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get(address)
        return len(queries)

    history(here, 3)
    cost()  # what a process looks up once, such as the types of models
    few = cost()
    Operation.objects.all().delete()
    factories.stack(here, "Another")
    history(here, 30)
    assert cost() == few


def test_the_newest_operation_is_open_and_compared_with_the_times_before(as_manager: Client) -> None:
    history(chat(), 6)
    text = read(as_manager).split("Operations Asia/Seoul")[1]
    assert "asked for by schedule, 09:55 (Asia/Seoul) · 12 s faster than usual" in text
    assert text.count("Wait until it is done ChatAppMasterStack done 48 s, 12 s faster than usual") == 1
    assert "Start 08:55" in text


def test_two_times_before_are_too_few_to_say_what_is_usual(as_manager: Client) -> None:
    history(chat(), 3)
    assert "than usual" not in read(as_manager)


def test_older_operations_are_opened_and_paged_one_after_the_other(as_manager: Client) -> None:
    here = chat()
    history(here, 14)
    wanted = list(here.operations.values_list("pk", flat=True))
    html = as_manager.get("/env/chat-dev/").content.decode()
    found = [int(number) for number in re.findall(r'<(?:article|details)[^>]* id="operation-(\d+)"', html)]
    while older := re.search(r'hx-get="(/env/chat-dev/operations/\?before=\d+)"', html):
        html = as_manager.get(older[1]).content.decode()
        found += [int(number) for number in re.findall(r'id="operation-(\d+)"', html)]
    assert found == wanted
    assert "Wait until it is done" in as_manager.get(f"/env/chat-dev/operations/?open={wanted[-1]}").content.decode()


@pytest.mark.parametrize("asked", ["open=0", "open=x", "before=" + "9" * 30, "open=²"])
def test_an_operation_that_is_not_of_this_environment_does_not_exist_here(as_manager: Client, asked: str) -> None:
    chat()
    assert as_manager.get(f"/env/chat-dev/operations/?{asked}").status_code == 404
    other = factories.operation(factories.chat_app("other", "OtherStack"))
    assert as_manager.get(f"/env/chat-dev/operations/?open={other.pk}").status_code == 404


@pytest.mark.parametrize("part", ["", "live/", "week/", "operations/"])
def test_for_somebody_of_another_team_no_part_of_it_exists(as_outsider: Client, part: str) -> None:
    chat()
    assert as_outsider.get(f"/env/chat-dev/{part}").status_code == 404


def test_a_long_history_leads_to_all_operations_of_the_environment(as_manager: Client) -> None:
    here = chat()
    history(here, 9)
    address = f"/environments/operation/?environment__id__exact={here.pk}"
    assert address in as_manager.get("/env/chat-dev/").content.decode()
    assert as_manager.get(address).status_code == 200


def test_an_operation_s_own_page_tells_who_asked_when_and_each_step(as_manager: Client) -> None:
    here = chat()
    operation = factories.operation(here, actor=factories.operator(), at=monday("09:00"))
    factories.step(operation, "look", detail={"en": "It does not exist yet"})
    text = read(as_manager, f"/environments/operation/{operation.pk}/change/")
    for told in ("Start: chat-dev", "Running until 18:00", "Asked for by operator", "09:00 (Asia/Seoul)", "Took 27 s"):
        assert told in text, told
    assert "Look at what is there ChatAppMasterStack done It does not exist yet" in text
