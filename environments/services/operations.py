"""Asking for an environment to be started, stopped or redeployed. Nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from environments.models import Environment, Operation, OperationStatus, State, Target
from portal import origin

from . import deployments, health
from .wakeups import wake_operation

# Longer than the longest stack and its rollback; whatever is not done by then has failed and says so. Steps that may
# take longer together move it on (`workflow_steps.write`).
DEADLINE = timedelta(hours=6)
STATE_WHILE = {
    Operation.Kind.START: State.STARTING,
    Operation.Kind.STOP: State.STOPPING,
    Operation.Kind.REDEPLOY: State.REDEPLOYING,
}
# What a redeploy leaves behind runs, new or as before; should it not, the next look at AWS says so.
END_STATE = {
    (Operation.Kind.START, True): State.RUNNING,
    (Operation.Kind.STOP, True): State.STOPPED,
    (Operation.Kind.REDEPLOY, True): State.RUNNING,
    (Operation.Kind.START, False): State.FAILED_TO_START,
    (Operation.Kind.STOP, False): State.FAILED_TO_STOP,
    (Operation.Kind.REDEPLOY, False): State.RUNNING,
}
# Through which door people asked, where that was not a page.
BY_ORIGIN: Mapping[str, Operation.Trigger] = {"bot": Operation.Trigger.BOT, "api": Operation.Trigger.API}
# Wishes that end what is under way. A redeploy waits for it instead.
AT_ONCE = (Operation.Kind.START, Operation.Kind.STOP)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A start, stop or redeploy that somebody or something asks for. `reason` is the sentence that people will read;
    `planned_at` is when a plan wished for it, None of what people ask for."""

    kind: str
    trigger: str
    reason: Mapping[str, str]
    actor_id: int | None = None
    planned_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        planned = self.planned_at.isoformat() if self.planned_at else None
        return asdict(self) | {"reason": dict(self.reason), "planned_at": planned}


def request(
    *,
    environment: Environment,
    kind: str,
    trigger: str,
    reason: Mapping[str, str],
    actor: User | None = None,
    now: datetime,
) -> Operation:
    """Record the wish for a start, a stop or a redeploy; the last word wins.

    The same wish joins the operation that is under way. An opposite one cancels it and begins from what AWS then has;
    when a worker holds the lease at this moment, the wish is noted and followed as soon as the lease is given back.
    A redeploy follows a start or a redeploy that is under way; a start joins a redeploy, for that leaves it running.
    ValidationError for a redeploy of what does not run, is being stopped, or has nothing to redeploy.
    Returns the operation that will fulfil the wish, or the one that will be followed. Wakes a worker after commit.
    """
    return _request(environment.pk, Wanted(kind, trigger, reason, actor.pk if actor else None), now)


def request_redeploy(*, environment: Environment, actor: User, note: str = "", now: datetime) -> Operation:
    """`request` of a redeploy by hand; `note` is why, in the person's own words."""
    name, why = actor.get_full_name() or actor.get_username(), f": {note.strip()}" if note.strip() else ""
    return request(
        environment=environment,
        kind=Operation.Kind.REDEPLOY,
        trigger=BY_ORIGIN.get(origin.current().origin, Operation.Trigger.HOLD),
        reason={"en": f"Redeploy by {name}{why}", "ko": f"{name} 님의 재배포{why}"},
        actor=actor,
        now=now,
    )


def request_many(wanted: Sequence[tuple[Environment, Wanted]], *, now: datetime) -> None:
    """`request` for many environments, in the caller's transaction and a fixed number of queries where nothing is
    under way."""
    busy = set(
        Operation.objects.unfinished()
        .filter(environment__in=[environment.pk for environment, _ in wanted])
        .values_list("environment_id", flat=True)
    )
    try:
        with transaction.atomic():
            _create([(environment.pk, wish) for environment, wish in wanted if environment.pk not in busy], now)
    except IntegrityError:
        # Somebody recorded an operation for one of them in the same moment: one at a time sorts that out.
        busy = {environment.pk for environment, _ in wanted}
    for environment, wish in wanted:
        if environment.pk in busy:
            _request(environment.pk, wish, now)


def _request(environment_id: int, wanted: Wanted, now: datetime) -> Operation:
    with transaction.atomic():
        environment = lock(environment_id)
        unfinished = Operation.objects.unfinished().select_for_update().filter(environment=environment_id)
        current = unfinished.first()
        if wanted.kind == Operation.Kind.REDEPLOY:
            _refuse_to_redeploy(environment, current)
        if current is None:
            try:
                with transaction.atomic():
                    return _create([(environment_id, wanted)], now)[0]
            except IntegrityError:
                # Somebody else recorded one in the same moment: what follows treats it as under way.
                current = unfinished.get()
        runs_on = current.kind == Operation.Kind.REDEPLOY and wanted.kind == Operation.Kind.START
        if current.kind == wanted.kind or runs_on:
            return _join(current, wanted)
        if current.lease_token or wanted.kind == Operation.Kind.REDEPLOY:
            current.next_wish = wanted.as_json()
            current.save(update_fields=["next_wish"])
            return current
        return replace(current, wanted, now)


def _join(current: Operation, wanted: Wanted) -> Operation:
    """The operation under way fulfils the wish; what was noted to end it is forgotten.

    A redeploy that has begun may have looked for images before the newest was there: another one follows it.
    """
    if current.kind == wanted.kind == Operation.Kind.REDEPLOY and current.status == OperationStatus.RUNNING:
        current.next_wish = wanted.as_json()
    elif at_once(current.next_wish):
        current.next_wish = None
    current.save(update_fields=["next_wish"])
    return current


def at_once(wish: Mapping[str, Any] | None) -> bool:
    """Whether a noted wish ends what is under way, instead of waiting for it."""
    return wish is not None and wish["kind"] in AT_ONCE


def _refuse_to_redeploy(environment: Environment, current: Operation | None) -> None:
    name = {"name": environment.name}
    if not deployments.can_be_redeployed(environment):
        raise ValidationError(_("Nothing that %(name)s is made of can be redeployed while it runs.") % name)
    ends = current is not None and (current.kind == Operation.Kind.STOP or at_once(current.next_wish))
    if ends or (current is None and environment.state == State.STOPPING):
        raise ValidationError(_("%(name)s is being stopped. It takes the newest image at its next start.") % name)
    if current is None and environment.state != State.RUNNING:
        raise ValidationError(_("%(name)s does not run. It takes the newest image at its next start.") % name)


def lock(environment_id: int) -> Environment:
    """One order of locks everywhere, environment before operation, or two transactions wait for each other."""
    return Environment.objects.select_for_update().get(pk=environment_id)


def noted(wish: Mapping[str, Any]) -> Wanted:
    """A wish as it was noted on an operation; somebody who has been deleted meanwhile is not named."""
    known = User.objects.filter(pk=wish["actor_id"]).exists()
    planned = wish.get("planned_at")
    read = {
        "actor_id": wish["actor_id"] if known else None,
        "planned_at": datetime.fromisoformat(planned) if planned else None,
    }
    return Wanted(**(dict(wish) | read))


def replace(current: Operation, wanted: Wanted, now: datetime) -> Operation:
    """Cancel an unfinished operation and record the wish that takes its place, in the caller's transaction."""
    Operation.objects.unfinished().filter(pk=current.pk).update(
        status=OperationStatus.CANCELLED, finished_at=now, lease_token="", lease_until=None, next_wish=None
    )
    return _create([(current.environment_id, wanted)], now)[0]


def follow(ended: Operation, wish: Mapping[str, Any], now: datetime) -> Operation | None:
    """Record the wish that was noted while `ended` was under way, in the transaction that ends it.

    None where it has become pointless: a redeploy of what failed to start.
    """
    started = ended.kind != Operation.Kind.START or ended.status == OperationStatus.SUCCEEDED
    if not (at_once(wish) or started):
        return None
    return _create([(ended.environment_id, noted(wish))], now)[0]


def _create(wanted: Sequence[tuple[int, Wanted]], now: datetime) -> list[Operation]:
    """Write pending operations and mark their environments as moving. IntegrityError when one is unfinished."""
    made = Operation.objects.bulk_create(
        Operation(
            environment_id=environment_id,
            kind=wish.kind,
            trigger=wish.trigger,
            actor_id=wish.actor_id,
            reason=dict(wish.reason),
            created_at=now,
            planned_at=wish.planned_at,
            not_before=now,
            deadline_at=now + DEADLINE,
        )
        for environment_id, wish in wanted
    )
    for kind, state in STATE_WHILE.items():
        concerned = [environment_id for environment_id, wish in wanted if wish.kind == kind]
        if concerned:
            # What was seen or changed outside before says nothing from here on; who asks for a stop spares nothing.
            beside = {"drift_since": None} | ({"retained": False} if kind == Operation.Kind.STOP else {})
            Environment.objects.filter(pk__in=concerned).update(state=state, state_since=now, state_reason={}, **beside)
            Target.objects.filter(environment__in=concerned).exclude(seen="").update(seen="")
    health.environments_moved((environment_id for environment_id, _ in wanted), now=now)
    for operation in made:
        wake_operation(operation.pk)
    return made
