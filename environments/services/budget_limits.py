"""What a used-up budget forbids: people who may not exceed limits keep nothing on beyond its plan.

Asked by holds, exceptions and pauses, and by their dialogs before the click (docs/budgets.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from environments import rules
from environments.models import DayException, Environment, Team
from environments.models.budget import Budget
from environments.rules.intervals import Span, merged
from portal.money import money_words

from . import budgets, exception_checks, permissions
from .exception_checks import Wanted
from .specs import planned, spec_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from .exception_checks import WantedOnes
    from .permissions import Scope

DAY = timedelta(days=1)


def refusals(*, environments: Iterable[Environment], user: User | AnonymousUser, now: datetime) -> dict[int, str]:
    """Why `user` may keep none of these on beyond its plan, by its id; those that they may keep on are not there.

    One query where no budget forbids anything, else a fixed number. None for who may exceed limits.
    """
    if user.has_perm(permissions.EXCEED):
        return {}
    those = list(environments)
    rows = Budget.objects.filter(
        Q(environment__in=[one.pk for one in those]) | Q(team__in={one.team_id for one in those})
    )
    month = budgets.this_month(now)
    blocking = [one for one in budgets.in_force(rows, month) if one.blocks_extensions]
    used_up = [one for one in budgets.each(blocking, month=month, now=now) if one.is_used_up]
    words = {budgets.owner_of(one.budget): _words(one) for one in used_up}
    found = {}
    for one in those:
        said = words.get(("environment", one.pk)) or words.get(("team", one.team_id))
        if said:
            found[one.pk] = said
    return found


def refusal(environment: Environment, user: User | AnonymousUser, now: datetime) -> str:
    """The same for one; empty where they may."""
    return refusals(environments=[environment], user=user, now=now).get(environment.pk, "")


def refuse_extension(
    environment: Environment, user: User | AnonymousUser, now: datetime, until: datetime | None
) -> None:
    """ValidationError, in words, when the environment may not run until then (None: without an end) because its plan
    without holds does not wish for all of that, and its budget is used up."""
    why = refusal(environment, user, now)
    if why and is_beyond_plan(environment, until, now):
        raise ValidationError(why)


def refuse_longer_days(scope: Scope, wanted: WantedOnes, user: User, now: datetime) -> None:
    """ValidationError, in words, when `longer_days` says so."""
    if why := longer_days(scope, wanted, user, now):
        raise ValidationError(why)


def longer_days(scope: Scope, wanted: WantedOnes, user: User | AnonymousUser, now: datetime) -> str:
    """Why `user` may not make an exception that lets something run for longer than its plan, or than it does by the
    exceptions that are there: its budget is used up. Empty where they may; what only shortens is always let through."""
    if user.has_perm(permissions.EXCEED) or not _has_budgets(scope):
        return ""
    those = {one.pk: one for one in exception_checks.concerned(scope, now)}
    found = refusals(environments=those.values(), user=user, now=now)
    return next((why for pk, why in found.items() if is_longer(those[pk], scope, wanted, now)), "")


def refuse_return(rows: Sequence[DayException], user: User, now: datetime) -> None:
    """The same for exceptions that would come back in force."""
    by_scope: dict[Scope, list[Wanted]] = defaultdict(list)
    for row in rows:
        if scope := row.environment or row.team or row.schedule:
            by_scope[scope].append(exception_checks.as_wanted(row, row.day))
    for scope, wanted in by_scope.items():
        refuse_longer_days(scope, wanted, user, now)


def is_longer(environment: Environment, scope: Scope, wanted: WantedOnes, now: datetime) -> bool:
    """Whether it would run at any moment at which it is to run neither now, nor without any exception."""
    each = exception_checks.each_of(wanted)
    try:
        before = spec_of(environment, now).without_holds()
        after = exception_checks.preview(environment, scope, wanted, now).without_holds()
        first, last = min(one.first for one in each), max(one.last for one in each)
        begin = max(now, datetime.combine(first, datetime.min.time(), now.tzinfo) - DAY)
        end = datetime.combine(last, datetime.min.time(), now.tzinfo) + 3 * DAY
        if begin >= end:
            return False
        allowed = merged([*_running(before, begin, end), *_running(before.without_overrides(), begin, end)], begin, end)
        return any(not _within(span, allowed) for span in _running(after, begin, end))
    except rules.RuleError:  # a schedule that cannot be read runs nothing
        return False


def _running(spec: rules.EnvironmentSpec, begin: datetime, end: datetime) -> list[Span]:
    found = rules.plan(spec, begin, end)
    return merged([(one.start, one.end) for one in found if one.desired is rules.Desired.RUNNING], begin, end)


def _within(span: Span, those: Sequence[Span]) -> bool:
    return any(begin <= span[0] and span[1] <= end for begin, end in those)


def is_beyond_plan(environment: Environment, until: datetime | None, now: datetime) -> bool:
    """Whether to run until then (None: without an end) is more than its plan without holds wishes for."""
    try:
        spec = spec_of(planned(environment, now), now).without_holds()
        return until is None or any(one.desired is not rules.Desired.RUNNING for one in rules.plan(spec, now, until))
    except rules.RuleError:
        return True


def _has_budgets(scope: Scope) -> bool:
    """Whether any budget at all could forbid it: one query, so that most exceptions cost no more."""
    rows = Budget.objects.filter(blocks_extensions=True)
    if isinstance(scope, Environment):
        return rows.filter(Q(environment=scope.pk) | Q(team=scope.team_id)).exists()
    if isinstance(scope, Team):
        return rows.filter(Q(team=scope.pk) | Q(environment__team=scope.pk)).exists()
    return rows.exists()


def _words(one: budgets.Standing) -> str:
    owner = one.budget.environment or one.budget.team
    amount = money_words(one.budget.amount, one.budget.currency)
    return _(
        "The budget of %(name)s for this month is used up (%(used)s of %(amount)s), so it cannot be kept on beyond its"
        " plan. An operator can, or can raise the budget."
    ) % {
        "name": owner.name if owner else "",
        "used": money_words(one.used or one.budget.amount, one.budget.currency),
        "amount": amount,
    }
