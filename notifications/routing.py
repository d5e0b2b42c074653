"""Who hears of what: a pure function over frozen facts (no ORM, no clock), so that it can be previewed and measured.

Today a channel subscribes to kinds of events. Rules by severity, label and hour, and contacts behind a channel (a
route's `recipient`), widen `Listener` and `route` here; what publishes and what delivers stays as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Why(StrEnum):
    """Why a channel hears of an event. Stored with the delivery."""

    EVERYTHING = "everything"
    LISTED = "listed"
    ASKED = "asked"
    """A person asked for this one message: a test."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What routing needs to know of an event."""

    kind: str
    severity: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """What routing needs to know of a channel. No kinds listed means all kinds."""

    channel_id: int
    enabled: bool = True
    event_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One message owed: over which channel, to whom ("" = whoever reads the channel), and why."""

    channel_id: int
    why: Why
    recipient: str = ""


def route(announcement: Announcement, listeners: Iterable[Listener]) -> tuple[Route, ...]:
    """The messages that an event causes: at most one for each channel and recipient, in the order of the listeners."""
    routes = (_judge(announcement, listener) for listener in listeners)
    return tuple(dict.fromkeys(found for found in routes if found is not None))


def _judge(announcement: Announcement, listener: Listener) -> Route | None:
    if not listener.enabled:
        return None
    if not listener.event_kinds:
        return Route(listener.channel_id, Why.EVERYTHING)
    if announcement.kind in listener.event_kinds:
        return Route(listener.channel_id, Why.LISTED)
    return None
