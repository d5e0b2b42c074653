"""What the choices of the board's dialogs cost, of one environment or of several together; nothing without a price."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User

from environments import rules
from environments.models import Environment
from environments.services import exceptions, permissions
from environments.services.exceptions import Wanted
from environments.services.running_on import left_running
from environments.services.specs import same_plan, spec_of

from .board_costs import Prices
from .day_preview import difference_words
from .planned_days import PlannedDays

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WORDS = "–"
"""In the place of a reason."""


@dataclass(frozen=True, slots=True)
class Several:
    """What they cost together: an hour, with what of them has no price; two hours; a start until the next planned
    change of each, empty where one of them has no such end; a day off or on."""

    an_hour: str = ""
    first: str = ""
    second: str = ""
    default: str = ""
    day: str = ""


def of_several(
    verb: str, environments: Sequence[Environment], user: User | AnonymousUser, now: datetime, day: date | None
) -> Several:
    """Nothing where none has a price. Six queries at most, whatever their number."""
    if verb not in {"start", "keep", "off", "on"} or not environments:
        return Several()
    prices = Prices(user, environments, now)
    if not prices.an_hour:
        return Several()
    if verb in {"off", "on"}:
        changes = _changes(verb, environments, day, now) if day else {}
        total = sum(changes.values(), timedelta())
        lengths = {pk: abs(change) for pk, change in changes.items()}
        said = difference_words(total, prices.of_each(lengths)) if abs(total) >= MINUTE else ""
        return Several(an_hour=prices.an_hour_and_gaps, day=said)
    ends = _ends(environments, user, now) if verb == "start" else {}
    default = prices.of_each(ends) if len(ends) == len(environments) else ""
    return Several(prices.an_hour_and_gaps, prices.an_hour, prices.of(2 * HOUR), default)


def of_a_day(environment: Environment, kind: str, day: date, prices: Prices, now: datetime) -> str:
    """“9 h less ($2.17)”; empty where nothing has a price, or it runs for as long as planned. Reads nothing of an
    environment with its plan. Raises RuleError."""
    change = _change(environment, kind, day, now)
    price = prices.of(abs(change))
    return difference_words(change, price) if price and abs(change) >= MINUTE else ""


def _changes(kind: str, environments: Iterable[Environment], day: date, now: datetime) -> Mapping[int, timedelta]:
    """How much longer each runs by such a day; equal plans are read once."""
    known: dict[Hashable, timedelta] = {}
    found = {}
    for one in environments:
        key = same_plan(one), left_running(one, spec_of(one, now), now)
        if key not in known:
            known[key] = _change(one, kind, day, now)
        found[one.pk] = known[key]
    return found


def _change(environment: Environment, kind: str, day: date, now: datetime) -> timedelta:
    """How much longer it runs by such a day; what has passed of today is as it was. What is left running against its
    plan runs on anyway until that changes, and no day off is said to save what is left alone."""
    spec = spec_of(environment, now)
    left = left_running(environment, spec, now)
    if left and (kind == "off" or left.until is None):
        return timedelta()
    since = left.until if left and left.until else now
    after = exceptions.preview(environment, environment, Wanted(kind, day, day, None, WORDS), now)
    was, becomes = (PlannedDays(one, day, day) for one in (spec, after))
    return becomes.running_time(since) - was.running_time(since)


def _ends(environments: Iterable[Environment], user: User | AnonymousUser, now: datetime) -> Mapping[int, timedelta]:
    """How long each is kept on by a start until its next planned change, or for as long as this person may hold it;
    those without such an end are not there."""
    is_limited = not user.has_perm(permissions.EXCEED)
    found = {}
    for one in environments:
        end = rules.default_until(spec_of(one, now), now)
        longest = timedelta(hours=one.max_hold_hours) if is_limited and one.max_hold_hours is not None else None
        if end is not None or longest is not None:
            lengths = (end - now if end else None, longest)
            found[one.pk] = min(length for length in lengths if length is not None)
    return found
