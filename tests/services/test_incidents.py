"""Incidents: one that is not done for each environment and cause; they open and close by themselves."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Operation, Ticket, TicketComment, TicketMail
from environments.services import operation_tickets, ticket_changes, tickets
from notifications.models import Event
from tests import factories

from .ticketing import NOW, OVER, WHY, incident, over, somebody

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


def comments(ticket: Ticket) -> list[str]:
    return [str(one) for one in ticket.comments.all()]


def test_an_incident_opens_once_for_an_environment_and_a_cause(chat: Environment) -> None:
    first = incident(chat)
    assert incident(chat) == first
    assert incident(chat, "check:7") != first
    assert incident(factories.environment("chat-qa")) != first
    assert (first.team, first.kind, first.author, first.progress) == (chat.team, "incident", None, "open")


def test_the_database_lets_no_second_one_in(chat: Environment) -> None:
    first = incident(chat)
    with pytest.raises(IntegrityError):
        Ticket.objects.create(
            kind="incident", team=chat.team, environment=chat, cause=first.cause, title=first.title, opened_at=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_that_open_it_at_once_one_does_and_both_have_it() -> None:
    chat, both, found = factories.environment(), threading.Barrier(2), list[int]()

    def open_it() -> None:
        both.wait(10)
        try:
            found.append(incident(chat).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [Ticket.objects.get().pk] * 2
    assert Event.objects.filter(kind="ticket.opened").count() == 1


def test_what_is_said_anew_of_its_cause_becomes_a_comment_and_what_was_said_does_not(chat: Environment) -> None:
    made = incident(chat)
    incident(chat, now=LATER)
    assert comments(made) == []
    for _ in range(2):
        incident(chat, now=LATER, description={"en": "Access was denied.", "ko": "권한이 없었어요."})
    assert comments(made) == ["Access was denied."]


def test_it_closes_by_itself_when_its_cause_is_over_and_says_why(chat: Environment) -> None:
    made = incident(chat)
    assert over(chat, now=LATER)
    made.refresh_from_db()
    assert (made.progress, made.done_at, made.over_at, comments(made)) == ("done", LATER, LATER, [OVER["en"]])
    assert not over(chat, now=LATER)
    assert incident(chat, now=LATER) != made


@pytest.mark.parametrize("how", ["take_up", "comment", "waiting"])
def test_it_closes_as_well_when_people_have_taken_it_up_and_says_to_them_why(chat: Environment, how: str) -> None:
    made, kim = incident(chat), somebody("kim")
    made.watchers.add(lee := somebody("lee"))
    if how == "take_up":
        ticket_changes.take_up(ticket=made, user=kim, now=NOW)
    elif how == "comment":
        ticket_changes.comment(ticket=made, user=kim, text="I look at it", now=NOW)
    else:
        ticket_changes.move(ticket=made, user=kim, progress="waiting", now=NOW)
    assert over(chat, now=LATER)
    made.refresh_from_db()
    assert (made.progress, made.done_at, made.over_at) == ("done", LATER, LATER)
    assert (comments(made)[-1], made.comments.latest("pk").at) == (OVER["en"], LATER)
    assert TicketMail.objects.filter(reader=lee).latest("pk").lines[-1]["event"] == "done"


def test_one_that_people_open_again_is_not_closed_by_the_same_end_but_by_the_next(chat: Environment) -> None:
    made, kim = incident(chat), somebody("kim")
    over(chat, now=LATER)
    ticket_changes.reopen(ticket=made, user=kim, now=LATER)
    assert not over(chat, now=LATER)
    assert tickets.open_of(chat) == [made]
    assert incident(chat, now=LATER) == made
    assert over(chat, now=LATER)
    assert tickets.open_of(chat) == []


def test_many_are_closed_at_once_and_where_there_is_none_it_costs_one_query(chat: Environment) -> None:
    others = [factories.environment(f"chat-{n}") for n in range(3)]
    for one in others[:2]:
        incident(one, "check:1")
    reasons = {(one.pk, "check:1"): OVER for one in others}
    assert tickets.over_many(reasons, now=LATER) == 2
    with CaptureQueriesContext(connection) as queries:
        assert tickets.over_many(reasons, now=LATER) == 0
    assert len([one for one in queries if "SELECT" in one["sql"]]) == 1


def test_a_failed_start_is_an_incident_until_it_has_started(chat: Environment) -> None:
    failed = factories.operation(chat, "start", "failed")
    operation_tickets.failed(failed, WHY, NOW)
    (made,) = tickets.open_of(chat)
    assert (made.title["en"], made.title["ko"]) == ("chat-dev failed to start", "chat-dev 시작 실패")
    assert (made.description, made.cause) == (WHY, "operation")
    operation_tickets.succeeded(Operation.objects.create(**_again(failed)), LATER)
    assert tickets.open_of(chat) == []
    assert TicketComment.objects.get().text == OVER


def test_it_is_told_as_an_event_with_its_environment_and_team_when_it_opens_and_when_it_is_done(
    chat: Environment,
) -> None:
    incident(chat)
    over(chat, now=LATER)
    rows = Event.objects.order_by("pk")
    assert [(one.kind, one.severity) for one in rows] == [("ticket.opened", "warning"), ("ticket.done", "success")]
    assert all(one.labels == {"environment": "chat-dev", "team": "Chat"} for one in rows)
    assert rows[0].title["ko"].endswith("등록: chat-dev 시작 실패")


def test_a_ticket_is_seen_by_who_sees_its_environment_wherever_that_has_moved(chat: Environment) -> None:
    made, payments = incident(chat), somebody("lee", team="Payments")
    assert made not in tickets.visible_to(payments)
    Environment.objects.filter(pk=chat.pk).update(team=factories.team("Payments"))
    assert made in tickets.visible_to(payments)
    assert made in tickets.visible_to(factories.operator())
    assert made not in tickets.visible_to(somebody("kim"))


def _again(failed: Operation) -> dict[str, object]:
    names = ("environment_id", "kind", "trigger", "created_at", "started_at", "not_before", "deadline_at")
    return {name: getattr(failed, name) for name in names} | {"status": "succeeded", "finished_at": LATER}
