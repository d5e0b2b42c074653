"""Spans in which a price line is in force in an environment while its target is in another one: on the day of a move.

Lines are in force for whole days, so that no cost is lost (rate_moves.py). What would have been saved is split at the
moment of the move: a line's details name when its target was not there (`rules.costs.Rate.absent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from environments.models.rate import Rate

# In the details of a row: a list of pairs of moments, the second None while the target is away.
ABSENT: Final = "target_elsewhere"


def absences(row: Rate) -> tuple[tuple[datetime, datetime | None], ...]:
    """When the row's target was in another environment."""
    return tuple(
        (datetime.fromisoformat(first), datetime.fromisoformat(last) if last else None)
        for first, last in row.details.get(ABSENT, ())
    )


def goes(row: Rate, at: datetime) -> bool:
    """The target has gone elsewhere; whether the row did not say so."""
    spans = list(row.details.get(ABSENT, ()))
    if spans and spans[-1][1] is None:
        return False
    row.details = {**row.details, ABSENT: [*spans, [at.isoformat(), None]]}
    return True


def comes_back(row: Rate, at: datetime) -> bool:
    """The target is there again; whether the row did not say so."""
    spans = list(row.details.get(ABSENT, ()))
    if not spans or spans[-1][1] is not None:
        return False
    row.details = {**row.details, ABSENT: [*spans[:-1], [spans[-1][0], at.isoformat()]]}
    return True


def came(row: Rate, day_began: datetime, at: datetime) -> None:
    """The target was elsewhere from the beginning of the row's first day until then."""
    row.details = {**row.details, ABSENT: [[day_began.isoformat(), at.isoformat()]]}


def known(rows: Iterable[Rate]) -> dict[str, Any]:
    """What lines of a target that is in their environment say of days on which it was elsewhere, for the details of
    another line of it; empty where they say nothing."""
    spans = {tuple(span) for row in rows for span in row.details.get(ABSENT, ()) if span[1] is not None}
    return {ABSENT: [list(span) for span in sorted(spans)]} if spans else {}


def without(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details for a row of another place, or of other days."""
    return {name: value for name, value in details.items() if name != ABSENT}
