"""Events: what happened, as the log of the pages has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from notifications import audience, kinds
from notifications.models import Event
from notifications.models.event import Severity
from notifications.texts import here
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.problems import invalid
from portal.models.token import Scope

from .asking import Slug, Words, reader
from .schemas import At, Instant, Out

router = Router(tags=["Events"])

# The ends of the calendar are no moments in every zone.
FIRST_YEAR, LAST_YEAR = 1970, 9000
USUALLY: Final = timedelta(days=30)
"""So far back is looked without `since`: a label that is rare, or gone, would have the whole log read through."""
ORDER: Final = ("-at", "-pk")
"""By the moment, which has an index: so a span bounds what is read."""


class EventDetailOut(Out):
    """A detail of an event."""

    name: str = Field(examples=["Took"])
    value: str = Field(examples=["4 min"])


class EventOut(Out):
    """Something that happened, in the reader's language. It never changes."""

    id: int
    at: At
    kind: str = Field(examples=["environment.ready"])
    kind_words: str = Field(examples=["Ready"])
    severity: Severity
    title: str = Field(examples=["chat-dev is ready"])
    text: str
    details: list[EventDetailOut]
    labels: dict[str, str] = Field(
        description="What it is about, such as its environment and its team.",
        examples=[{"environment": "chat-dev", "team": "Chat"}],
    )
    actor: str = Field(description="Who or what caused it; may be empty.")
    page: str = Field(description="Path of a page of this portal, or empty.", examples=["/env/chat-dev/"])
    thread: str = Field(description="What belongs together has the same; empty: it stands alone.")
    ends_thread: bool = Field(description="Whether the matter is over with it.")


class EventFilters(Schema):
    kind: Words | None = Field(
        default=None, max_length=100, description="Of this kind only.", examples=["environment.ready"]
    )
    severity: Severity | None = None
    environment: Slug | None = Field(default=None, description="About this environment, by its short name.")
    team: Words | None = Field(default=None, max_length=80, description="About this team, by its name.")
    since: Instant | None = Field(
        default=None, description="From this moment on; without it from 30 days before `until`, or before now."
    )
    until: Instant | None = Field(default=None, description="Before this moment.")


@router.get("", response=Page[EventOut], auth=needs(Scope.READ), summary="Events")
def listed(request: HttpRequest, window: Query[Window], filters: Query[EventFilters]) -> dict[str, Any]:
    """The newest first: of the account's teams, or of all for who may see what was sent to whom.

    Without `since`, of 30 days; to read on from there, ask with one.
    """
    rows = _visible(reader(request, "notifications.view_event"))
    for name, at in (("since", filters.since), ("until", filters.until)):
        if at is not None and not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise invalid(name, _("There is nothing of that time."))
    since = filters.since or (filters.until or timezone.now()) - USUALLY
    wanted = {
        "kind": filters.kind,
        "severity": filters.severity,
        "labels__environment": filters.environment,
        "labels__team": filters.team,
        "at__gte": since,
        "at__lt": filters.until,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    found, following = cut(rows, window, ORDER)
    words = {kind: kinds.label(kind) for kind in {one.kind for one in found}}
    return {"items": [_event(one, words[one.kind]) for one in found], "next": following}


def _visible(user: Any) -> QuerySet[Event]:
    """Every team's, or those of the reader's teams, as on the pages."""
    rows = Event.objects.all()
    if user.has_perm("notifications.view_delivery"):
        return rows
    return rows.filter(labels__team__in=audience.teams_of(user))


def _event(event: Event, kind_words: str) -> EventOut:
    return EventOut(
        id=event.pk,
        at=event.at,
        kind=event.kind,
        kind_words=kind_words,
        severity=event.severity,  # type: ignore[arg-type]  # the database knows no others
        title=here(event.title),
        text=here(event.body),
        details=[EventDetailOut(name=here(one["name"]), value=here(one["value"])) for one in event.fields],
        labels={name: str(value) for name, value in event.labels.items()},
        actor=event.actor,
        page=event.link,
        thread=event.thread,
        ends_thread=event.ends_thread,
    )
