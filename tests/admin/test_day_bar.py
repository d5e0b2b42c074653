"""The bar of a day: places by real instants, labels where the wall clock shows them, and words that say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from environments import rules
from environments.admin.day_bar import DayBar, day_bar
from tests.support.times import SEOUL, monday, on

MONDAY = date(2026, 11, 23)
OFFICE = rules.Schedule(
    "1", "Office hours", "Asia/Seoul", (rules.parse_period("", "09:00", "18:00", "mon-fri"),)
)  # fmt: skip


def spec(schedule: rules.Schedule | None = OFFICE, **more: object) -> rules.EnvironmentSpec:
    return rules.EnvironmentSpec(schedule, "Asia/Seoul", **more)  # type: ignore[arg-type]


def bar(of: rules.EnvironmentSpec, day: date = MONDAY, **more: object) -> DayBar:
    start = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=2)
    return day_bar(rules.plan(of, start, start + timedelta(days=5)), day, of.zone_name, **more)  # type: ignore[arg-type]


def hold(desired: str, since: str, until: str) -> rules.Hold:
    return rules.Hold("7", rules.Desired(desired), monday(since), monday(until), "client demo", "Kim")


def exception(kind: str, minute: int | None = None) -> rules.DayException:
    kinds = rules.ExceptionKind(kind)
    return rules.DayException("3", kinds, MONDAY, MONDAY, rules.Scope.ENVIRONMENT, minute, "team day", "Lee")


def day_off(day: date = MONDAY) -> rules.Calendar:
    found = rules.CalendarDay(day, rules.DayKind.OFF, "Chuseok", "추석")
    return rules.Calendar("2", "Korea", rules.Scope.SCHEDULE, (found,))


def forms(shown: DayBar) -> list[tuple[str, str, str]]:
    return [(mark.kind, mark.x, mark.width) for mark in shown.marks]


def test_planned_hours_are_a_piece_at_their_place() -> None:
    shown = bar(spec())
    assert forms(shown) == [("planned", "37.5%", "37.5%")]
    assert shown.text == "planned 09:00–18:00"
    assert shown.marks[0].title == "planned 09:00–18:00 · schedule Office hours"
    assert shown.words == ()


def test_what_is_held_beyond_the_plan_is_a_piece_of_its_own_with_who_and_why() -> None:
    shown = bar(spec(holds=(hold("running", "18:00", "22:00"),)))
    assert forms(shown) == [("planned", "37.5%", "37.5%"), ("asked", "75%", "16.667%")]
    assert shown.text == "planned 09:00–18:00, held 18:00–22:00"
    assert shown.words == ("held 18:00–22:00 · Kim: client demo",)


def test_what_is_held_and_would_run_anyway_is_green_under_the_outline() -> None:
    held = spec(holds=(hold("running", "12:00", "22:00"),))
    without = rules.plan(held.without_overrides(), monday("00:00"), on("tuesday", "00:00"))
    shown = bar(held, without=without)
    assert forms(shown) == [("planned", "50%", "25%"), ("planned", "37.5%", "12.5%"), ("asked", "50%", "41.667%")]
    assert shown.text == "planned 09:00–12:00, held 12:00–22:00"


def test_what_is_kept_stopped_has_another_form_and_another_word() -> None:
    shown = bar(spec(holds=(hold("stopped", "12:00", "18:00"),)))
    assert [kind for kind, _x, _width in forms(shown)] == ["planned", "asked-off"]
    assert "held stopped 12:00–18:00" in shown.text


def test_an_exception_that_takes_the_day_away_says_so_with_who_and_why() -> None:
    shown = bar(spec(exceptions=(exception("off"),)))
    assert forms(shown) == [("asked-off", "0%", "100%")]
    assert shown.text == "exception: off all day"
    assert shown.words == ("exception: off all day · Lee: team day",)


def test_a_day_off_is_hatched_and_named_in_the_reader_s_language() -> None:
    shown = bar(spec(calendars=(day_off(),)))
    assert forms(shown) == [("off", "0%", "100%")]
    assert shown.text == "day off: Chuseok"
    assert shown.words == ("day off: Chuseok",)
    with translation.override("ko"):
        assert "추석" in bar(spec(calendars=(day_off(),))).marks[0].title


def test_a_day_off_under_an_exception_is_still_named_and_said_to_be_overruled() -> None:
    of = spec(calendars=(day_off(),), exceptions=(exception("on"),))
    start = datetime.combine(MONDAY, datetime.min.time(), SEOUL)
    without = rules.plan(of.without_overrides(), start, start + timedelta(days=1))
    shown = bar(of, without=without)
    assert shown.text == "exception: on all day, day off: Chuseok (overruled)"
    assert shown.words == ("exception: on all day · Lee: team day", "day off: Chuseok (overruled)")
    assert shown.marks[-1].title.endswith("(team day) · day off: Chuseok (overruled)")
    kept_off = spec(calendars=(day_off(),), exceptions=(exception("off"),))
    assert bar(kept_off, without=without).words[-1] == "day off: Chuseok"
    assert bar(spec(calendars=(day_off(),)), without=without).words == ("day off: Chuseok",)


def test_what_nobody_decides_is_left_as_it_is_and_a_pause_says_who_paused_it() -> None:
    by_hand = bar(spec(None))
    assert by_hand.text == "left as it is all day"
    assert forms(by_hand) == [("any", "0%", "100%")]
    pause = rules.Pause("5", monday("12:00"), on("friday", "00:00"), "load test", "Kim")
    shown = bar(spec(pause=pause))
    assert [kind for kind, _x, _width in forms(shown)] == ["planned", "paused"]
    assert shown.words == ("paused 12:00–24:00 · Kim: load test",)


def test_after_the_last_day_it_is_expired() -> None:
    shown = bar(spec(expires_on=MONDAY - timedelta(days=1)))
    assert forms(shown) == [("expired", "0%", "100%")]
    assert shown.text == "expired after 2026-11-22"


def test_a_working_day_names_what_makes_it_one() -> None:
    saturday = date(2026, 11, 28)
    made_up = rules.CalendarDay(saturday, rules.DayKind.WORKING, "Make-up day", as_weekday=0)
    shown = bar(spec(calendars=(rules.Calendar("2", "Company", rules.Scope.TEAM, (made_up,)),)), saturday)
    assert forms(shown) == [("planned", "37.5%", "37.5%")]
    assert shown.words == ("working day: Make-up day",)


def test_a_day_without_running_says_so() -> None:
    shown = bar(spec(), date(2026, 11, 22))
    assert shown.marks == ()
    assert shown.text == "not running"


def test_what_really_ran_lies_on_top_until_now_and_is_cut_at_midnight() -> None:
    shown = bar(spec(), now=monday("12:00"), ran=[(on("monday", "00:00") - timedelta(hours=3), monday("01:00"))])
    assert [(mark.x, mark.width) for mark in shown.ran] == [("0%", "4.167%")]
    shown = bar(spec(), now=monday("12:00"), ran=[(monday("09:03"), None)])
    assert [(mark.x, mark.width) for mark in shown.ran] == [("37.708%", "12.292%")]
    assert shown.text == "planned 09:00–18:00, ran 09:03–now"
    assert shown.now == "50%"


def test_another_day_than_today_has_no_now() -> None:
    assert bar(spec(), now=on("tuesday", "12:00")).now == ""


@pytest.mark.parametrize(
    ("day", "labels", "planned"),
    [
        (date(2026, 3, 8), ["0%", "21.739%", "47.826%", "73.913%"], ("34.783%", "39.13%")),
        (date(2026, 11, 1), ["0%", "28%", "52%", "76%"], ("40%", "36%")),
    ],
    ids=["23 hours", "25 hours"],
)
def test_where_the_clock_changes_places_follow_instants_and_labels_the_wall(
    day: date, labels: list[str], planned: tuple[str, str]
) -> None:
    daily = rules.Schedule("1", "Daily", "America/New_York", (rules.parse_period("", "09:00", "18:00"),))
    shown = bar(rules.EnvironmentSpec(daily, "UTC"), day)
    assert [(label.text, label.x) for label in shown.labels] == list(zip(["00", "06", "12", "18"], labels, strict=True))
    assert [(mark.x, mark.width) for mark in shown.marks] == [planned]
    assert shown.text == "planned 09:00–18:00"


def test_pieces_of_one_reason_leave_no_seam() -> None:
    [segment] = rules.plan(spec(), monday("09:00"), monday("18:00"))
    halves = [
        rules.Segment(segment.start, monday("12:00"), segment.desired, segment.reason, segment.source),
        rules.Segment(monday("12:00"), segment.end, segment.desired, segment.reason, segment.source),
    ]
    assert forms(day_bar(halves, MONDAY, "Asia/Seoul")) == [("planned", "37.5%", "37.5%")]


def test_the_drawing_is_an_image_with_the_same_words_and_nothing_that_the_policy_forbids() -> None:
    shown = bar(spec(calendars=(day_off(),), holds=(hold("running", "10:00", "12:00"),)), now=monday("11:00"))
    drawn = render_to_string("environments/_day_bar.html", {"bar": shown})
    assert 'role="img"' in drawn
    assert f'aria-label="{shown.text}"' in drawn
    assert "<title>hold by Kim (client demo)" in drawn or "hold by Kim (client demo)</title>" in drawn
    assert "style=" not in drawn
    assert "id=" not in drawn


def test_numbers_are_written_for_browsers_in_every_language() -> None:
    with translation.override("de"):
        assert 'x="37.5%"' in render_to_string("environments/_day_bar.html", {"bar": bar(spec())})


def test_the_zone_of_the_bar_may_be_another_than_that_of_the_plan() -> None:
    planned = rules.plan(spec(), monday("00:00") - timedelta(days=2), monday("00:00") + timedelta(days=3))
    shown = day_bar(planned, MONDAY, "Europe/London")
    assert shown.text == "planned 00:00–09:00"
    assert ZoneInfo("Asia/Seoul") == SEOUL
