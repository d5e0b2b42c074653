"""What is new about tickets, told to everybody who should hear of it: as events for channels, and as mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from environments import ticket_events
from environments.models import Ticket, TicketProgress
from environments.models.texts import in_language
from notifications.texts import render

from . import ticket_mails

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Texts = Mapping[str, str]
LONGEST: Final = 500
"""Characters of a text before and after a change; the whole stands on the ticket's page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed, in every language: what, and what it was and is."""

    what: Texts
    old: Texts
    new: Texts
    said: bool = False  # a comment: nothing was there before


@dataclass(frozen=True, slots=True)
class News:
    """What one act did to a ticket. `actor` hears nothing of it; None is the portal itself."""

    ticket: Ticket
    lines: Sequence[Line] = field(default=())
    actor: User | None = None
    opened: bool = False
    done: bool = False


def line(what: StrOrPromise, old: StrOrPromise | Texts, new: StrOrPromise | Texts) -> Line:
    return Line(render(what), render(old), render(new))


def comment(text: StrOrPromise | Texts) -> Line:
    return replace(line(_("Comment"), "", text), said=True)


def progress(old: str, new: str) -> Line:
    return line(_("Progress"), TicketProgress(old).label, TicketProgress(new).label)


_WHAT = {
    "title": _("Title"),
    "description": _("Description"),
    "assignee": _("Assignee"),
    "per_cent": _("Per cent"),
    "due_on": _("Due"),
}


def moved(name: str, old: Any, new: Any) -> Line:
    """A field with another value: texts, a person, a number, a day, or nothing."""
    return line(_WHAT[name], _spoken(name, old), _spoken(name, new))


def _spoken(name: str, value: Any) -> str:
    if value in (None, {}):
        return ""
    if name == "assignee":
        return str(value.get_full_name() or value.get_username())
    if name == "per_cent":
        return f"{value} %"
    said = in_language(value) if isinstance(value, Mapping) else str(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def tell(news: Sequence[News], *, now: datetime) -> None:
    """Write down what is owed to whom, within the caller's transaction; nothing is sent before it commits."""
    for one in news:
        actor = one.actor.get_username() if one.actor else ""
        if one.opened:
            ticket_events.opened(one.ticket, actor=actor, now=now)
        elif one.done:
            ticket_events.done(one.ticket, _fields(one), actor=actor, now=now)
        elif one.lines:
            ticket_events.changed(one.ticket, _fields(one), actor=actor, now=now)
        else:
            continue
        ticket_mails.owe(
            ticket=one.ticket,
            lines=[asdict(row) for row in one.lines],
            actor=one.actor,
            opened=one.opened,
            done=one.done,
            now=now,
        )


def _fields(news: News) -> list[tuple[Texts, Texts]]:
    return [
        (row.what, {code: _moved(row.old.get(code, ""), new) for code, new in row.new.items()}) for row in news.lines
    ]


def _moved(old: str, new: str) -> str:
    said = f"{old} → {new or '–'}" if old else new
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
