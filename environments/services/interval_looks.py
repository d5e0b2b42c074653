"""Spans corrected by looks at AWS: what runs without one gets one, and the span of what stands still ends."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, cast

from django.db import IntegrityError, transaction
from django.db.models import Max

from environments.models import Interval, Target
from environments.targets import registry
from environments.targets.base import AccountRef, Seen, TargetError, TargetRef

from . import cost_marks
from .aws_restarts import BY_NOBODY, ByAws
from .intervals import span_of

log = logging.getLogger(__name__)

AT_ONCE = 1000
SCAN = Interval.Evidence.SCAN


class Dated(Protocol):
    """A kind of which AWS says since when its things run or stand still."""

    def since(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, datetime]:
        """Since when each target is as it is now: identifier -> time; absent where AWS does not say. Calls: one a page.
        `TargetError` when AWS cannot be asked."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What targets were seen as, by id, and what it says against the spans that are known.

    `by_aws` are those that AWS itself has started; while they still come up, they run already. `differing` are those
    that run without a span, or stand still with an open one. `since` is what AWS says of since when that is so;
    `before` when the last look was.
    """

    seen: Mapping[int, Seen]
    by_aws: ByAws = field(default_factory=dict)
    differing: frozenset[int] = frozenset()
    since: Mapping[int, datetime] = field(default_factory=dict)
    before: datetime | None = None

    def correct(self, targets: Mapping[int, str], now: datetime) -> None:
        """Begin and end spans of these targets (id -> what the look before showed) as the look, made at `now`, says.

        A span begins and ends at the time of the look, or at the earlier time that AWS or the look before says, never
        before the end of the last span. One that turns out to have lasted no time is removed. In the caller's
        transaction, which has the environments locked and no operation under way: what was read before may be outdated,
        so it is read again. Where somebody else was first, the next look sees to it. A fixed number of queries for a
        thousand targets, none where nothing differs.
        """
        if self.differing.isdisjoint(targets):
            return
        differing = differing_from({pk: self.seen[pk] for pk in targets if pk in self.differing})
        _end({pk: self._ended(pk, targets[pk], now) for pk in differing if self.seen[pk] is Seen.STOPPED}, now)
        try:
            with transaction.atomic():
                self._begin([pk for pk in differing if self.seen[pk] is Seen.RUNNING], targets, now)
        except IntegrityError:
            log.info("Spans were begun by somebody else in the same moment; the next look sees to the others.")

    def _ended(self, pk: int, last: str, now: datetime) -> datetime:
        if last == Seen.STOPPED and self.before is not None:
            return min(self.before, now)
        # It was still seen running then: what AWS says of an earlier time is about something else.
        floor = self.before if last == Seen.RUNNING else None
        return _plausible(self.since.get(pk), floor, now)

    def _begin(self, pks: Sequence[int], targets: Mapping[int, str], now: datetime) -> None:
        if not pks:
            return
        last = Interval.objects.filter(target__in=pks).order_by().values_list("target").annotate(Max("ended_at"))
        ends: dict[int, datetime | None] = dict(last)
        rows = []
        for target in Target.objects.select_related("environment").filter(pk__in=pks):
            stood = [ends.get(target.pk), self.before if targets[target.pk] == Seen.STOPPED else None]
            floor = max((at for at in stood if at is not None), default=None)
            began = _plausible(self.since.get(target.pk), floor, now)
            rows.append(span_of(target, max(filter(None, (began, ends.get(target.pk)))), SCAN))
        Interval.objects.bulk_create(rows)
        cost_marks.mark_since(since=_earliest((row, row.began_at) for row in rows), now=now)


def differing_from(seen: Mapping[int, Seen]) -> frozenset[int]:
    """The targets, by id, whose look says something else than their spans: one query for a thousand of them."""
    said = [pk for pk, look in seen.items() if look is not Seen.PARTLY]
    runs: set[int | None] = set()
    for first in range(0, len(said), AT_ONCE):
        part = said[first : first + AT_ONCE]
        runs.update(Interval.objects.open().filter(target__in=part).values_list("target_id", flat=True))
    return frozenset(pk for pk in said if (pk in runs) is not (seen[pk] is Seen.RUNNING))


def looks(seen: Mapping[int, Seen], by_aws: ByAws = BY_NOBODY) -> Looks:
    """What a look says against the known spans. Changes nothing."""
    shown = {**seen, **dict.fromkeys(by_aws, Seen.RUNNING)}
    return Looks(shown, by_aws, differing_from(shown))


def dated(looked: Looks, targets: Iterable[Target], account: AccountRef, region: str, before: datetime | None) -> Looks:
    """The same, with what AWS says of since when: it is asked only about what differs, one call a page for each kind.

    `before` is when the account's region was last looked at. Where AWS cannot be asked, the time of the look counts.
    """
    kinds: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        # What runs and was never seen otherwise is counted from the look on, whatever AWS says.
        worth = target.seen == Seen.STOPPED or looked.seen.get(target.pk) is Seen.STOPPED
        if target.pk in looked.differing and worth and hasattr(registry.driver(target.kind), "since"):
            kinds[target.kind].append(target)
    since: dict[int, datetime] = {}
    for kind, its in kinds.items():
        refs = [TargetRef(kind, one.identifier, account, region, one.options, memory=one.memory) for one in its]
        try:
            found = cast(Dated, registry.driver(kind)).since(account, region, refs)
        except TargetError as error:
            log.warning("Since when targets of kind %s run in %s cannot be asked for: %s", kind, region, error)
            continue
        since |= {one.pk: found[one.identifier] for one in its if one.identifier in found}
    return replace(looked, since=since, before=before)


def _plausible(since: datetime | None, floor: datetime | None, now: datetime) -> datetime:
    """What AWS says, unless it lies before what was seen, or in the future."""
    return since if since is not None and (floor or since) <= since <= now else now


def _earliest(changes: Iterable[tuple[Interval, datetime]]) -> dict[int, datetime]:
    """From when on each environment's days are others than they were."""
    found: dict[int, datetime] = {}
    for row, at in changes:
        if row.environment_id is not None:
            found[row.environment_id] = min(at, found.get(row.environment_id, at))
    return found


def _end(ends: Mapping[int, datetime], now: datetime) -> None:
    rows = list(Interval.objects.open().filter(target__in=list(ends)))
    at = {row.pk: ends[row.target_id] for row in rows if row.target_id is not None}
    empty = {row.pk for row in rows if at[row.pk] <= row.began_at}
    if empty:
        Interval.objects.open().filter(pk__in=empty).delete()
    # Most end at the time of the look, the latest there is: all of these with one update.
    usual = max(at.values(), default=None)
    rest = [row for row in rows if row.pk not in empty and at[row.pk] != usual]
    same = [row.pk for row in rows if row.pk not in empty and at[row.pk] == usual]
    if same:
        Interval.objects.open().filter(pk__in=same).update(ended_at=usual, ended_by=SCAN)
    for row in rest:
        row.ended_at, row.ended_by = at[row.pk], SCAN
    Interval.objects.bulk_update(rest, ["ended_at", "ended_by"], batch_size=500)
    changes = ((row, row.began_at if row.pk in empty else at[row.pk]) for row in rows)
    cost_marks.mark_since(since=_earliest(changes), now=now)
