"""Exceptions over the API: for which days, for what, and by whom they are made and removed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from environments.models import DayException, Environment
from portal.history import changes_of
from portal.models import Scope
from tests import factories
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]

FRIDAY = date(2026, 11, 27)


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


def wish(**more: Any) -> dict[str, Any]:
    asked = {"scope": {"environment": "chat-dev"}, "kind": "off", "first": "2026-11-27", "reason": "audit"}
    return {name: value for name, value in (asked | more).items() if value is not None}


def in_force() -> list[tuple[str, str, str]]:
    rows = DayException.objects.in_force().order_by("day", "kind")
    return [(f"{row.day}", row.kind, row.clock) for row in rows]


def test_a_day_off_is_one_exception_with_its_author_and_origin(manager: Program, chat: Environment) -> None:
    told = manager.did("post", "/exceptions", wish())["items"]
    row = DayException.objects.get()
    assert told == [
        {
            "id": row.pk,
            "day": "2026-11-27",
            "kind": "off",
            "time": None,
            "scope": {"environment": "chat-dev", "team": None, "schedule": None, "name": "chat-dev"},
            "reason": "audit",
            "author": {"username": "manager", "name": "manager"},
            "origin": "api",
            "batch": str(row.batch),
            "created": "2026-11-23T01:00:00Z",
            "ended": None,
        }
    ]


def test_a_range_is_one_for_each_of_its_dates_and_hours_are_a_start_and_a_stop_made_together(
    manager: Program, chat: Environment
) -> None:
    told = manager.did("post", "/exceptions", wish(kind="hours", last="2026-11-28", start="10:00", stop="00:00"))
    assert in_force() == [
        ("2026-11-27", "start", "10:00"),
        ("2026-11-27", "stop", "24:00"),
        ("2026-11-28", "start", "10:00"),
        ("2026-11-28", "stop", "24:00"),
    ]
    assert len({one["batch"] for one in told["items"]}) == 1


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_a_stop_at_midnight_may_be_written_as_the_end_of_its_day(end: str, manager: Program, chat: Environment) -> None:
    manager.did("post", "/exceptions", wish(kind="stop", time=end))
    manager.did("post", "/exceptions", wish(kind="hours", first="2026-11-28", start="10:00", stop=end))
    assert [row for row in in_force() if row[1] == "stop"] == [
        ("2026-11-27", "stop", "24:00"),
        ("2026-11-28", "stop", "24:00"),
    ]


@pytest.mark.parametrize("scope", ["team", "schedule"])
def test_it_is_made_for_a_team_or_a_schedule_by_who_may(scope: str, operator: Program, chat: Environment) -> None:
    named = {"team": "Chat"} if scope == "team" else {"schedule": chat.schedule_id}
    [told] = operator.did("post", "/exceptions", wish(scope=named))["items"]
    assert told["scope"][scope] == next(iter(named.values()))
    assert getattr(DayException.objects.get(), scope) == getattr(chat, scope)


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"first": "2026-11-20"}, "first", "has passed"),
        ({"first": "2031-01-01"}, "first", "more than two years ahead"),
        ({"first": "9999-12-31"}, "first", "more than two years ahead"),
        ({"last": "2028-01-01"}, "last", "366 days"),
        ({"last": "2026-11-26"}, "last", ""),
        ({"first": "Friday"}, "first", ""),
        ({"reason": " "}, "reason", "Say why"),
        ({"reason": "x" * 201}, "reason", "200 characters"),
        ({"kind": "start"}, "time", "Say at what time"),
        ({"kind": "start", "time": "25:00"}, "time", "a time of the day"),
        ({"kind": "start", "time": "24:00"}, "time", "at 23:59 at the latest"),
        ({"kind": "stop", "time": "24:01"}, "time", "a time of the day"),
        ({"kind": "hours", "start": "24:00", "stop": "24:00"}, "start", "a time of the day"),
        ({"kind": "off", "time": "10:00"}, "time", "Only a start or a stop"),
        ({"kind": "hours", "start": "10:00"}, "stop", "Give a start and a stop."),
        ({"kind": "hours", "start": "10:00", "stop": "09:00"}, "stop", ""),
        ({"kind": "stop", "time": "08:00", "first": "2026-11-28"}, "time", "Nothing runs"),
        ({"kind": "on", "start": "10:00"}, "start", "Only hours"),
        ({"kind": "later"}, "kind", ""),
        ({"scope": {}}, "scope", "Name one"),
        ({"scope": {"environment": "chat-dev", "team": "Chat"}}, "scope", "Name one"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    sent: dict[str, Any], field: str, said: str, manager: Program, chat: Environment
) -> None:
    errors = manager.refused("post", "/exceptions", wish(**sent))
    assert field in errors
    assert said in errors[field][0]
    assert in_force() == []


def test_a_preview_says_the_days_before_and_after_and_writes_nothing(manager: Program, chat: Environment) -> None:
    factories.environment("web-dev")
    told = manager.did("post", "/exceptions", wish(scope={"team": "Chat"}, last="2026-11-28"), preview="true")
    assert told["items"] == []
    assert in_force() == []
    preview = told["preview"]
    assert (preview["environments"], preview["names"]) == (2, ["chat-dev", "web-dev"])
    assert preview["timezone"] == "Asia/Seoul"
    friday, saturday = preview["days"]
    assert [part["desired"] for part in friday["before"]] == ["stopped", "running", "stopped"]
    assert friday["before"][1] == {
        "start": "2026-11-27T00:00:00Z",
        "end": "2026-11-27T09:00:00Z",
        "desired": "running",
        "reason": "schedule Office hours Seoul",
    }
    assert {part["desired"] for part in friday["after"]} == {"stopped"}
    assert saturday["day"] == "2026-11-28"


def test_a_preview_refuses_what_saving_it_would(manager: Program, viewer: Program, chat: Environment) -> None:
    assert "first" in manager.refused("post", "/exceptions", wish(first="2026-11-20"), preview="true")
    assert viewer.status("post", "/exceptions", wish(), preview="true") == 403


def test_the_list_has_what_is_in_force_from_today_on_by_date(manager: Program, chat: Environment) -> None:
    manager.did("post", "/exceptions", wish(first="2026-12-01"))
    manager.did("post", "/exceptions", wish(kind="start", time="10:00"))
    gone = manager.did("post", "/exceptions", wish(first="2026-11-25"))["items"][0]["id"]
    manager.did("delete", f"/exceptions/{gone}")
    past = DayException.objects.create(
        environment=chat, day=date(2026, 11, 20), kind="off", reason="past", created_at=monday("08:00")
    )
    assert [one["day"] for one in manager.items("/exceptions")] == ["2026-11-27", "2026-12-01"]
    assert manager.items("/exceptions", **{"from": "2026-11-01"})[0]["id"] == past.pk
    assert [one["day"] for one in manager.items("/exceptions", to="2026-11-30")] == ["2026-11-27"]
    assert [one["kind"] for one in manager.items("/exceptions", kind="start")] == ["start"]
    assert gone in [one["id"] for one in manager.items("/exceptions", ended="true")]


def test_it_is_filtered_by_what_it_is_for_and_by_what_it_concerns(operator: Program, chat: Environment) -> None:
    factories.environment("web-dev", schedule=None)
    operator.did("post", "/exceptions", wish(reason="its own"))
    operator.did("post", "/exceptions", wish(reason="the team's", scope={"team": "Chat"}))
    operator.did("post", "/exceptions", wish(reason="the schedule's", scope={"schedule": chat.schedule_id}))

    def reasons(**filters: Any) -> list[str]:
        return [one["reason"] for one in operator.items("/exceptions", **filters)]

    assert reasons(environment="chat-dev") == ["its own", "the team's", "the schedule's"]
    assert reasons(environment="web-dev") == ["the team's"]
    assert reasons(team="Chat") == ["the team's"]
    assert reasons(schedule=chat.schedule_id) == ["the schedule's"]
    assert operator.status("get", "/exceptions", environment="nothing") == 404


def test_removing_ends_one_or_all_that_were_made_together(manager: Program, chat: Environment) -> None:
    made = manager.did("post", "/exceptions", wish(last="2026-11-29"))["items"]
    [ended] = manager.did("delete", f"/exceptions/{made[0]['id']}")["items"]
    assert (ended["day"], ended["ended"]) == ("2026-11-27", "2026-11-23T01:00:00Z")
    assert len(in_force()) == 2
    assert manager.status("delete", f"/exceptions/{made[0]['id']}") == 409, "it has ended"
    rest = manager.did("delete", f"/exceptions/{made[1]['id']}", together="true")["items"]
    assert [one["day"] for one in rest] == ["2026-11-28", "2026-11-29"]
    assert in_force() == []


def test_the_history_knows_that_it_was_a_program_and_whose(manager: Program, chat: Environment) -> None:
    made = manager.did("post", "/exceptions", wish())["items"][0]["id"]
    manager.did("delete", f"/exceptions/{made}")
    kept = changes_of(DayException).order_by("history_id")
    told = kept.values_list("history_type", "history_origin", "history_user_id")
    assert list(told) == [("+", "api", manager.user.pk), ("~", "api", manager.user.pk)]


def test_what_has_passed_stays(manager: Program, chat: Environment) -> None:
    past = DayException.objects.create(
        environment=chat, day=date(2026, 11, 20), kind="off", reason="past", created_at=monday("08:00")
    )
    answer = manager.ask("delete", f"/exceptions/{past.pk}")
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "Its day has passed: it was in force then, and stays in the history.",
    )
    assert DayException.objects.in_force().filter(pk=past.pk).exists()


def test_thirty_exceptions_ask_the_database_no_more_than_three(operator: Program, chat: Environment) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for ahead in range(begin, end):
            scope = [{"environment": "chat-dev"}, {"team": "Chat"}, {"schedule": chat.schedule_id}][ahead % 3]
            operator.did("post", "/exceptions", wish(first=f"{FRIDAY + timedelta(days=ahead)}", scope=scope, kind="on"))
        asked.append(queries(lambda: operator.get("/exceptions")))
    assert len(operator.items("/exceptions")) == 30
    assert asked[0] == asked[1]


def test_a_viewer_may_not_override_whatever_the_token_may(viewer: Program, manager: Program, chat: Environment) -> None:
    assert viewer.status("post", "/exceptions", wish()) == 403
    made = manager.did("post", "/exceptions", wish())["items"][0]["id"]
    assert viewer.status("delete", f"/exceptions/{made}") == 403
    assert [one["id"] for one in viewer.items("/exceptions")] == [made]


def test_a_manager_makes_none_for_a_schedule_that_others_use(manager: Program, chat: Environment) -> None:
    answer = manager.ask("post", "/exceptions", wish(scope={"schedule": chat.schedule_id}))
    assert answer.status_code == 403
    assert "concerns every team that uses it" in answer.json()["detail"]


def test_for_a_manager_of_another_team_it_is_not_there(outsider: Program, manager: Program, chat: Environment) -> None:
    assert outsider.status("post", "/exceptions", wish()) == 404
    assert outsider.status("post", "/exceptions", wish(scope={"team": "Chat"})) == 404
    made = manager.did("post", "/exceptions", wish())["items"][0]["id"]
    assert outsider.status("delete", f"/exceptions/{made}") == 404
    assert outsider.items("/exceptions") == []
    assert outsider.status("get", "/exceptions", environment="chat-dev") == 404
    assert len(in_force()) == 1


def test_a_token_to_read_makes_none(chat: Environment) -> None:
    assert Program(factories.manager(), Scope.READ).status("post", "/exceptions", wish()) == 403
