"""Who of a group is asked when: a pure function of its order, of who was asked so far, and of the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LAST_WAITS: Final = timedelta(minutes=15)
"""How long the last one of an order has, before its next round begins or it is said that nobody acknowledged."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order: asked `after` so many minutes without an acknowledgement. `reached_at`: when a message that
    is owed now reaches whoever has it (later than now in their quiet hours); None: nothing reaches them. The same
    person may have several."""

    place_id: int
    after: int
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now: which places are asked, and when to look again; None: this round is over."""

    asked: tuple[int, ...]
    next_at: datetime | None


def step(
    places: Sequence[Place],
    *,
    told: Mapping[int, datetime | None],
    began_at: datetime,
    is_last: bool,
    now: datetime,
) -> Step:
    """One step of a round. `places` in their order, as they are now; `told`: the places that this round has asked, and
    when that reached or will reach them (None: nobody knows), also those of people who have left the group since, with
    a number of their own.

    Whom nothing reaches, and who is in quiet hours, costs no time: the next one is asked at once in their place. Where
    everybody is, the wait begins when the first one is reached. What was missed (nobody worked for a while) is done at
    once. A round is over when the last one has had their time; the last round not before everybody was reached.
    """
    known = dict(told)
    asked = [one for one in _turn(places, known, began_at, now) if one.reached_at is not None]
    known |= {one.place_id: one.reached_at for one in asked}
    return Step(tuple(one.place_id for one in asked), _next(places, known, began_at, is_last=is_last, now=now))


def _turn(
    places: Sequence[Place], told: Mapping[int, datetime | None], began_at: datetime, now: datetime
) -> Sequence[Place]:
    """Whose turn it is, in their order: those whose time has come, and on to the first one who can be reached now."""
    left = _left(places, told)
    begin = _begin(places, told, began_at, now)
    count = sum(begin + timedelta(minutes=one.after) <= now for one in left)
    nobody_yet = bool(told) and all(at is not None and at > now for at in told.values())
    if (not count and not nobody_yet) or any(_is_awake(one, now) for one in left[:count]):
        return left[:count]
    awake = next((number for number, one in enumerate(left) if _is_awake(one, now)), None)
    if awake is not None:
        return left[: awake + 1]
    if nobody_yet or any(one.reached_at for one in left[:count]):
        return left[:count]
    asleep = next((number for number, one in enumerate(left) if one.reached_at), len(left))
    return left[: asleep + 1]


def _next(
    places: Sequence[Place], told: Mapping[int, datetime | None], began_at: datetime, *, is_last: bool, now: datetime
) -> datetime | None:
    left = _left(places, told)
    reached, waiting = _before_and_after(told.values(), now)
    if any(one.reached_at for one in left):
        begin = _begin(places, told, began_at, now)
        times = [begin + timedelta(minutes=one.after) for one in left]
        if not reached:
            # As soon as anybody at all can be reached.
            times += [one.reached_at for one in left if one.reached_at and one.reached_at > now]
        return max(min(times), now)
    if is_last:
        last = max([*reached, *waiting], default=None)
    else:
        last = max(reached) if reached else min(waiting, default=None)
    over = last + LAST_WAITS if last else now
    return over if over > now else None


def _left(places: Sequence[Place], told: Mapping[int, datetime | None]) -> list[Place]:
    """Who has not been asked; of whom nothing reaches, those alone whose turn has not passed."""
    last = max((number for number, one in enumerate(places) if one.place_id in told), default=-1)
    return [
        one
        for number, one in enumerate(places)
        if one.place_id not in told and (one.reached_at is not None or number > last)
    ]


def _begin(places: Sequence[Place], told: Mapping[int, datetime | None], began_at: datetime, now: datetime) -> datetime:
    """What the minutes of the places count from: later than the begin where those asked so far were reached later."""
    begins = [(at, at - timedelta(minutes=one.after)) for one in places if (at := told.get(one.place_id)) is not None]
    past = [begin for at, begin in begins if at <= now]
    return max(began_at, max(past) if past else min((begin for _at, begin in begins), default=began_at))


def _is_awake(place: Place, now: datetime) -> bool:
    return place.reached_at is not None and place.reached_at <= now


def _before_and_after(times: Iterable[datetime | None], now: datetime) -> tuple[Sequence[datetime], Sequence[datetime]]:
    known = [at for at in times if at is not None]
    return [at for at in known if at <= now], [at for at in known if at > now]
