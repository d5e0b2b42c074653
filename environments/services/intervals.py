"""When environments ran: spans kept for good, from their operations and from looks at AWS (docs/intervals.md)."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from environments.models import Environment, Interval, Target
from environments.rules.intervals import Span, merged
from environments.targets.base import TargetError
from environments.targets.limits import Busy

from . import cost_marks

log = logging.getLogger(__name__)

OPERATION, SCAN = Interval.Evidence.OPERATION, Interval.Evidence.SCAN
# More ids than this are not sent to the database: all spans of the time are read instead.
MOST_IDS = 10_000
# Codes of errors that another try can help, of requests that were not followed.
REFUSED = re.compile(r"Throttl|TooMany|Exceeded|SlowDown|PriorRequest|InProgress|Insufficient|Incorrect|NotFound")


def ran(
    *, environments: Iterable[Environment | int], begin: datetime, end: datetime, now: datetime
) -> dict[int, list[Span]]:
    """When each environment ran within `[begin, end)`, up to `now`: by its id, spans oldest first, times in UTC.

    An environment runs while any of its targets does: their spans are united. Every environment asked for (models or
    ids) is in the answer, with an empty list when it did not run. One query, whatever their number; none for none.
    Changes nothing.
    """
    ids = {one if isinstance(one, int) else one.pk for one in environments}
    end = min(end, now)
    if not ids or end <= begin:
        return {pk: [] for pk in ids}
    rows = Interval.objects.between(begin, end).order_by()
    if len(ids) <= MOST_IDS:
        rows = rows.of(ids)
    spans: defaultdict[int | None, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for environment_id, began, ended in rows.values_list("environment_id", "began_at", "ended_at"):
        spans[environment_id].append((began, ended))
    return {pk: merged(spans.get(pk, ()), begin, end) for pk in ids}


def ran_already(*, environment: Environment, at: datetime) -> datetime | None:
    """Since when it has been running, where it ran at that moment already and does so still; else None. One query."""
    open_then = Interval.objects.of([environment]).open().filter(began_at__lt=at)
    return open_then.order_by("began_at").values_list("began_at", flat=True).first()


def span_of(target: Target, began_at: datetime, began_by: Interval.Evidence) -> Interval:
    """A span that has not ended, not saved; `target` with its environment."""
    environment = target.environment
    return Interval(
        environment=environment,
        target=target,
        team_id=environment.team_id,
        environment_name=environment.name,
        target_name=target.identifier,
        target_number=target.pk,
        began_at=began_at,
        began_by=began_by,
    )


def begun(*, target_id: int, now: datetime) -> int | None:
    """An operation has started the target: a span begins, unless one is open; never before the end of the last one.

    The id of the span that it opened; None where one was open, the target is gone, or somebody else was first.
    """
    last = Interval.objects.filter(target=target_id).order_by("-began_at").first()
    if last is not None and last.ended_at is None:
        return None
    target = Target.objects.select_related("environment").filter(pk=target_id).first()
    if target is None:
        return None
    made = span_of(target, max(now, last.ended_at) if last and last.ended_at else now, OPERATION)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            cost_marks.mark_since(since={target.environment_id: made.began_at}, now=now)
    except IntegrityError:
        log.info("The span of %s was begun by somebody else in the same moment.", target)
        return None
    return made.pk


def ended(*, target_id: int, now: datetime) -> None:
    """An operation has seen the target stopped: its open span ends. Nothing happens where none is open.

    A span that would last no time at all is removed.
    """
    running = Interval.objects.open().filter(target=target_id)
    with transaction.atomic():
        concerned = _environments(running)
        if running.filter(began_at__lt=now).update(ended_at=now, ended_by=OPERATION):
            cost_marks.mark_since(since=dict.fromkeys(concerned, now), now=now)
        else:
            _remove(running, now)


def end_those_of_removed_targets(*, now: datetime) -> int:
    """End the open spans whose target is no more in the portal, for nobody looks at it from here on; their number."""
    left = Interval.objects.open().filter(target=None, began_at__lt=now)
    if not left.exists():
        return 0
    with transaction.atomic():
        concerned = _environments(left)
        count = left.update(ended_at=now, ended_by=SCAN)
        cost_marks.mark_since(since=dict.fromkeys(concerned, now), now=now)
    return count


def _environments(spans: QuerySet[Interval]) -> list[int]:
    """The environments of spans, where they are still there."""
    return list(spans.exclude(environment=None).values_list("environment_id", flat=True))


def _remove(spans: QuerySet[Interval], now: datetime) -> None:
    """Take away spans that were none: days that counted them are reckoned anew."""
    with transaction.atomic():
        since = dict(spans.exclude(environment=None).values_list("environment_id", "began_at"))
        spans.delete()
        cost_marks.mark_since(since=since, now=now)


class Beginning:
    """A step that is about to start a target: its span begins with the first request, in the database before AWS.

    So a worker that is killed between AWS's answer and its own note leaves the span behind that is true.
    """

    def __init__(self, target_id: int, now: datetime) -> None:
        self.target_id, self.now = target_id, now
        self._requests = 0
        self._opened: int | None = None

    def requesting(self) -> None:
        """A request that changes AWS goes out. Side effect: opens the span, unless one is open."""
        self._requests += 1
        if self._requests == 1:
            self._opened = begun(target_id=self.target_id, now=self.now)

    def failed(self, error: Exception) -> None:
        """The step ended in `error`. Side effect: removes the span that it opened, if AWS refused its only request.

        After several requests, or where it is not known what became of one, something may run: the span stays, and the
        next look at AWS decides.
        """
        if self._requests == 1 and self._opened is not None and _is_refusal(error):
            _remove(Interval.objects.open().filter(pk=self._opened), self.now)


def _is_refusal(error: Exception) -> bool:
    """Whether what was asked has surely not been done: an answer that is lost or broken, or an error of AWS's own, may
    stand for a request that was followed all the same."""
    if isinstance(error, TargetError):
        return not error.retryable or REFUSED.search(error.code) is not None
    return isinstance(error, Busy)
