"""The calendar names the zone of its times, and says them once more by the clock of a reader who chose another zone."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client

from environments import rules
from environments.admin.day_bar import DayBar, day_bar
from environments.admin.planned_days import PlannedDays
from environments.models import Environment
from portal.models import Preference
from portal.moments import reading_in
from tests import factories
from tests.support.times import monday, on

from .overriding import made, named, words
from .test_calendar_view import DAY, PAGE, html_of, row_of
from .test_day_bar import MONDAY, exception, hold, spec

TUESDAY, WEDNESDAY = "2026-11-24", "2026-11-25"
BERLIN, YORK = "Europe/Berlin", "America/New_York"


@pytest.fixture
def chat(db: None) -> Environment:
    return factories.chat_app()


@pytest.fixture
def in_berlin(as_manager: Client) -> Client:
    Preference.objects.create(user=factories.manager(), timezone=BERLIN)
    return as_manager


def second_lines(html: str) -> list[str]:
    return re.findall(r'class="db-also">([^<]*)<', html)


def bar(zone: str, of: rules.EnvironmentSpec, **more: object) -> DayBar:
    planned = rules.plan(of, monday("00:00"), on("tuesday", "00:00"))
    with reading_in(zone):
        return day_bar(planned, MONDAY, "Asia/Seoul", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (BERLIN, "= planned 01:00–10:00 Europe/Berlin"),
        (YORK, "= planned Sun 19:00–Mon 04:00 America/New_York"),
        ("Pacific/Auckland", "= planned 13:00–22:00 Pacific/Auckland"),
        ("Asia/Tokyo", ""),
        ("Asia/Seoul", ""),
        ("", ""),
    ],
)
def test_a_bar_says_its_times_by_the_reader_s_clock_where_that_shows_others(zone: str, said: str) -> None:
    assert bar(zone, spec()).also == said


def test_what_ran_is_said_by_both_clocks() -> None:
    shown = bar(BERLIN, spec(), now=monday("12:00"), ran=[(monday("09:03"), None)])
    assert shown.text == "planned 09:00–18:00, ran 09:03–now"
    assert shown.also == "= planned 01:00–10:00, ran 01:03–now Europe/Berlin"


def test_a_whole_day_has_its_ends_by_the_reader_s_clock() -> None:
    shown = bar(BERLIN, spec(exceptions=(exception("off"),)))
    assert shown.also == "= exception: off Sun 16:00–Mon 16:00 Europe/Berlin"


def test_each_note_has_its_times_by_both_clocks_and_a_day_off_has_none() -> None:
    [note] = bar(BERLIN, spec(holds=(hold("running", "18:00", "22:00"),))).notes
    assert (note.words, note.also) == ("held 18:00–22:00 · Kim: client demo", "= held 10:00–14:00 Europe/Berlin")
    expired = bar(BERLIN, spec(expires_on=date(2026, 11, 22)))
    assert (expired.also, [(one.also, one.is_timed) for one in expired.notes]) == ("", [("", False)])


def test_a_stretch_of_the_day_before_for_the_reader_names_that_day() -> None:
    late = rules.Schedule("1", "Late", "Asia/Seoul", (rules.parse_period("", "10:00", "08:00"),))
    days = PlannedDays(spec(late), MONDAY, MONDAY)
    assert days.hours(MONDAY) == "00:00–08:00, 10:00–08:00 the next day"
    with reading_in("UTC"):
        assert days.also(MONDAY) == "= Sun 15:00–23:00, 01:00–23:00 UTC"


def test_the_midnight_that_ends_the_reader_s_day_is_24_o_clock() -> None:
    assert bar("Pacific/Auckland", spec(exceptions=(exception("stop", 20 * 60),))).mine.endswith("13:00–24:00")


@pytest.mark.parametrize("view", ["day", "week"])
def test_days_and_weeks_have_a_second_line(view: str, in_berlin: Client, chat: Environment) -> None:
    html = html_of(in_berlin, view=view)
    assert "= 01:00–10:00 Europe/Berlin" in second_lines(html)
    assert "09:00–18:00" in words(html)
    assert "Chat · Asia/Seoul" in words(html)


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_each_cell_says_its_zone_and_the_reader_s_in_words(view: str, in_berlin: Client, chat: Environment) -> None:
    cells = row_of(html_of(in_berlin, view=view, on=TUESDAY))
    assert cells[TUESDAY].endswith("9 h in all (Asia/Seoul) = planned 01:00–10:00 Europe/Berlin")


def test_who_chose_no_zone_has_one_line(as_manager: Client, chat: Environment) -> None:
    made(chat, "stop", TUESDAY, minute=1260)
    for address in (PAGE, f"{PAGE}?view=week", f"{DAY}?day={TUESDAY}"):
        assert second_lines(as_manager.get(address).content.decode()) == [], address


def test_days_that_are_different_name_the_zone_of_their_times(in_berlin: Client, chat: Environment) -> None:
    made(chat, "stop", TUESDAY, minute=1260, reason="client demo")
    below = words(html_of(in_berlin).split('id="special"')[1])
    assert (
        "exception: on 09:00–21:00 · operator: client demo (Asia/Seoul) = exception: on 01:00–13:00 Europe/Berlin"
    ) in below


def test_days_in_a_row_are_one_line_by_the_reader_s_clock_too(in_berlin: Client, chat: Environment) -> None:
    made(chat, "off", TUESDAY, WEDNESDAY, reason="team event")
    below = words(html_of(in_berlin).split('id="special"')[1])
    assert (
        "24–25 Nov exception: off all day · operator: team event (Asia/Seoul)"
        " the first day = exception: off Mon 16:00–Tue 16:00 Europe/Berlin chat-dev"
    ) in below


def test_the_same_words_in_two_zones_are_two_lines(as_manager: Client, chat: Environment) -> None:
    york = factories.environment(
        "york", schedule=factories.schedule("New York", timezone="America/New_York"), timezone="America/New_York"
    )
    for one in (chat, york):
        made(one, "stop", TUESDAY, minute=1260, reason="client demo")
    below = words(html_of(as_manager).split('id="special"')[1])
    assert "operator: client demo (Asia/Seoul) chat-dev" in below
    assert "operator: client demo (America/New_York) york" in below


def test_a_week_in_which_the_reader_s_clock_changes_is_said_day_by_day(in_berlin: Client, chat: Environment) -> None:
    html = html_of(in_berlin, view="month", on="2027-03-01")
    cells = row_of(html)
    assert cells["2027-03-26"].endswith("= planned 01:00–10:00 Europe/Berlin")
    assert cells["2027-03-29"].endswith("= planned 02:00–11:00 Europe/Berlin")


def test_the_day_s_dialog_says_when_it_is_and_when_it_was_made_by_both_clocks(
    in_berlin: Client, chat: Environment
) -> None:
    made(chat, "stop", TUESDAY, minute=1260, reason="client demo")
    html = html_of(in_berlin, DAY, day=TUESDAY)
    assert "Times of Asia/Seoul" in words(html)
    lines = second_lines(html)
    assert "= exception: on 01:00–13:00 Europe/Berlin" in lines
    assert "= 01:30 Europe/Berlin" in lines


def test_the_preview_and_the_copy_say_what_comes_of_it_by_both_clocks(in_berlin: Client, chat: Environment) -> None:
    form = {"kind": "hours", "first": TUESDAY, "stop": "15:00", "scope": named(chat), "reason": "half a day"}
    preview = in_berlin.get(f"{DAY}preview/", form).content.decode()
    assert "planned 09:00–18:00 → 09:00–15:00 Asia/Seoul = 01:00–07:00 Europe/Berlin" in words(preview)
    batch = str(made(chat, "stop", TUESDAY, minute=1260)[0].batch)
    review = html_of(in_berlin, f"{DAY}copy/", day=TUESDAY, batch=batch, review="1", to=WEDNESDAY)
    assert "Wed 25 Nov 09:00–18:00 → 09:00–21:00 Asia/Seoul = 01:00–13:00 Europe/Berlin" in words(review)
