"""Which places of a group have been asked, by what was sent: a pure function. The same person may have several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Way:
    """A place as it is now: whose it is, the channel that it says (None: as they have chosen), and the channel that
    leads there; None: nothing reaches them."""

    place_id: int
    contact_id: int
    chosen: int | None
    channel_id: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was owed. `contact_id` is None of somebody who has been erased; `reached_at` is None where nobody
    knows when it reached or will reach them."""

    row_id: int
    contact_id: int | None
    channel_id: int
    reached_at: datetime | None


def told(ways: Sequence[Way], sent: Iterable[Sent]) -> dict[int, datetime | None]:
    """The places that have been asked, and when that reached or will reach them. `ways` in the order of the group,
    `sent` in the order of its writing.

    One message asks one place: the first that its channel leads to or is named in, else one that names no channel,
    since a person may have chosen another channel meanwhile. Who left the group has a number below 0.
    """
    found: dict[int, datetime | None] = {}
    for one in sent:
        place_id = _place_of(one, [way for way in ways if way.contact_id == one.contact_id], found)
        known = found.get(place_id)
        found[place_id] = (
            min(one.reached_at, known) if one.reached_at and known is not None else one.reached_at or known
        )
    return found


def _place_of(one: Sent, theirs: Sequence[Way], found: dict[int, datetime | None]) -> int:
    left = [way for way in theirs if way.place_id not in found]
    own = [way for way in theirs if way.chosen is None]
    fitting = (
        *(way for way in left if one.channel_id in (way.chosen, way.channel_id)),
        *(way for way in own if way.place_id not in found),
        # Another message to somebody who was asked already: it asks none of the places that name another channel.
        *own,
    )
    return fitting[0].place_id if fitting else -one.row_id
