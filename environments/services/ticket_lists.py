"""The board of tickets: what somebody looks for, by progress. Five queries, whatever the number of tickets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from environments.models import UNDONE, Ticket, TicketProgress

from . import tickets

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

DONE_SHOWN: Final = timedelta(days=14)
MOST: Final = 100
"""Tickets that a column shows; more are found by the filters."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; what is empty filters nothing. `environment` is its short name."""

    mine: bool = False
    team: int = 0
    environment: str = ""
    kind: str = ""
    text: str = ""

    @property
    def are_any(self) -> bool:
        return bool(self.mine or self.team or self.environment or self.kind or self.text)


@dataclass(frozen=True, slots=True)
class Column:
    """The tickets of one progress: those shown, and how many there are of them."""

    progress: TicketProgress
    tickets: list[Ticket]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.tickets)


def board(user: Person, filters: Filters, *, now: datetime) -> list[Column]:
    """What is open, in progress, waiting, and done in the last two weeks: what is due first stands first, then the
    oldest; of what is done, the newest."""
    found = _matching(tickets.visible_to(user), filters, user)
    shown = found.filter(Q(progress__in=UNDONE) | Q(done_at__gte=now - DONE_SHOWN))
    counts: Mapping[str, int] = dict(
        shown.order_by().values("progress").annotate(n=Count("pk")).values_list("progress", "n")
    )
    whole = shown.select_related("team", "environment__team", "environment__schedule", "assignee", "author")
    by_due = (F("due_on").asc(nulls_last=True), "opened_at", "pk")
    orders = {progress: by_due if progress in UNDONE else ("-done_at", "-pk") for progress in TicketProgress}
    return [
        Column(progress, list(whole.filter(progress=progress).order_by(*order)[:MOST]), counts.get(progress, 0))
        for progress, order in orders.items()
    ]


def _matching(rows: QuerySet[Ticket], filters: Filters, user: Person) -> QuerySet[Ticket]:
    if filters.mine:
        rows = rows.filter(assignee=user.pk)
    if filters.team:
        of_team = Q(environment__team=filters.team) | Q(environment__isnull=True, team=filters.team)
        rows = rows.filter(of_team)
    if filters.environment:
        rows = rows.filter(environment__slug=filters.environment)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if not filters.text:
        return rows
    titles = {f"said_{key or 'typed'}": KeyTextTransform(key, "title") for key in ("", "en", "ko")}
    wanted = Q(environment__name__icontains=filters.text)
    for name in titles:
        wanted |= Q(**{f"{name}__icontains": filters.text})
    number = filters.text.removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) < 19:
        wanted |= Q(pk=int(number))
    return rows.alias(**titles).filter(wanted)
