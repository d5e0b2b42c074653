"""What environments need, and the plans of all that keep it running."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from environments.models import Environment
from environments.rules import needs as graphs

from . import needs


class Needed:
    """What environments need, directly or through others: one query, and another where they need anything."""

    def __init__(self, environments: Iterable[Environment]) -> None:
        self._graph = needs.graph()
        self._turned = graphs.turned(self._graph)
        self._ids = {one.pk: graphs.closure(self._graph, one.pk) for one in environments}
        wanted = {pk for ids in self._ids.values() for pk in ids}
        rows = Environment.objects.filter(pk__in=wanted).select_related("team") if wanted else ()
        self.rows = {row.pk: row for row in rows}
        self._planned: dict[int, Environment] = {}

    def of(self, environment: Environment) -> list[Environment]:
        """The nearest first."""
        return [self.rows[pk] for pk in self._ids[environment.pk] if pk in self.rows]

    def read_plans(self, ids: Iterable[int], now: datetime) -> None:
        """Read these and all that need them with their plans: a fixed number of queries for all."""
        wanted = {pk for one in ids for pk in (one, *self._needing(one))}
        rows = Environment.objects.filter(pk__in=wanted).with_plan(now)
        self._planned |= {row.pk: row for row in rows}
        self.rows |= {pk: row for pk, row in self._planned.items() if pk in self.rows}

    def who_needs(self, needed: Environment, now: datetime) -> list[Environment]:
        """All that keep it running while they run, with their plans; read unless they have been."""
        if needed.pk not in self._planned:
            self.read_plans([needed.pk], now)
        return [self._planned[pk] for pk in self._needing(needed.pk) if pk in self._planned]

    def _needing(self, pk: int) -> list[int]:
        return graphs.closure(self._turned, pk)
