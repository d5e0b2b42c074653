"""Signs of life: written by what lives, removed when it is long gone."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
import time_machine
from django.db import OperationalError

from environments.targets import limits
from portal import pulse as pulses
from portal.beat import Scheduler
from portal.celery import app
from portal.models import Pulse
from portal.pulse import pulse
from tests.support.waiting import wait_until
from tests.support.working import working

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_a_process_has_one_pulse_and_the_latest_counts() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        Pulse.beat(Pulse.Name.WORKER)
        clock.shift(timedelta(seconds=5))
        Pulse.beat(Pulse.Name.WORKER)

    assert Pulse.objects.latest_by_name() == {"worker": NOON + timedelta(seconds=5)}
    assert Pulse.objects.count() == 1


@pytest.mark.django_db
def test_processes_long_gone_are_forgotten() -> None:
    Pulse.objects.create(name="worker", host="gone.example", process=1, at=NOON - timedelta(hours=2))
    Pulse.objects.create(name="worker", host="other.example", process=1, at=NOON - timedelta(minutes=2))

    with time_machine.travel(NOON, tick=False):
        Pulse.beat(Pulse.Name.BEAT)

    assert not Pulse.objects.filter(host="gone.example").exists()
    assert Pulse.objects.filter(host="other.example").exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_gives_a_sign_of_life_as_soon_as_it_consumes() -> None:
    with working():
        wait_until(lambda: "worker" in Pulse.objects.latest_by_name())


@pytest.mark.django_db(transaction=True)
def test_a_beat_gives_a_sign_of_life_with_its_first_tick() -> None:
    Scheduler(app=app).tick()

    assert set(Pulse.objects.latest_by_name()) == {"beat"}


def test_a_database_that_is_away_does_not_end_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Pulse, "beat", Mock(side_effect=OperationalError("away")))
    monkeypatch.setattr("portal.pulse.close_old_connections", Mock())

    assert pulse(Pulse.Name.WORKER) is False
    assert "The worker could not write its sign of life: away" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_beat_outlives_a_database_that_is_away_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = Scheduler(app=app)
    scheduler.tick()
    monkeypatch.setattr(scheduler, "schedules_equal", Mock(side_effect=OperationalError("away")))

    interval = scheduler.tick()

    assert 0 < interval <= 5
    assert "Beat cannot read its schedule and tries again: away" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_each_sign_of_life_tells_how_many_workers_live(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(pulses, "_listeners", [told.append])
    with time_machine.travel(NOON, tick=False) as clock:
        pulses.live()
        Pulse.objects.create(name="worker", host="other.example", process=1, at=NOON)
        Pulse.objects.create(name="beat", host="other.example", process=2, at=NOON)
        pulses.live()
        clock.shift(pulses.COUNTED_FOR + timedelta(seconds=1))
        pulses.live()
    assert told == [1, 2, 1], "the other was killed"


def test_workers_share_the_limits_of_aws() -> None:
    assert limits.share in pulses._listeners
