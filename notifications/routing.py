"""Who hears of what: a pure function over frozen facts (no ORM, no clock), so that it can be previewed and measured.

A channel hears of the kinds of events that it lists itself; rules say who else hears of what. `reaching` turns what is
found here into messages to people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from functools import cache

from notifications.quiet import zone_of


class Why(StrEnum):
    """Why a channel hears of an event. Stored with the delivery."""

    EVERYTHING = "everything"
    LISTED = "listed"
    RULE = "rule"
    CONCERNED = "concerned"
    """The event names them: people of the environment that is about to stop."""
    ESCALATED = "escalated"
    FOLLOWS = "follows"
    """They heard of its beginning: they hear of its end."""
    OWNER = "owner"
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
    address: str = ""
    """Which kind of a person's addresses it writes to; "": a place. One that writes to people hears of nothing itself:
    there would be nobody to write to."""
    gather_seconds: int = 0
    fold_minutes: int = 0


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
    if not listener.enabled or listener.address:
        return None
    if not listener.event_kinds:
        return Route(listener.channel_id, Why.EVERYTHING)
    if announcement.kind in listener.event_kinds:
        return Route(listener.channel_id, Why.LISTED)
    return None


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What routing needs to know of a rule that is switched on. Empty sets and no hours: any."""

    rule_id: int
    name: str
    kinds: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    hours: tuple[time, time] | None = None
    """Half-open, by the clock of `zone`; an end before the begin is past midnight."""
    weekdays: frozenset[int] = frozenset()
    """0 is Monday. What lies past midnight belongs to the day on which the hours begin."""
    zone: str = "UTC"
    channels: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    its_people: bool = False


class RuleBook:
    """Rules, laid out so that an event looks at those alone that may be about its kind."""

    def __init__(self, rules: Iterable[RuleFacts]) -> None:
        self._of_any: list[tuple[int, RuleFacts]] = []
        self._of_kind: defaultdict[str, list[tuple[int, RuleFacts]]] = defaultdict(list)
        for place, rule in enumerate(rules):
            for kind in rule.kinds:
                self._of_kind[kind].append((place, rule))
            if not rule.kinds:
                self._of_any.append((place, rule))

    def matching(self, announcement: Announcement, at: datetime) -> list[RuleFacts]:
        """The rules that concern an event of this moment, in their order."""
        environment, team = announcement.labels.get("environment", ""), announcement.labels.get("team", "")
        clock_in = cache(lambda zone: at.astimezone(zone_of(zone)))
        found = [
            (place, rule)
            for rules in (self._of_any, self._of_kind.get(announcement.kind, ()))
            for place, rule in rules
            if (not rule.severities or announcement.severity in rule.severities)
            and (not rule.environments or environment in rule.environments)
            and (not rule.teams or team in rule.teams)
            and ((rule.hours is None and not rule.weekdays) or _is_within(rule, clock_in(rule.zone)))
        ]
        return [rule for _place, rule in sorted(found, key=lambda one: one[0])]


def _is_within(rule: RuleFacts, local: datetime) -> bool:
    clock, weekday = local.time(), local.weekday()
    if rule.hours:
        begin, end = rule.hours
        if begin < end:
            if not begin <= clock < end:
                return False
        elif clock < end:
            weekday = (weekday - 1) % 7
        elif clock < begin:
            return False
    return not rule.weekdays or weekday in rule.weekdays
