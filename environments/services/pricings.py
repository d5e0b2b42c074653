"""Whether and when the prices of a target are looked up in the AWS Price List, as operators wish."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from environments.models import Environment, Target
from environments.models.rate import Pricing

from .rate_sheet import changing

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def look_now(*, targets: Iterable[Target], actor: User | None, now: datetime) -> int:
    """Have these looked up at the next turn, whatever became of the last ones; how many that is.

    Those whose prices are not looked up are left out. Raises PermissionDenied.
    """
    rows = list(targets)
    with changing(actor, {row.environment_id: row.environment for row in rows}.values()):
        asked = Pricing.objects.filter(target__in=[row.pk for row in rows], automatic=True)
        return asked.update(wanted_at=now, attempts=0)


def set_automatic(*, target: Target, automatic: bool, actor: User | None, now: datetime) -> bool:
    """Look this target's prices up from now on, or no more; whether that is a change.

    Lines that were found stay: whoever wants them gone ends them. Raises PermissionDenied.
    """
    with changing(actor, [target.environment]):
        made, _created = Pricing.objects.select_for_update().get_or_create(target=target, defaults={"wanted_at": now})
        if made.automatic == automatic:
            return False
        made.automatic, made.wanted_at, made.attempts = automatic, now if automatic else None, 0
        made.save(update_fields=["automatic", "wanted_at", "attempts"])
    return True


def keep_from_looks(numbers: Collection[int]) -> tuple[int, ...]:
    """Leave the prices of these targets to people, as they have entered what looks would count again; those for which
    that is a change. In the caller's transaction, after its permissions; at most three queries."""
    known = dict(Pricing.objects.select_for_update().filter(target__in=numbers).values_list("target", "automatic"))
    off = {"automatic": False, "wanted_at": None, "attempts": 0}
    if any(known.values()):
        Pricing.objects.filter(target__in=[pk for pk, automatic in known.items() if automatic]).update(**off)
    if unknown := set(numbers) - known.keys():
        Pricing.objects.bulk_create([Pricing(target_id=pk, **off) for pk in sorted(unknown)], ignore_conflicts=True)
    return tuple(sorted(unknown | {pk for pk, automatic in known.items() if automatic}))


def leave_to_looks(*, environment: Environment, numbers: Collection[int], now: datetime) -> int:
    """Take `keep_from_looks` back for targets of this environment, which are looked up soon; how many. In the caller's
    transaction, after its permissions."""
    rows = Pricing.objects.filter(target__in=numbers, target__environment=environment, automatic=False)
    return rows.update(automatic=True, wanted_at=now, attempts=0)
