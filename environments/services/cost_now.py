"""Days that are not over, carried on from when they were last counted: amounts up to any moment since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet

from environments.models import Environment
from environments.models.daily import DailyCost
from environments.rules.costs import local_days, money

from .plans import today

DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Now:
    """Amounts in one currency, up to a moment: by what ran, and had it all run all the time.

    `an_hour` and `always_an_hour` are what each hour adds from then on, while nothing is started or stopped.
    """

    currency: str
    estimate: Decimal = Decimal(0)
    always_on: Decimal = Decimal(0)
    an_hour: Decimal = Decimal(0)
    always_an_hour: Decimal = Decimal(0)

    @property
    def saved(self) -> Decimal:
        return self.always_on - self.estimate

    @property
    def share(self) -> Decimal:
        """The part that was saved, 0 to 1; 0 where it would have cost nothing."""
        return self.saved / self.always_on if self.always_on else Decimal(0)

    def __add__(self, other: Now) -> Now:
        """Both together. Raises ValueError for two currencies: they are never added to each other."""
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Now(
            self.currency,
            self.estimate + other.estimate,
            self.always_on + other.always_on,
            self.an_hour + other.an_hour,
            self.always_an_hour + other.always_an_hour,
        )

    def once(self) -> Now:
        """The amounts, without what another hour adds."""
        return Now(self.currency, self.estimate, self.always_on)

    def of(self, time: timedelta) -> Now:
        """What it costs for so long, at what each hour costs."""
        hours = hours_of(max(time, timedelta()))
        return Now(
            self.currency,
            money(Fraction(self.an_hour) * hours),
            money(Fraction(self.always_an_hour) * hours),
            self.an_hour,
            self.always_an_hour,
        )


class Sums:
    """Amounts by environment and currency."""

    def __init__(self) -> None:
        self._found: defaultdict[int, dict[str, Now]] = defaultdict(dict)

    def add(self, environment_id: int, amounts: Now) -> None:
        those = self._found[environment_id]
        known = those.get(amounts.currency)
        those[amounts.currency] = known + amounts if known else amounts

    def of_each(self) -> dict[int, list[Now]]:
        """Sorted by currency; those without any amount are not there."""
        return {pk: [those[name] for name in sorted(those)] for pk, those in self._found.items()}


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A row of a day of which the end was not counted yet: today's, or one that nobody has closed so far."""

    environment_id: int
    day: date
    known_until: datetime
    end: datetime
    row: Now

    def at(self, moment: datetime) -> Now:
        """The day up to then, or to its end; never less than what was counted."""
        return self.row + self.since(moment).once()

    def since(self, moment: datetime) -> Now:
        """What it has added to what was counted."""
        return self.row.of(min(moment, self.end) - self.known_until)

    def following(self, moment: datetime) -> Now:
        """The next day up to then, while nobody has counted that one: an hour costs what it cost at the end of this."""
        return self.row.of(min(moment, self.end + DAY) - self.end)


@dataclass(frozen=True, slots=True)
class Days:
    """The present day of each environment, by its own time zone, and rows of it and of a yesterday that nobody has
    closed. `counted` are environments whose present day has rows: the others go on as their yesterday ended."""

    today: Mapping[int, date]
    rows: tuple[OpenDay, ...]
    counted: frozenset[int]

    def begun(self, row: OpenDay) -> bool:
        return row.day == self.today[row.environment_id]


def days(environments: QuerySet[Environment], now: datetime) -> Days:
    """The present days of these environments, and yesterdays that were not closed. Two queries."""
    named = environments.order_by().values_list("pk", "timezone", "schedule__timezone")
    zones = {pk: own or schedules or settings.TIME_ZONE for pk, own, schedules in named}
    dates = {name: today(name, now) for name in set(zones.values())}
    ends = {(name, day): end for name, on in dates.items() for day, _begin, end in local_days(name, on - DAY, on)}
    wanted = Q(pk__in=[])
    for day in {day for _, day in ends}:
        wanted |= Q(day=day, known_until__lt=max(end for (_, on), end in ends.items() if on == day))
    amounts = ("estimate", "always_on", "an_hour", "always_an_hour")
    rows = DailyCost.objects.filter(wanted, environment__in=environments.order_by().values("pk")).order_by()
    found = []
    for pk, day, known, currency, *sums in rows.values_list(
        "environment_id", "day", "known_until", "currency", *amounts
    ):
        end = ends.get((zones.get(pk, ""), day))
        if end is not None and known < end:
            found.append(OpenDay(pk, day, known, end, Now(currency, *sums)))
    present = {pk: dates[name] for pk, name in zones.items()}
    return Days(
        present, tuple(found), frozenset(row.environment_id for row in found if row.day == present[row.environment_id])
    )


def hours_of(time: timedelta) -> Fraction:
    return Fraction(time // _MICROSECOND, _HOUR // _MICROSECOND)
