"""When something ran, from the spans of its parts: pure arithmetic of half-open spans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def merged(spans: Iterable[tuple[datetime, datetime | None]], begin: datetime, end: datetime) -> list[Span]:
    """The union of `spans` within `[begin, end)`, oldest first: spans that neither share a moment nor touch.

    Each span is half-open, in any order, and may overlap others; one without an end lasts beyond `end`. An `end` that
    is not after `begin` leaves nothing.
    """
    found: list[Span] = []
    for began, ended in sorted(
        (max(began, begin), end if ended is None else min(ended, end)) for began, ended in spans
    ):
        if ended <= began:
            continue
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return found
