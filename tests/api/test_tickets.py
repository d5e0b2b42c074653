"""Tickets over the API: read, opened, commented on and moved, as on their board."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from environments.models import Environment, Ticket, TicketComment
from portal.history import changes_of
from portal.models import Scope
from tests import factories
from tests.services import ticketing
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


def task(**more: Any) -> dict[str, Any]:
    return {"environment": "chat-dev", "title": "Raise the size of the database", **more}


def test_a_task_is_opened_and_read_with_all_that_was_said(manager: Program, chat: Environment) -> None:
    made = manager.did("post", "/tickets", task(assignee="manager", due_on="2026-12-01", description="It is full."))
    said = manager.did("post", f"/tickets/{made['id']}/comments", {"text": "It was the disk."})
    assert said == {
        "id": TicketComment.objects.get().pk,
        "author": {"username": "manager", "name": "manager"},
        "text": "It was the disk.",
        "at": "2026-11-23T01:00:00Z",
    }
    assert manager.get(f"/tickets/{made['id']}") == {
        "id": made["id"],
        "kind": "task",
        "title": "Raise the size of the database",
        "progress": "open",
        "progress_word": "Open",
        "per_cent": 0,
        "team": "Chat",
        "environment": "chat-dev",
        "author": {"username": "manager", "name": "manager"},
        "assignee": {"username": "manager", "name": "manager"},
        "due_on": "2026-12-01",
        "opened": "2026-11-23T01:00:00Z",
        "done": None,
        "over": None,
        "description": "It is full.",
        "watchers": ["manager"],
        "comments": [said],
    }


def test_a_task_of_a_team_is_about_no_environment(manager: Program, chat: Environment) -> None:
    made = manager.did("post", "/tickets", {"team": "Chat", "title": "Order coffee"})
    assert (made["team"], made["environment"]) == ("Chat", None)


def test_what_the_portal_wrote_is_in_the_readers_language(manager: Program, chat: Environment) -> None:
    ticket = ticketing.incident(chat)
    assert manager.get(f"/tickets/{ticket.pk}")["title"] == "chat-dev failed to start"
    korean = manager.client.get(f"/api/v1/tickets/{ticket.pk}", headers={"Accept-Language": "ko"}).json()
    assert (korean["title"], korean["author"]) == ("chat-dev 시작 실패", None)


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"title": " "}, "title", "Say in a few words"),
        ({"title": "x" * 201}, "title", "200"),
        ({"assignee": "outsider"}, "assignee", "Nobody of this name can work on this ticket."),
        ({"assignee": "nobody-at-all"}, "assignee", "Nobody of this name can work on this ticket."),
        ({"due_on": "2026-11-22"}, "due_on", "This day is over already."),
        ({"due_on": "soon"}, "due_on", ""),
        ({"team": "Chat"}, "environment", "Name an environment or a team."),
        ({"environment": None}, "environment", "Name an environment or a team."),
    ],
)
def test_a_task_that_cannot_be_is_refused_with_its_field(
    sent: dict[str, Any], field: str, said: str, manager: Program, outsider: Program, chat: Environment
) -> None:
    errors = manager.refused("post", "/tickets", task(**sent))
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert not Ticket.objects.exists()


def test_a_change_is_of_what_is_sent_and_of_nothing_else(manager: Program, chat: Environment) -> None:
    number = manager.did("post", "/tickets", task(assignee="manager", due_on="2026-12-01"))["id"]
    told = manager.did("patch", f"/tickets/{number}", {"progress": "waiting", "per_cent": 40})
    assert (told["progress"], told["per_cent"], told["due_on"]) == ("waiting", 40, "2026-12-01")
    assert told["assignee"]["username"] == "manager"
    assert told["title"] == "Raise the size of the database"
    told = manager.did("patch", f"/tickets/{number}", {"assignee": None, "due_on": None, "progress": "done"})
    assert (told["assignee"], told["due_on"], told["done"]) == (None, None, "2026-11-23T01:00:00Z")


def test_the_history_knows_that_it_was_a_program_and_whose(manager: Program, chat: Environment) -> None:
    number = manager.did("post", "/tickets", task())["id"]
    manager.did("patch", f"/tickets/{number}", {"progress": "done"})
    kept = changes_of(Ticket).order_by("history_id")
    told = kept.values_list("progress", "history_origin", "history_user_id")
    assert (told.first(), told.last()) == (("open", "api", manager.user.pk), ("done", "api", manager.user.pk))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"progress": "later"}, "progress"),
        ({"per_cent": 101}, "per_cent"),
        ({"assignee": "viewer"}, "assignee"),
        ({"title": "Another"}, "title"),
        ({"due_on": "2026-11-01"}, "due_on"),
    ],
)
def test_a_change_of_an_incident_that_cannot_be_is_refused_with_its_field(
    sent: dict[str, Any], field: str, manager: Program, viewer: Program, chat: Environment
) -> None:
    ticket = ticketing.incident(chat)
    assert list(manager.refused("patch", f"/tickets/{ticket.pk}", {"per_cent": 10, **sent})) == [field]
    ticket.refresh_from_db()
    assert ticket.per_cent == 0, "all of it or nothing"


def test_an_empty_comment_is_refused(manager: Program, chat: Environment) -> None:
    ticket = ticketing.incident(chat)
    assert list(manager.refused("post", f"/tickets/{ticket.pk}/comments", {"text": " "})) == ["text"]
    assert not TicketComment.objects.exists()


def test_the_list_has_what_is_not_done_the_newest_first_and_is_filtered(operator: Program, chat: Environment) -> None:
    old = ticketing.incident(chat, now=monday("08:00"))
    new = ticketing.task(chat, operator.user, now=monday("09:00"), assignee=operator.user)
    pay = factories.environment("pay-dev", team=factories.team("Payments"))
    theirs = ticketing.task(pay, operator.user, now=monday("07:00"))
    operator.did("patch", f"/tickets/{theirs.pk}", {"progress": "done"})

    def ids(**filters: str) -> list[int]:
        return [one["id"] for one in operator.items("/tickets", **filters)]

    assert ids() == [new.pk, old.pk]
    assert ids(all="true") == [new.pk, old.pk, theirs.pk]
    assert ids(progress="done") == [theirs.pk]
    assert ids(kind="incident") == [old.pk]
    assert ids(mine="true") == [new.pk]
    assert ids(team="Payments", all="true") == [theirs.pk]
    assert ids(environment="chat-dev") == [new.pk, old.pk]


def test_a_viewer_reads_and_does_not_work_whatever_the_token_may(viewer: Program, chat: Environment) -> None:
    ticket = ticketing.incident(chat)
    assert len(viewer.items("/tickets")) == 1
    assert viewer.status("post", "/tickets", task()) == 403
    assert viewer.status("post", f"/tickets/{ticket.pk}/comments", {"text": "Hm"}) == 403
    assert viewer.status("patch", f"/tickets/{ticket.pk}", {"progress": "done"}) == 403
    assert viewer.status("patch", f"/tickets/{ticket.pk}", {"assignee": "manager"}) == 403


def test_for_a_manager_of_another_team_it_is_not_there(outsider: Program, chat: Environment) -> None:
    ticket = ticketing.incident(chat)
    assert outsider.items("/tickets") == []
    assert outsider.status("get", f"/tickets/{ticket.pk}") == 404
    assert outsider.status("patch", f"/tickets/{ticket.pk}", {"progress": "done"}) == 404
    assert outsider.status("post", f"/tickets/{ticket.pk}/comments", {"text": "Hm"}) == 404
    assert outsider.status("post", "/tickets", task()) == 404
    assert outsider.status("post", "/tickets", {"team": "Chat", "title": "Hm"}) == 404
    assert Ticket.objects.get().progress == "open"


def test_a_token_without_the_scope_changes_nothing(chat: Environment) -> None:
    ticket = ticketing.incident(chat)
    reading = Program(factories.manager(), Scope.READ)
    assert reading.status("patch", f"/tickets/{ticket.pk}", {"progress": "done"}) == 403
    assert reading.get(f"/tickets/{ticket.pk}")["progress"] == "open"


def test_who_may_not_see_tickets_is_told_so(chat: Environment) -> None:
    nobody = factories.person("nobody", "Viewer", chat.team)
    nobody.groups.clear()
    nobody.user_permissions.add(Permission.objects.get(codename="work_on_ticket"))
    assert Program(nobody).status("get", "/tickets") == 403
    assert Program(nobody).status("post", "/tickets", task()) == 403
    assert not Ticket.objects.exists()


def test_thirty_tickets_ask_the_database_no_more_than_three(manager: Program, chat: Environment) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            author = factories.person(f"p{number}", "Manager", chat.team)
            ticketing.task(chat, author, now=monday("09:00"), assignee=author)
        asked.append(queries(lambda: manager.get("/tickets")))
    assert len(manager.items("/tickets")) == 30
    assert asked[0] == asked[1]
