"""What the board asks the database: how many of what, what needs somebody, and which rows of many are shown.

Counts are made by the database, and each function asks a fixed number of questions whatever the number of environments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from environments.models import (
    FAILED_STATES,
    MOVING_STATES,
    Check,
    Environment,
    Favourite,
    Hold,
    Operation,
    OperationStatus,
    State,
    Ticket,
    Wish,
)
from environments.models.environment import EnvironmentQuerySet

from .endings import ending_soon

if TYPE_CHECKING:
    from .permissions import Person

PAGE = 30
# A change of the plan that is so much overdue has nobody who works on it.
NOT_BEGUN = timedelta(minutes=5)
# What takes less than this is not called late, however quick it usually is.
LATE_AT_LEAST = timedelta(minutes=5)
# Of what is under way for long, so many of the oldest are compared with their usual time.
COMPARED = 50
# Of the nearest changes so many are looked at: some of them change the reason only.
NEAREST = 8


class Need(IntEnum):
    """Why an environment needs somebody, the most urgent first."""

    FAILED = 0
    NOT_BEGUN = 1
    UNHEALTHY = 2
    SLOW = 3
    DRIFTED = 4
    KEPT = 5
    ENDING = 6


@dataclass(frozen=True, slots=True)
class Needing:
    """An environment that needs somebody: why, and since when (of what ends soon: when it ends)."""

    environment_id: int
    need: Need
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of what the user sees. `held`: run and somebody holds them, within their plan or beyond it;
    `unplanned`: run against their plan, held by nobody."""

    total: int
    running: int
    moving: int
    failed: int
    held: int
    unplanned: int
    favourites: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are wished for; what is empty filters nothing. `only`: running, attention or favourites."""

    text: str = ""
    team: int | None = None
    tag: int | None = None
    state: str = ""
    only: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.team or self.tag or self.state or self.only)


STATES = {
    "running": frozenset({State.RUNNING}),
    "moving": MOVING_STATES,
    "stopped": frozenset({State.STOPPED}),
    "failed": FAILED_STATES,
    "unknown": frozenset({State.UNKNOWN}),
}
"""What can be chosen as a state, and the states that it stands for."""

KIND = {
    State.STARTING: Operation.Kind.START,
    State.STOPPING: Operation.Kind.STOP,
    State.REDEPLOYING: Operation.Kind.REDEPLOY,
}


def figures(user: Person, now: datetime) -> Figures:
    """One query."""
    held = Hold.objects.open().filter(environment=OuterRef("pk"), desired=Wish.RUNNING).exclude(until__lte=now)
    running = Q(state=State.RUNNING)
    rows = Environment.objects.visible_to(user).annotate(is_held=Exists(held), is_favourite=_starred(user))
    counts = rows.aggregate(
        total=Count("pk"),
        running=Count("pk", filter=running),
        moving=Count("pk", filter=Q(state__in=MOVING_STATES)),
        failed=Count("pk", filter=Q(state__in=FAILED_STATES)),
        held=Count("pk", filter=running & Q(is_held=True)),
        unplanned=Count("pk", filter=running & Q(is_held=False, wish=Wish.STOPPED)),
        favourites=Count("pk", filter=Q(is_favourite=True)),
    )
    return Figures(**counts)


def attention(user: Person, now: datetime) -> list[Needing]:
    """Environments that need somebody, each once, the most urgent first; four queries, and those of the plans of what
    may end soon.

    What is under way for long is told by `long_under_way`, for which the caller knows how long it usually takes.
    """
    ending = [Needing(pk, Need.ENDING, at) for pk, at in ending_soon(user, now)]
    found = [*_by_their_state(user, now), *_by_health(user), *_by_holds(user), *ending]
    return ranked(found)


def ranked(found: Iterable[Needing]) -> list[Needing]:
    """The most urgent need of each environment, in the order of urgency and then of age."""
    first: dict[int, Needing] = {}
    for one in sorted(found, key=lambda one: (one.need, one.since is None, one.since)):
        first.setdefault(one.environment_id, one)
    return list(first.values())


def long_under_way(user: Person, now: datetime) -> list[tuple[int, str, datetime]]:
    """Environment, kind of operation and begin of what is under way for longer than `LATE_AT_LEAST`; the oldest ones,
    one query."""
    rows = Environment.objects.visible_to(user).filter(state__in=MOVING_STATES, state_since__lte=now - LATE_AT_LEAST)
    found = rows.order_by("state_since").values_list("pk", "state", "state_since")[:COMPARED]
    return [(pk, KIND[State(state)], since) for pk, state, since in found if since]


def upcoming(user: Person, now: datetime) -> list[int]:
    """The environments whose plans next have something to say, the nearest first; one query."""
    rows = Environment.objects.visible_to(user).filter(next_transition_at__gt=now)
    return list(rows.order_by("next_transition_at", "name").values_list("pk", flat=True)[:NEAREST])


def listed(user: Person, filters: Filters, needing: Iterable[int]) -> EnvironmentQuerySet:
    """The rows that are wished for, favourites first, then by name. `needing`: what `attention` found."""
    rows, starred = Environment.objects.visible_to(user), _starred(user)
    if filters.text:
        tagged = Environment.tags.through.objects.filter(
            environment=OuterRef("pk"), tag__name__icontains=filters.text.removeprefix("#")
        )
        named = Q(name__icontains=filters.text) | Q(team__name__icontains=filters.text)
        rows = rows.filter(named | Q(Exists(tagged)))
    if filters.team:
        rows = rows.filter(team=filters.team)
    if filters.tag:
        rows = rows.filter(Exists(Environment.tags.through.objects.filter(environment=OuterRef("pk"), tag=filters.tag)))
    if filters.state:
        rows = rows.filter(state__in=STATES[filters.state])
    if filters.only == "running":
        rows = rows.filter(state=State.RUNNING)
    elif filters.only == "attention":
        rows = rows.filter(pk__in=list(needing))
    elif filters.only == "favourites":
        rows = rows.filter(starred)
    return rows.order_by(starred.desc(), "name")


def last_failures(environments: Iterable[int]) -> list[Operation]:
    """The last operation of each of these, where it failed; with its steps, two queries."""
    newest = Operation.objects.filter(environment__in=list(environments)).order_by()
    ids = newest.values("environment").annotate(last=Max("pk")).values("last")
    failed = Operation.objects.filter(pk__in=ids, status=OperationStatus.FAILED)
    return list(failed.prefetch_related("steps"))


def set_favourite(*, environment: Environment, user: User, wished: bool) -> None:
    """Put an environment first on this person's board, or no longer; doing it twice changes nothing."""
    if wished:
        Favourite.objects.get_or_create(user=user, environment=environment)
    else:
        Favourite.objects.filter(user=user, environment=environment).delete()


def _starred(user: Person) -> Exists:
    return Exists(Favourite.objects.filter(user=user.pk, environment=OuterRef("pk")))


def _by_their_state(user: Person, now: datetime) -> list[Needing]:
    drifted = Q(drift_since__isnull=False, state__in=[State.RUNNING, State.STOPPED])
    not_begun = Q(next_transition_at__lt=now - NOT_BEGUN)
    rows = Environment.objects.visible_to(user).filter(Q(state__in=FAILED_STATES) | drifted | not_begun).order_by()
    found = []
    for pk, state, since, drift, planned in rows.values_list(
        "pk", "state", "state_since", "drift_since", "next_transition_at"
    ):
        if state in FAILED_STATES:
            found.append(Needing(pk, Need.FAILED, since))
        elif planned and planned < now - NOT_BEGUN:
            found.append(Needing(pk, Need.NOT_BEGUN, planned))
        else:
            found.append(Needing(pk, Need.DRIFTED, drift))
    return found


def _by_health(user: Person) -> list[Needing]:
    """Those of which a check is down or was missed, since the first of them is."""
    troubled = Check.objects.in_trouble().filter(environment__in=Environment.objects.visible_to(user).values("pk"))
    rows = troubled.order_by().values_list("environment").annotate(since=Min("state_since"))
    return [Needing(pk, Need.UNHEALTHY, since) for pk, since in rows]


def open_incidents(environments: Iterable[int]) -> dict[int, int]:
    """The number of the oldest open ticket of each of these environments that a check of it opened; one query."""
    rows = Ticket.objects.undone().filter(environment__in=list(environments), cause__startswith="check:")
    return dict(rows.order_by("-pk").values_list("environment", "pk"))


def _by_holds(user: Person) -> list[Needing]:
    """Those that nothing but a person releases."""
    rows = Hold.objects.open().filter(until__isnull=True)
    rows = rows.filter(environment__in=Environment.objects.visible_to(user).values("pk")).order_by()
    return [Needing(pk, Need.KEPT, since) for pk, since in rows.values_list("environment_id", "starts_at")]
