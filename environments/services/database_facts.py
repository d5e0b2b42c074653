"""What is told of databases on pages, looked up once a day beside a scan: maintenance windows and what is announced."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from environments.models import UNFINISHED, Environment, Operation, Target
from environments.targets import rds_facts
from environments.targets.base import AccountRef, TargetError, TargetRef

log = logging.getLogger(__name__)

FACTS = "facts"
"""What a database's target remembers for pages: `{"at": …, "databases": rds_facts.overview's rows}`."""
EVERY = timedelta(days=1)


def refresh(targets: Sequence[Target], account: AccountRef, region: str, now: datetime) -> None:
    """Look up what is a day old or was never known, for all databases of an account's region at once.

    Two requests for each kind, a day. What cannot be asked stays as it was, and is asked again at the next scan. What
    an operation is about to remember is not written over: its environment's turn comes at a later scan.
    """
    kinds: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        if target.kind in rds_facts.KINDS:
            kinds[target.kind].append(target)
    for kind, its in kinds.items():
        if any(_is_old(target, now) for target in its):
            refs = [TargetRef(kind, target.identifier, account, region, target.options) for target in its]
            try:
                found = rds_facts.overview(kind, account, region, refs)
            except TargetError as error:
                log.warning("Facts of %s in %s of %s cannot be asked for: %s", kind, region, account.name, error)
                continue
            _keep({target.pk: found[target.identifier] for target in its}, now)


def _is_old(target: Target, now: datetime) -> bool:
    at = target.memory.get(FACTS, {}).get("at")
    return at is None or now - datetime.fromisoformat(at) >= EVERY


def _keep(found: dict[int, list[rds_facts.Row]], now: datetime) -> None:
    under_way = Operation.objects.filter(environment=OuterRef("pk"), status__in=UNFINISHED)
    with transaction.atomic():
        concerned = Environment.objects.filter(~Exists(under_way), targets__in=list(found)).values("pk")
        idle = Environment.objects.select_for_update().filter(pk__in=concerned).order_by("pk")
        targets = list(Target.objects.filter(pk__in=list(found), environment__in=[one.pk for one in idle]))
        # Begun between the question and the lock?
        busy = set(Operation.objects.unfinished().values_list("environment_id", flat=True))
        targets = [target for target in targets if target.environment_id not in busy]
        for target in targets:
            target.memory = {**target.memory, FACTS: {"at": now.isoformat(), "databases": found[target.pk]}}
        Target.objects.bulk_update(targets, ["memory"], batch_size=500)
