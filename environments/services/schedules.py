"""Doing what the plans say: reading what is due, and recording the operations it asks for."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from environments import override_events, rules
from environments.models import Environment, Hold, Operation, Schedule, State, Wish

from . import drift, health, needs, operations, recorded
from .specs import same_plan, spec_of
from .wakeups import wake_tick

log = logging.getLogger(__name__)

CHUNK = 500
# Between two chunks others get their turn: SQLite has one writer, and who waits for it looks again only so often.
BREATH_S = 0.01
# What must be as it was read when it is written.
STANDS = ("next_transition_at", "wish", "state", "judged_at", "retained")
# When a plan has nothing more to say, or only in years, it is read again after this time.
LOOK_AGAIN = timedelta(days=300)
# A schedule that cannot be read is tried again after this time.
READ_AGAIN = timedelta(minutes=5)
TRIGGER = {
    rules.SourceKind.HOLD: Operation.Trigger.HOLD,
    rules.SourceKind.EXCEPTION: Operation.Trigger.EXCEPTION,
}
BY_PLAN = frozenset({rules.SourceKind.SCHEDULE, rules.SourceKind.CALENDAR, rules.SourceKind.MAINTENANCE})
# What was spared when its period ended is not judged anew by the schedule before its next change.
KEEP_SPARING = rules.Policy(retain_running=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a plan says now, and when it next says something else."""

    found: rules.Explanation | None
    wish: Wish
    next_at: datetime


@dataclass(frozen=True, slots=True)
class _Read:
    """What an environment's plan says, and what follows from it before anybody asks who needs it.

    `begun`: its period begins though it may run already; `spent`: holds that are over.
    """

    environment: Environment
    answer: _Answer
    wanted: operations.Wanted | None = None
    begun: bool = False
    taken_over: bool = False
    spent: tuple[Hold, ...] = ()


def enforce_due(*, now: datetime) -> int:
    """Judge every environment whose plan has something to say by now; the number of them.

    The state is judged by the present, never replayed: after a downtime each environment gets one operation at the
    most. Safe to run twice at once: rows are locked, and a chunk that was judged is no longer due.
    """
    total = 0
    while judged := _enforce_chunk(now):
        total += judged
        if judged == CHUNK:
            time.sleep(BREATH_S)
    return total


def enforce(environment: Environment, *, now: datetime) -> None:
    """Judge one environment at once, in the caller's transaction (after a hold or an edit)."""
    rows = Environment.objects.select_for_update(of=("self",)).filter(pk=environment.pk).with_plan(now)
    _write(_read(list(rows), now), now)


def asked_at_once(environment: Environment, found: rules.Explanation, *, now: datetime) -> Wish | None:
    """What would be started or stopped within seconds if this were what its plan says; None where it is left as it is:
    what somebody changed outside (until the plan's next change), and what others still need. Needs `with_plan()`."""
    return asked_at_once_of_each([(environment, found)], now=now).get(environment.pk)


def asked_at_once_of_each(found: Iterable[tuple[Environment, rules.Explanation]], *, now: datetime) -> dict[int, Wish]:
    """`asked_at_once` of several that are judged together, by their ids; as many queries as for one."""
    read = [_read_one(one, _Answer(says, Wish(says.desired.value), now), now) for one, says in found]
    asked = [one for one in read if one.wanted is not None]
    stay = _kept(asked).running_on
    return {one.environment.pk: one.answer.wish for one in asked if one.environment.pk not in stay}


def plan_changed(environments: Iterable[int] | None = None, *, schedule: Schedule | None = None, now: datetime) -> int:
    """Mark as due the environments that an edit concerns and wake the tick: one UPDATE, whatever their number."""
    concerned = Environment.objects.all()
    if schedule is not None:
        concerned = concerned.filter(schedule=schedule)
    if environments is not None:
        concerned = concerned.filter(pk__in=list(environments))
    count = concerned.update(next_transition_at=now)
    if count:
        wake_tick()
    return count


def _enforce_chunk(now: datetime) -> int:
    """Read and plan first, then lock and write what is still as it was read: nobody waits for the planning.

    Whoever changes what a plan is made of also moves `next_transition_at`, so that a change in between is seen here.
    What somebody else has locked is theirs to judge.
    """
    due = Environment.objects.due(now).with_plan(now).order_by("next_transition_at")
    read = _read(list(due[:CHUNK]), now)
    with transaction.atomic():
        locked = Environment.objects.select_for_update(skip_locked=True, of=("self",)).only(*STANDS)
        stands = {_stand(row) for row in locked.filter(pk__in=[one.environment.pk for one in read])}
        unchanged = [one for one in read if _stand(one.environment) in stands]
        _write(unchanged, now)
    return len(unchanged)


def _stand(environment: Environment) -> tuple[object, ...]:
    return (environment.pk, *(getattr(environment, name) for name in STANDS))


def _write(read: Sequence[_Read], now: datetime) -> None:
    """Write each environment's wish and next change, and the operations that a changed wish asks for."""
    kept = _kept(read)
    found_for: defaultdict[_Answer, list[int]] = defaultdict(list)
    for one in read:
        stays = one.environment.pk in kept.running_on
        found_for[_postponed(one, now) if stays else one.answer].append(one.environment.pk)
    for answer, ids in found_for.items():
        Environment.objects.filter(pk__in=ids).update(
            wish=answer.wish, next_transition_at=answer.next_at, judged_at=now
        )
    if spent := {hold.pk: (hold, one.environment) for one in read for hold in one.spent}:
        recorded.update(Hold.objects.open().filter(pk__in=spent), ended_at=now)
        for hold, environment in spent.values():
            override_events.hold_ended(hold, environment, now)
    if taken_over := [one.environment.pk for one in read if one.taken_over]:
        Environment.objects.filter(pk__in=taken_over).update(retained=False)
    if spared := drift.started_outside([one.environment for one in read if one.begun]):
        Environment.objects.filter(pk__in=spared).update(retained=True)
    asked = _asked(read, kept)
    operations.request_many(asked, now=now)
    # A changed wish alone says what their checks may expect; those of operations have been told.
    anew = {one.environment.pk for one in read if one.answer.wish != one.environment.wish}
    health.environments_moved(anew - kept.running_on - {environment.pk for environment, _ in asked}, now=now)


def _read(rows: Sequence[Environment], now: datetime) -> list[_Read]:
    """What each environment's plan says now, and what follows from it."""
    answers: dict[Hashable, _Answer] = {}
    read: list[_Read] = []
    for environment in rows:
        try:
            # Environments of one schedule share its answer, until holds or exceptions of their own tell them apart.
            key = same_plan(environment)
            answer = answers.get(key) or answers.setdefault(key, _answer(spec_of(environment, now), now))
            read.append(_read_one(environment, answer, now))
        except Exception:  # one row that nobody can read must not stop the others; it is said each time
            log.exception("The plan of %s cannot be read, so it is left as it is.", environment)
            read.append(_Read(environment, _Answer(None, Wish(environment.wish), now + READ_AGAIN)))
    return read


def _read_one(environment: Environment, answer: _Answer, now: datetime) -> _Read:
    found = answer.found
    holds: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    asks = found is not None and _asks_for_something(environment, answer)
    return _Read(
        environment,
        answer,
        wanted=_planned(wanted(found, holds, environment), environment, found, now) if found and asks else None,
        begun=found is not None and _may_have_run_before(environment, found),
        taken_over=environment.retained and answer.wish == Wish.RUNNING and _by_hand(answer),
        spent=tuple(hold for hold in holds if hold.until and hold.until <= now),
    )


def _asked(read: Sequence[_Read], kept: needs.Kept) -> list[tuple[Environment, operations.Wanted]]:
    """The operations to ask for: those of changed wishes, but for what is kept; and stops of what is let go."""
    asked = [(one.environment, one.wanted) for one in read if one.wanted and one.environment.pk not in kept.running_on]
    return asked + [(one.environment, needs.LET_GO) for one in read if one.environment.pk in kept.let_go]


def _answer(spec: rules.EnvironmentSpec, now: datetime) -> _Answer:
    found = rules.explain(spec, now)
    following = rules.next_transition(spec, now)
    return _Answer(found, Wish(found.desired.value), following.at if following else now + LOOK_AGAIN)


def wanted(found: rules.Explanation, holds: Sequence[Hold], environment: Environment) -> operations.Wanted:
    """The operation that an answer of the plan asks for, with its reason and who is behind it; of what somebody holds
    by chat or the API its trigger says so."""
    decides = {str(hold.pk): hold for hold in holds} if found.source.kind == rules.SourceKind.HOLD else {}
    hold = decides.get(found.source.id)
    trigger = TRIGGER.get(found.source.kind, Operation.Trigger.SCHEDULE)
    return operations.Wanted(
        kind=Operation.Kind.START if found.desired == rules.Desired.RUNNING else Operation.Kind.STOP,
        trigger=operations.BY_ORIGIN.get(hold.origin, trigger) if hold else trigger,
        reason={language: found.text(language, environment.zone_name) for language in ("en", "ko")},
        actor_id=hold.author_id if hold else None,
    )


def _planned(
    asked: operations.Wanted, environment: Environment, found: rules.Explanation, now: datetime
) -> operations.Wanted:
    """With the instant at which the plan wished for it, from which lateness counts: when its change was due. A hold is
    no plan, and what a person's act brings forward was not due."""
    due = environment.next_transition_at
    if found.source.kind is rules.SourceKind.HOLD or due is None or due > now:
        return asked
    return replace(asked, planned_at=due)


def _asks_for_something(environment: Environment, answer: _Answer) -> bool:
    """Whether the wish is another than before, and not one for what is to be left alone.

    What runs when an environment is added is stopped at its next stop only (design section 2, item 8: what people did
    outside the portal is left alone until the next boundary). What ran before its period began, and is spared its end,
    is stopped all the same when people want it stopped.
    """
    wish, found = answer.wish, answer.found
    if found and environment.retained and wish == Wish.STOPPED:
        policy = drift.policy_of(environment) if environment.wish != wish else KEEP_SPARING
        spared = rules.is_retained(
            desired=found.desired, source=found.source.kind, policy=policy, ran_before_begin=True
        )
        return not spared
    if wish in {Wish.ANY, environment.wish}:
        return False
    return not (environment.judged_at is None and wish == Wish.STOPPED)


def _kept(read: Sequence[_Read]) -> needs.Kept:
    """What others still need of those whose plans no longer want them running; one query where nobody needs anything.

    Who stopped something by hand has been told who needs it (`holds.place`): a hold is not postponed.
    """
    concerned = [
        one.environment
        for one in read
        if one.answer.wish != Wish.RUNNING
        and (one.answer.wish != one.environment.wish or one.environment.retained)
        and one.environment.judged_at is not None
        and not _by_hand(one.answer)
    ]
    return needs.kept(concerned, {one.environment.pk: one.answer.wish for one in read})


def _postponed(one: _Read, now: datetime) -> _Answer:
    """The wish of before stands until nobody needs it: the plan's new one is then news, and is followed."""
    next_at = min(one.answer.next_at, now + needs.LOOK_AGAIN)
    return replace(one.answer, wish=Wish(one.environment.wish), next_at=next_at)


def _by_hand(answer: _Answer) -> bool:
    """Whether a hold decides: who keeps a running environment on has taken it over, until the hold's end."""
    return answer.found is not None and answer.found.source.kind == rules.SourceKind.HOLD


def _may_have_run_before(environment: Environment, found: rules.Explanation) -> bool:
    """Whether a period begins, under the portal's eyes, of an environment that runs and may be spared its end."""
    begins = found.desired is rules.Desired.RUNNING and environment.wish != Wish.RUNNING
    watched = environment.judged_at is not None and not environment.retained and environment.state == State.RUNNING
    return begins and watched and found.source.kind in BY_PLAN and drift.policy_of(environment).retain_running
