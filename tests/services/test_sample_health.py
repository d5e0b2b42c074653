"""The sample has some weeks of health behind it: answers, calls, reports and tickets, of which nobody is told now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from time_machine import travel

from environments.models import (
    Check,
    CheckState,
    Device,
    DeviceReport,
    Environment,
    HealthDay,
    HealthHour,
    HealthSample,
    Heartbeat,
    Interval,
    State,
    Ticket,
    TicketComment,
    TicketMail,
)
from environments.models.alarm import Alarm
from environments.services import expectations, health, health_history, health_sums, health_sweep, sample, tickets
from notifications.models import Event
from portal.history import changes_of
from tests.support.times import monday

pytestmark = pytest.mark.django_db
# The 24th of November: its yesterday was a working day.
NOW = monday("10:00") + timedelta(days=1)
SEOUL = ZoneInfo("Asia/Seoul")
HEALTH = (Check, HealthSample, HealthHour, HealthDay, DeviceReport, Ticket, TicketComment, TicketMail)


@pytest.fixture
def staging(settings: Any) -> Environment:
    settings.DEMO = settings.SIMULATED_AWS = True
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:5000"
    with travel(NOW, tick=False):
        call_command("seed_demo")
    return Environment.objects.get(name="chat-staging")


def of(name: str) -> Any:
    return HealthDay.objects.filter(check_name=name).order_by("day")


def test_addresses_answered_on_the_days_on_which_their_environments_ran_and_on_no_others(staging: Environment) -> None:
    spans = Interval.objects.filter(environment=staging)
    ran = {span.began_at.astimezone(SEOUL).date() for span in spans}
    assert set(of("API").filter(environment=staging).values_list("day", flat=True)) == ran
    assert not HealthDay.objects.filter(environment_name="chat-demo").exists(), "it runs when somebody starts it"
    hours = HealthHour.objects.filter(environment=staging, samples__gt=0).values_list("hour", flat=True)
    assert {hour.astimezone(SEOUL).hour for hour in hours} <= set(range(8, 24))


def test_a_chart_of_the_last_day_has_the_answers_that_its_sums_are_made_of(staging: Environment) -> None:
    [check] = Check.objects.filter(environment=staging, kind="http")
    before = set(HealthHour.objects.filter(check_row=check).values_list("hour", "samples", "up", "p50_ms", "p95_ms"))
    slots = health_history.last_day([check.pk], NOW)[check.pk]
    assert len(slots) == 24, "from ten until the evening, in half hours"
    assert all(slot.ms is not None and 10 < slot.ms < 90 for slot in slots)
    health_sums.sum_due(now=NOW)
    after = set(HealthHour.objects.filter(check_row=check).values_list("hour", "samples", "up", "p50_ms", "p95_ms"))
    assert after == before


def test_it_was_down_once_and_the_ticket_of_it_opened_and_closed_by_itself(staging: Environment) -> None:
    tally = health_history.tallies(staging.pk, NOW.date(), NOW)[Check.objects.get(environment=staging, kind="http").pk]
    assert 0.99 < tally[30].good / tally[30].all < 1
    worst = min(of("API").filter(environment=staging), key=lambda row: row.up / row.samples)
    incident = Ticket.objects.get(kind="incident")
    assert incident.done_at is not None
    assert incident.opened_at.astimezone(SEOUL).date() == worst.day == incident.done_at.astimezone(SEOUL).date()
    assert timedelta(minutes=15) < incident.done_at - incident.opened_at < timedelta(minutes=20)
    assert incident.title_text == "chat-staging: API is down"
    assert "expected was" in incident.description_text
    assert incident.comments.get().text["ko"]


def test_a_job_and_a_device_missed_once_and_are_switched_off_since_nobody_plays_them(staging: Environment) -> None:
    heartbeat, device = Heartbeat.objects.get(), Device.objects.get()
    for row, a_day in ((heartbeat, 1), (device, 2)):
        days = list(of(row.name))
        assert sum(day.missed for day in days) == 1
        assert sum(day.received for day in days) == len(days) * a_day - 1
        assert (row.is_on, row.state, row.due_at) == (False, CheckState.UNKNOWN, None)
        assert row.reason_text == "This check is switched off."
    assert device.reports.count() == 2 * 30 - 2, "but the first morning, and the one that was missed"
    assert device.newest_counter == device.reports.latest("counter").counter


def test_there_is_a_task_in_each_column_with_what_people_said_when_they_said_it(staging: Environment) -> None:
    tasks = Ticket.objects.filter(kind="task")
    assert {task.progress for task in tasks} == {"open", "in_progress", "waiting", "done"}
    assert all(task.opened_at < NOW for task in tasks)
    memory = tasks.get(progress="in_progress")
    assert {memory.author_id, memory.assignee_id} == set(memory.watchers.values_list("pk", flat=True))
    changes = changes_of(Ticket).filter(id=memory.pk).order_by("history_id")
    moments = [row.history_date for row in changes]
    assert moments == sorted(moments)
    assert (moments[0], moments[-1] < NOW) == (memory.opened_at, True)
    people = dict(User.objects.values_list("pk", "username"))
    assert [people[row.history_user_id] for row in changes] == ["manager", "operator", "operator"]
    assert memory.comments.count() == 2


def test_nobody_is_told_of_it_and_nothing_follows_in_the_days_after(staging: Environment) -> None:
    for days in (0, 1, 3):
        now = NOW + timedelta(days=days)
        with travel(now, tick=False):
            expectations.judge_due(now=now)
            health_sums.sum_due(now=now)
            health_sweep.sweep(now=now)
    assert not TicketMail.objects.exists()
    assert not Event.objects.exists()
    assert not Check.objects.in_trouble().exists()
    assert Ticket.objects.filter(kind="incident").count() == 1


def test_its_alarms_are_well_so_that_what_starts_is_up(staging: Environment) -> None:
    dev = Environment.objects.get(name="chat-dev")
    found = {
        alarm.name: (alarm.state, alarm.check_row and alarm.check_row.environment_id) for alarm in Alarm.objects.all()
    }
    assert found["chat-dev-errors"] == ("OK", dev.pk)
    for state in (State.STARTING, State.RUNNING):
        Environment.objects.filter(pk=dev.pk).update(state=state, wish="running")
        health.environments_moved([dev.pk], now=NOW)
    assert Check.objects.get(environment=dev, kind="alarm").state == CheckState.UP


def test_a_new_outage_opens_a_ticket_of_its_own(staging: Environment) -> None:
    closed = Ticket.objects.get(kind="incident")
    again = tickets.incident(environment=staging, cause=closed.cause, title={}, description={}, now=NOW)
    assert again != closed


def test_nothing_of_it_is_left_behind_when_the_sample_goes(staging: Environment) -> None:
    assert not [model for model in HEALTH[:-1] if not model._default_manager.exists()]
    health_sums.sum_due(now=NOW)
    told = {"account_id": "123456789012", "region": "ap-northeast-2", "changed_at": NOW, "received_at": NOW}
    Alarm.objects.create(arn="arn:mine", name="cpu", state="OK", **told)
    Alarm.objects.create(arn="arn:theirs", name="cpu", state="OK", **{**told, "account_id": "210987654321"})
    with travel(NOW, tick=False):
        sample.remove(user=User.objects.get(username="admin"), now=timezone.now())
    assert [model for model in HEALTH if model._default_manager.exists()] == []
    assert list(Alarm.objects.values_list("arn", flat=True)) == ["arn:theirs"]


def test_the_same_moment_makes_the_same_past(staging: Environment) -> None:
    def told() -> list[Any]:
        days = HealthDay.objects.exclude(received=0, missed=0).order_by("check_name", "day")
        rows = Ticket.objects.order_by("opened_at", "title").values_list("opened_at", "done_at", "title")
        return [*days.values_list("check_name", "day", "received", "missed"), *rows]

    before = told()
    with travel(NOW, tick=False):
        sample.remove(user=User.objects.get(username="admin"), now=timezone.now())
        User.objects.all().delete()
        call_command("seed_demo")
    assert told() == before
