"""What of the health of environments was missed: checks that are out of step, and incidents whose time has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from environments import check_events
from environments.models import TROUBLE, Check, CheckState, Environment, State, Ticket, Wish
from environments.rules import health as rules

from . import alarms, health, tickets

AT_ONCE = 1000
INCIDENTS_AT_ONCE = 100
GONE = {"en": "Its check is no longer there.", "ko": "이 점검은 이제 없어요."}


def sweep(*, now: datetime) -> int:
    """Bring checks into step with their environments, judge alarms whose grace is over, open the incidents that are
    due and end those whose check is gone; how many of all. Safe to run twice at once; four cheap queries where nothing
    was missed."""
    moved = health.environments_moved(_out_of_step(), now=now)
    return moved + alarms.judge_waiting(now=now) + _open_incidents(now) + _end_incidents(now)


def _out_of_step() -> list[int]:
    """Environments with a check that sleeps and should not, should and does not, that nobody will ever look at, or of
    which nobody knows since when it is awake."""
    resting = Q(environment__state__in=rules.RESTING) & ~Q(environment__wish=Wish.RUNNING)
    sleeps = Q(always=False) & (
        resting
        | Q(environment__state=State.STOPPING)
        | Q(environment__state=State.UNKNOWN, environment__wish=Wish.STOPPED)
    )
    on, asleep, unseen = Q(is_on=True), Q(state=CheckState.ASLEEP), Q(due_at__isnull=True)
    waiting = unseen & Q(kind=Check.Kind.ALARM, state=CheckState.STARTING) & ~Q(environment__state__in=rules.MOVING)
    since_when = Q(kind__in=health.CALLED, awake_since__isnull=True)
    wrong = (
        (on & sleeps & (~asleep | ~unseen))
        | (on & ~sleeps & (asleep | (Q(kind__in=health.PROBED) & unseen) | waiting | since_when))
        | (~on & (~Q(state=CheckState.UNKNOWN) | ~unseen))
    )
    found = Check.objects.filter(wrong).order_by("environment").values_list("environment", flat=True)
    return list(found.distinct()[:AT_ONCE])


def _open_incidents(now: datetime) -> int:
    """For what has been in trouble for as long as its check allows. Environments before checks: one order of locks."""
    due = Check.objects.in_trouble().filter(ticket_due_at__lte=now)
    ids = list(due.order_by("ticket_due_at", "pk").values_list("pk", "environment")[:INCIDENTS_AT_ONCE])
    if not ids:
        return 0
    with transaction.atomic():
        free = Environment.objects.select_for_update(skip_locked=True).filter(pk__in={pk for _, pk in ids})
        environments = {environment.pk: environment for environment in free.order_by("pk")}
        mine = due.filter(pk__in=[pk for pk, _ in ids], environment__in=environments)
        checks = list(mine.select_for_update(of=("self",), no_key=True).order_by("pk"))
        for check in checks:
            tickets.incident(
                environment=environments[check.environment_id],
                cause=tickets.of_check(check.pk),
                title=check_events.title(environments[check.environment_id], [check]),
                description=check.reason,
                now=now,
            )
        Check.objects.filter(pk__in=[check.pk for check in checks], state__in=TROUBLE).update(ticket_due_at=None)
    return len(checks)


def _end_incidents(now: datetime) -> int:
    """Of checks that are gone, or another environment's by now."""
    cause = Concat(Value(tickets.OF_CHECKS), Cast("pk", CharField()), output_field=CharField())
    checks = Check.objects.filter(environment=OuterRef("environment")).annotate(cause=cause)
    # That the cause is not empty leads to the index of undone incidents.
    undone = Ticket.objects.undone().exclude(cause="").filter(cause__startswith=tickets.OF_CHECKS, over_at=None)
    gone = undone.filter(~Exists(checks.filter(cause=OuterRef("cause")))).order_by("pk")
    found = gone.values_list("environment_id", "cause")[:INCIDENTS_AT_ONCE]
    return tickets.over_many(dict.fromkeys(found, GONE), now=now)
