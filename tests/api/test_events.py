"""Events over the API: what happened, newest first, as far as somebody may hear of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Event
from notifications.outbox import publish
from tests import factories
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]


def happened(title: str = "chat-dev is ready", **more: Any) -> Event:
    values: dict[str, Any] = {
        "kind": "environment.ready",
        "severity": "success",
        "labels": {"environment": "chat-dev", "team": "Chat"},
        "title": {"en": title, "ko": "chat-dev 준비 완료"},
        "body": {"en": "It is Monday.", "ko": "월요일이에요."},
        "fields": [({"en": "Took", "ko": "걸린 시간"}, {"en": "4 min", "ko": "4분"})],
        "link": "/env/chat-dev/",
        "actor": "kim",
        "now": monday("09:00"),
        "thread": "environment-1",
        "ends_thread": True,
    } | more
    publish(**values)
    return Event.objects.latest("pk")


def test_an_event_is_told_in_the_readers_language(viewer: Program) -> None:
    factories.team()
    one = happened()
    [told] = viewer.items("/events")
    assert told == {
        "id": one.pk,
        "at": "2026-11-23T00:00:00Z",
        "kind": "environment.ready",
        "kind_words": "Ready",
        "severity": "success",
        "title": "chat-dev is ready",
        "text": "It is Monday.",
        "details": [{"name": "Took", "value": "4 min"}],
        "labels": {"environment": "chat-dev", "team": "Chat"},
        "actor": "kim",
        "page": "/env/chat-dev/",
        "thread": "environment-1",
        "ends_thread": True,
    }
    korean = viewer.client.get("/api/v1/events", headers={"Accept-Language": "ko"}).json()["items"][0]
    assert (korean["title"], korean["details"][0]["value"]) == ("chat-dev 준비 완료", "4분")


def test_events_are_found_by_what_they_are_of(operator: Program) -> None:
    happened("ready", now=monday("08:00"))
    happened("failed", kind="environment.failed", severity="error", now=monday("09:00"))
    happened("paid", labels={"environment": "pay-dev", "team": "Payments"}, now=monday("09:30"))

    def titles(**filters: str) -> list[str]:
        return [one["title"] for one in operator.items("/events", **filters)]

    assert titles() == ["paid", "failed", "ready"]
    assert titles(kind="environment.failed") == ["failed"]
    assert titles(severity="error") == ["failed"]
    assert titles(environment="pay-dev") == ["paid"]
    assert titles(team="Chat") == ["failed", "ready"]
    assert titles(since="2026-11-23T09:00:00+09:00") == ["paid", "failed"]
    assert titles(since="2026-11-23T00:00:00Z", until="2026-11-23T00:30:00Z") == ["failed"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-11-23T09:00:00"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"severity": "loud"}, "severity"),
        ({"team": "a\x00b"}, "team"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_field(asked: dict[str, str], field: str, viewer: Program) -> None:
    assert list(viewer.refused("get", "/events", **asked)) == [field]


def test_a_long_log_is_read_in_pieces_that_stay_as_new_events_come(viewer: Program) -> None:
    for number in range(5):
        happened(f"event {number}", now=monday("09:00") + timedelta(minutes=number))
    first = viewer.get("/events", limit=2)
    happened("newer", now=monday("09:30"))
    second = viewer.get("/events", limit=2, cursor=first["next"])
    third = viewer.get("/events", limit=2, cursor=second["next"])
    told = [one["title"] for piece in (first, second, third) for one in piece["items"]]
    assert told == [f"event {n}" for n in (4, 3, 2, 1, 0)]
    assert third["next"] is None


def test_one_hears_of_ones_own_teams_as_on_the_pages(viewer: Program, outsider: Program, operator: Program) -> None:
    happened("ours")
    happened("theirs", labels={"team": "Payments"})
    happened("nobody's", labels={})
    assert [one["title"] for one in viewer.items("/events")] == ["ours"]
    assert [one["title"] for one in outsider.items("/events")] == ["theirs"]
    assert outsider.items("/events", team="Chat") == []
    assert [one["title"] for one in operator.items("/events")] == ["nobody's", "theirs", "ours"]


def test_who_may_not_see_events_is_told_so() -> None:
    nobody = factories.person("nobody", "Viewer", factories.team())
    nobody.groups.clear()
    assert Program(nobody).status("get", "/events") == 403


def test_thirty_events_ask_the_database_no_more_than_three(manager: Program) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            happened(f"event {number}")
        asked.append(queries(lambda: manager.get("/events")))
    assert len(manager.items("/events")) == 30
    assert asked[0] == asked[1]


def test_without_since_the_last_thirty_days_are_told(operator: Program) -> None:
    for days in (31, 29, 1):
        happened(f"{days} days ago", now=monday("09:00") - timedelta(days=days))

    def titles(**filters: str) -> list[str]:
        return [one["title"] for one in operator.items("/events", **filters)]

    assert titles() == titles(environment="chat-dev") == ["1 days ago", "29 days ago"]
    assert titles(since="2026-10-01T00:00:00Z") == ["1 days ago", "29 days ago", "31 days ago"]
    assert titles(until="2026-11-22T00:00:00Z") == ["29 days ago", "31 days ago"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans small tables in another way")
@pytest.mark.parametrize("filters", [{}, {"environment": "gone"}, {"team": "Chat"}, {"severity": "error"}])
def test_a_rare_label_does_not_have_the_whole_log_read(viewer: Program, filters: dict[str, str]) -> None:
    """The index of the moment bounds what is read, and has it in order already."""
    with CaptureQueriesContext(connection) as asked:
        viewer.get("/events", **filters)
    [query] = [one["sql"] for one in asked if 'FROM "notifications_event"' in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + query.replace("%", "%%"))
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "SEARCH notifications_event USING INDEX notifications_event_at_" in plan
    assert "TEMP B-TREE" not in plan
