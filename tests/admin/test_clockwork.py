"""The clockwork in the admin: the portal's own entries are looked at and switched, those of people are edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from portal.beat_entries import install

from .walking import contents
from .world import registered

pytestmark = pytest.mark.django_db

ADD = "/django_celery_beat/periodictask/add/"


@pytest.fixture
def tick() -> PeriodicTask:
    install()
    return PeriodicTask.objects.get(name="every-minute: tick")


def form(**values: Any) -> dict[str, Any]:
    """A filled-in form of an entry of somebody's own."""
    every, _ = IntervalSchedule.objects.get_or_create(every=3600, period="seconds")
    sent = {"name": "every-hour: look", "task": "environments.tasks.sweep", "enabled": "on", "description": ""}
    return (
        sent | {"interval": str(every.pk), "crontab": "", "args": "[]", "kwargs": "{}", "expire_seconds": ""} | values
    )


def page(entry: PeriodicTask, view: str = "change") -> str:
    return f"/django_celery_beat/periodictask/{entry.pk}/{view}/"


def test_the_list_says_when_each_is_sent_and_whose_it_is(as_administrator: Client, tick: PeriodicTask) -> None:
    html = as_administrator.get("/django_celery_beat/periodictask/").content.decode()
    for told in (
        "every-minute: tick",
        "every 10 seconds",
        "every 10 minutes",
        "every minute",
        "comes with the portal",
        "Switched on",
    ):
        assert told in html, told


def test_an_entry_of_the_portal_is_switched_off_and_on_and_nothing_else_of_it_changes(
    as_administrator: Client, tick: PeriodicTask
) -> None:
    before = PeriodicTask.objects.filter(pk=tick.pk).values("name", "task", "crontab", "headers", "args").get()
    sent = form(name="never", task="celery.backend_cleanup", args="[1]")
    as_administrator.post(page(tick), sent | {"enabled": ""})
    assert not PeriodicTask.objects.get(pk=tick.pk).enabled
    as_administrator.post(page(tick), sent)
    assert PeriodicTask.objects.get(pk=tick.pk).enabled
    assert PeriodicTask.objects.filter(pk=tick.pk).values("name", "task", "crontab", "headers", "args").get() == before


def test_an_entry_of_the_portal_is_not_deleted_nor_pulled_away_with_its_cadence(
    as_administrator: Client, tick: PeriodicTask
) -> None:
    before = contents()
    sweep = PeriodicTask.objects.get(name="every-10-seconds: sweep")
    cadences = [f"/django_celery_beat/crontabschedule/{tick.crontab_id}/"]
    cadences += [f"/django_celery_beat/intervalschedule/{sweep.interval_id}/"]
    for address in [page(tick, "delete"), *(f"{cadence}delete/" for cadence in cadences)]:
        assert as_administrator.post(address, {"post": "yes"}).status_code == 403, address
    for cadence in cadences:
        sent = {"every": "9", "period": "days", "minute": "0", "hour": "0"}
        assert as_administrator.post(f"{cadence}change/", sent).status_code == 403, cadence
    for model in ("periodictask", "crontabschedule", "intervalschedule"):
        every = [row["id"] for row in before[f"django_celery_beat.{_label(model)}"]]
        chosen = {"action": "delete_selected", "_selected_action": every, "post": "yes"}
        assert as_administrator.post(f"/django_celery_beat/{model}/", chosen).status_code == 403, model
    assert contents() == before


def _label(model: str) -> str:
    return {"periodictask": "PeriodicTask", "crontabschedule": "CrontabSchedule"}.get(model, "IntervalSchedule")


def test_people_add_edit_and_delete_entries_of_their_own(as_administrator: Client) -> None:
    assert "environments.tasks.sweep" in as_administrator.get(ADD).content.decode()
    as_administrator.post(ADD, form())
    mine = PeriodicTask.objects.get(name="every-hour: look")
    as_administrator.post(page(mine), form(args="[7]"))
    mine.refresh_from_db()
    assert (mine.task, mine.args) == ("environments.tasks.sweep", "[7]")
    as_administrator.post(page(mine, "delete"), {"post": "yes"})
    assert not PeriodicTask.objects.filter(pk=mine.pk).exists()


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"interval": ""}, "interval", "Choose either an interval or a crontab."),
        ({"crontab": "given"}, "interval", "Choose either an interval or a crontab."),
        ({"task": "rm -rf"}, "task", "No worker knows a task “rm -rf”."),
        ({"task": "celery.chain"}, "task", "No worker knows a task “celery.chain”."),
        ({"args": "{}"}, "args", "A JSON list is needed, such as [1]."),
        ({"args": "1,"}, "args", "A JSON list is needed, such as [1]."),
        ({"kwargs": "[]"}, "kwargs", "A JSON object is needed, such as {}."),
        ({"name": "every-minute: tick"}, "name", "already exists"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(
    wrong: dict[str, str], field: str, sentence: str, as_administrator: Client, tick: PeriodicTask
) -> None:
    if "crontab" in wrong:
        wrong = {"crontab": str(CrontabSchedule.objects.latest("pk").pk)}
    errors = as_administrator.post(ADD, form(**wrong)).context["adminform"].form.errors
    assert set(errors) == {field}
    assert sentence in " ".join(errors[field])


def test_cadences_are_listed_and_filled_in_by_what_they_mean(as_administrator: Client, tick: PeriodicTask) -> None:
    for kind, told, asked in (
        ("crontab", ("every day at 19:00 (UTC)", "0 19 * * *"), "* is every hour."),
        ("interval", ("every 10 minutes",), "every 10 seconds."),
    ):
        address = f"/django_celery_beat/{kind}schedule/"
        html = as_administrator.get(address).content.decode()
        assert all(words in html for words in told), kind
        assert asked in as_administrator.get(f"{address}add/").content.decode(), kind
    shown = as_administrator.get(f"/django_celery_beat/crontabschedule/{tick.crontab_id}/change/").content.decode()
    assert "every minute</span>" in shown
    assert "proj.tasks.import_contacts" not in as_administrator.get(page(tick)).content.decode()


def test_what_nobody_needs_has_no_page() -> None:
    shown = {model._meta.model_name for model in registered() if model._meta.app_label == "django_celery_beat"}
    assert shown == {"periodictask", "intervalschedule", "crontabschedule"}
