"""Looking at AWS, without changing anything: an account's region at a time, all that the portal switches there."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from environments.models import Account, Environment, Scan, State, Target
from environments.targets import registry
from environments.targets.base import AccountRef, Seen, TargetError, TargetRef
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from . import aws_restarts, drift, interval_looks, intervals, maintenance_looks
from .step_errors import defect
from .wakeups import wake_observer, wake_scan
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)
# More is taken up at the next turn, seconds later: the queue of one account's many regions holds up nobody for long.
AT_ONCE = 100


def scan_due(*, now: datetime) -> int:
    """Begin the scans that are due and wake a worker for each; their number.

    There is a row for each account and region that has targets, and it is due five minutes after it was last begun,
    whatever became of that: a worker that was killed delays it by a turn. Who moves `started_at` on has it, so that two
    sweeps at once begin each scan once. Side effect: the spans of targets that were removed end.
    """
    _keep_rows()
    intervals.end_those_of_removed_targets(now=now)
    waiting = Q(started_at__isnull=True) | Q(started_at__lte=now - LOOK_AGAIN)
    oldest = F("started_at").asc(nulls_first=True)
    due = list(Scan.objects.filter(waiting).order_by(oldest, "pk").values_list("pk", "started_at")[:AT_ONCE])
    begun = [pk for pk, last in due if Scan.objects.filter(pk=pk, started_at=last).update(started_at=now)]
    for pk in begun:
        wake_scan(pk, keep=LOOK_AGAIN)
    return len(begun)


def scan(*, scan_id: int, now: datetime) -> None:
    """Look at all targets of an account in a region with one describe call a page for each kind, and judge them.

    An account that cannot be asked holds up nobody else: what went wrong is kept with the scan until the next success,
    and said by its environments that nobody has seen yet. A scan that was begun anew meanwhile is left to that one.
    """
    row = Scan.objects.select_related("account").filter(pk=scan_id).first()
    if row is None:
        return
    targets = list(Target.objects.filter(account=row.account_id, region=row.region).select_related("environment"))
    ours = Scan.objects.filter(pk=row.pk, started_at=row.started_at)
    try:
        with lanes.lane(row.account.account_id):
            seen, error = _look(row, targets)
            _note_reach(row.account.account_id, error)
            by_aws = aws_restarts.find(targets, seen, _account(row), row.region, now)
            looks = interval_looks.looks(seen, by_aws)
            looks = interval_looks.dated(looks, targets, _account(row), row.region, row.finished_at)
            maintenance_looks.refresh(targets, _account(row), row.region, now)
    except Busy:
        # Its account has all the threads that it gets: the next sweep begins it again.
        ours.update(started_at=None)
        return
    if not ours.exists():
        return
    # Each environment once, as it was before AWS was asked.
    stood = {target.environment_id: target.environment for target in targets if target.pk in seen}
    drift.judge(stood.values(), seen, looks=looks, now=now)
    if error is None:
        ours.update(finished_at=now, error={})
    else:
        ours.update(error=error.texts)
        _say_why((target.environment for target in targets if target.pk not in seen), error)


def scan_again(account: Account) -> None:
    """Make the account's scans due at once, after it was edited."""
    Scan.objects.filter(account=account).update(started_at=None)


def observe(*, environment_id: int, now: datetime) -> None:
    """Look at one environment, whose targets were just edited, and judge it as a scan does.

    When one of its accounts has all the threads that it gets, the next sweep scans them instead.
    """
    environment = Environment.objects.get(pk=environment_id)
    targets = Target.objects.filter(environment=environment).select_related("account")
    try:
        seen = {target.pk: _state(target) for target in targets.prefetch_related("parameters", "guard_acceptances")}
        drift.judge([environment], seen, now=now)
    except Busy:
        Scan.objects.filter(account__in=targets.values("account")).update(started_at=None)
    except TargetError as error:
        _say_why([environment], error)


def _state(target: Target) -> Seen:
    account_id, error = target.account.account_id, None
    with lanes.lane(account_id):
        try:
            return registry.driver(target.kind).state(target_reference(target))
        except TargetError as problem:
            error = problem
            raise
        finally:
            _note_reach(account_id, error)


def _note_reach(account_id: str, error: TargetError | None) -> None:
    """Keep to one thread for an account that cannot be reached, until it answers."""
    if error is None:
        lanes.back(account_id)
    elif error.code == UNREACHABLE:
        lanes.away(account_id)


def look_again(environment: Environment) -> None:
    """After commit, look at AWS for an environment whose targets were edited."""
    wake_observer(environment.pk)


def _keep_rows() -> None:
    """A row for each account and region that has targets, and no others."""
    there = Target.objects.filter(account=OuterRef("account"), region=OuterRef("region"))
    Scan.objects.filter(~Exists(there)).delete()
    known = set(Scan.objects.values_list("account", "region"))
    pairs = Target.objects.order_by().values_list("account", "region").distinct()
    new = [Scan(account_id=account, region=region) for account, region in pairs if (account, region) not in known]
    if new:
        Scan.objects.bulk_create(new, ignore_conflicts=True)


def _account(row: Scan) -> AccountRef:
    return AccountRef(row.account.account_id, row.account.name, row.account.role_arn, row.account.external_id)


def _look(row: Scan, targets: Sequence[Target]) -> tuple[dict[int, Seen], TargetError | None]:
    """What each target is seen as, by id; and what went wrong, for the kinds that could not be asked."""
    account = _account(row)
    kinds: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        kinds[target.kind].append(target)
    seen: dict[int, Seen] = {}
    problem: TargetError | None = None
    for kind, its in kinds.items():
        try:
            found = _look_at(kind, account, row.region, its)
        except TargetError as error:
            problem = problem or error
        except Exception as error:  # a defect of ours in one kind must not hide the others
            log.exception("Looking at what %s has of kind %s broke.", row, kind)
            problem = problem or defect(error)
        else:
            seen |= {target.pk: found.get(target.identifier, Seen.STOPPED) for target in its}
    return seen, problem


def _look_at(kind: str, account: AccountRef, region: str, targets: Sequence[Target]) -> Mapping[str, Seen]:
    refs = [
        TargetRef(kind, target.identifier, account, region, target.options, memory=target.memory) for target in targets
    ]
    return registry.driver(kind).scan(account, region, refs)


def _say_why(environments: Iterable[Environment], error: TargetError) -> None:
    """Environments that nobody has seen yet say why; the state that was known of the others stays."""
    unknown = {e.pk for e in environments if e.state == State.UNKNOWN and e.state_reason != error.texts}
    if unknown:
        Environment.objects.filter(pk__in=unknown, state=State.UNKNOWN).update(state_reason=error.texts)
