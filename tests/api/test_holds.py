"""Holds over the API: what is kept, until when, and by whom it may be."""

from __future__ import annotations

import pytest

from environments.models import Environment, Hold, Operation
from portal.history import changes_of
from portal.models import Scope
from tests import factories
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app(state="stopped", judged_at=monday("09:59"), wish="running")


def keep(**more: object) -> dict[str, object]:
    return {"environment": "chat-dev", "desired": "running", "reason": "client demo", **more}


def test_a_hold_is_placed_until_a_time_and_said_with_what_the_plan_says(manager: Program, chat: Environment) -> None:
    told = manager.did("post", "/holds", keep(until="2026-11-23T22:00:00+09:00"))
    assert told["plan"] == "Running until 22:00: hold by manager (client demo)"
    assert told["hold"] | {"id": 0} == {
        "id": 0,
        "environment": "chat-dev",
        "desired": "running",
        "since": "2026-11-23T01:00:00Z",
        "until": "2026-11-23T13:00:00Z",
        "reason": "client demo",
        "author": {"username": "manager", "name": "manager"},
        "origin": "api",
        "ended": None,
    }
    assert Hold.objects.open().get().origin == Hold.Origin.API
    assert Operation.objects.filter(environment=chat, kind="start").exists(), "it is effective at once"


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ({}, "2026-11-23T09:00:00Z"),
        ({"next_change": True}, "2026-11-23T09:00:00Z"),
        ({"hours": 2}, "2026-11-23T03:00:00Z"),
        ({"hours": 1.5}, "2026-11-23T02:30:00Z"),
        ({"released": True}, None),
    ],
)
def test_it_ends_as_it_was_asked_for(
    until: dict[str, object], end: str | None, manager: Program, chat: Environment
) -> None:
    assert manager.did("post", "/holds", keep(**until))["hold"]["until"] == end


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"until": "2026-11-23T09:00:00+09:00"}, "until", "This time has passed. Choose one in the future."),
        ({"until": "2026-11-23T22:00:00"}, "until", "with an offset or Z"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until", "This is more than 10 years away."),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until", "This time has passed."),
        ({"hours": 2, "released": True}, "until", "Give one of until, hours, next_change and released."),
        ({"hours": -1}, "hours", "more than 0."),
        ({"desired": "any"}, "desired", "Choose one of: running, stopped."),
        ({"reason": "x" * 201}, "reason", "200 characters at the most"),
        ({"reason": "a\x00b"}, "reason", "NUL"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    sent: dict[str, object], field: str, said: str, manager: Program, chat: Environment
) -> None:
    errors = manager.refused("post", "/holds", keep(**sent))
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert not Hold.objects.exists()


def test_a_hold_beyond_the_limit_of_its_environment_is_refused_but_for_operators(
    manager: Program, operator: Program, chat: Environment
) -> None:
    Environment.objects.update(max_hold_hours=2)
    late = keep(until="2026-11-23T23:00:00+09:00")
    assert "An operator can hold it for longer." in manager.refused("post", "/holds", late)["until"][0]
    assert operator.did("post", "/holds", late)["hold"]["until"] == "2026-11-23T14:00:00Z"


def test_what_others_need_is_stopped_by_operators_only_and_only_anyway(
    manager: Program, operator: Program, chat: Environment
) -> None:
    Environment.objects.update(state="running")
    other = factories.environment("web-dev", state="running", wish="running", judged_at=monday("09:59"))
    other.needs.add(chat)
    stop = {"environment": "chat-dev", "desired": "stopped"}
    assert "web-dev" in manager.refused("post", "/holds", stop | {"anyway": True})["request"][0]
    assert "web-dev" in operator.refused("post", "/holds", stop)["request"][0]
    assert operator.did("post", "/holds", stop | {"anyway": True})["hold"]["desired"] == "stopped"


def test_releasing_gives_the_plan_its_say_again(manager: Program, chat: Environment) -> None:
    manager.did("post", "/holds", keep(released=True))
    told = manager.did("delete", "/holds/chat-dev")
    assert told["plan"] == "Running until 18:00: schedule Office hours Seoul"
    assert told["hold"]["ended"] == "2026-11-23T01:00:00Z"
    assert not Hold.objects.open().exists()
    assert manager.status("delete", "/holds/chat-dev") == 404, "there is none any more"


def test_the_history_knows_that_it_was_a_program_and_whose(manager: Program, chat: Environment) -> None:
    manager.did("post", "/holds", keep(released=True))
    manager.did("delete", "/holds/chat-dev")
    kept = changes_of(Hold).order_by("history_id").values_list("history_type", "history_origin", "history_user_id")
    assert list(kept) == [("+", "api", manager.user.pk), ("~", "api", manager.user.pk)]


def test_the_list_has_what_is_in_force_of_ones_own_environments(manager: Program, chat: Environment) -> None:
    theirs = factories.environment("pay-dev", team=factories.team("Payments"))
    factories.hold(theirs, author=manager.user)
    factories.hold(chat, starts_at=monday("07:00"), until=monday("09:00"))
    web = factories.environment("web-dev")
    factories.hold(web, "stopped", until=monday("20:00"), reason="move")
    assert [(one["environment"], one["reason"]) for one in manager.items("/holds")] == [("web-dev", "move")]
    assert manager.items("/holds", environment="chat-dev") == []
    assert manager.items("/holds", environment="pay-dev") == []


def test_a_list_is_read_in_pieces(manager: Program) -> None:
    for number in range(5):
        factories.hold(factories.environment(f"dev-{number}"))
    first = manager.get("/holds", limit=3)
    rest = manager.get("/holds", limit=3, cursor=first["next"])
    assert [one["environment"] for one in first["items"] + rest["items"]] == [f"dev-{n}" for n in range(5)]
    assert rest["next"] is None


def test_thirty_holds_ask_the_database_no_more_than_three(manager: Program) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            factories.hold(factories.environment(f"dev-{number}"), author=factories.person(f"p{number}", "Manager"))
        asked.append(queries(lambda: manager.get("/holds")))
    assert len(manager.items("/holds")) == 30
    assert asked[0] == asked[1]


def test_a_viewer_may_not_override_whatever_the_token_may(viewer: Program, manager: Program, chat: Environment) -> None:
    assert viewer.status("post", "/holds", keep()) == 403
    manager.did("post", "/holds", keep())
    assert viewer.status("delete", "/holds/chat-dev") == 403
    assert len(viewer.items("/holds")) == 1


def test_for_a_manager_of_another_team_it_is_not_there(outsider: Program, manager: Program, chat: Environment) -> None:
    assert outsider.status("post", "/holds", keep()) == 404
    manager.did("post", "/holds", keep())
    assert outsider.status("delete", "/holds/chat-dev") == 404
    assert Hold.objects.open().count() == 1
    assert outsider.items("/holds") == []


def test_a_token_to_read_does_not_place_holds(chat: Environment) -> None:
    reading = Program(factories.manager(), Scope.READ)
    assert reading.status("post", "/holds", keep()) == 403
    assert reading.items("/holds") == []


def test_who_may_not_see_holds_is_told_so(chat: Environment) -> None:
    nobody = factories.person("nobody", "Viewer", chat.team)
    nobody.groups.clear()
    assert Program(nobody).status("get", "/holds") == 403


def test_a_hold_starts_and_stops_so_its_token_needs_the_scope_for_that(chat: Environment) -> None:
    planner = Program(factories.manager(), Scope.READ, Scope.OVERRIDE)
    assert planner.status("post", "/holds", keep()) == 403
    factories.hold(chat)
    assert planner.status("delete", "/holds/chat-dev") == 403
    switching = Program(factories.manager(), Scope.OPERATE)
    assert switching.status("delete", "/holds/chat-dev") == 200
    assert switching.status("post", "/holds", keep()) == 201
    assert switching.status("post", "/exceptions", {}) == 403
