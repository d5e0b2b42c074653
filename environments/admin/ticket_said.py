"""What was said about a ticket, as it stands between its other changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from environments.models import Ticket, TicketComment
from portal.history import Origin

from .displays import also, at_words, name_of
from .history_lines import Item, Moment

LONGEST = 160


def who_said(comment: TicketComment) -> str:
    """Empty for the portal itself. What people type is kept in no language, also when their account is gone."""
    if comment.author:
        return name_of(comment.author)
    return _("somebody whose account is gone") if "" in comment.text else ""


def moment_asked(request: HttpRequest) -> datetime | None:
    """Before which changes are asked for; what is no moment is not asked for."""
    return _moment(request.GET.get("before", ""))


def with_comments(
    context: dict[str, Any], ticket: Ticket, zone: str, now: datetime, *, before: datetime | None
) -> list[Moment]:
    """The lines of a page of changes (`history.lines_of`) with the comments of the same time; one query."""
    said = ticket.comments.select_related("author").order_by("-at", "-pk")
    if before is not None:
        said = said.filter(at__lt=before)
    # The page goes back to where the next one begins.
    older = parse_qs(urlsplit(context["older_changes"]).query).get("before", [""])[0]
    if (since := _moment(older)) is not None:
        said = said.filter(at__gte=since)
    lines = [*context["changes"], *(_line(one, zone, now) for one in said)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _line(comment: TicketComment, zone: str, now: datetime) -> Moment:
    # Through which door somebody said it is not kept: their name stands alone.
    origin = who_said(comment) or str(Origin.PORTAL.label)
    item = Item(_("Comment"), [Truncator(str(comment)).chars(LONGEST)])
    return Moment(at_words(comment.at, zone, now), also(comment.at, zone, now), comment.at, "", origin, "", [item])


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
