"""What exceptions make of a day (DESIGN section 2, item 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from environments.rules.days import Mark, Note, Outline, Window, Wish
from environments.rules.periods import DAY
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import DayException, ExceptionKind, Scope

_WIDTH: Final = {Scope.SCHEDULE: 0, Scope.TEAM: 1, Scope.ENVIRONMENT: 2}
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def rank(scope: Scope, created: datetime | None) -> tuple[int, datetime]:
    """What decides among equals, ascending: the narrower scope, then the newer."""
    return _WIDTH[scope], created or _LONG_AGO


def apply_exceptions(day: Outline, exceptions: Iterable[DayException], then_stop: bool) -> Outline:
    """The day as the exceptions leave it.

    They act in order of rank: `on` and `off` replace what came before, the last `start` and the last `stop` move what
    remains; where they contradict each other the higher rank stands. `then_stop`: nothing else would stop what they
    switch on (the plan has no default of stopped).
    """
    start: DayException | None = None
    stop: DayException | None = None
    newest: DayException | None = None
    for exception in sorted(exceptions, key=lambda each: rank(each.scope, each.created)):
        match exception.kind:
            case ExceptionKind.ON:
                day, start, stop = _all_on(day, exception, then_stop), None, None
            case ExceptionKind.OFF:
                day, start, stop = _all_off(day, exception), None, None
            case ExceptionKind.START:
                start = newest = exception
            case ExceptionKind.STOP:
                stop = newest = exception
    if start is not None and stop is not None and _minute(stop) <= _minute(start):
        start, stop = (start, None) if newest is start else (None, stop)
    if start is not None:
        day = _started(day, start, stop, then_stop)
    if stop is not None:
        day = _stopped(day, stop, then_stop)
    return day


def mark(exception: DayException, desired: Desired, code: str = "exception") -> Mark:
    """What a stretch that an exception decides carries as its reason and source."""
    params = {
        "kind": str(exception.kind),
        "first": exception.first.isoformat(),
        "last": exception.last.isoformat(),
        "author": exception.author,
        "reason": exception.reason,
    }
    return Mark(desired, Reason(code, params), Source(SourceKind.EXCEPTION, exception.id))


def _minute(exception: DayException) -> int:
    assert exception.minute is not None
    return exception.minute


def _window(begin: int, end: int, exception: DayException, then_stop: bool) -> Window:
    after = mark(exception, Desired.STOPPED, "after_exception") if then_stop else None
    return Window(begin, end, mark(exception, Desired.RUNNING), after)


def _all_on(day: Outline, exception: DayException, then_stop: bool) -> Outline:
    """Running all day; a window of this day that runs past midnight still ends when it ends."""
    end = max([DAY, *(window.end for window in day.windows)])
    return Outline((_window(0, end, exception, then_stop),), day.wishes)


def _all_off(day: Outline, exception: DayException) -> Outline:
    note = Note(0, DAY, mark(exception, Desired.STOPPED))
    return Outline((), day.wishes, (note,), closed=True, dark=True)


def _started(day: Outline, exception: DayException, stop: DayException | None, then_stop: bool) -> Outline:
    """Nothing of this day runs before the start, and something does from it on."""
    minute = _minute(exception)
    notes = day.notes
    if any(begin < minute for begin in _begins(day)):
        notes = (Note(0, minute, mark(exception, Desired.STOPPED)), *notes)
    day = day._replace(windows=tuple(window for window in day.windows if window.end > minute), notes=notes)
    first = min(_begins(day), default=None)
    if first is None:
        stops = [wish.minute for wish in day.wishes if wish.mark.desired is Desired.STOPPED and wish.minute > minute]
        end = _minute(stop) if stop is not None else min(stops, default=DAY)
        return day._replace(windows=(_window(minute, end, exception, then_stop),))

    def moves(begin: int) -> bool:
        return begin < minute or begin == first > minute

    own = mark(exception, Desired.RUNNING)
    return day._replace(
        windows=tuple(
            _window(minute, window.end, exception, then_stop) if moves(window.begin) else window
            for window in day.windows
        ),
        wishes=tuple(Wish(minute, own) if _is_start(wish, day) and moves(wish.minute) else wish for wish in day.wishes),
    )


def _begins(day: Outline) -> list[int]:
    """The minutes at which something of this day begins to run."""
    return [window.begin for window in day.windows] + [wish.minute for wish in day.wishes if _is_start(wish, day)]


def _is_start(wish: Wish, day: Outline) -> bool:
    return wish.mark.desired is Desired.RUNNING and not day.closed


def _stopped(day: Outline, exception: DayException, then_stop: bool) -> Outline:
    """The day's last end moves here, and nothing of this day runs after it.

    A time at or before the day's first begin means the next morning when a window of the day runs past midnight.
    """
    begins = _begins(day)
    ends = [window.end for window in day.windows]
    ends += [wish.minute for wish in day.wishes if wish.mark.desired is Desired.STOPPED]
    if not begins and not ends:
        return day
    minute = _minute(exception)
    if begins and minute <= min(begins) and max(ends, default=0) > DAY:
        minute += DAY
    last = max(ends, default=None)

    def moves(end: int) -> bool:
        return end > minute or (end == last and end < minute)

    own = mark(exception, Desired.STOPPED)
    stop = Wish(min(minute, DAY), own)
    windows = [window for window in day.windows if window.begin < minute]
    wishes = [wish for wish in day.wishes if wish.mark.desired is Desired.STOPPED or wish.minute < minute]
    return day._replace(
        windows=tuple(_window(w.begin, minute, exception, then_stop) if moves(w.end) else w for w in windows),
        wishes=(
            *(stop if wish.mark.desired is Desired.STOPPED and moves(wish.minute) else wish for wish in wishes),
            *((stop,) if last is None else ()),
        ),
        notes=(Note(minute, DAY, own), *day.notes) if minute < DAY and (last is None or last > minute) else day.notes,
    )
