"""AWS's maintenance on pages: what is announced for instances, windows in the plan, the switch that honours them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from environments import rules
from environments.admin.day_bar import day_bar
from environments.admin.target_facts import lines
from environments.models import Environment, Target
from tests import factories
from tests.support.times import monday, on

from .filling import refusal, rows

SEOUL = "Asia/Seoul"


def event(code: str, begins: datetime, ends: datetime | None = None) -> dict[str, str]:
    return {"id": "i-1", "code": code, "begins": begins.isoformat(), "ends": ends.isoformat() if ends else ""}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            event("instance-reboot", on("wednesday", "10:00"), on("wednesday", "12:00")),
            "AWS will restart i-1 between Wed 10:00 and 12:00",
        ),
        (event("system-reboot", on("wednesday", "10:00")), "AWS will restart i-1 from Wed 10:00 on"),
        (
            event("system-maintenance", on("wednesday", "23:00"), on("thursday", "01:00")),
            "AWS will work on the host of i-1 between Wed 23:00 and Thu 01:00",
        ),
        (
            event("instance-retirement", on("wednesday", "10:00")),
            "AWS will take i-1 off its host from Wed 10:00 on; a stop and a start move it to another",
        ),
        (event("instance-reboot", monday("07:00"), monday("09:00")), None),
    ],
)
def test_a_page_says_what_aws_has_scheduled_for_an_instance_until_it_is_over(
    told: dict[str, str], sentence: str | None
) -> None:
    target = Target(kind="ec2", memory={"facts": {"events": [told]}})
    assert lines(target, SEOUL, monday("10:00")) == ([sentence] if sentence else [])


def test_a_window_is_drawn_as_planned_and_says_for_what() -> None:
    window = rules.MaintenanceWindow("4", "chat-db", monday("02:00"), monday("02:30"))
    schedule = rules.Schedule("7", "Office hours", SEOUL, (rules.parse_period("", "09:00", "18:00"),))
    spec = rules.EnvironmentSpec(schedule, SEOUL, windows=(window,))
    day = monday("12:00").astimezone(ZoneInfo(SEOUL)).date()
    found = day_bar(rules.plan(spec, monday("00:00"), monday("00:00") + timedelta(days=1)), day, SEOUL)
    assert [mark.kind for mark in found.marks] == ["planned", "planned"]
    assert found.marks[0].title == "planned 01:45–02:30 · maintenance window of chat-db"
    assert found.words == ("planned 01:45–02:30 · maintenance of chat-db",)


@pytest.mark.django_db
@pytest.mark.parametrize("scheduled", [True, False])
def test_windows_are_honoured_only_beside_a_schedule_that_stops_it_afterwards(
    as_operator: Client, scheduled: bool
) -> None:
    form = {
        "name": "chat-qa",
        "slug": "chat-qa",
        "team": str(factories.team().pk),
        "start_early_cap": "60",
        "warn_minutes": "30",
    }
    form |= {"on_push": "next_start"}
    form |= {"honour_windows": "on", "schedule": str(factories.schedule().pk) if scheduled else ""} | rows("targets")
    answer = as_operator.post("/environments/environment/add/", form)
    if scheduled:
        assert Environment.objects.get().honour_windows
    else:
        told = "Choose a schedule as well: without one nothing stops it afterwards."
        assert refusal(answer) == {"honour_windows": told}
