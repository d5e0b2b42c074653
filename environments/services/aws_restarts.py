"""AWS starts a database that was stopped for seven days. Nobody wished for it: it is stopped again (decision 0005)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, cast

from environments.models import Environment, Operation, State, Target, Wish
from environments.targets import registry
from environments.targets.base import AccountRef, Seen, TargetError, TargetRef, Texts

from . import operations

log = logging.getLogger(__name__)

RESTARTS = "restarts"
"""What a database's target remembers: when AWS is going to start which of its stopped databases."""
BY_AWS = "by_aws"
"""What a database's target remembers of AWS's starts: `{"count": 3, "last": …}`."""
ByAws = Mapping[int, Sequence[str]]
"""Databases that AWS itself has started, by the id of their target."""
BY_NOBODY: ByAws = MappingProxyType({})
UP = frozenset({Seen.RUNNING, Seen.PARTLY})
SHOWN = 3


class Restarting(Protocol):
    """A kind whose things AWS starts by itself."""

    def started_by_aws(self, ref: TargetRef, now: datetime) -> Sequence[str]:
        """See `targets.rds_switching.Databases`."""


def find(
    targets: Sequence[Target], seen: Mapping[int, Seen], account: AccountRef, region: str, now: datetime
) -> dict[int, tuple[str, ...]]:
    """Targets that are up because AWS itself started them: id -> its databases. `targets` with their environments.

    AWS is asked only about those that should be stopped, are seen up, and whose seven days are over. Where it does not
    say that it did it, somebody else counts as the one.
    """
    found: dict[int, tuple[str, ...]] = {}
    for target in targets:
        if seen.get(target.pk) not in UP or not _was_stopped(target.environment) or not _is_due(target, now):
            continue
        ref = TargetRef(target.kind, target.identifier, account, region, target.options, memory=target.memory)
        try:
            names = cast(Restarting, registry.driver(target.kind)).started_by_aws(ref, now)
        except TargetError as error:
            log.warning("Whether AWS itself started %s cannot be asked: %s", target, error)
            continue
        if names:
            found[target.pk] = tuple(names)
    return found


def _was_stopped(environment: Environment) -> bool:
    """RUNNING: as a scan noted that could not yet tell who it was."""
    return environment.wish == Wish.STOPPED and environment.state in {State.STOPPED, State.RUNNING}


def _is_due(target: Target, now: datetime) -> bool:
    return any(datetime.fromisoformat(at) <= now for at in target.memory.get(RESTARTS, {}).values())


def noted(databases: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """When AWS is going to start which of these databases (`rds_facts.Row`): what a target remembers as `RESTARTS`."""
    return {one["id"]: one["restarts_at"] for one in databases if one.get("restarts_at")}


def put_back(
    environment: Environment, looks: Mapping[int, str], by_aws: ByAws, now: datetime
) -> operations.Wanted | None:
    """The stop that undoes what AWS did; None where it did nothing, or where somebody else has started something, too.

    `looks` are the environment's targets, each as last seen. Counts in what the targets remember, in the caller's
    transaction, which has the environment locked and no operation under way.
    """
    started = [pk for pk in looks if pk in by_aws]
    others = [seen for pk, seen in looks.items() if pk not in by_aws]
    if not started or any(seen != Seen.STOPPED for seen in others) or not _was_stopped(environment):
        return None
    times = _count(started, now)
    return operations.Wanted(
        Operation.Kind.STOP, Operation.Trigger.DRIFT, _why([name for pk in started for name in by_aws[pk]], times)
    )


def _count(pks: Collection[int], now: datetime) -> int:
    """One more for each of these targets; the number of times of the one it happened to most."""
    targets = list(Target.objects.filter(pk__in=pks))
    for target in targets:
        count = times(target) + 1
        target.memory = {**target.memory, BY_AWS: {"count": count, "last": now.isoformat()}}
    Target.objects.bulk_update(targets, ["memory"])
    return max(times(target) for target in targets)


def times(target: Target) -> int:
    """How many times AWS has started it, so far as the portal has seen."""
    return int(_noted(target).get("count", 0))


def last(target: Target) -> datetime | None:
    at = _noted(target).get("last")
    return datetime.fromisoformat(at) if at else None


def _noted(target: Target) -> Mapping[str, Any]:
    noted: Mapping[str, Any] = target.memory.get(BY_AWS, {})
    return noted


def _why(names: Sequence[str], count: int) -> Texts:
    more = len(names) - SHOWN
    shown = ", ".join(names[:SHOWN])
    en, ko = (f"{shown} and {more} more", f"{shown} 외 {more}개") if more > 0 else (shown, shown)
    often = "once" if count == 1 else f"{count} times"
    return {
        "en": f"AWS itself started {en} after seven days: stopping it again ({often} so far)",
        "ko": f"7일이 지나 AWS가 스스로 {ko}을(를) 시작해서 다시 중지해요 (지금까지 {count}번)",
    }
