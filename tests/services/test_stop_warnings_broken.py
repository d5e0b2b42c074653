"""One environment whose warning breaks keeps nobody else from being warned."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from environments import warning_events
from environments.models import Environment
from environments.services import costs, people, specs, stop_warnings
from notifications.stumbles import Stumbles
from tests.support.times import monday

from .stopping import running, warnings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop_warnings, "_stumbles", Stumbles("The warning before a stop of environment"))


@pytest.fixture
def five() -> list[Environment]:
    # The third with a plan of its own: what is planned alike is planned once.
    return [running(f"env-{number}", warn_minutes=31 if number == 2 else 30) for number in range(5)]


def breaks(environments: Any) -> bool:
    return any(one.name == "env-2" for one in environments)


def break_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an hour of it costs cannot be found out, and with it that of all that are asked about together."""
    well = costs.an_hour

    def an_hour(*, environments: Any, now: datetime) -> Any:
        if breaks(environments):
            raise ZeroDivisionError("a defect with this one")
        return well(environments=environments, now=now)

    monkeypatch.setattr(costs, "an_hour", an_hour)


def break_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def spec_of(environment: Environment, now: datetime) -> Any:
        if breaks([environment]):
            raise KeyError("a defect with this one")
        return specs.spec_of(environment, now)

    monkeypatch.setattr(stop_warnings, "spec_of", spec_of)


def break_its_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    well = warning_events.stop_comes

    def stop_comes(environment: Environment, *args: Any, **more: Any) -> Any:
        well(environment, *args, **more)
        if breaks([environment]):
            raise RuntimeError("a defect with this one")

    monkeypatch.setattr(warning_events, "stop_comes", stop_comes)


EVERY = pytest.mark.parametrize("fault", [break_what_is_read, break_its_plan, break_its_telling])


@EVERY
def test_the_others_are_warned_and_it_is_logged_once_with_its_number(
    five: list[Environment],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Callable[[pytest.MonkeyPatch], None],
) -> None:
    fault(monkeypatch)
    assert [stop_warnings.warn_due(now=monday(clock)) for clock in ("17:30", "17:31", "17:35")] == [4, 0, 0]
    assert sorted(title.split()[0] for title in warnings()) == ["env-0", "env-1", "env-3", "env-4"]
    said = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(said) == 1
    assert f"environment {five[2].pk} broke" in said[0]


@EVERY
def test_its_own_people_are_warned_as_soon_as_it_works_again(
    five: list[Environment], fault: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        stop_warnings.warn_due(now=monday("17:30"))
    assert stop_warnings.warn_due(now=monday("17:30")) == 0, "it has not had its rest"
    assert stop_warnings.warn_due(now=monday("17:31")) == 1
    assert warnings()[-1] == "env-2 stops at 18:00 (Asia/Seoul)"
    assert stop_warnings.warn_due(now=monday("17:32")) == 0


def test_it_is_tried_ever_more_seldom(five: list[Environment], monkeypatch: pytest.MonkeyPatch) -> None:
    tried = list[str]()
    well = people.enter_managers

    def enter_managers(environments: Any) -> Any:
        if breaks(environments) and len(environments) == 1:
            tried.append("")
        return well(environments)

    monkeypatch.setattr(people, "enter_managers", enter_managers)
    break_what_is_read(monkeypatch)
    for minute in range(30, 58):
        stop_warnings.warn_due(now=monday(f"17:{minute}"))
    assert len(tried) == 8, "at 17:30, :31, :32, :33, :35, :38, :44 and :55"
