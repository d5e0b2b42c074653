"""The calendar: what its cells say, what a click on one does, and who may."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Calendar, CalendarDay, DayException, Environment, Interval, Pause, Tag
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter
from .overriding import in_force, made, named, told, words
from .walking import contents

pytestmark = pytest.mark.django_db
PAGE = "/calendar/"
DAY = "/calendar/chat-dev/"
TUESDAY, WEDNESDAY = "2026-11-24", "2026-11-25"


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


def html_of(browser: Client, address: str = PAGE, **asked: str) -> str:
    answer = browser.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def row_of(html: str, name: str = "chat-dev") -> dict[str, str]:
    """The title of each cell of an environment, by its date."""
    row = html.split(f'<tr data-url="/calendar/{name}/">')[1].split("</tr>")[0]
    return {day: unescape(title) for day, title in re.findall(r'data-day="([^"]*)" title="([^"]*)"', row)}


def classes_of(html: str, day: str) -> set[str]:
    found = re.search(rf'<td class="([^"]*)"><button type="button" data-day="{day}"', html)
    assert found
    return set(found[1].split())


def offered(answer: Any) -> tuple[str, dict[str, str]]:
    """Where the button of the last message leads, and what it sends."""
    button = str(list(get_messages(answer.wsgi_request))[-1])
    fields = dict(re.findall(r'name="(batch|ended)" value="([^"]*)"', button))
    return unescape(button.split('action="')[1].split('"')[0]), {name: unescape(one) for name, one in fields.items()}


@pytest.mark.parametrize(("view", "first", "count"), [("day", "23", 1), ("week", "23", 7), ("month", "01", 30)])
def test_each_view_has_its_days_with_the_hours_planned(
    view: str, first: str, count: int, as_manager: Client, chat: Environment
) -> None:
    html = html_of(as_manager, view=view)
    cells = row_of(html)
    assert next(iter(cells)) == f"2026-11-{first}"
    assert len(cells) == count
    assert cells["2026-11-23"].startswith("Mon 23 Nov: planned 09:00–18:00 · schedule Office hours Seoul; 9 h in all")
    assert {"calv-f-planned", "calv-today"} <= classes_of(html, "2026-11-23")


def test_cells_name_days_off_exceptions_holds_pauses_and_the_last_day_with_who_and_why(
    as_manager: Client, chat: Environment
) -> None:
    off = Calendar.objects.create(name="Company")
    off.teams.add(chat.team)
    CalendarDay.objects.create(calendar=off, day="2026-11-12", kind="off", name="Founding day")
    made(chat, "stop", TUESDAY, minute=1260, reason="client demo")
    factories.hold(chat, until=monday("22:00"), author=factories.manager(), reason="late fix")
    sleep = {"starts_at": on("wednesday", "00:00"), "until": on("thursday", "00:00"), "created_at": monday("10:00")}
    Pause.objects.create(environment=chat, reason="load test", author=factories.manager(), **sleep)
    Environment.objects.filter(pk=chat.pk).update(expires_on=date(2026, 11, 26))
    html = html_of(as_manager)
    cells = row_of(html)
    assert cells["2026-11-12"] == "Thu 12 Nov: day off, Founding day (calendar Company)"
    assert "exception: on 09:00–21:00 · exception of 2026-11-24 by operator (client demo)" in cells[TUESDAY]
    assert "12 h in all" in cells[TUESDAY]
    assert "held 10:00–22:00 · hold by manager (late fix)" in cells["2026-11-23"]
    assert cells["2026-11-23"].endswith(" in all (Asia/Seoul)")
    assert "paused all day · schedule paused by manager (load test)" in cells[WEDNESDAY]
    assert cells["2026-11-27"] == "Fri 27 Nov: expired after 2026-11-26"
    forms = {
        day: classes_of(html, day) & {"calv-f-off", "calv-f-asked", "calv-f-paused", "calv-f-expired"} for day in cells
    }
    assert forms["2026-11-12"] == {"calv-f-off"}
    assert forms[TUESDAY] == forms["2026-11-23"] == {"calv-f-asked"}
    assert forms[WEDNESDAY] == {"calv-f-paused"}
    assert forms["2026-11-27"] == {"calv-f-expired"}
    below = words(html.split('id="special"')[1])
    assert "Thu 12 Nov day off: Founding day chat-dev" in below
    assert "27–30 Nov expired after 2026-11-26 chat-dev" in below


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_a_day_off_that_an_exception_overrules_is_still_named(view: str, as_manager: Client, chat: Environment) -> None:
    off = Calendar.objects.create(name="Company")
    off.teams.add(chat.team)
    CalendarDay.objects.create(calendar=off, day=WEDNESDAY, kind="off", name="Founding day")
    made(chat, "on", WEDNESDAY, reason="client demo")
    html = html_of(as_manager, view=view, on=WEDNESDAY)
    assert row_of(html)[WEDNESDAY].count("day off: Founding day (overruled)") == 1
    assert "day off: Founding day (overruled)" in words(html.split('id="special"')[1])


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_what_is_left_as_it_is_is_not_drawn_as_paused(view: str, as_manager: Client, chat: Environment) -> None:
    Environment.objects.filter(pk=chat.pk).update(schedule=None)
    html = html_of(as_manager, view=view)
    assert classes_of(html, WEDNESDAY if view != "day" else "2026-11-23") & {"calv-f-any", "calv-f-paused"} == {
        "calv-f-any"
    }
    assert ("db-bar-any" in html) is (view != "month")
    assert "db-bar-paused" not in html


def test_what_really_ran_lies_on_the_plan_of_day_and_week(as_manager: Client, chat: Environment) -> None:
    target = chat.targets.get()
    span = {"began_at": monday("09:03"), "ended_at": monday("09:40"), "began_by": "operation", "ended_by": "operation"}
    Interval.objects.create(environment=chat, target=target, environment_name="chat-dev", target_name="stack", **span)
    for view in ("day", "week"):
        assert "ran 09:03–09:40" in row_of(html_of(as_manager, view=view))["2026-11-23"]


def test_it_is_searched_and_filtered_and_the_address_keeps_that(as_manager: Client, chat: Environment) -> None:
    factories.environment("pay-dev").tags.add(Tag.objects.create(name="demo"))
    for asked, shown in (({"q": "pay"}, "pay-dev"), ({"tag": "Demo"}, "pay-dev"), ({"q": "T-D"}, "chat-dev")):
        html = html_of(as_manager, **asked)
        assert re.findall(r'<tr data-url="/calendar/([^/]*)/"', html) == [shown], asked
        links = unescape(html.split('rel="next"')[0].split("calv-steps")[1])
        assert next(iter(asked)) + "=" in links
    assert "No environment fits" in html_of(as_manager, q="nothing")


@pytest.mark.parametrize(
    "said", [{"on": "0001-01-01"}, {"on": "9999-12-31", "view": "year"}, {"page": "99", "team": "x"}]
)
def test_what_an_address_says_wrongly_is_as_if_it_were_not_said(
    said: dict[str, str], as_manager: Client, chat: Environment
) -> None:
    assert "2026-11-23" in row_of(html_of(as_manager, **said))


def test_days_are_those_of_each_plan_s_zone_which_is_named(as_manager: Client, chat: Environment) -> None:
    factories.environment(
        "york", schedule=factories.schedule("New York", timezone="America/New_York"), timezone="America/New_York"
    )
    html = html_of(as_manager, view="day")
    assert {"Chat · Asia/Seoul", "Chat · America/New_York"} <= set(re.findall(r">(Chat · [^<]*)<", html))
    assert "not running" in row_of(html_of(as_manager, view="day", on="2026-11-22"), "york")["2026-11-22"]


def test_the_day_says_why_and_leads_to_its_exceptions(as_manager: Client, chat: Environment) -> None:
    made(chat, "off", TUESDAY, "2026-11-26", reason="team event")
    html = html_of(as_manager, DAY, day=TUESDAY, view="week")
    text = words(html)
    assert "exception: off all day · exception of 2026-11-24 to 2026-11-26 by operator (team event)" in text
    assert "Off all day team event operator · web, 10:00 · on 3 days" in text.replace("09:30", "10:00")
    assert "Remove this day Remove all 3 days" in text
    assert f'action="{DAY}place/?view=week&amp;day={TUESDAY}"' in html


def test_the_reason_of_a_day_off_is_filled_in_as_on_the_board(as_manager: Client, chat: Environment) -> None:
    asked = html_of(as_manager, DAY, day="2026-11-26")
    assert 'name="reason" maxlength="200" required value="not needed this day"' in asked


def test_a_day_is_set_and_taken_back_and_leads_back_to_what_was_looked_at(
    as_manager: Client, chat: Environment
) -> None:
    form = {"kind": "off", "first": TUESDAY, "scope": named(chat), "reason": "demo"}
    answer = as_manager.post(f"{DAY}place/?view=week&on=2026-12-01&q=chat", form)
    back = "/calendar/?view=week&on=2026-12-01&q=chat"
    assert (answer["Location"], told(answer)) == (back, "chat-dev, Tue 24 Nov: Off all day.")
    address, sent = offered(answer)
    assert as_manager.post(address, sent)["Location"] == back
    assert in_force() == []


def test_one_day_of_several_is_removed_and_comes_back(as_manager: Client, chat: Environment) -> None:
    rows = made(chat, "off", TUESDAY, "2026-11-26")
    answer = as_manager.post(f"{DAY}remove/", {"batch": str(rows[0].batch), "only": WEDNESDAY})
    assert told(answer) == "Removed: chat-dev, Wed 25 Nov, Off all day."
    assert [row.day.day for row in DayException.objects.in_force()] == [24, 26]
    address, sent = offered(answer)
    as_manager.post(address, sent)
    assert len(in_force()) == 3
    as_manager.post(f"{DAY}remove/", {"batch": str(rows[0].batch)})
    assert in_force() == []


def test_a_change_is_previewed_and_saved_in_the_place_of_the_old_one(as_manager: Client, chat: Environment) -> None:
    batch = made(chat, "off", TUESDAY)[0].batch
    asked = f"?day={TUESDAY}&change={batch}"
    assert "Instead of: Off all day (demo)" in words(html_of(as_manager, DAY, day=TUESDAY, change=str(batch)))
    # A stop on a day that is off would be refused: there is nothing to stop.
    form = {"kind": "hours", "first": TUESDAY, "stop": "15:00", "scope": named(chat), "reason": "half a day"}
    shown = words(as_manager.get(f"{DAY}preview/", form | {"day": TUESDAY, "change": str(batch)}).content.decode())
    assert "planned 09:00–18:00 → 09:00–15:00" in shown
    as_manager.post(f"{DAY}place/{asked}", form)
    assert in_force() == [("environment", "stop", 900)]


def test_a_copy_is_looked_through_saved_at_once_and_undone_at_once(as_manager: Client, chat: Environment) -> None:
    made(chat, "off", WEDNESDAY, reason="holiday")
    batch = str(made(chat, "stop", TUESDAY, minute=1260)[0].batch)
    asked = {"day": TUESDAY, "batch": batch, "view": "week"}
    assert html_of(as_manager, f"{DAY}copy/", **asked).count('name="to"') == 61  # November and December
    look = as_manager.get(f"{DAY}copy/", asked | {"review": "1", "to": [WEDNESDAY, "2026-11-26", "2026-11-28"]})
    text = words(look.content.decode())
    assert "Wed 25 Nov not planned → 09:00–21:00" in text
    assert "Replaces: Off all day (holiday)" in text
    assert "1 day cannot be. Nothing is saved as long as it is among them." in text
    assert "Leave these out" in text
    where = f"{DAY}copy/?day={TUESDAY}&batch={batch}&view=week"
    refused = as_manager.post(where, {"to": [WEDNESDAY, "2026-11-28"]})
    assert told(refused).startswith("Nothing was copied. 2026-11-28: ")
    assert len(in_force()) == 2
    answer = as_manager.post(where, {"to": [WEDNESDAY, "2026-11-26"]})
    assert told(answer) == "Copied. chat-dev, 25–26 Nov: Stop at 21:00."
    assert in_force() == [("environment", "stop", 1260)] * 3
    address, sent = offered(answer)
    as_manager.post(address, sent)
    assert in_force() == [("environment", "stop", 1260), ("environment", "off", None)]


@pytest.mark.parametrize(("who", "code"), [("viewer", 403), ("outsider", 404)])
def test_who_may_only_look_changes_nothing_and_outsiders_see_nothing(
    who: str, code: int, enter: Enter, chat: Environment
) -> None:
    batch = str(made(chat, "off", TUESDAY)[0].batch)
    browser = enter(getattr(factories, who)())
    before = contents()
    sent = {"batch": batch, "kind": "on", "first": WEDNESDAY, "scope": named(chat), "reason": "x", "to": [WEDNESDAY]}
    asked = f"?day={TUESDAY}&batch={batch}&change={batch}"
    for verb in ("place", "remove", "restore", "undo", "copy"):
        assert browser.post(f"{DAY}{verb}/{asked}", sent).status_code == code, verb
    assert browser.get(f"{DAY}copy/{asked}").status_code == code
    assert contents() == before
    page, day = browser.get(PAGE).content.decode(), browser.get(f"{DAY}{asked}")
    assert ("chat-dev" in page) == (who == "viewer")
    if who == "viewer":
        assert "A manager of its team can make this another day." in day.content.decode()
        assert "data-exception-kind" not in day.content.decode()
    else:
        assert day.status_code == 404


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_it_takes_as_many_queries_for_twelve_environments_as_for_three(
    view: str, as_manager: Client, chat: Environment
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            html_of(as_manager, view=view)
        return len(queries)

    def more(*numbers: int) -> None:
        for number in numbers:
            one = factories.environment(f"env-{number}", schedule=factories.schedule(f"Schedule {number}"))
            made(one, "off", TUESDAY)
            factories.hold(one, until=monday("22:00"))

    made(chat, "off", TUESDAY)
    factories.hold(chat, until=monday("22:00"))
    more(1, 2)
    cost()
    few = cost()
    more(*range(3, 12))
    assert cost() == few
