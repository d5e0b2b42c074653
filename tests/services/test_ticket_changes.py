"""What people do with tickets: who may, what is refused, and what is kept of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import Environment, Ticket, TicketRule
from environments.services import history, ticket_changes, ticket_people
from environments.services.ticket_changes import Wanted
from notifications.models import Event
from tests import factories

from .ticketing import NOW, incident, over, somebody, task

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.fixture
def kim() -> User:
    return somebody("kim")


@pytest.fixture
def viewer() -> User:
    return somebody("viewer", "Viewer")


def change(ticket: Ticket, user: User, **wanted: object) -> Ticket:
    return ticket_changes.change(ticket=ticket, user=user, wanted=Wanted(**wanted), now=LATER)


def told(ticket: Ticket) -> list[tuple[str, object, object]]:
    """Field, old value, new value of each change, the newest first."""
    moments = history.read(history.of_thing(Ticket, ticket.pk), count=50).moments
    return [(one.field, one.old, one.new) for rows in moments for row in rows for one in row.differences()]


def test_who_opens_a_task_is_its_author_and_watches_it(chat: Environment, kim: User) -> None:
    made = task(chat, kim, assignee=somebody("lee"), due_on=date(2026, 12, 1))
    assert (made.author, made.kind, made.team, made.environment, made.title) == (
        kim,
        "task",
        chat.team,
        chat,
        {"": "Raise the size of the database"},
    )
    assert {one.username for one in made.watchers.all()} == {"kim", "lee"}
    assert Event.objects.get().actor == "kim"


def test_each_change_is_kept_with_the_old_and_the_new_value_and_who_made_it(chat: Environment, kim: User) -> None:
    made = task(chat, kim)
    change(made, kim, progress="waiting", per_cent=40, due_on=date(2026, 12, 24))
    assert told(made) == [
        ("progress", "open", "waiting"),
        ("per_cent", 0, 40),
        ("due_on", None, date(2026, 12, 24)),
    ]
    assert made.history.first().history_user_id == kim.pk
    event = Event.objects.get(kind="ticket.changed")
    assert [(one["name"]["en"], one["value"]["en"]) for one in event.fields][1:] == [
        ("Progress", "Open → Waiting"),
        ("Per cent", "0 % → 40 %"),
        ("Due", "2026-12-24"),
    ]


def test_what_is_so_already_is_no_change(chat: Environment, kim: User) -> None:
    made = task(chat, kim)
    before = made.history.count(), Event.objects.count()
    change(made, kim, title=" Raise the size  of the database ", progress="open", per_cent=0)
    assert (made.history.count(), Event.objects.count()) == before


def test_who_takes_a_ticket_up_is_its_assignee_and_it_is_in_progress(chat: Environment, kim: User) -> None:
    made = ticket_changes.take_up(ticket=incident(chat), user=kim, now=LATER)
    assert (made.assignee, made.progress) == (kim, "in_progress")
    assert kim in made.watchers.all()


def test_a_ticket_is_done_with_its_time_and_can_be_opened_again(chat: Environment, kim: User) -> None:
    made = task(chat, kim)
    assert ticket_changes.move(ticket=made, user=kim, progress="done", now=LATER) == "open"
    made.refresh_from_db()
    assert made.done_at == LATER
    assert Event.objects.filter(kind="ticket.done").count() == 1
    assert ticket_changes.reopen(ticket=made, user=kim, now=LATER).done_at is None


def test_an_incident_is_not_opened_again_beside_a_newer_one_of_its_cause(chat: Environment, kim: User) -> None:
    old = incident(chat)
    over(chat)
    incident(chat, now=LATER)
    with pytest.raises(ValidationError) as refused:
        ticket_changes.reopen(ticket=old, user=kim, now=LATER)
    assert set(refused.value.message_dict) == {"progress"}
    old.refresh_from_db()
    assert old.progress == "done"


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("title", {"title": "  "}),
        ("title", {"title": "x" * 201}),
        ("description", {"description": "x" * 20_001}),
        ("progress", {"progress": "nearly"}),
        ("per_cent", {"per_cent": 101}),
        ("due_on", {"due_on": date(2026, 11, 22)}),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_field(
    chat: Environment, kim: User, field: str, wanted: dict[str, object]
) -> None:
    made = task(chat, kim)
    with pytest.raises(ValidationError) as refused:
        change(made, kim, **wanted)
    assert set(refused.value.message_dict) == {field}
    assert told(made) == []


def test_it_is_given_only_to_who_sees_it_and_may_work_on_it(chat: Environment, kim: User, viewer: User) -> None:
    made = task(chat, kim)
    for other in (viewer, somebody("park", team="Payments")):
        with pytest.raises(ValidationError) as refused:
            change(made, kim, assignee=other)
        assert set(refused.value.message_dict) == {"assignee"}
    assert change(made, kim, assignee=factories.operator()).assignee == factories.operator()


def test_what_the_portal_wrote_of_an_incident_is_not_rewritten(chat: Environment, kim: User) -> None:
    with pytest.raises(ValidationError):
        change(incident(chat), kim, title="Nothing happened")


def test_viewers_read_and_watch_and_do_nothing_else(chat: Environment, kim: User, viewer: User) -> None:
    made = task(chat, kim)
    ticket_changes.watch(ticket=made, user=viewer)
    assert viewer in made.watchers.all()
    ticket_changes.unwatch(ticket=made, user=viewer)
    assert viewer not in made.watchers.all()
    with pytest.raises(PermissionDenied):
        ticket_changes.comment(ticket=made, user=viewer, text="me too", now=LATER)
    with pytest.raises(PermissionDenied):
        ticket_changes.move(ticket=made, user=viewer, progress="done", now=LATER)
    with pytest.raises(PermissionDenied):
        task(chat, viewer)


def test_managers_of_another_team_do_nothing_with_it(chat: Environment, kim: User) -> None:
    made, park = task(chat, kim), somebody("park", team="Payments")
    with pytest.raises(PermissionDenied):
        ticket_changes.watch(ticket=made, user=park)
    with pytest.raises(PermissionDenied):
        ticket_changes.take_up(ticket=made, user=park, now=LATER)
    with pytest.raises(PermissionDenied):
        task(chat, park)


def test_a_comment_needs_words(chat: Environment, kim: User) -> None:
    with pytest.raises(ValidationError):
        ticket_changes.comment(ticket=task(chat, kim), user=kim, text=" \x00 ", now=LATER)


def test_one_switch_says_of_which_tickets_somebody_hears(viewer: User) -> None:
    of_team = TicketRule.objects.create(reader=viewer, team=factories.team(), kind="incident")
    assert ticket_people.hears(viewer) == "never"
    for choice in ("everything", "opened", "never"):
        ticket_people.hear(user=viewer, choice=choice)
        assert ticket_people.hears(viewer) == choice
    assert list(TicketRule.objects.all()) == [of_team]
