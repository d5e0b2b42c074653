"""One wall-clock day: what its periods say, cut into slices of one wish each (DESIGN section 2, item 1).

A day is an `Outline` (what was written for it) and becomes slices once it is known what the day before hands over.
Minutes count from the midnight that begins the day, 0..1440; windows may run on beyond.
"""

from __future__ import annotations

from typing import NamedTuple

from environments.rules.periods import DAY
from environments.rules.reasons import Desired, Reason, Source


class Mark(NamedTuple):
    """What holds over a slice."""

    desired: Desired
    reason: Reason
    source: Source


class Window(NamedTuple):
    """Running from `begin` to `end`.

    `then_stop` also wishes for stopped at its end, where the plan has no such default.
    """

    begin: int
    end: int
    mark: Mark
    then_stop: Mark | None = None


class Wish(NamedTuple):
    """The moment of a one-sided period; `mark.desired` is running for start only, stopped for stop only."""

    minute: int
    mark: Mark


class Note(NamedTuple):
    """Why a stopped stretch is stopped, when it is not simply outside the periods."""

    begin: int
    end: int
    mark: Mark


class Outline(NamedTuple):
    """What was written for one day.

    `closed`: a day off, whose start-only periods wait; `dark`: stopped, carried wishes or not.
    """

    windows: tuple[Window, ...] = ()
    wishes: tuple[Wish, ...] = ()
    notes: tuple[Note, ...] = ()
    closed: bool = False
    dark: bool = False


class Carry(NamedTuple):
    """What a day hands to the next: windows that run on (in its minutes), the wish in force, starts that wait."""

    tails: tuple[Window, ...] = ()
    wish: Mark | None = None
    waiting: tuple[Wish, ...] = ()


class Defaults(NamedTuple):
    """How a schedule fills what its periods leave open.

    `lasting`: it has start-only and stop-only periods, so that each wish lasts until the next of the other kind.
    `open_any`: it has no windows (or there is no schedule): left as it is, where others are stopped.
    """

    stopped: Mark
    any: Mark
    lasting: bool
    open_any: bool


Slices = tuple[tuple[int, Mark], ...]
"""(minute from which it holds, mark), ascending, the first at minute 0."""

NOTHING = Carry()


def cut(day: Outline, carry: Carry, defaults: Defaults) -> tuple[Slices, Carry]:
    """The slices of a day, and what it hands to the next."""
    windows = carry.tails + day.windows
    events, waiting = _events(day, windows, carry, defaults.lasting)
    if events or day.notes or carry.wish is not None or len(windows) > 1:
        slices, wish = _sweep(day, windows, events, carry.wish, defaults)
    else:
        slices, wish = _in_and_out(windows, defaults.any if defaults.open_any else defaults.stopped), None
    if defaults.lasting:
        return slices, Carry(tails(day, defaults), wish, waiting)
    handed = tails(day, defaults)
    return slices, Carry(handed) if handed else NOTHING


def _in_and_out(windows: tuple[Window, ...], outside: Mark) -> Slices:
    """The slices of a day that has at most one window and nothing else: most days, so it is worth a path of its own."""
    if not windows:
        return ((0, outside),)
    (window,) = windows
    inside = ((0, window.mark),) if window.begin <= 0 else ((0, outside), (window.begin, window.mark))
    return inside if window.end >= DAY else (*inside, (window.end, outside))


def _sweep(
    day: Outline, windows: tuple[Window, ...], events: list[_Event], wish: Mark | None, defaults: Defaults
) -> tuple[Slices, Mark | None]:
    """The slices of any day, and the wish in force at its end."""
    minutes = {0}
    minutes.update([edge for window in windows for edge in window[:2]])
    minutes.update([edge for note in day.notes for edge in note[:2]])
    minutes.update([event.minute for event in events])
    last_wish = max([event.minute for event in events if event.order >= _STOP], default=-1)
    slices: list[tuple[int, Mark]] = []
    passed = 0
    for minute in sorted(minutes):
        while passed < len(events) and events[passed].minute <= minute:
            wish = events[passed].applied(wish)
            passed += 1
        if not 0 <= minute < DAY:
            continue
        mark = _running(minute, windows)
        if mark is None:
            mark = _wished(minute, day, wish, last_wish, defaults)
        if not slices or slices[-1][1] != mark:
            slices.append((minute, mark))
    return tuple(slices), wish


def _running(minute: int, windows: tuple[Window, ...]) -> Mark | None:
    """The mark of the window that covers the minute; of several, the one that ends last, because it says until when."""
    found: Window | None = None
    for window in windows:
        if window.begin <= minute < window.end and (found is None or window.end > found.end):
            found = window
    return found.mark if found is not None else None


def _wished(minute: int, day: Outline, wish: Mark | None, last_wish: int, defaults: Defaults) -> Mark:
    """What holds outside of windows: the wish in force, else as it is before a wish still to come, else stopped."""
    if day.dark:
        mark = defaults.stopped
    elif wish is not None:
        mark = wish
    elif defaults.open_any or minute < last_wish:
        mark = defaults.any
    else:
        mark = defaults.stopped
    if mark.desired is Desired.STOPPED:
        for note in day.notes:
            if note.begin <= minute < note.end:
                return note.mark
    return mark


_END, _BEGIN, _STOP, _START = range(4)
"""What can happen in one minute, in the order in which it counts: boundaries first, running last, so that it wins."""


class _Event(NamedTuple):
    minute: int
    order: int
    mark: Mark | None

    def applied(self, wish: Mark | None) -> Mark | None:
        """The wish in force after this: its own, or none where a boundary ends the opposite one."""
        if self.mark is not None or wish is None:
            return self.mark
        ended = Desired.RUNNING if self.order == _END else Desired.STOPPED
        return None if wish.desired is ended else wish


def _events(
    day: Outline, windows: tuple[Window, ...], carry: Carry, lasting: bool
) -> tuple[list[_Event], tuple[Wish, ...]]:
    """All that changes the wish in force this day, in order, and the starts that wait for the next day."""
    if not day.wishes and not carry.waiting and all(window.then_stop is None for window in windows):
        return [], ()
    events = [_Event(window.end, _STOP, window.then_stop) for window in windows if window.then_stop is not None]
    events += [_Event(wish.minute, _STOP, wish.mark) for wish in day.wishes if wish.mark.desired is Desired.STOPPED]
    starts = [wish for wish in day.wishes if wish.mark.desired is Desired.RUNNING]
    waiting: tuple[Wish, ...] = ()
    if day.closed or carry.waiting:
        starts, waiting = _postponed(starts, [event.minute for event in events], carry.waiting, day.closed)
    events += [_Event(wish.minute, _START, wish.mark) for wish in starts]
    if events and not lasting:
        waiting = ()
        events += [_Event(window.begin, _BEGIN, None) for window in windows]
        events += [_Event(window.end, _END, None) for window in windows]
    if len(events) > 1:
        events.sort(key=lambda event: event[:2])
    return [event for event in events if event.minute <= DAY], waiting


def _postponed(
    starts: list[Wish], stops: list[int], waiting: tuple[Wish, ...], closed: bool
) -> tuple[list[Wish], tuple[Wish, ...]]:
    """The starts of a day in a lasting schedule, and those that wait for the next.

    A start-only period of a day off waits for the same minute of the next day that is none, unless a stop comes before:
    a week that begins on a holiday begins a day later.
    """
    if closed:
        own = tuple(wish for wish in starts if not any(minute >= wish.minute for minute in stops))
        return [], own if stops else waiting + own
    return [*(wish for wish in waiting if not any(minute <= wish.minute for minute in stops)), *starts], ()


def tails(day: Outline, defaults: Defaults) -> tuple[Window, ...]:
    """What runs on into the next day, in its minutes; also stops that fall on its first instant."""
    running_on = [
        window._replace(begin=window.begin - DAY, end=window.end - DAY)
        for window in day.windows
        if window.end > DAY or (window.end == DAY and window.then_stop is not None)
    ]
    if not defaults.lasting:
        running_on += [Window(0, 0, wish.mark, wish.mark) for wish in day.wishes if wish.minute == DAY]
    return tuple(running_on)
