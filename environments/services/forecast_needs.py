"""What runs only because others need it: when the plans of those will have it running."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from environments import rules
from environments.models import Environment, Wish
from environments.rules import needs as graphs
from environments.rules.intervals import Span

from . import needs
from .needed_starts import BINDING

log = logging.getLogger(__name__)

Planned = Callable[[Environment], Sequence[rules.Segment]]
"""The rest of the month by an environment's own plan."""


class Needs:
    """Who needs whom, as it is now: one query."""

    def __init__(self) -> None:
        self._graph = needs.graph()
        self._needed_by = graphs.turned(self._graph)

    def concerned(self, ids: Iterable[int]) -> set[int]:
        """These, and all that they need: what they do changes what becomes of that."""
        wanted = set(ids)
        return wanted.union(*(graphs.closure(self._graph, pk) for pk in wanted & self._graph.keys()))

    def of(self, environments: Sequence[Environment], planned: Planned, now: datetime) -> Needed:
        """Which of these others need, and what these others do. No query where nobody needs any of them, else four at
        most."""
        who = {one.pk: graphs.closure(self._needed_by, one.pk) for one in environments if one.pk in self._needed_by}
        if not who:
            return Needed()
        rows = {one.pk: one for one in environments}
        missing = {pk for those in who.values() for pk in those} - rows.keys()
        if missing:
            rows |= {row.pk: row for row in Environment.objects.filter(pk__in=missing).with_plan(now)}
        found = Needed({pk: [rows[one] for one in those if one in rows] for pk, those in who.items()})
        up = {one.pk for those in found.who.values() for one in those if _is_up(one)} | who.keys()
        left = [pk for pk in sorted(up) if pk in self._needed_by and _begins_as_it_is(rows[pk], planned)]
        found.for_others = needs.only_for_others(left)
        return found


@dataclass(slots=True)
class Needed:
    """`who` needs each of these, directly or through others; `for_others`: those that only such a need has started, and
    that are let go when it ends."""

    who: dict[int, list[Environment]] = field(default_factory=dict)
    for_others: Collection[int] = frozenset()

    def spans(self, environment: Environment, planned: Planned) -> list[Span]:
        """When any that needs it is to run, by its own plan; they may overlap. One whose plan cannot be read, does not
        need it."""
        found: list[Span] = []
        for one in self.who.get(environment.pk, ()):
            found += running(_plan(one, planned), _is_up(one) and one.pk not in self.for_others)
        return found


def running(segments: Iterable[rules.Segment], runs: bool, needed: Iterable[Span] = ()) -> list[Span]:
    """When something is to run that runs now, or does not: what its plan leaves as it is goes on as before.

    While it is `needed` it runs against its plan, too, but for what is stronger than that (`needed_starts`).
    """
    spans: list[Span] = []
    for segment in segments:
        if segment.desired is not rules.Desired.ANY:
            runs = segment.desired is rules.Desired.RUNNING
        if runs:
            spans.append((segment.start, segment.end))
        elif segment.desired is rules.Desired.ANY or segment.source.kind not in BINDING:
            within = ((max(begin, segment.start), _first(end, segment.end)) for begin, end in needed)
            spans += [(begin, end) for begin, end in within if begin < end]
    return spans


def _first(end: datetime | None, other: datetime) -> datetime:
    return other if end is None else min(end, other)


def _is_up(environment: Environment) -> bool:
    return environment.state in needs.UP or environment.wish == Wish.RUNNING


def _begins_as_it_is(environment: Environment, planned: Planned) -> bool:
    segments = _plan(environment, planned)
    return bool(segments) and segments[0].desired is rules.Desired.ANY


def _plan(environment: Environment, planned: Planned) -> Sequence[rules.Segment]:
    """None where nobody can read it: what it needs must have a forecast all the same."""
    try:
        return planned(environment)
    except Exception:
        log.exception("The plan of %s cannot be read.", environment)
        return ()
