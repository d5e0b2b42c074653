"""What an environment needs runs before it starts: the first step of such a start, and who may not be started."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from environments import rules
from environments.models import Environment, Operation, OperationStatus, State, Wish
from environments.models.texts import in_language
from environments.rules import needs as graphs
from environments.targets.base import Done, Outcome, TargetError, Texts, Wait

from . import needs, operations, permissions, schedules
from .specs import spec_of
from .workflow_steps import NEEDS_DEADLINE

LOOK_EVERY = timedelta(seconds=10)
NAMED = 5
THERE: Texts = {"en": "All that it needs runs", "ko": "필요한 환경 모두 실행 중"}
WORDS: dict[str, tuple[str, str]] = {
    State.STARTING: ("starting", "시작 중"),
    State.STOPPING: ("stopping, is then started", "중지 중, 이어서 시작"),
    State.REDEPLOYING: ("being redeployed", "재배포 중"),
}
# Somebody's word, or the end of its days, is stronger than the need of others; any other plan gives way to it.
BINDING = frozenset({rules.SourceKind.HOLD, rules.SourceKind.EXPIRY})
ON_THE_WAY = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})


def ensure(operation: Operation, since: datetime, now: datetime) -> Outcome:
    """Start what the operation's environment needs and what does not run; wait until all of it does.

    Records operations for these, with the trigger and the person of the one that asks; what they need themselves, their
    own operations see to. Safe to run again at any time. `TargetError` in words when one of them may not be started,
    has failed to start since the operation was asked for, or does not run `NEEDS_DEADLINE` after `since`.
    """
    environment = operation.environment
    waiting: list[tuple[str, State]] = []
    for pk in sorted(needs.graph().get(environment.pk, ())):
        with transaction.atomic():
            needed = Environment.objects.select_for_update().filter(pk=pk).first()
            state = _ensure_one(operation, needed, now) if needed else None
        if needed and state:
            waiting.append((needed.name, state))
    if not waiting:
        return Done(THERE)
    said = [", ".join(f"{name}: {WORDS[state][n]}" for name, state in waiting) for n in (0, 1)]
    if now >= since + NEEDS_DEADLINE:
        raise _too_late(environment, said)
    return Wait(LOOK_EVERY, {"en": f"Waiting for {said[0]}", "ko": f"기다리는 중: {said[1]}"})


def refuse(environment: Environment, author: permissions.Person, now: datetime) -> None:
    """ValidationError, in words, where something that it needs may not be started now, or not by `author`.

    What runs already is not refused to run on.
    """
    if environment.state in ON_THE_WAY or not environment.needs.exists():
        return
    ids = graphs.start_order(needs.graph(), environment.pk)
    visible = set(Environment.objects.visible_to(author).filter(pk__in=ids).values_list("pk", flat=True))
    down = Environment.objects.filter(pk__in=ids).exclude(state__in=ON_THE_WAY).with_plan(now)
    for needed in sorted(down, key=lambda row: ids.index(row.pk)):
        problem = _may_not(environment, needed, author, now, named=needed.pk in visible)
        if problem:
            raise ValidationError(in_language(problem))


def let_go(operation: Operation, now: datetime) -> None:
    """After an operation has ended: what its environment needs is judged again, unless that runs now. Wakes the tick.

    Outside of the transaction that ended it, whose locks are its own. Should the process die right before this, what
    was kept running is looked at again all the same (`needs.LOOK_AGAIN`).
    """
    runs = operation.status == OperationStatus.SUCCEEDED and operation.kind != Operation.Kind.STOP
    needed = [] if runs else needs.needed_of(operation.environment_id)
    if needed:
        schedules.plan_changed(needed, now=now)


def _ensure_one(operation: Operation, needed: Environment, now: datetime) -> State | None:
    """What is waited for, None when it runs. `needed` is locked: a stop of it that was judged before is seen here, one
    that is judged later sees who needs it."""
    rows = Operation.objects.filter(environment=needed)
    current = rows.unfinished().first()
    state = State(needed.state)
    if current is None and state is State.RUNNING:
        return None
    if current is not None and current.kind != Operation.Kind.STOP and not operations.at_once(current.next_wish):
        return State.REDEPLOYING if current.kind == Operation.Kind.REDEPLOY else State.STARTING
    last = rows.order_by("-created_at", "-pk").first()
    if last is not None and _failed_since(last, operation):
        raise _failed(operation.environment, needed, last)
    actor = operation.actor if operation.trigger != Operation.Trigger.SCHEDULE else None
    planned = Environment.objects.with_plan(now).get(pk=needed.pk)
    if problem := _may_not(operation.environment, planned, actor, now):
        raise TargetError(problem)
    operations.request(
        environment=needed,
        kind=Operation.Kind.START,
        trigger=operation.trigger,
        reason=_reason(operation, needed),
        actor=operation.actor,
        now=now,
    )
    # What its own plan says is done when nobody needs it any more.
    Environment.objects.filter(pk=needed.pk).update(wish=Wish.RUNNING)
    return State.STOPPING if state is State.STOPPING else State.STARTING


def _failed_since(last: Operation, operation: Operation) -> bool:
    failed = last.kind == Operation.Kind.START and last.status == OperationStatus.FAILED
    return failed and last.finished_at is not None and last.finished_at >= operation.created_at


def _reason(operation: Operation, needed: Environment) -> Texts:
    """Who needs it: the one that asks first, then the others, as far as a line holds them."""
    ids = [pk for pk in needs.who_needs([needed.pk]).get(needed.pk, []) if pk != operation.environment_id]
    others = Environment.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True)
    names = [operation.environment.name, *others]
    listed = ", ".join(names[:NAMED]) + (f" (+{len(names) - NAMED})" if len(names) > NAMED else "")
    return {"en": f"Needed by {listed}", "ko": f"필요로 하는 환경: {listed}", needs.FOR_OTHERS: "yes"}


def _may_not(
    environment: Environment,
    needed: Environment,
    actor: permissions.Person | None,
    now: datetime,
    *,
    named: bool = True,
) -> Texts | None:
    """Why `needed` may not be started for `environment`; `actor` None: its schedule asks, which asks nobody."""
    if actor is not None and not permissions.may_switch(actor, needed):
        en, ko = (needed.name, needed.name) if named else ("an environment of another team", "다른 팀의 환경")
        return {
            "en": f"{environment.name} needs {en}, which does not run, and you may not start it. A manager of its team"
            " can.",
            "ko": f"{environment.name}에 필요한 {ko}이(가) 꺼져 있고, 시작할 권한이 없어요."
            " 그 팀의 매니저가 시작할 수 있어요.",
        }
    try:
        found = rules.explain(spec_of(needed, now), now)
    except (rules.RuleError, ValueError):
        return None  # its plan says nothing that could be read, so it binds nobody
    if found.desired is not rules.Desired.STOPPED or found.source.kind not in BINDING:
        return None
    why = {lang: found.text(lang, needed.zone_name) for lang in ("en", "ko")}
    return {
        "en": f"{environment.name} needs {needed.name}, which is not to run. {why['en']}",
        "ko": f"{environment.name}에 필요한 {needed.name}을(를) 시작할 수 없어요. {why['ko']}",
    }


def _failed(environment: Environment, needed: Environment, last: Operation) -> TargetError:
    said = {lang: in_language(last.error, lang) for lang in ("en", "ko")}
    return TargetError(
        {
            "en": f"{needed.name}, which {environment.name} needs, failed to start: {said['en']}",
            "ko": f"{environment.name}에 필요한 {needed.name} 시작 실패: {said['ko']}",
        },
        raw=last.error_detail,
    )


def _too_late(environment: Environment, said: list[str]) -> TargetError:
    hours = round(NEEDS_DEADLINE / timedelta(hours=1))
    return TargetError(
        {
            "en": f"What {environment.name} needs does not run after {hours} hours: {said[0]}.",
            "ko": f"{environment.name}에 필요한 환경이 {hours}시간이 지나도 실행되지 않았어요: {said[1]}.",
        }
    )
