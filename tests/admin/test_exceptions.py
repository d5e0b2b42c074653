"""Exceptions on the environment's page: what people see, do, take back, and may not do."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import DayException, Environment, Operation
from environments.services import exceptions, schedules
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter
from .overriding import LIST, MONDAY, PAGE, TUESDAY, WEDNESDAY, in_force, made, named, send, told, words
from .walking import contents

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


def section(browser: Client, language: str = "en") -> str:
    html = browser.get(PAGE, headers={"Accept-Language": language}).content.decode()
    return html.split('aria-labelledby="exceptions"')[1].split("</section>")[0]


def preview(browser: Client, scope: Any, **form: Any) -> str:
    asked = {"kind": "off", "first": TUESDAY, "scope": named(scope), "reason": "demo"} | form
    answer = browser.get(f"{PAGE}exceptions/preview/", asked)
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_a_day_off_is_made_from_the_page_and_leads_back_to_it(as_manager: Client, chat: Environment) -> None:
    answer = send(as_manager, chat)
    assert answer["Location"] == PAGE
    assert told(answer) == "chat-dev, Tue 24 Nov: Off all day."
    row = DayException.objects.get()
    assert (row.author.username, row.origin, row.reason) == ("manager", "web", "demo")  # type: ignore[union-attr]


def test_today_s_other_hours_start_the_environment_at_the_same_instant(
    as_manager: Client, chat: Environment, published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    now = monday("20:00")
    Environment.objects.update(
        state="stopped", wish="stopped", judged_at=now, next_transition_at=on("tuesday", "09:00")
    )
    with time_machine.travel(now, tick=False), django_capture_on_commit_callbacks(execute=True):
        send(as_manager, chat, kind="hours", first=MONDAY, stop="22:00")
    assert published == ["environments.tasks.tick"]
    schedules.enforce_due(now=now)
    assert Operation.objects.get().kind == "start"


@pytest.mark.parametrize(
    ("clock", "form", "said"),
    [
        ("15:00", {"kind": "hours", "stop": "14:00"}, "It stops now, as soon as this is saved."),
        ("10:00", {"kind": "off"}, "It stops now, as soon as this is saved."),
        ("20:00", {"kind": "hours", "stop": "22:00"}, "It starts now, as soon as this is saved."),
        ("13:00", {"kind": "hours", "stop": "14:00"}, ""),
        ("15:00", {"kind": "off", "first": TUESDAY}, ""),
    ],
)
def test_the_preview_says_what_follows_at_once(
    clock: str, form: dict[str, str], said: str, as_manager: Client, chat: Environment
) -> None:
    with time_machine.travel(monday(clock), tick=False):
        shown = preview(as_manager, chat, **({"first": MONDAY} | form))
    assert ("as soon as this is saved" in shown) == bool(said)
    assert said in shown


def test_a_start_and_a_stop_are_one_line_on_the_page(as_manager: Client, chat: Environment) -> None:
    send(as_manager, chat, kind="hours", last="2026-11-26", start="10:00", stop="20:00")
    assert len(DayException.objects.in_force()) == 6
    line = words(section(as_manager)).split("Day off")[0]
    assert "24–26 Nov 10:00–20:00 instead of its hours demo manager · web, 10:00 Remove" in line


def test_the_page_shows_what_concerns_it_of_its_own_of_its_team_and_of_its_schedule(
    as_manager: Client, chat: Environment
) -> None:
    pay = factories.environment("pay-dev", team=factories.team("Payments"), schedule=factories.schedule("Night"))
    for scope, reason in ((chat, "own"), (chat.team, "of the team"), (chat.schedule, "of the schedule")):
        made(scope, reason=reason)
    for scope in (pay, pay.team, pay.schedule):
        made(scope, reason="elsewhere")
    html = section(as_manager)
    text = words(html)
    assert "elsewhere" not in text
    assert "own operator · web" in text
    assert "of the team team Chat · operator · web" in text
    assert "of the schedule schedule Office hours Seoul · operator · web" in text
    assert html.count(">Remove</button>") == 2  # the schedule's is for operators


def test_what_was_removed_or_replaced_lately_says_by_whom_and_comes_back_with_a_click(
    as_manager: Client, chat: Environment
) -> None:
    made(chat, "stop", minute=1200, reason="late")
    send(as_manager, chat, kind="hours", stop="21:00", reason="later")
    batch = str(made(chat, "off", WEDNESDAY, reason="holiday")[0].batch)
    answer = as_manager.post(f"{PAGE}exceptions/remove/", {"batch": batch})
    assert told(answer) == "Removed: chat-dev, Wed 25 Nov, Off all day."
    ended = section(as_manager).split("<details")[1]
    assert "Wed 25 Nov Off all day holiday operator · removed: manager, 10:00 Undo" in words(ended)
    assert "Tue 24 Nov Stop at 20:00 late operator · replaced: manager, 10:00" in words(ended)
    assert ended.count(">Undo</button>") == 1  # the place of the replaced one is taken
    stamp = unescape(ended.split('name="ended" value="')[1].split('"')[0])
    answer = as_manager.post(f"{PAGE}exceptions/restore/", {"batch": batch, "ended": stamp})
    assert told(answer) == "It is as it was before: chat-dev, Wed 25 Nov."
    assert ("environment", "off", None) in in_force()


def test_ended_long_ago_is_not_shown_any_more(as_manager: Client, enter: Enter, chat: Environment) -> None:
    rows = made(chat, first="2026-12-24")
    exceptions.remove(exceptions=rows, author=factories.operator(), now=monday("10:00"))
    assert "<details" in section(as_manager)
    with time_machine.travel(monday("10:00") + timedelta(days=15), tick=False):
        assert "<details" not in section(enter(factories.manager()))


def test_the_message_s_undo_takes_the_placement_back_and_brings_back_what_it_replaced(
    as_manager: Client, chat: Environment
) -> None:
    made(chat, "stop", minute=1200)
    answer = send(as_manager, chat, kind="hours", stop="21:00")
    button = str(list(get_messages(answer.wsgi_request))[-1])  # type: ignore[attr-defined]
    assert f'action="{PAGE}exceptions/undo/"' in button
    batch = button.split('name="batch" value="')[1].split('"')[0]
    assert in_force() == [("environment", "stop", 1260)]
    assert "as it was before" in told(as_manager.post(f"{PAGE}exceptions/undo/", {"batch": batch}))
    assert in_force() == [("environment", "stop", 1200)]
    again = as_manager.post(f"{PAGE}exceptions/undo/", {"batch": batch})
    assert told(again) == "There was nothing to undo any more."


def test_what_cannot_come_back_says_why_and_changes_nothing(as_manager: Client, chat: Environment) -> None:
    rows = made(chat, "off", TUESDAY, WEDNESDAY)
    exceptions.remove(exceptions=rows, author=factories.operator(), now=monday("09:45"))
    made(chat, "off", WEDNESDAY)
    before = contents()
    answer = as_manager.post(f"{PAGE}exceptions/restore/", {"batch": str(rows[0].batch)})
    assert "2026-11-25 cannot come back: another exception of the same kind took its place." in told(answer)
    assert contents()["environments.DayException"] == before["environments.DayException"]


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"reason": " "}, "reason", "Say why: everybody reads it."),
        ({"first": "2026-11-22"}, "first", "2026-11-22 has passed"),
        ({"first": "", "reason": "kept"}, "first", "Say for which day."),
        ({"first": "tomorrow"}, "first", "This is not a date."),
        ({"last": MONDAY}, "last", "The last day is before the first"),
        ({"last": "2028-01-01"}, "last", "More than 366 days"),
        ({"kind": "hours"}, "start", "Give a start, a stop, or both."),
        ({"kind": "hours", "start": "noon"}, "start", "This is not a time of the day."),
        ({"kind": "hours", "start": "20:00", "stop": "19:00"}, "stop", "is not after the start at 20:00"),
        ({"kind": "hours", "first": "2026-11-28", "stop": "19:00"}, "stop", "Nothing runs on 2026-11-28"),
        ({"kind": "sometimes"}, "kind", ""),
        ({"kind": ""}, "kind", "Choose one"),
    ],
)
def test_a_refusal_brings_the_dialog_back_with_what_was_entered_and_the_error_at_its_field(
    form: dict[str, str], field: str, sentence: str, as_manager: Client, chat: Environment
) -> None:
    sent = {"kind": "off", "first": TUESDAY, "scope": named(chat), "reason": "kept words"} | form
    before = contents()
    dialog = as_manager.post(f"{PAGE}exceptions/place/", sent, headers={"HX-Request": "true"}).content.decode()
    assert dialog.lstrip().startswith("<form")
    error = dialog.split(f'id="exc-error-{field}"')[1].split("</p>")[0]
    assert sentence in unescape(error.split(">")[1])
    assert error.split(">")[1]
    for value in (sent["reason"], sent["first"]):
        assert f'value="{value.strip()}"' in dialog
    page = as_manager.post(f"{PAGE}exceptions/place/", sent).content.decode()  # without scripts
    assert sentence in unescape(page)
    # The preview says the same before.
    seen = as_manager.get(f"{PAGE}exceptions/preview/", sent | {"touched": field}).content.decode()
    assert sentence in unescape(seen.split(f'id="exc-error-{field}"')[1].split("</p>")[0])
    assert contents() == before


def test_saving_from_the_dialog_leads_the_browser_back_to_the_page(as_manager: Client, chat: Environment) -> None:
    form = {"kind": "on", "first": TUESDAY, "scope": named(chat), "reason": "demo"}
    answer = as_manager.post(f"{PAGE}exceptions/place/", form, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == PAGE


def test_the_preview_shows_the_day_before_and_after_and_writes_nothing(as_manager: Client, chat: Environment) -> None:
    before = contents()
    text = preview(as_manager, chat, kind="hours", first=MONDAY, stop="22:00")
    assert "Mon 23 Nov: planned 09:00–18:00 → 09:00–22:00 Asia/Seoul" in text
    assert "4 h more" in text
    assert contents() == before


def test_a_weekend_that_is_to_run_counts_in_hours(as_manager: Client, chat: Environment) -> None:
    text = preview(as_manager, chat, kind="on", first="2026-11-28", last="2026-11-29")
    assert "Sat 28 Nov: not planned → 00:00–24:00" in text
    assert "48 h more" in text


def test_of_today_only_what_is_left_of_it_counts(as_manager: Client, chat: Environment) -> None:
    assert "8 h less" in preview(as_manager, chat, first=MONDAY)  # it is ten; an hour of it has run


def test_a_window_past_midnight_says_that_it_ends_the_next_day(as_manager: Client, chat: Environment) -> None:
    night = factories.schedule("Night", begin_time="22:00", end_time="06:00", weekdays="mon-fri")
    Environment.objects.update(schedule=night)
    text = preview(as_manager, chat, first=TUESDAY)
    assert "Tue 24 Nov: planned 00:00–06:00, 22:00–06:00 the next day → 00:00–06:00" in text
    assert "8 h less" in text


def test_a_long_range_shows_a_week_and_says_how_many_days_more(as_manager: Client, chat: Environment) -> None:
    text = preview(as_manager, chat, last="2026-12-12")
    assert text.count(" Nov: ") == 7
    assert "and 12 more days" in text


def test_the_preview_says_what_is_replaced_and_whom_it_concerns(as_operator: Client, chat: Environment) -> None:
    for number in range(9):
        factories.environment(f"env-{number}")
    made(chat.team, first=MONDAY, last=WEDNESDAY, reason="move")
    text = preview(as_operator, chat.team, last="2026-11-26")
    assert "Concerns 10 environments : chat-dev, env-0, env-1" in text
    assert "and 2 more" in text
    assert "Replaces: 24–25 Nov, Off all day (move) operator" in text
    assert "For chat-dev:" in text


def test_what_was_not_filled_in_yet_is_not_blamed_in_the_preview(as_manager: Client, chat: Environment) -> None:
    text = preview(as_manager, chat, reason="")
    assert "Say why" not in text
    assert "planned 09:00–18:00 → not planned" in text
    assert "Say why" in preview(as_manager, chat, reason="", touched="first,reason")


@pytest.mark.parametrize("verb", ["place", "remove", "restore", "undo"])
def test_who_may_only_look_finds_no_buttons_and_is_refused(verb: str, enter: Enter, chat: Environment) -> None:
    rows = made(chat)
    browser = enter(factories.viewer())
    assert "<button" not in section(browser)
    before = contents()
    form = {"batch": str(rows[0].batch), "kind": "off", "first": TUESDAY, "scope": named(chat), "reason": "x"}
    assert browser.post(f"{PAGE}exceptions/{verb}/", form).status_code == 403
    assert browser.get(f"{PAGE}exceptions/preview/", form).status_code == 403
    assert contents() == before


def test_scopes_of_others_cannot_be_forged(as_manager: Client, chat: Environment) -> None:
    pay = factories.environment("pay-dev", team=factories.team("Payments"), schedule=factories.schedule("Night"))
    theirs = made(pay)
    before = contents()
    # What they cannot see does not exist; what they see and may not decide is refused.
    expected = [(pay, 404), (pay.team, 404), (chat.schedule, 403)]
    for address in (f"{PAGE}exceptions/place/", f"{LIST}add/"):
        assert [send(as_manager, scope, address).status_code for scope, _ in expected] == [code for _, code in expected]
        for value in ("team:999", "account:1", "environment:", "team:1 or 1", "environment:٣"):
            form = {"kind": "off", "first": TUESDAY, "scope": value, "reason": "x"}
            assert as_manager.post(address, form).status_code == 404, value
    for verb in ("remove", "restore", "undo"):
        for batch in (theirs[0].batch, "nonsense", ""):
            assert as_manager.post(f"{PAGE}exceptions/{verb}/", {"batch": batch}).status_code == 404
    for scope, code in expected:
        asked = {"kind": "off", "first": TUESDAY, "scope": named(scope), "reason": "x"}
        assert as_manager.get(f"{LIST}preview/", asked).status_code == code
    assert contents() == before


def test_a_manager_does_not_end_the_schedule_s_exception_from_a_page_of_theirs(
    as_manager: Client, chat: Environment
) -> None:
    rows = made(chat.schedule)
    assert as_manager.post(f"{PAGE}exceptions/remove/", {"batch": rows[0].batch}).status_code == 403
    assert len(in_force()) == 1


def test_the_dialog_offers_what_one_may_decide_on(as_manager: Client, enter: Enter, chat: Environment) -> None:
    html = as_manager.get(PAGE).content.decode()
    assert [named(one) in html for one in (chat, chat.team, chat.schedule)] == [True, True, False]
    html = enter(factories.operator()).get(PAGE).content.decode()
    assert [named(one) in html for one in (chat, chat.team, chat.schedule)] == [True, True, True]


def test_the_day_begins_with_today_where_the_schedule_is(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(schedule=factories.schedule("New York", timezone="America/New_York"))
    html = as_manager.get(PAGE).content.decode().split('id="dialog-exception"')[1]
    assert 'min="2026-11-22"' in html
    assert "Times of America/New_York." in html


def test_the_section_costs_the_same_for_few_exceptions_and_for_many(as_manager: Client, chat: Environment) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get(PAGE)
        return len(queries)

    rows = made(chat) + made(chat.team) + made(chat.schedule)
    exceptions.remove(exceptions=made(chat, "on"), author=factories.operator(), now=monday("09:40"))
    few = cost()
    made(chat, "off", TUESDAY, "2027-03-01")
    made(chat.team, "off", TUESDAY, "2027-03-01")
    exceptions.remove(exceptions=rows, author=factories.operator(), now=monday("09:50"))
    assert cost() == few


def test_dates_read_as_people_say_them(as_manager: Client, chat: Environment) -> None:
    made(chat, "off", TUESDAY, "2026-12-02")
    made(chat, "on", "2027-01-04")
    assert "24 Nov – 2 Dec" in section(as_manager)
    assert "Mon 4 Jan 2027" in section(as_manager)
    korean = section(as_manager, "ko")
    assert "11월 24일 – 12월 2일" in korean
    assert "2027년 1월 4일 월요일" in korean


def test_the_times_are_those_of_the_message(chat: Environment, as_manager: Client) -> None:
    """Saved at a quarter past, it says so in the environment's zone."""
    with time_machine.travel(datetime.fromisoformat("2026-11-23T10:15:00+09:00"), tick=False):
        send(as_manager, chat)
        assert "web, 10:15" in section(as_manager)
