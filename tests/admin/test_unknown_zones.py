"""A zone that this server does not know concerns the one environment that has it, and nobody else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import QuerySet
from django.test import Client

from environments.models import DailyCost, Environment, Favourite, Schedule
from environments.services import cost_days, intervals
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .overriding import words
from .test_board import board, chat, names, row, seen

pytestmark = pytest.mark.django_db
OWN = "Its zone “Mars/Base” is not known here. Choose another zone for it"
OF_SCHEDULE = "The zone “Mars/Base” of its schedule is not known here. Choose another zone for the schedule"


@pytest.fixture(params=["own", "schedule"])
def said(request: pytest.FixtureRequest) -> str:
    """Two environments of which one has such a zone, in trouble and held; what is said of it."""
    lost = chat("lost", "failed_to_start")
    chat("other")
    factories.hold(lost, until=None)
    rows: QuerySet[Environment] = Environment.objects.filter(pk=lost.pk)
    if request.param == "own":
        rows.update(timezone="Mars/Base")
        return OWN
    mars = factories.schedule("Mars", begin_time="09:00", end_time="18:00")
    Schedule.objects.filter(pk=mars.pk).update(timezone="Mars/Base")
    rows.update(schedule=mars, timezone="")
    return OF_SCHEDULE


def test_the_board_says_so_in_its_row_and_shows_the_others(said: str, as_manager: Client) -> None:
    factories.price(Environment.objects.get(name="other").targets.get())
    html = board(as_manager)
    assert names(html) == ["lost", "other"]
    assert said in words(row(html, "lost"))
    assert "data-ask" not in row(html, "lost")
    assert "until 18:00" in words(row(html, "other"))
    live = as_manager.get(seen(as_manager, rows=f"{Environment.objects.get(name='lost').pk}.0", lines="old"))
    assert said in words(live.content.decode())


def test_its_page_says_so_and_where_to_change_it(said: str, as_manager: Client, as_operator: Client) -> None:
    assert said in words(as_manager.get("/env/lost/").content.decode())
    assert "/change/" in as_operator.get("/env/lost/").content.decode().split("db-banner-warn")[1]
    assert as_manager.get("/env/lost/live/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert as_manager.post("/env/lost/ask/stop/").status_code == 409
    assert as_manager.get("/env/other/").status_code == 200


def test_it_can_be_a_favourite_and_stands_in_the_calendar(said: str, as_manager: Client) -> None:
    as_manager.post("/env/lost/star/", {"wished": "1"})
    assert Favourite.objects.filter(environment__name="lost").exists()
    for view in ("day", "week", "month"):
        assert "lost" in as_manager.get("/calendar/", {"view": view}).content.decode()


EVERYWHERE = (
    *("/costs/", "/costs/?period=2026", "/costs/live/", "/costs/hours/", "/costs/bills/", "/costs/advice/"),
    *("/costs/compare/", "/costs/reports/", "/costs/file.csv", "/costs/file.xlsx", "/tickets/"),
    *("/environments/environment/", "/environments/dayexception/", "/environments/hold/", "/environments/budget/"),
    *("/environments/operation/", "/environments/httpcheck/", "/notifications/event/"),
)


@pytest.mark.parametrize("address", EVERYWHERE)
def test_pages_of_many_are_there_all_the_same(said: str, as_operator: Client, address: str) -> None:
    lost = Environment.objects.get(name="lost")
    target = lost.targets.get()
    factories.price(target)
    factories.daily_cost(lost, monday("09:00").date(), "1", "2", an_hour=1, always_an_hour=1)
    intervals.begun(target_id=target.pk, now=monday("08:00"))
    factories.http_check(lost)
    answer = as_operator.get(address, follow=True)
    assert answer.status_code == 200
    assert said  # the fixture wrote the zone


def test_what_it_costs_is_counted_by_the_clock_of_utc(said: str) -> None:
    lost = Environment.objects.get(name="lost")
    costing.price(lost.targets.get(), valid_from=date(2026, 11, 23))
    intervals.begun(target_id=lost.targets.get().pk, now=monday("09:00"))  # midnight in UTC
    assert cost_days.rebuild_due(now=monday("11:00")) == {lost.pk}
    assert DailyCost.objects.get(environment=lost, day=date(2026, 11, 23)).estimate == Decimal("0.2")
    assert said
