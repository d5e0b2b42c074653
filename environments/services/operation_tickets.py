"""Failed operations as incidents: one an environment, over when what failed has come about: by an operation that
succeeds, or outside of the portal. Called inside the transaction that writes the environment's new state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from environments.models import Environment, Operation, OperationStatus, State, Ticket

from . import tickets
from .operations import END_STATE

Kind = Operation.Kind

_TITLES = {
    Kind.START: {"en": "{name} failed to start", "ko": "{name} 시작 실패"},
    Kind.STOP: {"en": "{name} failed to stop", "ko": "{name} 중지 실패"},
    Kind.REDEPLOY: {"en": "{name} could not be redeployed", "ko": "{name} 재배포 실패"},
}


@dataclass(frozen=True, slots=True)
class _End:
    """What has come about: the failures that it makes good, and how that is said."""

    of: frozenset[str]
    said: Mapping[str, str]


_RUNS = frozenset({Kind.START, Kind.REDEPLOY})
_SUCCEEDED = {
    Kind.START: _End(_RUNS, {"en": "It has started since.", "ko": "이후 시작에 성공했어요."}),
    Kind.STOP: _End(frozenset({Kind.STOP}), {"en": "It has stopped since.", "ko": "이후 중지에 성공했어요."}),
    Kind.REDEPLOY: _End(_RUNS, {"en": "It has been redeployed since.", "ko": "이후 재배포에 성공했어요."}),
}
# That it runs says nothing of its version: a failed redeploy is not made good by it.
_FOUND = {
    State.RUNNING: _End(
        frozenset({Kind.START}),
        {
            "en": "AWS shows it running since: it was put right outside of the portal.",
            "ko": "이후 AWS에서 실행 중인 것을 확인했어요. 포털 밖에서 해결됐어요.",
        },
    ),
    State.STOPPED: _End(
        frozenset({Kind.STOP}),
        {
            "en": "AWS shows it stopped since: it was put right outside of the portal.",
            "ko": "이후 AWS에서 중지된 것을 확인했어요. 포털 밖에서 해결됐어요.",
        },
    ),
}


def failed(operation: Operation, why: Mapping[str, str], now: datetime) -> None:
    """`why` is what people read on the environment's page."""
    texts = _TITLES[Kind(operation.kind)]
    tickets.incident(
        environment=operation.environment,
        cause=tickets.OPERATION,
        title={language: text.replace("{name}", operation.environment.name) for language, text in texts.items()},
        description=why,
        now=now,
    )


def succeeded(operation: Operation, now: datetime) -> None:
    """One query where no incident is open."""
    _end({operation.environment_id: _SUCCEEDED[Kind(operation.kind)]}, now)


def found(states: Mapping[int, State], *, now: datetime) -> None:
    """A look at AWS has found environments, by id, in another state than was known. One query where no incident is
    open, none where nothing was found running or stopped."""
    _end({pk: _FOUND[state] for pk, state in states.items() if state in _FOUND}, now)


def still(ticket: Ticket) -> Operation | None:
    """The operation that an incident is about, while nothing has come of it; none for other tickets."""
    environment: Environment | None = ticket.environment
    if ticket.cause != tickets.OPERATION or environment is None:
        return None
    last = Operation.objects.filter(environment=environment).order_by("-created_at", "-pk").first()
    if last is None or last.status != OperationStatus.FAILED:
        return None
    return last if environment.state == END_STATE[Kind(last.kind), False] else None


def _end(ends: Mapping[int, _End], now: datetime) -> None:
    if not ends:
        return
    rows = Ticket.objects.undone().filter(environment__in=ends, cause=tickets.OPERATION, over_at=None)
    since = dict(rows.values_list("environment", "opened_at"))
    left = _not_made_good(since)
    over = {pk: ends[pk].said for pk in since if not left[pk] - ends[pk].of}
    tickets.over_many({(pk, tickets.OPERATION): said for pk, said in over.items()}, now=now)


def _not_made_good(since: Mapping[int, datetime]) -> defaultdict[int, set[str]]:
    """The kinds of operations of each environment that have failed since, and with none that made it good after."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    if not since:
        return found
    ended = Operation.objects.filter(
        environment__in=since,
        finished_at__gte=min(since.values()),
        status__in=[OperationStatus.FAILED, OperationStatus.SUCCEEDED],
    )
    rows = ended.order_by("finished_at", "pk").values_list("environment", "kind", "status", "finished_at")
    for pk, kind, status, at in rows:
        if status == OperationStatus.SUCCEEDED:
            found[pk] -= _SUCCEEDED[Kind(kind)].of
        elif at is not None and at >= since[pk]:
            found[pk].add(kind)
    return found
