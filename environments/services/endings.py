"""Which overrides are about to end: of those that decide now, the exceptions of any scope and the holds of either wish.

The database names the few that may, and the plan of each says whether it is the override that ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from environments import rules
from environments.models import DayException, Environment, Hold, Pause

from .specs import spec_of

if TYPE_CHECKING:
    from .permissions import Person

ENDS_SOON = timedelta(hours=1)
COMMON = ("schedule", "team", "timezone", "expires_on", "start_early", "start_lead", "start_early_cap")
"""What decides the plan of an environment that has nothing of its own."""
SCOPES = {"environment": "pk", "team": "team", "schedule": "schedule"}


def ending_soon(user: Person, now: datetime) -> list[tuple[int, datetime]]:
    """The environments that the user sees whose override ends within the hour, and when.

    A hold ends where it was to end, even if the plan goes on with the same; an exception where it changes the wish, for
    the end of a day off that nobody would have run needs nobody. A plan that cannot be read has none. A fixed number of
    queries: one where there are none.
    """
    last = now + ENDS_SOON
    alike = {those[0]: those for those in _alike(user, now, last)}
    found = []
    for one in Environment.objects.filter(pk__in=list(alike)).with_plan(now) if alike else ():
        end = _end(one, now)
        if end and now < end <= last:
            found += [(pk, end) for pk in alike[one.pk]]
    return found


def _alike(user: Person, now: datetime, last: datetime) -> list[list[int]]:
    """Those whose override may end, together where they have one plan for sure: a thousand need not be read for it."""
    # Dates are those of many zones: none is more than a day away from that of UTC.
    days = (now.date() - timedelta(days=1), now.date() + timedelta(days=1))
    exceptions = DayException.objects.in_force().filter(day__range=days)
    excepted = Q()
    for scope, place in SCOPES.items():
        excepted |= Q(Exists(exceptions.filter(**{scope: OuterRef(place)})))
    held = Exists(Hold.objects.open().filter(environment=OuterRef("pk"), until__gt=now, until__lte=last))
    rows = Environment.objects.visible_to(user).filter(Q(held) | Q(next_transition_at__lte=last) & excepted)
    own = Q(honour_windows=True)
    for model in (
        DayException.objects.in_force(),
        Hold.objects.open(),
        Pause.objects.open(),
        Environment.calendars.through.objects.all(),
    ):
        own |= Q(Exists(model.filter(environment=OuterRef("pk"))))
    found: dict[tuple[object, ...], list[int]] = {}
    for pk, is_own, *common in (
        rows.order_by("pk").annotate(own=ExpressionWrapper(own, BooleanField())).values_list("pk", "own", *COMMON)
    ):
        found.setdefault((pk,) if is_own else tuple(common), []).append(pk)
    return list(found.values())


def _end(environment: Environment, now: datetime) -> datetime | None:
    try:
        found = rules.explain(spec_of(environment, now), now)
    except rules.RuleError:
        return None
    if found.source.kind is rules.SourceKind.EXCEPTION:
        return found.until
    if found.source.kind is rules.SourceKind.HOLD:
        holds: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
        return next((hold.until for hold in holds if str(hold.pk) == found.source.id), None)
    return None
