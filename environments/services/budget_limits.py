"""What a used-up budget forbids: people who may not exceed limits keep nothing on beyond its plan, nor through the need
of another.

Asked by holds, exceptions and pauses, and by their dialogs before the click (docs/budgets.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from environments import rules
from environments.models import DayException, Environment
from environments.models.budget import Budget
from environments.rules.intervals import Span, merged
from portal.money import money_words

from . import budgets, exception_checks, permissions
from .budget_months import Owner, counting, month_at, months_now, of_months, owner_of
from .cost_marks import zone_names
from .exception_checks import Wanted
from .needed_plans import Needed
from .specs import planned, spec_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from .exception_checks import WantedOnes
    from .permissions import Scope

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def refusals(*, environments: Iterable[Environment], user: User | AnonymousUser, now: datetime) -> dict[int, str]:
    """Why `user` may keep none of these on beyond its plan, by its id; those that they may keep on are not there.

    One query where no budget forbids anything, else a fixed number. None for who may exceed limits.
    """
    if user.has_perm(permissions.EXCEED):
        return {}
    return {pk: _words(one) for pk, one in _used_up(environments, now).items()}


@dataclass(frozen=True, slots=True)
class Through:
    """Something with a used-up budget that an environment needs, directly or through others: `who` keep it running
    while they run, and `why` says to a person that it cannot be kept on beyond what its plan and theirs wish for."""

    needed: Environment
    who: Sequence[Environment]
    why: str


def refusals_through_needs(
    *, environments: Iterable[Environment], user: User | AnonymousUser, now: datetime
) -> dict[int, list[Through]]:
    """What of that which these need `user` may not have kept on beyond its plan, the nearest first, by the id of the
    one that needs it. None for who may exceed limits.

    One query where no budget forbids anything, else a fixed number.
    """
    those = list(environments)
    if user.has_perm(permissions.EXCEED) or not _forbids_anything():
        return {}
    needed = Needed(those)
    used_up = _used_up(needed.rows.values(), now) if needed.rows else {}
    if not used_up:
        return {}
    needed.read_plans(used_up, now)
    visible = set(Environment.objects.visible_to(user).filter(pk__in=used_up).values_list("pk", flat=True))
    found: dict[int, list[Through]] = defaultdict(list)
    for environment in those:
        for one in (one for one in needed.of(environment) if one.pk in used_up):
            why = _words_of_needed(environment, one, used_up[one.pk], is_visible=one.pk in visible)
            found[environment.pk].append(Through(one, needed.who_needs(one, now), why))
    return found


def refusal(environment: Environment, user: User | AnonymousUser, now: datetime) -> str:
    """The same for one, or why they may not keep on something that it needs, which would have to run beyond its own
    plan as soon as this one does; empty where they may."""
    if user.has_perm(permissions.EXCEED) or not _forbids_anything():
        return ""
    needed = Needed([environment])
    used_up = _used_up([environment, *needed.rows.values()], now)
    if environment.pk in used_up:
        return _words(used_up[environment.pk])
    for one in (one for one in needed.of(environment) if one.pk in used_up):
        if is_beyond_plan(one, _end_of_plan(environment, now) + MINUTE, now, also=needed.who_needs(one, now)):
            return _words_of_needed(environment, one, used_up[one.pk], is_visible=_is_visible(one, user))
    return ""


def refuse_extension(
    environment: Environment, user: User | AnonymousUser, now: datetime, until: datetime | None
) -> None:
    """ValidationError, in words, when the environment may not run until then (None: without an end) because its plan
    without holds does not wish for all of that, and its budget is used up; or when that of something that it needs is,
    which neither its own plan nor that of any that need it would have running until then. One query where no budget
    forbids anything."""
    if user.has_perm(permissions.EXCEED) or not _forbids_anything():
        return
    needed = Needed([environment])
    used_up = _used_up([environment, *needed.rows.values()], now)
    if environment.pk in used_up and is_beyond_plan(environment, until, now):
        raise ValidationError(_words(used_up[environment.pk]))
    for one in needed.of(environment):
        if one.pk in used_up and is_beyond_plan(one, until, now, also=needed.who_needs(one, now)):
            raise ValidationError(
                _words_of_needed(environment, one, used_up[one.pk], is_visible=_is_visible(one, user))
            )


def refuse_longer_days(scope: Scope, wanted: WantedOnes, user: User, now: datetime) -> None:
    """ValidationError, in words, when `longer_days` says so."""
    if why := longer_days(scope, wanted, user, now):
        raise ValidationError(why)


def longer_days(scope: Scope, wanted: WantedOnes, user: User | AnonymousUser, now: datetime) -> str:
    """Why `user` may not make an exception that lets something run for longer than its plan, or than it does by the
    exceptions that are there: its budget is used up, or that of something that it needs and that would run longer
    because of that. Empty where they may; what only shortens is always let through. One query where no budget forbids
    anything."""
    if user.has_perm(permissions.EXCEED) or not _forbids_anything():
        return ""
    those = exception_checks.concerned(scope, now)
    needed = Needed(those)
    used_up = _used_up([*those, *needed.rows.values()], now)
    for one in those:
        if one.pk in used_up and is_longer(one, scope, wanted, now):
            return _words(used_up[one.pk])
    for one in those:
        for other in (other for other in needed.of(one) if other.pk in used_up):
            if is_longer(one, scope, wanted, now, also=[other, *needed.who_needs(other, now)]):
                return _words_of_needed(one, other, used_up[other.pk], is_visible=_is_visible(other, user))
    return ""


def refuse_return(rows: Sequence[DayException], user: User, now: datetime) -> None:
    """The same for exceptions that would come back in force."""
    by_scope: dict[Scope, list[Wanted]] = defaultdict(list)
    for row in rows:
        if scope := row.environment or row.team or row.schedule:
            by_scope[scope].append(exception_checks.as_wanted(row, row.day))
    for scope, wanted in by_scope.items():
        refuse_longer_days(scope, wanted, user, now)


def is_longer(
    environment: Environment, scope: Scope, wanted: WantedOnes, now: datetime, also: Iterable[Environment] = ()
) -> bool:
    """Whether it would run at any moment at which it is to run neither now, nor without any exception, and none of
    `also` is."""
    each = exception_checks.each_of(wanted)
    try:
        before = spec_of(environment, now).without_holds()
        after = exception_checks.preview(environment, scope, wanted, now).without_holds()
        first, last = min(one.first for one in each), max(one.last for one in each)
        begin = max(now, datetime.combine(first, datetime.min.time(), now.tzinfo) - DAY)
        end = datetime.combine(last, datetime.min.time(), now.tzinfo) + 3 * DAY
        if begin >= end:
            return False
        without = [*_running(before, begin, end), *_running(before.without_overrides(), begin, end)]
        allowed = merged([*without, *(span for one in also for span in _planned(one, begin, end, now))], begin, end)
        return any(not _within(span, allowed) for span in _running(after, begin, end))
    except rules.RuleError:  # a schedule that cannot be read runs nothing
        return False


def _running(spec: rules.EnvironmentSpec, begin: datetime, end: datetime) -> list[Span]:
    found = rules.plan(spec, begin, end)
    return merged([(one.start, one.end) for one in found if one.desired is rules.Desired.RUNNING], begin, end)


def _planned(environment: Environment, begin: datetime, end: datetime, now: datetime) -> list[Span]:
    """When its plan without holds has it running; a schedule that cannot be read runs nothing."""
    try:
        return _running(spec_of(planned(environment, now), now).without_holds(), begin, end)
    except rules.RuleError:
        return []


def _end_of_plan(environment: Environment, now: datetime) -> datetime:
    """Until when its plan without holds has it running from now on, within a week; now, where it does not."""
    return next((end for begin, end in _planned(environment, now, now + 7 * DAY, now) if begin <= now), now)


def _within(span: Span, those: Sequence[Span]) -> bool:
    return any(begin <= span[0] and span[1] <= end for begin, end in those)


def is_beyond_plan(
    environment: Environment, until: datetime | None, now: datetime, also: Iterable[Environment] = ()
) -> bool:
    """Whether to run until then (None: without an end) is more than its plan without holds wishes for, and than those
    of `also` do."""
    if until is None or until <= now:
        return until is None
    spans = [span for one in (environment, *also) for span in _planned(one, now, until, now)]
    return not _within((now, until), merged(spans, now, until))


def _forbids_anything() -> bool:
    """Whether any budget does: so that most holds and exceptions cost one query more."""
    return Budget.objects.filter(blocks_extensions=True).exists()


def _used_up(environments: Iterable[Environment], now: datetime) -> dict[int, budgets.Standing]:
    """The used-up budget that forbids to keep each of these on, its own before its team's, by the environment's id: of
    the month that its clock shows, for the days of its costs are of that month too.

    One query where no budget forbids anything, else a fixed number.
    """
    those = list(environments)
    rows = Budget.objects.filter(
        Q(environment__in=[one.pk for one in those]) | Q(team__in={one.team_id for one in those})
    )
    known = of_months(rows, months_now(now))
    if not any(one.blocks_extensions for one in known):
        return {}
    zones = zone_names([one.pk for one in those])
    month_of = {one.pk: month_at(zones.get(one.pk, settings.TIME_ZONE), now) for one in those}
    whose = {month: _forbidding(known, month, now) for month in set(month_of.values())}
    found = {one.pk: _of(whose[month_of[one.pk]], one) for one in those}
    return {pk: standing for pk, standing in found.items() if standing}


def _forbidding(known: Iterable[Budget], month: date, now: datetime) -> dict[Owner, budgets.Standing]:
    """The used-up ones of a month among these."""
    blocking = [one for one in counting(known, lambda _one: month) if one.blocks_extensions]
    used_up = [one for one in budgets.each(blocking, month=month, now=now) if one.is_used_up]
    return {owner_of(one.budget): one for one in used_up}


def _of(whose: Mapping[Owner, budgets.Standing], environment: Environment) -> budgets.Standing | None:
    return whose.get(("environment", environment.pk)) or whose.get(("team", environment.team_id))


def _is_visible(environment: Environment, user: User | AnonymousUser) -> bool:
    return Environment.objects.visible_to(user).filter(pk=environment.pk).exists()


def _words_of_needed(environment: Environment, needed: Environment, one: budgets.Standing, *, is_visible: bool) -> str:
    """Names and amounts of other teams are not for everybody."""
    if not is_visible:
        return _(
            "%(name)s needs an environment of another team whose budget for this month is used up, so that cannot be"
            " kept on beyond its plan. An operator can, or can raise the budget."
        ) % {"name": environment.name}
    return _(
        "%(name)s needs %(needed)s, and the budget of %(owner)s for this month is used up (%(used)s of %(amount)s), so"
        " that cannot be kept on beyond its plan. An operator can, or can raise the budget."
    ) % {"name": environment.name, "needed": needed.name, "owner": _owner(one), **_amounts(one)}


def _words(one: budgets.Standing) -> str:
    return _(
        "The budget of %(name)s for this month is used up (%(used)s of %(amount)s), so it cannot be kept on beyond its"
        " plan. An operator can, or can raise the budget."
    ) % {"name": _owner(one), **_amounts(one)}


def _owner(one: budgets.Standing) -> str:
    owner = one.budget.environment or one.budget.team
    return owner.name if owner else ""


def _amounts(one: budgets.Standing) -> dict[str, str]:
    currency = one.budget.currency
    return {
        "used": money_words(one.used or one.budget.amount, currency),
        "amount": money_words(one.budget.amount, currency),
    }
