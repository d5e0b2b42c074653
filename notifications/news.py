"""Whether what waits to be sent is still true: whoever publishes a kind of event can be asked once more before it goes.

An event's `until` is what was known when it was written; what has happened since may have made it untrue.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from notifications.models import Event
from notifications.texts import Text

Judge = Callable[[Event, datetime], Text | None]
"""Why an event is no news any more at a moment; None while it is."""

_judges: Final[dict[str, Judge]] = {}


def register(kind: str, judge: Judge) -> None:
    """Have `judge` be asked before a message about an event of this kind is sent; the last one named counts."""
    _judges[kind] = judge


def is_judged(kind: str) -> bool:
    """Whether events of this kind may come to be untrue: such a message is always one of its own, so that nothing else
    is kept back with it."""
    return kind in _judges


def why_none(event: Event, now: datetime) -> Text | None:
    """Why it is not to be sent any more; None where it is, or nobody judges its kind."""
    judge = _judges.get(event.kind)
    return judge(event, now) if judge else None
