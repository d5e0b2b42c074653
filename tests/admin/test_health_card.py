"""Health on the environment's page, and as lists, statistics and a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Check, Device, Environment, HealthDay, HealthSample, Heartbeat, HttpCheck, Period
from environments.services import health, tickets
from tests import factories
from tests.admin.overriding import words
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("12:20")
NINE = monday("09:00")
DOWN = {"en": "answers 503 instead of 200-299", "ko": "200-299가 아니라 503 응답"}


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chat() -> Environment:
    return factories.environment("chat-dev", state="running", wish="running", state_since=NINE)


@pytest.fixture
def as_manager(chat: Environment) -> Client:
    return _browser(factories.manager(chat.team))


def _browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _http(of: Environment, name: str = "API", **fields: Any) -> HttpCheck:
    values: dict[str, Any] = {"state": "up", "state_since": NINE, "due_at": NOW + timedelta(hours=1), "last_ms": 84}
    return HttpCheck.objects.create(environment=of, name=name, url="https://a.example", **values | fields)


def _devices(of: Environment, count: int, missed: int) -> None:
    for number in range(count):
        state = "missed" if number < missed else "up"
        Device.objects.create(
            environment=of, name=f"device {number:03}", number=number, always=True, state=state, state_since=NINE,
            rhythm="windows", windows="06:00-10:00", seen_at=NINE,
        )  # fmt: skip


def _day(check: Check, day: date, **sums: Any) -> None:
    named = {"check_row": check, "check_number": check.pk, "check_name": check.name}
    its = {"environment": check.environment, "environment_name": check.environment.name}
    HealthDay.objects.create(day=day, **named, **its, **sums)


def _card(browser: Client) -> str:
    html = browser.get("/env/chat-dev/").content.decode()
    return html.split('id="health"')[1].split("</section>")[0]


def test_a_check_says_its_state_why_since_when_and_how_fast_it_answers(chat: Environment, as_manager: Client) -> None:
    _http(chat, state="down", reason=DOWN)
    text = words(_card(as_manager))
    assert "Down 84 ms since 09:00 (Asia/Seoul) answers 503 instead of 200-299" in text


def test_what_sleeps_says_until_when_and_why_by_its_plan_as_that_is_now() -> None:
    office = factories.schedule(begin_time="14:00", end_time="18:00")
    chat = factories.environment("chat-dev", state="stopped", wish="stopped", state_since=NINE, schedule=office)
    check = _http(chat, state="asleep", due_at=None, reason=health.SLEEPS)
    browser = _browser(factories.manager(chat.team))
    said = "Asleep since 09:00 (Asia/Seoul) until 14:00 (Asia/Seoul) · Office hours Seoul"
    assert said in words(_card(browser))
    assert "until 14:00 (Asia/Seoul)" in words(browser.get("/env/chat-dev/health/checks/http/").content.decode())
    page = _browser(factories.operator()).get(f"/environments/httpcheck/{check.pk}/change/").content.decode()
    assert "until 14:00 (Asia/Seoul) · Office hours Seoul" in words(page)

    Period.objects.update(begin_time="16:00")
    assert "until 16:00 (Asia/Seoul)" in words(_card(browser))


def test_what_sleeps_by_no_schedule_says_so() -> None:
    chat = factories.environment("chat-dev", state="stopped", wish="any", schedule=None)
    _http(chat, state="asleep", due_at=None, reason=health.SLEEPS)
    assert "Asleep since 09:00 (Asia/Seoul) no schedule" in words(_card(_browser(factories.manager(chat.team))))


def test_many_devices_that_sleep_say_so_and_not_that_none_has_reported() -> None:
    office = factories.schedule(begin_time="14:00", end_time="18:00")
    chat = factories.environment("chat-dev", state="stopped", wish="stopped", schedule=office)
    _devices(chat, 9, 0)
    Check.objects.update(state="asleep", always=False)
    card = words(_card(_browser(factories.manager(chat.team))))
    assert "Devices Asleep until 14:00 (Asia/Seoul) · Office hours Seoul" in card
    assert "0 of 9" not in card


def test_the_last_day_is_a_line_with_a_text_that_says_the_same(chat: Environment, as_manager: Client) -> None:
    check = _http(chat)
    for hours, ms in ((5, 80), (3, 90), (1, 210)):
        HealthSample.objects.create(check_row=check, at=NOW - timedelta(hours=hours), is_up=hours != 1, ms=ms)
    card = _card(as_manager)
    assert "Last 24 hours: 66.6 % of 3 answers as they should be." in card
    assert "the slowest 210 ms" in card
    assert card.count('class="hl-bad"') == 1


def test_shares_of_longer_times_come_from_the_sums(chat: Environment, as_manager: Client) -> None:
    check = _http(chat)
    _day(check, NOW.date(), samples=100, up=100)
    _day(check, NOW.date() - timedelta(days=20), samples=1000, up=999)
    _day(check, NOW.date() - timedelta(days=60), samples=1000, up=0)
    assert "7 days 100 % 30 days 99.9 % 90 days 52.3 %" in words(_card(as_manager))


def test_a_heartbeat_says_until_when_it_is_next_expected(chat: Environment, as_manager: Client) -> None:
    Heartbeat.objects.create(
        environment=chat, name="backup", digest="d", state="up", state_since=NINE, every_min=60,
        seen_at=monday("12:00"),
    )  # fmt: skip
    Check.objects.update(created_at=NINE)
    assert "last heard of 12:00 (Asia/Seoul) expected until 13:00 (Asia/Seoul)" in words(_card(as_manager))


def test_a_certificate_that_ends_soon_is_a_warning(chat: Environment, as_manager: Client) -> None:
    _http(chat, certificate_until=NOW + timedelta(days=3))
    assert "its certificate ends Thu 12:20 (Asia/Seoul)" in words(_card(as_manager))


def test_four_hundred_devices_are_a_line_that_names_those_that_missed(chat: Environment, as_manager: Client) -> None:
    _devices(chat, 400, 2)
    card = _card(as_manager)
    assert "398 of 400 have reported in time; 2 missed: device 000, device 001" in words(card)
    assert card.count("<li") == 1
    listed = as_manager.get("/env/chat-dev/health/checks/device/").content.decode()
    assert re.findall(r"<b>(device \d+)</b>", listed)[:3] == ["device 000", "device 001", "device 002"]
    assert "1–100 of 400" in listed


def test_what_is_not_checked_says_what_a_check_is_for_and_operators_may_add_one(chat: Environment) -> None:
    manager, operator = _browser(factories.manager(chat.team)), _browser(factories.operator())
    assert "Nothing is checked yet." in _card(manager)
    assert "An operator adds them." in _card(manager)
    assert f"/environments/httpcheck/add/?environment={chat.pk}" in _card(operator)


def test_the_card_costs_as_many_queries_for_one_check_as_for_twenty(chat: Environment, as_manager: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get("/env/chat-dev/")
        return len(queries)

    _http(chat)
    cost()  # what is looked up once in a process
    few = cost()
    for number in range(20):
        check = _http(chat, f"number {number}")
        _day(check, NOW.date(), samples=1, up=1)
    assert cost() == few


def test_a_manager_has_an_address_asked_at_once_and_it_is_not_asked_in_the_request(
    chat: Environment, as_manager: Client
) -> None:
    check = _http(chat)
    answer = as_manager.post(
        f"/env/chat-dev/health/ask/{check.pk}/", headers={"HX-Request": "true", "X-Shown-On": "environment"}
    )
    check.refresh_from_db()
    assert "It is being asked." in answer.content.decode()
    assert (check.due_at, check.seen_at) == (NOW, None)


def test_what_sleeps_is_not_asked(chat: Environment, as_manager: Client) -> None:
    check = _http(chat, state="asleep", due_at=None)
    as_manager.post(f"/env/chat-dev/health/ask/{check.pk}/")
    check.refresh_from_db()
    assert check.due_at is None


def test_a_check_of_another_environment_is_not_asked(chat: Environment, as_manager: Client) -> None:
    other = _http(factories.environment("payments", team=factories.team("Payments")))
    due = other.due_at
    as_manager.post(f"/env/chat-dev/health/ask/{other.pk}/")
    other.refresh_from_db()
    assert other.due_at == due


# -- over time -------------------------------------------------------------------------------------------------------


def test_statistics_show_each_day_of_each_check_from_the_sums_alone(chat: Environment, as_manager: Client) -> None:
    check = _http(chat)
    _day(check, NOW.date(), samples=200, up=199, p50_ms=74, p95_ms=1210)
    page = words(as_manager.get("/env/chat-dev/health/").content.decode())
    assert "99.5 % 74 ms / 1.2 s" in page
    assert "API: on a usual day half of the answers came in 74 ms; on the slowest, 95 of 100 in 1.2 s." in page


def test_reports_are_told_by_subject_those_that_missed_most_first(chat: Environment, as_manager: Client) -> None:
    _devices(chat, 2, 0)
    for device, missed in zip(Device.objects.order_by("number"), (1, 3), strict=True):
        _day(device, NOW.date(), received=9, missed=missed)
    page = words(as_manager.get("/env/chat-dev/health/").content.decode()).split("Calls and reports by subject")[1]
    assert "device 001 9 3 75.0 % device 000 9 1 90.0 %" in page


def test_a_removed_check_keeps_its_days(chat: Environment, as_manager: Client) -> None:
    check = _http(chat, "old API")
    _day(check, NOW.date(), samples=2, up=2)
    check.delete()
    assert "old API (removed)" in as_manager.get("/env/chat-dev/health/").content.decode()


@pytest.mark.parametrize(("asked", "seen"), [("7", False), ("90", True), ("365", True), ("x", False)])
def test_the_period_is_chosen(chat: Environment, as_manager: Client, asked: str, seen: bool) -> None:
    _day(_http(chat, "API of summer"), NOW.date() - timedelta(days=60), samples=2, up=1)
    assert ("API of summer" in as_manager.get(f"/env/chat-dev/health/?days={asked}").content.decode()) is seen


def test_statistics_cost_as_many_queries_for_a_year_as_for_a_week(chat: Environment, as_manager: Client) -> None:
    check = _http(chat)
    for number in range(40):
        _day(check, NOW.date() - timedelta(days=number), samples=2, up=1, received=1)

    def cost(days: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get(f"/env/chat-dev/health/?days={days}")
        return len(queries)

    assert cost(365) == cost(7)


def test_the_file_has_a_line_for_each_check_and_day_and_no_formula(chat: Environment, as_manager: Client) -> None:
    _day(_http(chat, "=API"), NOW.date(), samples=2, up=1, p50_ms=70, p95_ms=80)
    answer = as_manager.get("/env/chat-dev/health/file.csv?days=7")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[1] == f"{NOW.date()},'=API,2,1,70,80,0,0"


# -- on the board ----------------------------------------------------------------------------------------------------


def _board(browser: Client) -> str:
    return browser.get("/").content.decode()


def test_the_board_says_the_health_of_what_is_checked_and_nothing_of_the_rest(
    chat: Environment, as_manager: Client
) -> None:
    factories.environment("chat-qa")
    _http(chat)
    cells = re.findall(r'<div class="bd-health">(.*?)</div>', _board(as_manager), re.DOTALL)
    assert [words(cell) for cell in cells] == ["Health: Up", ""]


def test_what_is_down_needs_somebody_since_when_and_with_its_ticket(chat: Environment, as_manager: Client) -> None:
    check = _http(chat, state="down", reason=DOWN)
    opened = tickets.incident(environment=chat, cause=tickets.of_check(check.pk), title=DOWN, description=DOWN, now=NOW)
    lines = _board(as_manager).split('id="board-lines"')[1].split("</section>")[0]
    said = f"Down chat-dev API: answers 503 instead of 200-299 since 09:00 (Asia/Seoul) ticket {opened.pk} Open"
    assert said in words(lines)
    assert 'href="/env/chat-dev/#health"' in lines
    assert lines.count("db-banner-failed") == 1
