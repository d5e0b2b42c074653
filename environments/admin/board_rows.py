"""The rows of the board: for each environment its card, its day as a bar, and what can be done; with a fingerprint."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from environments import rules
from environments.models import (
    FAILED_STATES,
    MOVING_STATES,
    Environment,
    Favourite,
    Operation,
    OperationStep,
    State,
    Wish,
)
from environments.services import boards, cost_gaps, health, intervals, plans, stuck_deletes
from environments.services.specs import same_plan, spec_of

from . import cards
from .board_costs import Cost, today_of
from .costs_lacking import things
from .day_bar import DayBar, Spans, day_bar
from .displays import also, language
from .health_words import Mark, mark
from .operation_cards import is_guarded, usual_durations
from .unknown_zones import UnknownZone, bare_card, unknown_zone

# The line of now moves in steps of this, less than a pixel of a bar: a row does not read anew with each look.
STEP = timedelta(minutes=5)
# Rows of a few kilobytes each, kept until there are so many of them.
MOST_DRAWN = 2048
_DRAWN: dict[tuple[int, str], SafeString] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the board. `seen` changes when it reads anew; `review`: what failed needs a look, no second try; `also`
    is its next change by the reader's own clock; `lacking` what is not in `cost`, because it has no price."""

    card: cards.Card
    url: str
    bar: DayBar | None
    tags: tuple[str, ...]
    is_favourite: bool
    may_switch: bool
    review: bool
    day_off: bool
    also: str
    cost: Cost
    lacking: str
    health: Mark | None
    usual: timedelta | None
    seen: str

    @property
    def pk(self) -> int:
        return self.card.environment.pk

    @property
    def can_retry(self) -> bool:
        return self.may_switch and self.card.failed and not self.review

    @property
    def drawing(self) -> SafeString | str:
        return self.bar.svg if self.bar else ""

    @property
    def html(self) -> SafeString:
        """The row as it is drawn; what reads as before is not drawn again, whoever asks."""
        key = (self.pk, self.seen)
        if key not in _DRAWN:
            if len(_DRAWN) >= MOST_DRAWN:
                _DRAWN.clear()
            _DRAWN[key] = render_to_string("environments/_board_row.html", {"row": self})
        return _DRAWN[key]

    @property
    def renewing(self) -> SafeString:
        """The row as it takes its own place on a page that is open."""
        return mark_safe(self.html.replace("<li ", '<li hx-swap-oob="true" ', 1))  # noqa: S308 - drawn by a template


def rows_of(
    user: User | AnonymousUser, ids: Iterable[int], now: datetime, *, may_switch: bool, long: Iterable[int] = ()
) -> dict[int, Row]:
    """The rows of those of these environments that the user sees, by id; a fixed number of queries for all together.

    `long` are further environments whose usual durations are looked up as well.
    """
    mine = Favourite.objects.filter(user=user.pk, environment=OuterRef("pk"))
    found = list(
        cards.environments_of(user, now)
        .filter(pk__in=set(ids))
        .annotate(is_favourite=Exists(mine))
        .prefetch_related("tags")
    )
    current = _under_way(found)
    failures = {
        operation.environment_id: operation
        for operation in boards.last_failures(one.pk for one in found if one.state in FAILED_STATES)
    }
    usual = _usual(current.values())
    made = {one.pk: _bare(one, unknown) for one in found if (unknown := unknown_zone(one))}
    found = [one for one in found if one.pk not in made]
    days = {one.pk: plans.bounds(plans.today(one.zone_name, now), one.zone_name) for one in found}
    really = intervals.ran(
        environments=[one.pk for one in found],
        begin=min((begin for begin, _end in days.values()), default=now),
        end=now,
        now=now,
    )
    planned = _Plans(now, days)
    costs, healths = today_of(user, days, now), health.of_environments(days)
    lacking = {pk: things(what) for pk, what in cost_gaps.unpriced_of_each(environments=costs, now=now).items()}
    for one in found:
        operation, failed = current.get(one.pk), failures.get(one.pk)
        took = usual.get((one.pk, operation.kind)) if operation else None
        card = cards.card(one, now, current=operation, last_failed=failed, usual=took, explained=planned.explained(one))
        spans = [(begin, None if end >= now else end) for begin, end in really[one.pk]]
        bar, next_also = planned.bar(one, spans), also(card.next_at, card.zone, now)
        money = costs.get(one.pk, Cost()), lacking.get(one.pk, "")
        its_health = mark(healths.get(one.pk))
        made[one.pk] = _row(card, bar, next_also, money, its_health, may_switch=may_switch, failed=failed, usual=took)
    return made


def _bare(environment: Environment, unknown: UnknownZone) -> Row:
    """The row of one whose zone is not known here."""
    card = bare_card(environment, unknown)
    return _row(card, None, "", (Cost(), ""), None, may_switch=False, failed=None, usual=None)


def _row(
    card: cards.Card,
    bar: DayBar | None,
    next_also: str,
    money: tuple[Cost, str],
    its_health: Mark | None,
    *,
    may_switch: bool,
    failed: Operation | None,
    usual: timedelta | None,
) -> Row:
    environment = card.environment
    is_favourite: bool = environment.is_favourite  # type: ignore[attr-defined]
    tags = tuple(tag.name for tag in environment.tags.all())
    review = card.guarded or bool(failed and (is_guarded(failed) or stuck_deletes.of_operation(failed)))
    progress = card.progress.share if card.progress else 0
    day_off = environment.state == State.RUNNING or environment.wish == Wish.RUNNING
    shown = (
        *(language(), environment.slug, environment.name, environment.team.name, card.zone, tags, is_favourite),
        *(card.tone, card.state, card.short, card.next_text, next_also, bool(card.current), progress, card.failed),
        *(card.guarded, may_switch, card.can_start, card.can_stop, card.can_keep, card.kept, review, day_off, bar),
        *(*money, its_health),
    )
    return Row(
        card=card,
        url=reverse("environments:page", args=[environment.slug]),
        bar=bar,
        tags=tags,
        is_favourite=is_favourite,
        may_switch=may_switch,
        review=review,
        day_off=day_off,
        also=next_also,
        cost=money[0],
        lacking=money[1],
        health=its_health,
        usual=usual,
        seen=fingerprint(shown),
    )


def fingerprint(shown: object) -> str:
    """A short name for what is shown; equal as long as it reads the same."""
    return blake2b(repr(shown).encode(), digest_size=5).hexdigest()


def _under_way(environments: Sequence[Environment]) -> dict[int, Operation]:
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    moving = [one.pk for one in environments if one.state in MOVING_STATES]
    rows = Operation.objects.unfinished().filter(environment__in=moving).select_related("actor").prefetch_related(steps)
    return {operation.environment_id: operation for operation in rows}


def _usual(operations: Iterable[Operation]) -> Mapping[tuple[int, str], timedelta]:
    """How long each of them usually takes; a query a kind."""
    found = {}
    for kind in Operation.Kind:
        ids = [one.environment_id for one in operations if one.kind == kind]
        found.update({(pk, kind.value): took for pk, took in usual_durations(ids, kind).items()})
    return found


class _Plans:
    """What plans say now, and bars of today. Environments of one plan and one zone have both in common, read once."""

    def __init__(self, now: datetime, days: Mapping[int, tuple[datetime, datetime]]) -> None:
        self.now, self.days = now, days
        self.shown = datetime.fromtimestamp(now.timestamp() // STEP.total_seconds() * STEP.total_seconds(), UTC)
        self.keys: dict[int, Hashable] = {}
        self.answers: dict[Hashable, cards.Explained] = {}
        self.segments: dict[Hashable, tuple[list[rules.Segment], list[rules.Segment]] | None] = {}

    def _key(self, environment: Environment) -> Hashable:
        if environment.pk not in self.keys:
            self.keys[environment.pk] = same_plan(environment)
        return self.keys[environment.pk]

    def explained(self, environment: Environment) -> cards.Explained:
        key = self._key(environment)
        if key not in self.answers:
            self.answers[key] = cards.explain(environment, self.now)
        return self.answers[key]

    def bar(self, environment: Environment, ran: Spans) -> DayBar | None:
        """The bar of today; None where the schedule cannot be read."""
        key, zone = self._key(environment), environment.zone_name
        if key not in self.segments:
            self.segments[key] = self._planned(environment)
        planned = self.segments[key]
        if planned is None:
            return None
        segments, without = planned
        return day_bar(segments, plans.today(zone, self.now), zone, self.shown, ran, without)

    def _planned(self, environment: Environment) -> tuple[list[rules.Segment], list[rules.Segment]] | None:
        begin, end = self.days[environment.pk]
        try:
            spec = spec_of(environment, self.now)
            segments = rules.plan(spec, begin, end)
            overridden = any(one.reason.code in {"hold", "exception"} for one in segments)
            return segments, rules.plan(spec.without_overrides(), begin, end) if overridden else []
        except rules.RuleError:
            return None
