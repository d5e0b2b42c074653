"""What is missing in the sums of costs, and why: targets without a price, what a look at AWS could not price, and what
ran without a price on days of the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import BooleanField, Case, CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from environments.models import Rate, Target
from environments.rules.zones import known_zone

from .cost_scope import Scope
from .cost_sums import Span
from .unpriced_runs import READ, has_run, unpriced_runs

LISTED: Final = 12
DAY: Final = timedelta(days=1)
SWITCHED_OFF: Final = {
    "en": "Its prices are not looked up, and none is entered.",
    "ko": "가격을 조회하지 않고, 입력한 가격도 없어요.",
}
NOT_YET: Final = {"en": "Its prices have not been looked up yet.", "ko": "아직 가격을 조회하지 않았어요."}
LATER: Final = {"en": "Its prices begin later.", "ko": "가격이 나중에 시작돼요."}

# A look that went well says all there is: what it found no price for is in `unpriced`, and nothing else costs anything.
_NOT_LOOKED_UP: Final = (
    Q(pricing__isnull=True)
    | Q(pricing__automatic=False)
    | Q(pricing__looked_at__isnull=True)
    | (Q(pricing__isnull=False) & ~Q(pricing__problem={}))
)
_NOT_IN_LIST: Final = Q(pricing__isnull=False) & ~Q(pricing__unpriced=[])


@dataclass(frozen=True, slots=True)
class Unpriced:
    """`slug` and `name` of an environment, the slug empty where it is gone; `what` of it has no price: {"what", "why"},
    texts in each language. `ran`: its targets that ran without a price in the span, and for how many seconds."""

    slug: str
    name: str
    what: tuple[dict[str, Any], ...] = ()
    ran: tuple[tuple[str, int], ...] = ()
    first: date | None = None
    """The first day of these."""

    @property
    def whys(self) -> list[dict[str, Any]]:
        """Why, each reason once."""
        return list({str(one["why"]): one["why"] for one in self.what if one.get("why")}.values())


@dataclass(frozen=True, slots=True)
class Gaps:
    """Environments that nothing has a price in, targets of others of which something has none, and yet others that ran
    without a price on days of the span. The first of each, and how many there are."""

    without: tuple[Unpriced, ...] = ()
    without_count: int = 0
    partly: tuple[Unpriced, ...] = ()
    partly_count: int = 0
    ran: tuple[Unpriced, ...] = ()
    ran_count: int = 0


def gaps(*, scope: Scope, span: Span, now: datetime, most: int | None = LISTED) -> Gaps:
    """What the sums of a span do not have in them. `most` of each are named, None: all.

    What ran on days on which nothing of it had a price, be it there or gone. Where the span has the present day, also
    what of the environments of now has no price on the date of its clock, whether or not it runs; where it is over,
    what the last look could not price of targets that ran in it.

    Six queries at most where everything has prices, ten where something lacks one; rows are short, one for each
    target of which something has none.
    """
    runs, unread = unpriced_runs(scope=scope, span=span, now=now, most=None if most is None else READ)
    found, whole = _of_targets(scope, span, now, most)
    ran: dict[tuple[int | None, str], Unpriced] = {}
    for one in sorted(runs, key=lambda one: (one.name.casefold(), one.what)):
        key = one.environment, one.name
        known = ran.get(key) or Unpriced(one.slug, one.name, first=one.first)
        first = min(one.first, known.first or one.first)
        ran[key] = replace(known, ran=(*known.ran, (one.what, one.seconds)), first=first)
    with_hours = {one.slug: one for one in ran.values() if one.slug}
    rest = {key: one for key, one in ran.items() if key[0] not in whole}
    return replace(
        found,
        without=tuple(
            replace(one, ran=with_hours[one.slug].ran, first=with_hours[one.slug].first)
            if one.slug in with_hours
            else one
            for one in found.without
        ),
        ran=tuple(rest.values())[:most],
        ran_count=len(rest.keys() | {key for key in unread if key[0] not in whole}),
    )


def unpriced_now(*, scope: Scope, now: datetime, most: int | None = LISTED) -> Gaps:
    """What of the environments of now has no price today, whether or not it runs, for those who say what running
    costs: nothing of the past. Three queries at most."""
    day = now.date()
    return _of_targets(scope, Span(day - DAY, day + DAY), now, most)[0]


def unpriced_of_each(*, environments: Iterable[int], now: datetime) -> dict[int, tuple[dict[str, Any], ...]]:
    """What of each of these environments has no price on the date of its clock, by its id: {"what", "why"}, texts in
    each language. Those of which all has one are not there. One query, whatever their number; whoever asks has made
    sure that the reader sees them."""
    days = [(now + timedelta(hours=ahead)).date() for ahead in (-12, 0, 14)]  # one of them is the date of any clock
    rows: QuerySet[Any] = Target.objects.filter(_NOT_LOOKED_UP | _NOT_IN_LIST, environment__in=list(environments))
    for at, day in enumerate(days):
        lines = Rate.objects.filter(target=OuterRef("pk"))
        in_force = lines.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day), valid_from__lte=day)
        rows = rows.annotate(
            **{f"priced_{at}": Exists(in_force), f"later_{at}": Exists(lines.filter(valid_from__gt=day))}
        )
    dated = [f"{name}_{at}" for at in range(len(days)) for name in ("priced", "later")]
    of_look = [f"pricing__{name}" for name in ("automatic", "looked_at", "problem", "unpriced")]
    found = defaultdict[int, list[dict[str, Any]]](list)
    for environment, identifier, zone, *rest in (
        rows.annotate(zone=_zone("environment__"))
        .order_by("pk")
        .values_list("environment_id", "identifier", "zone", *dated, *of_look)
    ):
        at = 2 * days.index(now.astimezone(known_zone(zone)).date())
        priced, later = rest[at : at + 2]
        found[environment] += _what(identifier, priced, later, *rest[len(dated) :])
    return {pk: tuple(those) for pk, those in found.items() if those}


def _of_targets(scope: Scope, span: Span, now: datetime, most: int | None) -> tuple[Gaps, set[int]]:
    """What targets of now have no price for, and all environments of now without any. Three queries at most."""
    living = scope.living()
    zones = living.annotate(zone=_zone("")).values_list("zone", flat=True).distinct()
    dates = {zone: now.astimezone(known_zone(zone)).date() for zone in zones}
    if not dates:
        return Gaps(), set()
    targets = Target.objects.filter(_NOT_LOOKED_UP | _NOT_IN_LIST, environment__in=living.values("pk")).order_by()
    if span.last >= min(dates.values()):
        rows = _dated(targets, dates).annotate(
            priced=_in_force("target"),
            later=Exists(Rate.objects.filter(target=OuterRef("pk"), valid_from__gt=OuterRef("date"))),
            beside=_in_force("environment", "environment"),
        )
        lacking = rows.filter(Q(priced=False) & _NOT_LOOKED_UP | _NOT_IN_LIST | Q(beside=False))
    else:
        yes, no = (Value(one, BooleanField()) for one in (True, False))
        rows = targets.annotate(priced=yes, later=no, beside=yes)
        lacking = rows.filter(_NOT_IN_LIST, has_run(span, now))
    found = list(lacking.order_by("environment__name", "pk").values_list("pk", "environment_id", "beside"))
    whole = list(dict.fromkeys(environment for _pk, environment, beside in found if not beside))
    parts = [pk for pk, _environment, beside in found if beside]
    listed = [*((False, one) for one in whole[:most]), *((True, one) for one in parts[:most])]
    told = dict[tuple[bool, int], Unpriced]()
    # Without a limit each of them is read, and picked here: a database takes only so many ids.
    named = rows.filter(Q(environment__in=whole[:most]) | Q(pk__in=parts[:most])) if most else lacking
    for pk, environment, beside, slug, name, *of_target in _told(named.order_by("pk")):
        one = beside, pk if beside else environment
        known = told[one].what if one in told else ()
        told[one] = Unpriced(slug, name, (*known, *_what(*of_target)))
    without = tuple(told[one] for one in listed if not one[0] and one in told)
    partly = tuple(told[one] for one in listed if one[0] and one in told)
    return Gaps(without, len(whole), partly, len(parts)), set(whole)


def _told(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    of_look = ("automatic", "looked_at", "problem", "unpriced")
    fields = ("environment__slug", "environment__name", "identifier", "priced", "later")
    return rows.values_list("pk", "environment_id", "beside", *fields, *(f"pricing__{name}" for name in of_look))


def _dated(targets: QuerySet[Target], dates: Mapping[str, date]) -> QuerySet[Any]:
    """With the date that each one's clock has; for most of a day it is the same everywhere."""
    if len(set(dates.values())) == 1:
        return targets.annotate(date=Value(next(iter(dates.values())), DateField()))
    return targets.annotate(zone=_zone("environment__")).annotate(date=_date(dates))


def _what(
    identifier: str,
    priced: bool,
    later: bool,
    automatic: bool | None,
    looked_at: datetime | None,
    problem: Mapping[str, str] | None,
    unpriced: list[dict[str, Any]] | None,
) -> list[dict[str, Any]]:
    """The things of a target that have no price; the target itself, where none is known of any of it."""
    if priced or (automatic and looked_at and not problem):
        return unpriced or []
    if later:
        why: Mapping[str, str] = LATER
    elif automatic is False:
        why = SWITCHED_OFF
    else:
        why = {language: text for language, text in (problem or NOT_YET).items() if language != "raw"}
    return [{"what": {"": identifier}, "why": dict(why)}]


def _in_force(of: str, by: str = "pk") -> Exists:
    """Whether a line of it is in force on the row's `date`."""
    begun = Rate.objects.filter(**{of: OuterRef(by)}, valid_from__lte=OuterRef("date"))
    return Exists(begun.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("date"))))


def _zone(of: str) -> Coalesce:
    own = NullIf(F(f"{of}timezone"), Value(""))
    return Coalesce(own, F(f"{of}schedule__timezone"), Value(settings.TIME_ZONE), output_field=CharField())


def _date(dates: Mapping[str, date]) -> Case:
    found = (When(zone=zone, then=Value(day, DateField())) for zone, day in dates.items())
    return Case(*found, default=Value(max(dates.values()), DateField()))
