"""Warnings before planned stops: in time, once for each, to the people of the environment, with a way to keep it on.

docs/before-a-stop.md says it to people.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import translation

from environments import rules, warning_events
from environments.models import DayException, Environment, Hold, Pause, State
from environments.rules.zones import zone
from environments.warning_events import Stop
from notifications.models import Contact
from notifications.offers import Offer
from notifications.stumbles import Stumbles
from notifications.texts import Texts, languages

from . import budget_limits, costs, drift, needs, people, plans, stop_offers
from .specs import same_plan, spec_of

RUNS: Final = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
LEAST: Final = timedelta(minutes=2)
"""A stop that comes sooner is over before anybody has read of it."""
CHUNK: Final = 500
MINUTE: Final = timedelta(minutes=1)
# Plain comparisons, which any index serves: who is warned at most so many minutes ahead is read from then on.
STEPS: Final = (15, 30, 60, 120, 240)
_stumbles: Final = Stumbles("The warning before a stop of environment")


@dataclass(frozen=True, slots=True)
class _Warning:
    """What one environment's people are told."""

    coming: _Coming
    stop: Stop
    an_hour: Texts
    offer: Offer | None
    concerned: list[int]


@dataclass(frozen=True, slots=True)
class _Coming:
    """A stop that the people of an environment are to be warned of. `author_id`: who decided on it so late that they
    need no warning; None: nobody did."""

    environment: Environment
    change: plans.Change
    author_id: int | None

    @property
    def at(self) -> datetime:
        return self.change.at


def warn_due(*, now: datetime) -> int:
    """Publish the warnings that are due; their number. Safe to run twice at once: each is told once. One that breaks is
    logged and tried again later, and the others go on.

    One query where no stop comes, else a fixed number for each 500 environments that it may concern, and those of the
    publishing.
    """
    return sum(_warn(ids, now) for ids in _chunks(_due(now)))


def _due(now: datetime) -> list[int]:
    """Those that run, whose plan changes within the time they are warned ahead, and that were not warned of that.

    What changes next need not be the stop, but no stop comes before it.
    """
    soon = [
        Q(next_transition_at__lte=now + latest * MINUTE, warn_minutes__gt=before, warn_minutes__lte=latest)
        for before, latest in pairwise((0, *STEPS))
    ]
    told = Q(warned_for__isnull=False, warned_for=F("next_transition_at"))
    rows = Environment.objects.filter(
        reduce(or_, soon),
        next_transition_at__lte=now + STEPS[-1] * MINUTE,
        state__in=RUNS,
        judged_at__isnull=False,
    ).exclude(told)
    if resting := _stumbles.resting(now):
        rows = rows.exclude(pk__in=resting)
    found = rows.order_by("next_transition_at", "pk").values_list("pk", "next_transition_at", "warn_minutes")
    return [pk for pk, at, minutes in found if at is not None and at <= now + minutes * MINUTE]


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _warn(ids: Sequence[int], now: datetime) -> int:
    """How many were told. What is read for all of them together is read for each half by itself where one of them
    breaks it, until that one is alone."""
    if len(ids) == 1:
        told = 0
        with _stumbles.row(ids[0], now):
            told += sum(_told(one, now) for one in _warnings(ids, now))
        return told
    try:
        found = _warnings(ids, now)
    except Exception:
        if not connection.is_usable():
            raise
        middle = len(ids) // 2
        return _warn(ids[:middle], now) + _warn(ids[middle:], now)
    return _tell(found, now)


def _warnings(ids: Sequence[int], now: datetime) -> list[_Warning]:
    coming = _not_needed(_coming(Environment.objects.filter(pk__in=ids).with_plan(now), now), now)
    if not coming:
        return []
    environments = [one.environment for one in coming]
    people.enter_managers(environments)
    who, authors = people.of_each(environments), _contacts_of({one.author_id for one in coming if one.author_id})
    prices = costs.an_hour(environments=environments, now=now)
    forbidden = _forbidden(environments, now)
    found = []
    for one in coming:
        pk = one.environment.pk
        why = {language: one.change.why(language) for language in languages()}
        stop = Stop(one.at, why, forbidden.get(pk, {}))
        offer = None if pk in forbidden else stop_offers.offer_of(one.environment, one.at, prices[pk], now)
        concerned = [contact for contact in who[pk] if contact != authors.get(one.author_id or 0)]
        found.append(_Warning(one, stop, stop_offers.price_words(prices[pk], 1), offer, concerned))
    return found


def _tell(found: Iterable[_Warning], now: datetime) -> int:
    told = 0
    for one in found:
        with _stumbles.row(one.coming.environment.pk, now):
            told += _told(one, now)
    return told


def _told(one: _Warning, now: datetime) -> bool:
    environment = one.coming.environment
    before = environment.warned_for
    with transaction.atomic():
        as_read = Environment.objects.filter(pk=environment.pk, warned_for=before)
        if not as_read.update(warned_for=one.stop.at):
            return False
        warning_events.stop_comes(
            environment,
            one.stop,
            an_hour=one.an_hour,
            offer=one.offer,
            people=one.concerned,
            told_before=before,
            now=now,
        )
    return True


def _coming(rows: Iterable[Environment], now: datetime) -> list[_Coming]:
    """Whose plan stops it within the time it is warned ahead, and who was not warned of that."""
    planned: dict[Hashable, plans.Change | None] = {}
    found: list[_Coming] = []
    for environment in rows:
        try:
            zone(environment.zone_name)
            key = (same_plan(environment), environment.warn_minutes)
            if key not in planned:
                planned[key] = _stop(rules.plan(spec_of(environment, now), now, _until(environment, now)))
            change = planned[key]
        except (rules.RuleError, ValueError):
            continue  # whoever judges its plan says each time that it cannot be read
        is_news = change is not None and change.at != environment.warned_for and change.at - now >= LEAST
        if change is not None and is_news and not _is_spared(environment, change):
            found.append(_Coming(environment, change, _who_knows(environment, change)))
    return found


def _until(environment: Environment, now: datetime) -> datetime:
    """The stop itself is within the plan that is looked at."""
    return now + environment.warn_minutes * MINUTE + timedelta(seconds=1)


def _stop(segments: Sequence[rules.Segment]) -> plans.Change | None:
    """The first stop; None where none comes, or it is to be stopped already."""
    if not segments or segments[0].desired is rules.Desired.STOPPED:
        return None
    return next((one for one in plans.changes(segments) if one.desired is rules.Desired.STOPPED), None)


def _is_spared(environment: Environment, change: plans.Change) -> bool:
    """Whether it runs on, because it ran already before its period began and its schedule spares that."""
    return rules.is_retained(
        desired=change.desired,
        source=change.cause.source.kind,
        policy=drift.policy_of(environment),
        ran_before_begin=environment.retained,
    )


def _who_knows(environment: Environment, change: plans.Change) -> int | None:
    """Who made the hold, pause or exception that this stop comes of, when they did so within the time of a warning."""
    source = change.cause.source
    rows: Iterable[Hold | Pause | DayException] = ()
    match source.kind:
        case rules.SourceKind.HOLD:
            rows = environment.open_holds  # type: ignore[attr-defined]
        case rules.SourceKind.PAUSE:
            rows = environment.open_pauses  # type: ignore[attr-defined]
        case rules.SourceKind.EXCEPTION:
            owners: list[Any] = [environment, environment.team, *filter(None, [environment.schedule])]
            rows = [row for owner in owners for row in owner.exceptions_in_force]
    late = change.at - environment.warn_minutes * MINUTE
    return next((row.author_id for row in rows if str(row.pk) == source.id and row.created_at > late), None)


def _contacts_of(users: set[int]) -> dict[int, int]:
    """The contacts of these accounts, by the id of the account; no query where there are none."""
    if not users:
        return {}
    rows = Contact.objects.filter(user__in=users)
    return {contact.user_id: contact.pk for contact in rows.only("pk", "user_id") if contact.user_id is not None}


def _not_needed(coming: Sequence[_Coming], now: datetime) -> list[_Coming]:
    """Without those that others still need then: such a one runs on until these stop, whose people are warned."""
    needing = needs.who_needs([one.environment.pk for one in coming])
    others = {pk for those in needing.values() for pk in those}
    if not others:
        return list(coming)
    specs = {row.pk: _spec(row, now) for row in Environment.objects.filter(pk__in=others).with_plan(now)}
    return [
        one for one in coming if all(_stops_by(specs.get(pk), one.at) for pk in needing.get(one.environment.pk, ()))
    ]


def _spec(environment: Environment, now: datetime) -> rules.EnvironmentSpec | None:
    try:
        return spec_of(environment, now)
    except rules.RuleError:
        return None


def _stops_by(spec: rules.EnvironmentSpec | None, at: datetime) -> bool:
    return spec is not None and rules.desired_at(spec, at) is rules.Desired.STOPPED


def _forbidden(environments: Sequence[Environment], now: datetime) -> dict[int, Texts]:
    """Why a used-up budget forbids to keep these on for those who may not exceed limits, in each language."""
    found: dict[int, Texts] = {}
    for language in languages():
        with translation.override(language):
            why = budget_limits.refusals(environments=environments, user=AnonymousUser(), now=now)
        for pk, text in why.items():
            found.setdefault(pk, {})[language] = text
        if not why:
            break
    return found
