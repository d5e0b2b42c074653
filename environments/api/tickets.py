"""Tickets: incidents, which open and close by themselves, and tasks; worked on as on their board."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from environments.models import UNDONE, Environment, Schedule, Team, Ticket, TicketComment, TicketProgress
from environments.services import ticket_changes, ticket_people, tickets
from environments.services.ticket_changes import LONGEST_TEXT, LONGEST_TITLE, Wanted
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.sent import In
from portal.models.token import Scope

from .asking import Number, PersonOut, Slug, Words, name_of, person_out, reader, scope_of
from .schemas import At, Out, in_language

router = Router(tags=["Tickets"])

TicketKind = Literal["incident", "task"]
EDITED = ("title", "description", "progress", "per_cent", "due_on")


class TicketOut(Out):
    """An incident or a task. Texts that the portal wrote are in the reader's language."""

    id: int
    kind: TicketKind
    title: str = Field(examples=["chat-dev failed to start"])
    progress: TicketProgress
    progress_word: str = Field(examples=["In progress"])
    per_cent: int
    team: str = Field(description="Name of the team that it is of.", examples=["Chat"])
    environment: str | None = Field(
        description="Short name of the environment that it is about.", examples=["chat-dev"]
    )
    author: PersonOut | None = Field(description="Null: the portal itself.")
    assignee: PersonOut | None
    due_on: date | None
    opened: At
    done: At | None
    over: At | None = Field(description="When the cause of an incident was over.")


class CommentOut(Out):
    """What somebody said about a ticket, or the portal itself."""

    id: int
    author: PersonOut | None = Field(description="Null: the portal itself.")
    text: str
    at: At


class TicketDetailOut(TicketOut):
    """With all that was said."""

    description: str
    watchers: list[str] = Field(description="Names of those who hear of each change.")
    comments: list[CommentOut]


class TicketIn(In):
    """A new task, about an environment or of a team as a whole."""

    environment: Slug | None = Field(default=None, description="Short name of an environment.", examples=["chat-dev"])
    team: Words | None = Field(default=None, max_length=80, description="Name of a team; one of the two.")
    title: Words = Field(max_length=LONGEST_TITLE, examples=["Raise the size of the database"])
    description: Words = Field(default="", max_length=LONGEST_TEXT)
    assignee: Words | None = Field(
        default=None, max_length=150, description="Username of who sees to it.", examples=["kim"]
    )
    due_on: date | None = None


class TicketPatch(In):
    """What is to become another; what is left away stays. Title and description of an incident are the portal's."""

    title: Words = Field(default="", max_length=LONGEST_TITLE)
    description: Words = Field(default="", max_length=LONGEST_TEXT)
    progress: TicketProgress = Field(default=TicketProgress.OPEN, examples=["in_progress"])
    per_cent: int = Field(default=0, ge=0, le=100, examples=[40])
    assignee: Words | None = Field(
        default=None, max_length=150, description="A username; null: nobody.", examples=["kim"]
    )
    due_on: date | None = Field(default=None, description="Null: none.")


class CommentIn(In):
    text: Words = Field(max_length=LONGEST_TEXT, examples=["It was the disk; it is larger now."])


class TicketFilters(Schema):
    environment: Slug | None = Field(default=None, description="About this environment, by its short name.")
    team: Words | None = Field(default=None, max_length=80, description="Of this team, by its name.")
    kind: TicketKind | None = None
    progress: TicketProgress | None = Field(default=None, description="Without it all that is not done.")
    mine: bool = Field(default=False, description="Only what is assigned to the account of the token.")
    all: bool = Field(default=False, description="Also what is done.")


@router.get("", response=Page[TicketOut], auth=needs(Scope.READ), summary="Tickets")
def listed(request: HttpRequest, window: Query[Window], filters: Query[TicketFilters]) -> dict[str, Any]:
    """Tickets of the environments and teams that the account sees, the newest first."""
    user = reader(request, tickets.VIEW)
    rows = _matching(_visible(user), filters, user)
    found, following = cut(rows, window, ("-opened_at", "-pk"))
    return {"items": [TicketOut(**_fields(one)) for one in found], "next": following}


@router.get("/{number}", response=TicketDetailOut, auth=needs(Scope.READ), summary="A ticket")
def detail(request: HttpRequest, number: Number) -> TicketDetailOut:
    """With its description and all comments, the oldest first."""
    return _detail(_one(reader(request, tickets.VIEW), number))


@router.post("", response={201: TicketDetailOut}, auth=needs(Scope.TICKETS), summary="Open a task")
def opened(request: HttpRequest, sent: TicketIn) -> Status[TicketDetailOut]:
    """Its author and its assignee hear of each change by mail. Errors name `environment` (neither or both of it and
    a team), `title`, `assignee` or `due_on`."""
    user = reader(request, tickets.VIEW)
    scope = _scope(user, sent)
    ticket_people.require_work_in(user, scope)
    workers = ticket_people.workers_of(scope.team if isinstance(scope, Environment) else scope)
    made = ticket_changes.open_task(
        user=user,
        scope=scope,
        title=sent.title,
        description=sent.description,
        assignee=_assignee(workers, sent.assignee),
        due_on=sent.due_on,
        now=timezone.now(),
    )
    return Status(201, _detail(_one(user, made.pk)))


@router.patch("/{number}", response=TicketDetailOut, auth=needs(Scope.TICKETS), summary="Change a ticket")
def changed(request: HttpRequest, number: Number, sent: TicketPatch) -> TicketDetailOut:
    """All of it or nothing. `progress: done` closes it. Errors name the field."""
    user = reader(request, tickets.VIEW)
    ticket = _one(user, number)
    ticket_people.require_work(user, ticket)
    given: dict[str, Any] = {name: getattr(sent, name) for name in EDITED if name in sent.model_fields_set}
    if "assignee" in sent.model_fields_set:
        given["assignee"] = _assignee(ticket_people.workers(ticket), sent.assignee, ticket.assignee)
    ticket_changes.change(ticket=ticket, user=user, wanted=Wanted(**given), now=timezone.now())
    return _detail(_one(user, number))


@router.post("/{number}/comments", response={201: CommentOut}, auth=needs(Scope.TICKETS), summary="Say something")
def commented(request: HttpRequest, number: Number, sent: CommentIn) -> Status[CommentOut]:
    """Who says something about a ticket watches it from then on."""
    user = reader(request, tickets.VIEW)
    said = ticket_changes.comment(ticket=_one(user, number), user=user, text=sent.text, now=timezone.now())
    return Status(201, _comment(said))


def _visible(user: User) -> QuerySet[Ticket]:
    related = ("team", "environment__team", "environment__schedule", "author", "assignee")
    return tickets.visible_to(user).select_related(*related)


def _one(user: User, number: int) -> Ticket:
    found = _visible(user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _scope(user: User, sent: TicketIn) -> Environment | Team:
    if (sent.environment is None) == (sent.team is None):
        raise ValidationError({"environment": _("Name an environment or a team.")})
    found = scope_of(user, environment=sent.environment, team=sent.team, schedule=None)
    assert not isinstance(found, Schedule)
    return found


def _matching(rows: QuerySet[Ticket], filters: TicketFilters, user: User) -> QuerySet[Ticket]:
    if filters.progress:
        rows = rows.filter(progress=filters.progress)
    elif not filters.all:
        rows = rows.filter(progress__in=UNDONE)
    if filters.environment:
        rows = rows.filter(environment__slug=filters.environment)
    if filters.team is not None:
        its = Q(environment__team__name=filters.team)
        rows = rows.filter(its | Q(environment__isnull=True, team__name=filters.team))
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    return rows.filter(assignee=user.pk) if filters.mine else rows


def _assignee(workers: QuerySet[User], name: str | None, present: User | None = None) -> User | None:
    """ValidationError for whoever cannot work on it: which other accounts there are is not told."""
    if name is None or (present is not None and present.get_username() == name):
        return present if name is not None else None
    found = workers.filter(username=name).first()
    if found is None:
        raise ValidationError({"assignee": _("Nobody of this name can work on this ticket.")})
    return found


def _fields(ticket: Ticket) -> dict[str, Any]:
    environment = ticket.environment
    return {
        "id": ticket.pk,
        "kind": ticket.kind,
        "title": ticket.title_text,
        "progress": ticket.progress,
        "progress_word": str(TicketProgress(ticket.progress).label),
        "per_cent": ticket.per_cent,
        "team": environment.team.name if environment else ticket.team.name,
        "environment": environment.slug if environment else None,
        "author": person_out(ticket.author),
        "assignee": person_out(ticket.assignee),
        "due_on": ticket.due_on,
        "opened": ticket.opened_at,
        "done": ticket.done_at,
        "over": ticket.over_at,
    }


def _detail(ticket: Ticket) -> TicketDetailOut:
    watchers = ticket.watchers.order_by("first_name", "last_name", "username")
    return TicketDetailOut(
        **_fields(ticket),
        description=ticket.description_text,
        watchers=[name_of(one) for one in watchers],
        comments=[_comment(one) for one in ticket.comments.select_related("author")],
    )


def _comment(said: TicketComment) -> CommentOut:
    return CommentOut(id=said.pk, author=person_out(said.author), text=in_language(said.text), at=said.at)
