"""What AWS does to databases and instances by itself, looked up once a day beside a scan: maintenance windows, what is
announced, scheduled events. Pages tell it, and plans honour the windows."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from environments.models import UNFINISHED, Environment, Operation, Target
from environments.targets import ec2_events, rds_facts
from environments.targets.base import AccountRef, TargetError, TargetRef

from . import aws_restarts, schedules
from .maintenance_windows import FACTS, windows_of

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
KINDS = rds_facts.KINDS | {ec2_events.KIND}


def refresh(targets: Sequence[Target], account: AccountRef, region: str, now: datetime) -> None:
    """Look up what is a day old or was never known, for all databases and instances of an account's region at once.

    Two requests at the most for each kind, a day. What cannot be asked stays as it was, and is asked again at the next
    scan. What an operation is about to remember is not written over: its environment's turn comes at a later scan.
    Plans that honour a window which is another now are read anew.
    """
    kinds: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        if target.kind in KINDS:
            kinds[target.kind].append(target)
    for kind, its in kinds.items():
        if any(_is_old(target, now) for target in its):
            refs = [TargetRef(kind, target.identifier, account, region, target.options) for target in its]
            try:
                found = _look(kind, account, region, refs)
            except TargetError as error:
                log.warning("Facts of %s in %s of %s cannot be asked for: %s", kind, region, account.name, error)
                continue
            _keep({target.pk: found[target.identifier] for target in its}, now)


def _look(kind: str, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> dict[str, dict[str, Any]]:
    """The facts of each target, by its identifier, as they are kept."""
    if kind == ec2_events.KIND:
        events = ec2_events.overview(account, region, refs)
        return {identifier: {"events": rows} for identifier, rows in events.items()}
    databases = rds_facts.overview(kind, account, region, refs)
    return {identifier: {"databases": rows} for identifier, rows in databases.items()}


def _is_old(target: Target, now: datetime) -> bool:
    at = target.memory.get(FACTS, {}).get("at")
    return at is None or now - datetime.fromisoformat(at) >= EVERY


def _keep(found: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    under_way = Operation.objects.filter(environment=OuterRef("pk"), status__in=UNFINISHED)
    with transaction.atomic():
        concerned = Environment.objects.filter(~Exists(under_way), targets__in=list(found)).values("pk")
        idle = Environment.objects.select_for_update().filter(pk__in=concerned).order_by("pk")
        honours = {one.pk: one.honour_windows for one in idle}
        targets = list(Target.objects.filter(pk__in=list(found), environment__in=list(honours)))
        # Begun between the question and the lock?
        busy = set(Operation.objects.unfinished().values_list("environment_id", flat=True))
        targets = [target for target in targets if target.environment_id not in busy]
        moved: set[int] = set()
        for target in targets:
            before = windows_of([target])
            target.memory = {**target.memory, FACTS: {"at": now.isoformat(), **found[target.pk]}}
            if restarts := aws_restarts.noted(found[target.pk].get("databases", ())):
                # Also of what somebody else has stopped: AWS starts that, too.
                target.memory[aws_restarts.RESTARTS] = target.memory.get(aws_restarts.RESTARTS, {}) | restarts
            if honours[target.environment_id] and windows_of([target]) != before:
                moved.add(target.environment_id)
        Target.objects.bulk_update(targets, ["memory"], batch_size=500)
        if moved:
            schedules.plan_changed(moved, now=now)
