"""What would happen to each of several environments if it were asked for now: read only, a fixed number of queries."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, State, Wish
from environments.services import budget_limits, exceptions, holds, needs, plans
from environments.services.budget_limits import Through
from environments.services.exception_checks import misfit
from environments.services.exceptions import Wanted
from environments.services.specs import same_plan, spec_of

from . import cards
from .board_actions import at_once_of_each
from .board_overruled import held_against, left_alone
from .board_rows import Row
from .displays import also, at_words

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WORDS = "–"
"""In the place of the reason, which is asked for later."""


@dataclass(frozen=True, slots=True)
class Line:
    """What will happen to one of them, or has: `is_fine` where it is done, else `text` says why not.

    `zone` is that of the times and days in `text`, `also` the same moment by the reader's own clock; `is_running` where
    it runs and would be stopped at once today; `is_overruled` where it is done, and something else wins over it for
    now; `undo` is what takes it back, as the fields of a form.
    """

    pk: int
    name: str
    is_fine: bool
    text: str
    zone: str = ""
    also: str = ""
    is_running: bool = False
    is_overruled: bool = False
    undo: Mapping[str, str] = field(default_factory=dict)


def forecasts(verb: str, rows: Sequence[Row], user: User, now: datetime, day: date | None) -> list[Line]:
    """A line for each, in their order. `day` is that of a day off or on; None for what is no date."""
    refused = _beyond_budgets(verb, rows, user, now, day)
    lines = _lines(verb, rows, user, now, day)
    return [
        _line(row, refused[row.pk], is_fine=False) if row.pk in refused and line.is_fine else line
        for row, line in zip(rows, lines, strict=True)
    ]


def _beyond_budgets(verb: str, rows: Sequence[Row], user: User, now: datetime, day: date | None) -> dict[int, str]:
    """Which of them a used-up budget forbids to keep on beyond their plan, their own or that of something that they
    need and that would run longer, too; and why, by id."""
    if verb not in {"start", "keep", "on"}:
        return {}
    those = {row.pk: row.card.environment for row in rows}
    wanted = Wanted(verb, day, day, None, WORDS) if verb == "on" and day else None
    if verb == "on" and wanted is None:
        return {}

    def is_beyond(environment: Environment) -> bool:
        if wanted:
            return budget_limits.is_longer(environment, environment, wanted, now)
        return verb == "keep" or budget_limits.is_beyond_plan(environment, now + MINUTE, now)

    def is_through(environment: Environment, one: Through) -> bool:
        if wanted:
            also = [one.needed, *one.who]
            return budget_limits.is_longer(environment, environment, wanted, now, also=also)
        until = _kept_on_until(environment, now) if verb == "keep" else now + MINUTE
        return budget_limits.is_beyond_plan(one.needed, until, now, also=one.who)

    own = budget_limits.refusals(environments=those.values(), user=user, now=now)
    refused = {pk: why for pk, why in own.items() if is_beyond(those[pk])}
    for pk, ones in budget_limits.refusals_through_needs(environments=those.values(), user=user, now=now).items():
        if pk not in refused and (one := next((one for one in ones if is_through(those[pk], one)), None)):
            refused[pk] = one.why
    return refused


def _kept_on_until(environment: Environment, now: datetime) -> datetime:
    """The least that keeping it on asks for; now, where its schedule cannot be read."""
    try:
        return holds.extended_until(environment, spec_of(environment, now), now, MINUTE)
    except (rules.RuleError, ValidationError):
        return now


def _lines(verb: str, rows: Sequence[Row], user: User, now: datetime, day: date | None) -> list[Line]:
    if verb in {"off", "on"}:
        return _on_the_day(verb, rows, user, now, day)
    needed = needs.still_needing_each([row.pk for row in rows], user, now) if verb == "stop" else {}
    return [_at_once(verb, row, needed.get(row.pk, ()), now) for row in rows]


def _at_once(verb: str, row: Row, needed: Sequence[needs.Needing], now: datetime) -> Line:
    """Starting, stopping, keeping and releasing."""
    card, environment = row.card, row.card.environment
    try:
        spec = spec_of(environment, now)
    except rules.RuleError as error:
        return _line(row, cards.unreadable(error), is_fine=False)
    match verb:
        case "start" if not card.can_start:
            return _line(
                row, _("It runs or starts already.") if _has_targets(environment) else card.short, is_fine=False
            )
        case "start":
            return _line(row, _("It starts now."))
        case "stop" if not card.can_stop:
            stops = _("It is stopped or stops already.")
            return _line(row, stops if _has_targets(environment) else card.short, is_fine=False)
        case "stop":
            return _stopping(row, needed, now)
        case "keep":
            return _keeping(row, spec, now)
        case _ if card.hold is None:
            return _line(row, _("Nobody holds it."), is_fine=False)
        case _ if card.more:
            return _line(row, card.more, at=rules.explain(spec.without_holds(), now).until, now=now)
        case _:
            return _line(row, card.hold_text, at=card.hold.until, now=now)


def _keeping(row: Row, spec: rules.EnvironmentSpec, now: datetime) -> Line:
    if row.card.environment.state != State.RUNNING:
        return _line(row, _("It does not run."), is_fine=False)
    if row.card.kept:
        return _line(row, _("It is kept on until somebody releases it."), is_fine=False)
    try:
        end = holds.extended_until(row.card.environment, spec, now, HOUR)
    except ValidationError as error:
        return _line(row, " ".join(error.messages), is_fine=False)
    words = _("With 1 hour more it runs until %(time)s.") % {"time": at_words(end, row.card.zone, now)}
    return _line(row, words, at=end, now=now)


def _stopping(row: Row, needed: Sequence[needs.Needing], now: datetime) -> Line:
    card = row.card
    if needed:
        who = needs.in_words(needed, card.zone, now)
        return _line(row, _("Others still need it: %(who)s.") % {"who": who}, is_fine=False, zone=card.zone)
    if card.hold:
        words = _("It stops now, though held %(hold)s.") % {"hold": card.hold_text}
        return _line(row, words, at=card.hold.until, now=now)
    words = _("It stops now. By its plan: %(plan)s.") % {"plan": card.next_text}
    return _line(row, words, at=card.next_at, now=now)


def _on_the_day(verb: str, rows: Sequence[Row], user: User, now: datetime, day: date | None) -> list[Line]:
    """Days off and on, with what would follow at once if the day were today; those of one plan are read once."""
    if day is None:
        return [_line(row, _("This is not a date."), is_fine=False) for row in rows]
    read: dict[Hashable, tuple[str, rules.Explanation | None]] = {}
    todays: list[tuple[Environment, rules.Explanation]] = []
    for row in rows:
        environment = row.card.environment
        key = same_plan(environment)
        if key not in read:
            read[key] = _problem(verb, environment, day, now), _today(verb, environment, now)
        today = read[key][1]
        if today is not None:
            todays.append((environment, today))
    follows = at_once_of_each(todays, now)
    needed = needs.still_needing_each([row.pk for row in rows], user, now) if verb == "off" else {}

    def line(row: Row) -> Line:
        environment = row.card.environment
        problem, today = read[same_plan(environment)]
        wins = "" if problem or row.pk in follows else held_against(verb, environment, day, now)
        if not wins and today and row.pk not in follows and day == plans.today(_zone(environment), now):
            wins = left_alone(environment, today, needed.get(row.pk, ()), now)
        return _day_line(verb, row, day, now, problem, follows.get(row.pk), wins)

    return [line(row) for row in rows]


def _problem(verb: str, environment: Environment, day: date, now: datetime) -> str:
    try:
        return misfit(environment, environment, Wanted(verb, day, day, None, WORDS), now)
    except rules.RuleError as error:
        return cards.unreadable(error)


def _today(verb: str, environment: Environment, now: datetime) -> rules.Explanation | None:
    """What its plan would say now if it were for today; None where it cannot be."""
    today = plans.today(_zone(environment), now)
    if _problem(verb, environment, today, now):
        return None
    return rules.explain(
        exceptions.preview(environment, environment, Wanted(verb, today, today, None, WORDS), now), now
    )


def _zone(environment: Environment) -> str:
    return exceptions.zones(environment)[0]


def _day_line(verb: str, row: Row, day: date, now: datetime, problem: str, follows: Wish | None, wins: str) -> Line:
    zone = _zone(row.card.environment)
    if problem:
        return _line(row, problem, is_fine=False, zone=zone)
    said = [_("Off all day.") if verb == "off" else _("On all day.")]
    if wins:
        # These words name the zone of their times.
        return replace(_line(row, " ".join((*said, wins))), is_overruled=True)
    is_running = follows == Wish.STOPPED
    if day == plans.today(zone, now):
        words = {
            Wish.STOPPED: _("It stops now, and everybody who uses it loses it."),
            Wish.RUNNING: _("It starts now."),
        }
        said += [words[follows]] if follows else []
    elif is_running:
        said.append(_("It runs now: if the day were today, it would stop at once."))
    return _line(row, " ".join(said), zone=zone, is_running=is_running)


def _line(
    row: Row,
    text: str,
    *,
    is_fine: bool = True,
    at: datetime | None = None,
    now: datetime | None = None,
    zone: str = "",
    is_running: bool = False,
) -> Line:
    """A line whose text says `at`, a time in the environment's zone, or something of the days in `zone`."""
    zone = row.card.zone if at else zone
    mine = also(at, zone, now) if at and now else ""
    return Line(row.pk, row.card.environment.name, is_fine, text, zone, mine, is_running)


def _has_targets(environment: Environment) -> bool:
    found: bool = environment.has_targets  # type: ignore[attr-defined]
    return found
