"""What a look at AWS means: the state it shows, and what is done about what was changed outside (design section 2,
item 8)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from environments import events, rules
from environments.models import (
    MOVING_STATES,
    UNFINISHED,
    Environment,
    Operation,
    OperationStep,
    State,
    StepStatus,
    Target,
    Wish,
)
from environments.targets.base import Seen, Texts

from . import aws_restarts, health, interval_looks, needs, operation_tickets, operations
from .aws_restarts import ByAws
from .interval_looks import Looks
from .specs import same_plan, spec_of
from .workflow_steps import ANNOUNCE

log = logging.getLogger(__name__)

AT_ONCE = 1000
LANGUAGES = ("en", "ko")
SETTLED = {State.RUNNING, State.STOPPED}
OUTSIDE = {"en": "changed outside of the portal", "ko": "외부에서 변경됨"}
# How often something is put back within an hour before it is left alone for the rest of it.
MOST_PUT_BACK = 3
PUT_BACK_WITHIN = timedelta(hours=1)
INSISTED = {
    "en": f"(put back {MOST_PUT_BACK} times within the hour: somebody or something insists)",
    "ko": f"(한 시간 안에 {MOST_PUT_BACK}번 되돌렸는데도 계속 바뀌어요)",
}
IN_PART = {
    "en": "AWS has it in part only, or is just changing it.",
    "ko": "AWS에 일부만 있거나 지금 바뀌는 중이에요.",
}


def policy_of(environment: Environment) -> rules.Policy:
    """What the environment's schedule says about changes made outside."""
    schedule = environment.schedule
    return rules.Policy(schedule.enforced, schedule.retain_running) if schedule else rules.Policy()


def judge(stood: Iterable[Environment], seen: Mapping[int, Seen], *, looks: Looks | None = None, now: datetime) -> None:
    """Bring environments to what a look at their targets showed, and do what the policy says about a difference.

    `stood` are the environments as they were read before AWS was asked: where anything has happened to one since, the
    look is too old to say something about it. `seen` is what targets were seen as, by id; of targets that it does not
    name, the last look counts. `looks` is what the same look says of spans, and which databases AWS itself has
    started (None: none). Side effects: operations that put things back, events, corrected spans. Nothing is changed in
    AWS here.
    """
    looks = looks or interval_looks.looks(seen)
    known = {environment.pk: environment for environment in stood if environment.state not in MOVING_STATES}
    ids = sorted(known)
    for first in range(0, len(ids), AT_ONCE):
        chunk = ids[first : first + AT_ONCE]
        targets = _targets(chunk)
        restarted = {pk for pk in chunk if any(target in looks.by_aws for target, _ in targets[pk])}
        unlike = {pk for pk in chunk if any(target in looks.differing for target, _ in targets[pk])}
        worth = [pk for pk in chunk if pk in restarted | unlike or _says_something(known[pk], targets[pk], seen)]
        if worth:
            with transaction.atomic():
                _judge(worth, known, seen, looks, now)


def _targets(environments: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The targets of each environment: id, and what it was last seen as."""
    rows = Target.objects.filter(environment__in=environments).order_by("environment", "pk")
    found = groupby(rows.values_list("environment", "pk", "seen"), itemgetter(0))
    return defaultdict(list, {environment: [(pk, seen) for _, pk, seen in group] for environment, group in found})


def _looks(targets: Sequence[tuple[int, str]], seen: Mapping[int, Seen]) -> set[str]:
    """What an environment's targets were seen as, each by the newest look at it; "" where nobody has looked yet."""
    return {seen.get(pk, last) for pk, last in targets}


def _together(looks: set[str]) -> State:
    """One state for all targets: running or stopped when they agree, else not known."""
    if looks == {Seen.RUNNING}:
        return State.RUNNING
    return State.STOPPED if looks == {Seen.STOPPED} else State.UNKNOWN


def _state_after(state: State, seen: State) -> State:
    """The state that a look leads to. A failure stays until AWS has what the failed operation wanted."""
    failed_for_good = (state is State.FAILED_TO_START and seen is not State.RUNNING) or (
        state is State.FAILED_TO_STOP and seen is not State.STOPPED
    )
    return state if seen is State.UNKNOWN or failed_for_good else seen


def _says_something(environment: Environment, targets: Sequence[tuple[int, str]], seen: Mapping[int, Seen]) -> bool:
    """Whether a look may change anything: most looks find what is known already, and need no plan to be read."""
    together = _together(_looks(targets, seen))
    return (
        any(seen.get(pk, last) != last for pk, last in targets)
        or (together is State.UNKNOWN and environment.state == State.UNKNOWN)
        or _state_after(State(environment.state), together) != environment.state
        or (environment.state in SETTLED and environment.wish not in {Wish.ANY, environment.state})
        or environment.drift_since is not None
        or (environment.retained and together is State.STOPPED)
    )


@dataclass
class _Outcome:
    """What the looks of one turn lead to, to be written together."""

    needed: frozenset[int]
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[Environment, operations.Wanted]] = field(default_factory=list)
    told: list[tuple[Environment, Texts, datetime]] = field(default_factory=list)

    def undo(
        self, environment: Environment, looks: Mapping[int, str], by_aws: ByAws, plans: _Plans, now: datetime
    ) -> bool:
        """Put back what AWS itself started, enforced or not (decision 0005); False where that is not for sure."""
        found = plans.wish(environment)
        if found is None or found.desired is not rules.Desired.STOPPED:
            return False
        wanted = aws_restarts.put_back(environment, looks, by_aws, now)
        if wanted is not None:
            self.asked.append((environment, wanted))
            self.told.append((environment, wanted.reason, environment.drift_since or now))
        return wanted is not None

    def save(self, now: datetime) -> None:
        alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for pk, values in self.changes.items():
            alike.setdefault(repr(sorted(values.items())), (values, []))[1].append(pk)
        for values, ids in alike.values():
            Environment.objects.filter(pk__in=ids).update(**values)
        moved = {pk: values["state"] for pk, values in self.changes.items() if "state" in values}
        health.environments_moved(moved, now=now)
        operation_tickets.found(moved, now=now)
        for environment, why, since in self.told:
            events.changed_outside(environment, why, since, now)
        operations.request_many(self.asked, now=now)


def _judge(
    ids: Sequence[int], known: Mapping[int, Environment], seen: Mapping[int, Seen], looks: Looks, now: datetime
) -> None:
    under_way = Operation.objects.filter(environment=OuterRef("pk"), status__in=UNFINISHED)
    rows = (
        Environment.objects.select_for_update(of=("self",))
        .filter(~Exists(under_way), pk__in=ids)
        .with_plan(now)
        .annotate(operated=Exists(Operation.objects.filter(environment=OuterRef("pk"))), put_back=_put_back_lately(now))
        .order_by("pk")
    )
    # Only while nothing has begun or ended since: an operation knows better than a look that is older.
    idle = [row for row in rows if (row.state, row.state_since) == (known[row.pk].state, known[row.pk].state_since)]
    targets = _targets([row.pk for row in idle])
    _write_seen((target for row in idle for target in targets[row.pk]), seen)
    looks.correct({pk: last for row in idle for pk, last in targets[row.pk]}, now)
    restarted = {row.pk for row in idle if any(target in looks.by_aws for target, _ in targets[row.pk])}
    stopped = [row.pk for row in idle if row.wish == Wish.STOPPED and (policy_of(row).enforced or row.pk in restarted)]
    outcome, plans = _Outcome(needed=frozenset(needs.who_needs(stopped))), _Plans(now)
    for environment in idle:
        shown = {target: seen.get(target, last) for target, last in targets[environment.pk]}
        if environment.pk in restarted - outcome.needed and outcome.undo(environment, shown, looks.by_aws, plans, now):
            continue
        _judge_one(environment, _looks(targets[environment.pk], seen), plans, outcome, now)
    outcome.save(now)


def _put_back_lately(now: datetime) -> Coalesce:
    """How many times an environment was put back within the last hour."""
    lately = Operation.objects.filter(
        environment=OuterRef("pk"), trigger=Operation.Trigger.DRIFT, created_at__gt=now - PUT_BACK_WITHIN
    )
    counted = lately.order_by().values("environment").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _write_seen(targets: Iterable[tuple[int, str]], seen: Mapping[int, Seen]) -> None:
    anew: defaultdict[Seen, list[int]] = defaultdict(list)
    for pk, last in targets:
        if seen.get(pk, last) != last:
            anew[seen[pk]].append(pk)
    for value, pks in anew.items():
        Target.objects.filter(pk__in=pks).update(seen=value)


class _Plans:
    """What the plans wish for now; environments of one plan share its answer."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._found: dict[Hashable, rules.Explanation] = {}

    def wish(self, environment: Environment) -> rules.Explanation | None:
        """None when the plan cannot be read, and when the tick has not yet followed what it says: that comes first."""
        try:
            key = same_plan(environment)
            found = self._found.get(key)
            if found is None:
                found = self._found[key] = rules.explain(spec_of(environment, self.now), self.now)
        except Exception:  # one row that nobody can read must not stop the others; the tick says it as well
            log.exception("The plan of %s cannot be read, so what was changed outside is left alone.", environment)
            return None
        return found if found.desired.value == environment.wish else None


def _judge_one(environment: Environment, looks: set[str], plans: _Plans, outcome: _Outcome, now: datetime) -> None:
    together, before = _together(looks), State(environment.state)
    state = _state_after(before, together)
    changes: dict[str, Any] = {}
    if state is State.UNKNOWN and looks and "" not in looks and environment.state_reason != IN_PART:
        changes["state_reason"] = IN_PART
    if state is not before:
        changes |= {"state": state, "state_since": now, "state_reason": OUTSIDE if before in SETTLED else {}}
    if environment.retained and together is State.STOPPED:
        changes["retained"] = environment.retained = False
    # In part, in between or failed: nothing that could be compared with the plan.
    found = plans.wish(environment) if state in SETTLED and together is state else None
    if found is not None:
        changes |= _compared(environment, state, found, outcome, now)
    if changes:
        outcome.changes[environment.pk] = changes


def _compared(
    environment: Environment, state: State, found: rules.Explanation, outcome: _Outcome, now: datetime
) -> dict[str, Any]:
    """What the comparison with the plan changes of an environment; what it asks for goes to `outcome`."""
    policy = policy_of(environment)
    operated: bool = environment.operated  # type: ignore[attr-defined]
    # Somebody or something insists: it is not fought over all day long.
    insisted: bool = environment.put_back >= MOST_PUT_BACK  # type: ignore[attr-defined]
    drift = rules.drift(
        desired=found.desired,
        observed=rules.Observed(state.value),
        # What ran when it was added is left alone until its first boundary (decision 0004), enforced or not. What
        # others need is not put back while they do.
        policy=policy if operated and not insisted and environment.pk not in outcome.needed else rules.Policy(),
        retained=environment.retained and policy.retain_running,
        until=found.until,
    )
    since = environment.drift_since
    why = {language: drift.text(language, now, environment.zone_name) for language in LANGUAGES}
    if insisted and policy.enforced:
        why = {language: f"{why[language]} {INSISTED[language]}" for language in LANGUAGES}
    match drift.verdict:
        case rules.Verdict.FINE:
            return {"drift_since": None} if since else {}
        case rules.Verdict.PUT_BACK:
            kind = Operation.Kind.START if found.desired is rules.Desired.RUNNING else Operation.Kind.STOP
            outcome.asked.append((environment, operations.Wanted(kind, Operation.Trigger.DRIFT, why)))
            outcome.told.append((environment, why, since or now))
            return {}
    if since:
        return {}
    outcome.told.append((environment, why, now))
    return {"drift_since": now, "state_reason": why}


def started_outside(environments: Sequence[Environment]) -> set[int]:
    """Which of these running environments somebody started outside of the portal; one query, none for none."""
    if not environments:
        return set()
    # What an operation announced, it really changed; the others found everything done.
    really = OperationStep.objects.filter(operation=OuterRef("pk"), name=ANNOUNCE, status=StepStatus.DONE)
    # A redeploy says nothing of who started it.
    switched = Operation.objects.exclude(kind=Operation.Kind.REDEPLOY).filter(Exists(really))
    last = switched.filter(environment=OuterRef("pk")).order_by("-created_at", "-pk")
    ids = [environment.pk for environment in environments]
    kinds = dict(Environment.objects.filter(pk__in=ids).values_list("pk", Subquery(last.values("kind")[:1])))
    return {
        environment.pk
        for environment in environments
        if environment.drift_since or environment.state_reason == OUTSIDE or kinds[environment.pk] != "start"
    }
