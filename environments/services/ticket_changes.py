"""What people do with tickets. Every door asks for it here.

Each function asks whether `user` may, writes all or nothing under the ticket's lock, keeps what was and is in the
history, and has those told who should hear of it. They raise PermissionDenied, in words, and ValidationError naming the
field.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from environments.models import Environment, Team, Ticket, TicketComment, TicketProgress, TicketRule
from portal.origin import acting

from . import health_tickets, plans, ticket_news, ticket_people, ticket_readers
from .ticket_news import News
from .ticket_people import shown_name

if TYPE_CHECKING:
    from .ticket_news import Line

LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 20_000
KEEP: Final = object()
"""In the place of a value: it stays as it is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a ticket is to be; what is not said stays."""

    title: Any = KEEP
    description: Any = KEEP
    progress: Any = KEEP
    per_cent: Any = KEEP
    assignee: Any = KEEP
    due_on: Any = KEEP


def open_task(
    *,
    user: User,
    scope: Environment | Team,
    title: str,
    description: str = "",
    assignee: User | None = None,
    due_on: date | None = None,
    now: datetime,
) -> Ticket:
    """A new task about an environment, or of a team as a whole; its author and its assignee watch it."""
    ticket_people.require_work_in(user, scope)
    ticket = Ticket(kind=Ticket.Kind.TASK, author=user, opened_at=now)
    if isinstance(scope, Environment):
        ticket.environment, ticket.team = scope, scope.team
    else:
        ticket.team = scope
    ticket.title, ticket.description = _title(title), _text("description", description)
    ticket.assignee, ticket.due_on = _assignee(ticket, assignee), _due(ticket, due_on, now)
    with acting(user), transaction.atomic():
        ticket.save()
        _watch(ticket, user, ticket.assignee)
        ticket_news.tell([News(ticket, actor=user, opened=True)], now=now)
    return ticket


def change(*, ticket: Ticket, user: User, wanted: Wanted, now: datetime) -> Ticket:
    """Make a ticket what is wanted; what is so already is no change. The ticket as it is then."""
    with _at_work(ticket, user) as there:
        was_done = there.progress == TicketProgress.DONE
        lines = [line for line in _applied(there, wanted, now) if line is not None]
        if not lines:
            return there
        try:
            with transaction.atomic():
                there.save()
        except IntegrityError as error:
            said = _("A newer ticket about the same is open already. Work on that one.")
            raise ValidationError({"progress": said}) from error
        _watch(there, there.assignee if wanted.assignee is not KEEP else None)
        is_closed = there.progress == TicketProgress.DONE and not was_done
        if is_closed:
            health_tickets.closed(there, now=now)
        ticket_news.tell([News(there, lines, actor=user, done=is_closed)], now=now)
        return there


def move(*, ticket: Ticket, user: User, progress: str, now: datetime) -> str:
    """Put it into another column of the board: open, in progress, waiting or done. Where it was until now."""
    with _at_work(ticket, user) as there:
        before = there.progress
        change(ticket=there, user=user, wanted=Wanted(progress=progress), now=now)
    return before


def take_up(*, ticket: Ticket, user: User, now: datetime) -> Ticket:
    """See to it oneself: assigned to `user`, and in progress unless it is further."""
    with _at_work(ticket, user) as there:
        begins = there.progress == TicketProgress.OPEN
        wanted = Wanted(assignee=user, progress=TicketProgress.IN_PROGRESS if begins else KEEP)
        return change(ticket=there, user=user, wanted=wanted, now=now)


def done(*, ticket: Ticket, user: User, now: datetime) -> Ticket:
    return change(ticket=ticket, user=user, wanted=Wanted(progress=TicketProgress.DONE), now=now)


def reopen(*, ticket: Ticket, user: User, now: datetime) -> Ticket:
    """Open again what is done. ValidationError when another incident of the same cause has opened since."""
    return change(ticket=ticket, user=user, wanted=Wanted(progress=TicketProgress.OPEN), now=now)


def comment(*, ticket: Ticket, user: User, text: str, now: datetime) -> TicketComment:
    """Say something about it; who does watches it from then on."""
    said = _text("text", text)
    if not said:
        raise ValidationError({"text": _("Write something first.")})
    with _at_work(ticket, user) as there:
        made = TicketComment.objects.create(ticket=there, author=user, text=said, at=now)
        _watch(there, user)
        ticket_news.tell([News(there, [ticket_news.comment(said)], actor=user)], now=now)
    return made


def watch(*, ticket: Ticket, user: User) -> None:
    """Hear of each change by mail; everybody may who sees the ticket. Done twice, it is done."""
    ticket_people.require_sight(user, ticket)
    with acting(user), transaction.atomic():
        _watch(ticket, user)


def unwatch(*, ticket: Ticket, user: User) -> None:
    """Hear no more of it as a watcher. Done twice, it is done."""
    with acting(user), transaction.atomic():
        ticket.watchers.remove(user)


def hear_nothing(*, ticket: Ticket, user: User) -> list[TicketRule]:
    """No more mails of it, neither as a watcher nor by a rule of theirs: the rules that this removes, which bring other
    tickets too. Done twice, it is done."""
    with acting(user):
        return ticket_readers.silence(user, ticket)


@contextmanager
def _at_work(ticket: Ticket, user: User) -> Iterator[Ticket]:
    """The ticket as it is now, locked, for somebody who may work on it; all of it is one change."""
    ticket_people.require_work(user, ticket)
    with acting(user), transaction.atomic():
        health_tickets.lock(ticket)
        rows = Ticket.objects.select_related("team", "environment__team", "assignee")
        yield rows.select_for_update(of=("self",)).get(pk=ticket.pk)


def _applied(ticket: Ticket, wanted: Wanted, now: datetime) -> Iterator[Line | None]:
    """Write what is wanted into `ticket`, and say what of it is another value."""
    if wanted.title is not KEEP:
        _of_people(ticket, "title")
        yield _set(ticket, "title", _title(wanted.title))
    if wanted.description is not KEEP:
        _of_people(ticket, "description")
        yield _set(ticket, "description", _text("description", wanted.description))
    if wanted.assignee is not KEEP:
        yield _set(ticket, "assignee", _assignee(ticket, wanted.assignee))
    if wanted.progress is not KEEP:
        yield _progress(ticket, wanted.progress, now)
    if wanted.per_cent is not KEEP:
        yield _set(ticket, "per_cent", _per_cent(wanted.per_cent))
    if wanted.due_on is not KEEP and wanted.due_on != ticket.due_on:
        yield _set(ticket, "due_on", _due(ticket, wanted.due_on, now))


def _set(ticket: Ticket, name: str, value: Any) -> Line | None:
    before = getattr(ticket, name)
    if before == value:
        return None
    setattr(ticket, name, value)
    return ticket_news.moved(name, before, value)


def _progress(ticket: Ticket, progress: str, now: datetime) -> Line | None:
    if progress not in TicketProgress.values:
        raise ValidationError({"progress": _("“%(value)s” is no progress.") % {"value": progress}})
    before = ticket.progress
    if before == progress:
        return None
    ticket.progress, ticket.done_at = TicketProgress(progress), now if progress == TicketProgress.DONE else None
    return ticket_news.progress(before, progress)


def _of_people(ticket: Ticket, field: str) -> None:
    if ticket.kind == Ticket.Kind.INCIDENT:
        said = _("The portal writes this of an incident. Say what there is to say in a comment.")
        raise ValidationError({field: said})


def _title(text: str) -> dict[str, str]:
    title = " ".join(text.replace("\x00", "").split())
    if not title:
        raise ValidationError({"title": _("Say in a few words what is to be done.")})
    if len(title) > LONGEST_TITLE:
        raise ValidationError({"title": _("At most %(most)d characters.") % {"most": LONGEST_TITLE}})
    return {"": title}


def _text(field: str, text: str) -> dict[str, str]:
    said = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(said) > LONGEST_TEXT:
        raise ValidationError({field: _("At most %(most)d characters.") % {"most": LONGEST_TEXT}})
    return {"": said} if said else {}


def _per_cent(value: int) -> int:
    if not 0 <= value <= 100:
        raise ValidationError({"per_cent": _("A number from 0 to 100.")})
    return value


def _assignee(ticket: Ticket, assignee: User | None) -> User | None:
    if assignee is None or assignee.pk == ticket.assignee_id:
        return assignee
    if not ticket_people.workers(ticket).filter(pk=assignee.pk).exists():
        said = _("%(name)s cannot work on this ticket: they do not see it, or only look.")
        raise ValidationError({"assignee": said % {"name": shown_name(assignee)}})
    return assignee


def _due(ticket: Ticket, day: date | None, now: datetime) -> date | None:
    if day is not None and day < plans.today(ticket_people.zone_of(ticket), now):
        raise ValidationError({"due_on": _("This day is over already.")})
    return day


def _watch(ticket: Ticket, *people: User | None) -> None:
    if found := [one for one in people if one is not None]:
        ticket.watchers.add(*found)
