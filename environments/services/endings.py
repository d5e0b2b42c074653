"""Which overrides are about to end: of those that decide now, the exceptions of any scope and the holds of either wish.

The database names the few that may, and the plan of each says whether it is the override that ends.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from environments import rules
from environments.models import DayException, Environment, Hold

from .specs import same_plan, spec_of

if TYPE_CHECKING:
    from .permissions import Person

ENDS_SOON = timedelta(hours=1)
SCOPES = {"environment": "pk", "team": "team", "schedule": "schedule"}


def ending_soon(user: Person, now: datetime) -> list[tuple[int, datetime]]:
    """The environments that the user sees whose override ends within the hour, and when.

    A hold ends where it was to end, even if the plan goes on with the same; an exception where it changes the wish, for
    the end of a day off that nobody would have run needs nobody. A plan that cannot be read has none. A fixed number of
    queries: one where there are none.
    """
    last = now + ENDS_SOON
    found = []
    known: dict[Hashable, rules.Explanation | None] = {}
    for environment in _candidates(user, now, last):
        key = same_plan(environment)
        if key not in known:
            known[key] = _explained(environment, now)
        end = _end(environment, known[key])
        if end and now < end <= last:
            found.append((environment.pk, end))
    return found


def _candidates(user: Person, now: datetime, last: datetime) -> list[Environment]:
    # Dates are those of many zones: none is more than a day away from that of UTC.
    days = (now.date() - timedelta(days=1), now.date() + timedelta(days=1))
    exceptions = DayException.objects.in_force().filter(day__range=days)
    excepted = Q()
    for scope, place in SCOPES.items():
        excepted |= Q(Exists(exceptions.filter(**{scope: OuterRef(place)})))
    held = Exists(Hold.objects.open().filter(environment=OuterRef("pk"), until__gt=now, until__lte=last))
    visible = Environment.objects.visible_to(user)
    return list(visible.filter(Q(held) | Q(next_transition_at__lte=last) & excepted).with_plan(now).order_by("pk"))


def _explained(environment: Environment, now: datetime) -> rules.Explanation | None:
    try:
        return rules.explain(spec_of(environment, now), now)
    except rules.RuleError:
        return None


def _end(environment: Environment, found: rules.Explanation | None) -> datetime | None:
    if found is None:
        return None
    if found.source.kind is rules.SourceKind.EXCEPTION:
        return found.until
    if found.source.kind is rules.SourceKind.HOLD:
        holds: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
        return next((hold.until for hold in holds if str(hold.pk) == found.source.id), None)
    return None
