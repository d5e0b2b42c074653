"""A zone that this server does not know concerns the one environment that has it, and nobody else."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet
from django.test import Client

from environments.models import Environment, Favourite, Schedule
from tests import factories

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
