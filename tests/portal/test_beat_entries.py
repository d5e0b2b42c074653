"""The fixed beat entries: in the table after a migrate, ours to change, people's to switch off."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from portal.beat import Scheduler
from portal.beat_entries import BeatEntry, declared, install
from portal.celery import app

MINUTE = BeatEntry(name="every-minute: test", task="t.minute", crontab="* * * * *", expires=55)
TEN_SECONDS = BeatEntry(name="every-10-seconds: test", task="t.ten", every_seconds=10, expires=9)

pytestmark = pytest.mark.django_db


def rows() -> dict[str, PeriodicTask]:
    return {row.name: row for row in PeriodicTask.objects.all()}


@pytest.fixture(autouse=True)
def only_the_tests_entries() -> None:
    PeriodicTask.objects.all().delete()
    install([MINUTE, TEN_SECONDS])


def test_a_migrate_installs_what_the_apps_declare() -> None:
    PeriodicTask.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert set(rows()) == {entry.name for entry in declared()} >= {"every-minute: tick", "every-10-seconds: sweep"}
    assert all(row.enabled and row.expire_seconds for row in rows().values())
    assert str(rows()["every-minute: tick"].crontab).startswith("* * * * *")


def test_entries_are_named_by_their_cadence() -> None:
    for entry in declared():
        cadence = entry.name.partition(":")[0]
        assert cadence in {"every-minute", f"every-{entry.every_seconds}-seconds", "hourly", "daily"}


def test_installing_twice_changes_nothing() -> None:
    before, changed = rows(), PeriodicTasks.last_change()
    cadences = CrontabSchedule.objects.count(), IntervalSchedule.objects.count()

    assert install([MINUTE, TEN_SECONDS]) == 0

    assert {name: row.date_changed for name, row in rows().items()} == {n: r.date_changed for n, r in before.items()}
    assert PeriodicTasks.last_change() == changed
    assert (CrontabSchedule.objects.count(), IntervalSchedule.objects.count()) == cadences


def test_what_people_switched_off_stays_off_when_the_rest_changes() -> None:
    PeriodicTask.objects.filter(name=MINUTE.name).update(enabled=False)

    assert install([replace(MINUTE, expires=30), TEN_SECONDS]) == 1

    row = rows()[MINUTE.name]
    assert (row.enabled, row.expire_seconds) == (False, 30)


def test_an_edited_entry_is_put_right() -> None:
    PeriodicTask.objects.filter(name=TEN_SECONDS.name).update(task="something.else", args="[1]")

    install([MINUTE, TEN_SECONDS])

    assert (rows()[TEN_SECONDS.name].task, rows()[TEN_SECONDS.name].args) == ("t.ten", "[]")


def test_an_entry_that_is_no_longer_declared_goes_and_a_running_beat_hears_of_it() -> None:
    changed = PeriodicTasks.last_change()

    assert install([MINUTE]) == 1

    assert set(rows()) == {MINUTE.name}
    assert PeriodicTasks.last_change() > changed


def test_peoples_own_entries_are_left_alone() -> None:
    own = PeriodicTask.objects.create(
        name="every-10-seconds: mine", task="x", interval=IntervalSchedule.objects.get(every=10), enabled=True
    )

    install([MINUTE, TEN_SECONDS])

    assert rows()[own.name].task == "x"


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_starts_brings_back_a_deleted_entry() -> None:
    PeriodicTask.objects.all().delete()

    scheduler = Scheduler(app=app)

    assert "every-minute: tick" in scheduler.schedule


def test_equal_rows_of_a_schedule_do_no_harm() -> None:
    IntervalSchedule.objects.create(every=10, period=IntervalSchedule.SECONDS)

    assert install([MINUTE, TEN_SECONDS, replace(TEN_SECONDS, name="every-10-seconds: other")]) == 1


@pytest.mark.parametrize("cadence", [{}, {"every_seconds": 10, "crontab": "* * * * *"}])
def test_an_entry_has_exactly_one_cadence(cadence: dict[str, int | str]) -> None:
    with pytest.raises(ValueError, match="needs either every_seconds or crontab"):
        BeatEntry(name="n", task="t", expires=1, **cadence)  # type: ignore[arg-type]


def test_two_apps_cannot_declare_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class App:
        name = "some.app"
        beat_entries = [{"name": "every-minute: x", "task": "t", "crontab": "* * * * *", "expires": 1}]

    def configs() -> Iterable[App]:
        return [App(), App()]

    monkeypatch.setattr("django.apps.apps.get_app_configs", configs)

    with pytest.raises(ValueError, match="Two beat entries are named 'every-minute: x'"):
        declared()
