"""Schedules over the API: their periods in words, and the environments that use them."""

from __future__ import annotations

import pytest

from environments.models import Calendar, Period, Schedule
from tests import factories

from .rest import Program, manager, monday_morning, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "outsider", "viewer"]


def test_a_schedule_says_its_periods_policies_and_zone(viewer: Program) -> None:
    schedule = factories.schedule()
    Schedule.objects.update(enforced=True, description="The teams in Seoul")
    Period.objects.create(schedule=schedule, name="Late", begin_time="20:00", weekdays="sat")
    factories.environment()
    [told] = viewer.items("/schedules")
    assert told == {
        "id": schedule.pk,
        "name": "Office hours Seoul",
        "description": "The teams in Seoul",
        "timezone": "Asia/Seoul",
        "words": "09:00–18:00 mon-fri · Late: 20:00–… sat",
        "periods": [
            {
                "words": "09:00–18:00 mon-fri",
                "name": "",
                "begin": "09:00",
                "end": "18:00",
                "weekdays": "mon-fri",
                "monthdays": "",
                "months": "",
            },
            {
                "words": "Late: 20:00–… sat",
                "name": "Late",
                "begin": "20:00",
                "end": None,
                "weekdays": "sat",
                "monthdays": "",
                "months": "",
            },
        ],
        "override": None,
        "enforced": True,
        "retain_running": False,
        "environments": 1,
    }


def test_one_that_is_set_aside_says_so(viewer: Program) -> None:
    factories.schedule()
    Schedule.objects.update(override="stopped")
    [told] = viewer.items("/schedules")
    assert (told["override"], told["words"]) == ("stopped", "always stopped")


def test_the_detail_names_what_uses_it_as_far_as_one_sees_it(viewer: Program, outsider: Program) -> None:
    chat = factories.environment()
    factories.environment("pay-dev", team=factories.team("Payments"))
    Calendar.objects.create(name="Korea", country="KR").schedules.add(chat.schedule)  # type: ignore[arg-type]
    told = viewer.get(f"/schedules/{chat.schedule_id}")
    assert (told["used_by"], told["environments"], told["calendars"]) == (["chat-dev"], 1, ["Korea"])
    assert outsider.get(f"/schedules/{chat.schedule_id}")["used_by"] == ["pay-dev"]


def test_it_is_found_by_its_name_and_by_an_environment(viewer: Program, outsider: Program) -> None:
    chat = factories.environment()
    factories.schedule("Nights", begin_time="22:00", end_time="06:00")
    assert [one["name"] for one in viewer.items("/schedules")] == ["Nights", "Office hours Seoul"]
    assert [one["name"] for one in viewer.items("/schedules", name="Nights")] == ["Nights"]
    assert [one["id"] for one in viewer.items("/schedules", environment="chat-dev")] == [chat.schedule_id]
    assert outsider.status("get", "/schedules", environment="chat-dev") == 404


def test_what_is_not_there_is_404_and_what_is_no_number_is_refused(viewer: Program) -> None:
    assert viewer.status("get", "/schedules/999") == 404
    assert viewer.status("get", f"/schedules/{2**63 - 1}") == 404
    assert list(viewer.refused("get", f"/schedules/{2**70}")) == ["number"]
    assert list(viewer.refused("get", "/schedules/x")) == ["number"]


def test_who_may_not_see_schedules_is_told_so() -> None:
    nobody = factories.person("nobody", "Viewer")
    nobody.groups.clear()
    schedule = factories.schedule()
    assert Program(nobody).status("get", "/schedules") == 403
    assert Program(nobody).status("get", f"/schedules/{schedule.pk}") == 403


def test_thirty_schedules_ask_the_database_no_more_than_three(manager: Program) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            factories.environment(f"dev-{number}", schedule=factories.schedule(f"Schedule {number:02}"))
        asked.append(queries(lambda: manager.get("/schedules")))
    assert len(manager.items("/schedules")) == 31  # with the one that environments of tests have
    assert asked[0] == asked[1]
