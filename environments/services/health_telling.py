"""What follows for people when checks come into trouble and out of it: who is told, and incidents that are over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from environments import check_events
from environments.models import TROUBLE, Check, CheckState, Ticket

from . import tickets

Texts = Mapping[str, str]

TOLD = frozenset({CheckState.DOWN, CheckState.MISSED, CheckState.LATE})


def tell(checks: Sequence[Check], before: Mapping[int, str], now: datetime) -> None:
    """Trouble, and its end: one event for each environment and state, so that a storm is one message.

    The end follows on whatever was told, also by way of a redeploy in which the check comes up, and is told once: the
    rows are locked by the caller. Side effect: `told_at`, unsaved.
    """
    told: defaultdict[tuple[int, str, bool], list[Check]] = defaultdict(list)
    for check in checks:
        was_told = check.told_at is not None or before[check.pk] in TOLD
        is_news = check.state != before[check.pk] if check.state in TOLD else was_told
        if check.state == CheckState.STARTING:
            is_news = False
        if is_news:
            told[check.environment_id, check.state, check.is_on].append(check)
        if check.state in TOLD or check.state == CheckState.STARTING:
            check.told_at = (check.told_at or now) if was_told or is_news else None
        else:
            check.told_at = None
    still = _still_told(checks, {pk for pk, state, is_on in told if state not in TOLD or not is_on})
    for its in told.values():
        environment = its[0].environment
        check_events.changed(environment, its, now, over=environment.pk not in still)


def _still_told(checks: Sequence[Check], among: set[int], *, without: Sequence[int] = ()) -> set[int]:
    """Those of the environments with trouble of which people were told: of these checks, which are not saved yet, or of
    any other. One query, none where no environment is asked about."""
    if not among:
        return set()
    others = Check.objects.filter(environment__in=among, told_at__isnull=False)
    others = others.exclude(pk__in=[*without, *(check.pk for check in checks)])
    return {check.environment_id for check in checks if check.told_at} | set(
        others.values_list("environment", flat=True)
    )


def close(changed: Sequence[Check], now: datetime) -> None:
    """Incidents of checks that are in no trouble any more are over; one query where there are none. What comes up may
    be in trouble still."""
    causes = {
        tickets.of_check(check.pk): check
        for check in changed
        if check.state not in TROUBLE and check.state != CheckState.STARTING
    }
    if not causes:
        return
    there = Ticket.objects.undone().filter(
        environment__in={check.environment_id for check in causes.values()}, cause__in=causes, over_at__isnull=True
    )
    found = list(there.values_list("environment", "cause"))
    tickets.over_many({(pk, cause): causes[cause].reason for pk, cause in found}, now=now)


def removed(check_ids: Sequence[int], reason: Texts, *, now: datetime) -> None:
    """Before checks are deleted, in the transaction that does: whoever was told of their trouble hears that they are
    gone, and their incidents are over."""
    rows = list(Check.objects.select_for_update(no_key=True).filter(pk__in=check_ids).order_by("pk"))
    told: defaultdict[int, list[Check]] = defaultdict(list)
    for check in rows:
        if check.told_at is not None or check.state in TOLD:
            told[check.environment_id].append(check)
    still = _still_told((), set(told), without=check_ids)
    for its in told.values():
        environment = its[0].environment
        check_events.removed(environment, its, reason, now, over=environment.pk not in still)
    tickets.over_many({(check.environment_id, tickets.of_check(check.pk)): reason for check in rows}, now=now)
