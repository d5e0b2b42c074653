"""What is missing in the sums of costs, and why: targets without a price, and what a look at AWS could not price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Case, CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from environments.models import Rate, Target

from .cost_scope import Scope
from .plans import today

LISTED: Final = 12
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
    """`slug` and `name` of an environment; `what` of it has no price: {"what", "why"}, texts in each language."""

    slug: str
    name: str
    what: tuple[dict[str, Any], ...] = ()

    @property
    def whys(self) -> list[dict[str, Any]]:
        """Why, each reason once."""
        return list({str(one["why"]): one["why"] for one in self.what if one.get("why")}.values())


@dataclass(frozen=True, slots=True)
class Gaps:
    """Environments that nothing has a price in, and targets of others of which something has none. The first of each,
    and how many there are."""

    without: tuple[Unpriced, ...] = ()
    without_count: int = 0
    partly: tuple[Unpriced, ...] = ()
    partly_count: int = 0


def gaps(*, scope: Scope, now: datetime) -> Gaps:
    """What of the environments of now is counted as nothing, since no price of it is in force on the date of its clock.
    Three queries at most; the second has a short row for each target of which something has no price."""
    living = scope.living()
    zones = living.annotate(zone=_zone("")).values_list("zone", flat=True).distinct()
    dates = {zone: today(zone, now) for zone in zones}
    if not dates:
        return Gaps()
    targets = Target.objects.filter(_NOT_LOOKED_UP | _NOT_IN_LIST, environment__in=living.values("pk")).order_by()
    rows = _dated(targets, dates).annotate(
        priced=_in_force("target"),
        later=Exists(Rate.objects.filter(target=OuterRef("pk"), valid_from__gt=OuterRef("date"))),
        beside=_in_force("environment", "environment"),
    )
    lacking = rows.filter(Q(priced=False) & _NOT_LOOKED_UP | _NOT_IN_LIST | Q(beside=False))
    found = list(lacking.order_by("environment__name", "pk").values_list("pk", "environment_id", "beside"))
    whole = list(dict.fromkeys(environment for _pk, environment, beside in found if not beside))
    parts = [pk for pk, _environment, beside in found if beside]
    listed = [*((False, one) for one in whole[:LISTED]), *((True, one) for one in parts[:LISTED])]
    told = dict[tuple[bool, int], Unpriced]()
    named = rows.filter(Q(environment__in=whole[:LISTED]) | Q(pk__in=parts[:LISTED])).order_by("pk")
    for pk, environment, beside, slug, name, *of_target in _told(named):
        one = beside, pk if beside else environment
        known = told[one].what if one in told else ()
        told[one] = Unpriced(slug, name, (*known, *_what(*of_target)))
    return Gaps(
        tuple(told[one] for one in listed if not one[0] and one in told),
        len(whole),
        tuple(told[one] for one in listed if one[0] and one in told),
        len(parts),
    )


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
