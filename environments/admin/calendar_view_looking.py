"""Which part of the calendar somebody looks at: its dates and filters, as they stand in the address."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy

from environments import rules
from environments.models.environment import EnvironmentQuerySet
from environments.services import plans

from .displays import language
from .exception_lines import days_words

DAY = timedelta(days=1)
WEEK = 7
VIEWS = {"day": gettext_lazy("Day"), "week": gettext_lazy("Week"), "month": gettext_lazy("Month")}
# Further away nobody plans, and at the ends of the calendar there is no day before or after.
FURTHEST = timedelta(days=5 * 366)
MONTHS = {"en": "F Y", "ko": "Y년 n월"}
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Looking:
    """`view` is a key of VIEWS, `on` a date of the span; `team` is an id and `tag` a name, both empty for all.
    `keeps_on`: addresses name the date even where it is that of today."""

    view: str
    on: date
    today: date
    q: str = ""
    team: str = ""
    tag: str = ""
    page: int = 1
    keeps_on: bool = False

    @classmethod
    def of(cls, asked: QueryDict, today: date) -> Looking:
        """What an address asks for; what it says wrongly is as if it were not said."""
        view, team, page = asked.get("view", ""), asked.get("team", ""), asked.get("page", "")
        return cls(
            view=view if view in VIEWS else "month",
            on=date_in(asked, "on", today) or today,
            today=today,
            q=asked.get("q", "").strip().replace("\0", "")[:LONGEST_SEARCH],
            team=team if _is_number(team) else "",
            tag=asked.get("tag", "").replace("\0", "")[:LONGEST_SEARCH],
            page=int(page) if _is_number(page) else 1,
        )

    @classmethod
    def behind(cls, asked: QueryDict, now: datetime) -> Looking:
        """The calendar behind a dialog, which has its address. Today is a date of all of its rows, of which a dialog
        knows one: so a date that is named stays named, and the dialog leads back to where it was opened."""
        found = cls.of(asked, timezone.localdate(now))
        return replace(found, keeps_on=date_in(asked, "on", found.today) is not None)

    @property
    def first(self) -> date:
        if self.view == "month":
            return self.on.replace(day=1)
        return self.on - timedelta(days=self.on.weekday()) if self.view == "week" else self.on

    @property
    def count(self) -> int:
        if self.view == "month":
            return monthrange(self.on.year, self.on.month)[1]
        return WEEK if self.view == "week" else 1

    @property
    def days(self) -> list[date]:
        return [self.first + ahead * DAY for ahead in range(self.count)]

    @property
    def title(self) -> str:
        """“November 2026”, “23–29 Nov”, “Mon 23 Nov”."""
        if self.view == "month":
            return formats.date_format(self.first, MONTHS.get(language(), MONTHS["en"]))
        return days_words(self.days, self.today)

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.team or self.tag)

    def query(self, **changes: object) -> str:
        """The same as the part of an address after its question mark; what is as usual is left out."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        on = other.on if other.on != self.today or other.keeps_on else ""
        said = {"view": "" if other.view == "month" else other.view, "on": on}
        said |= {"q": other.q, "team": other.team, "tag": other.tag, "page": str(other.page) if other.page > 1 else ""}
        return urlencode({name: value for name, value in said.items() if value})

    def address(self, **changes: object) -> str:
        query = self.query(**changes)
        return reverse("environments:calendar") + (f"?{query}" if query else "")

    @property
    def before(self) -> str:
        return self.address(on=self.first - DAY)

    @property
    def after(self) -> str:
        return self.address(on=self.first + self.count * DAY)

    @property
    def now(self) -> str:
        return self.address(on=self.today)

    def views(self) -> list[tuple[str, str, bool]]:
        """Label, address and whether it is the one shown, for each of VIEWS."""
        return [(str(label), self.address(view=view), view == self.view) for view, label in VIEWS.items()]

    def filtered(self, environments: EnvironmentQuerySet) -> EnvironmentQuerySet:
        for word in self.q.split():
            environments = environments.filter(
                Q(name__icontains=word) | Q(slug__icontains=word) | Q(team__name__icontains=word)
            )
        if self.team:
            environments = environments.filter(team=int(self.team))
        if self.tag:
            environments = environments.filter(tags__name__iexact=self.tag)
        return environments.order_by("name")


def shared_today(zones: Iterable[str], now: datetime) -> date:
    """The date in the zone of these rows. Where they are of several, that of the reader, else of the portal."""
    shared = set(zones)
    try:
        return plans.today(shared.pop(), now) if len(shared) == 1 else timezone.localdate(now)
    except rules.RuleError:  # there is no such zone, which the rows say
        return timezone.localdate(now)


def date_in(asked: QueryDict, name: str, today: date) -> date | None:
    """The date of an address, if there is one and it is near enough to be planned."""
    try:
        found = date.fromisoformat(asked.get(name, ""))
    except ValueError:
        return None
    return found if abs(found - today) <= FURTHEST else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
