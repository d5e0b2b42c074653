"""Whom an event reaches, and over which channels: a pure function over frozen facts, like `routing`.

Channels of a place (a chat room) get one message. People get one over each of a rule's channels that writes to people
and for which they have an address; else over their own: for errors the one for what is urgent, else the one that they
read, else any for e-mail. Never twice over one channel; the first reason is the one that is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Final

from notifications.quiet import DIGEST_AT
from notifications.routing import Announcement, Listener, RuleFacts, Why, route

ERROR: Final = "error"
_EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Person:
    """What is to be known of a contact who gets messages. `reachable_by`: the kinds of addresses that there are."""

    contact_id: int
    reachable_by: frozenset[str] = frozenset()
    channel: int | None = None
    urgent_channel: int | None = None
    zone: str = "UTC"
    quiet: tuple[time, time] | None = None
    digest: str = ""
    digest_at: time = DIGEST_AT


@dataclass(frozen=True, slots=True)
class Recipient:
    """One message owed: over which channel, to whom (None: whoever reads the channel), why, and by which rule."""

    channel_id: int
    contact_id: int | None
    why: Why
    rule_name: str = ""

    @property
    def key(self) -> str:
        """As `Delivery.recipient` keeps it."""
        return "" if self.contact_id is None else f"contact-{self.contact_id}"


@dataclass(frozen=True, slots=True)
class Fanout:
    """Who hears of an event."""

    recipients: tuple[Recipient, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()
    """Groups that are asked in their order, each with the name of the rule that says so."""
    unreached: tuple[int, ...] = ()
    """Contacts who would hear of it if there were a channel with an address of theirs."""


@dataclass(slots=True)
class _Gathered:
    """What has been found so far."""

    listeners: Mapping[int, Listener]
    people: Mapping[int, Person]
    found: dict[tuple[int, int | None], Recipient] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)
    missed: dict[int, None] = field(default_factory=dict)

    def add(self, one: Recipient) -> None:
        self.found.setdefault((one.channel_id, one.contact_id), one)
        if one.contact_id is not None:
            self.reached.add(one.contact_id)

    def follow(self, followers: Iterable[Recipient]) -> None:
        """Those who heard of the begin, as far as they are still there. Over a channel that is off as well: the end
        waits for it as what went before does, and what else reaches a person is no reason to spare them there."""
        for one in followers:
            if one.contact_id is not None and one.contact_id not in self.people:
                continue
            if one.channel_id in self.listeners:
                self.add(one)
            else:
                self.found.setdefault((one.channel_id, one.contact_id), one)

    def name(self, contact_id: int, channel_ids: Sequence[int], why: Why, rule_name: str = "") -> bool:
        """Over those of these channels that reach them; False where none does."""
        person = self.people.get(contact_id)
        ways = [one for one in channel_ids if person and reaches(self.listeners.get(one), person)]
        for channel_id in ways:
            self.add(Recipient(channel_id, contact_id, why, rule_name))
        return bool(ways)

    def own(self, contact_id: int, severity: str, why: Why, rule_name: str = "") -> None:
        """Over their own channel, unless they hear of it anyhow."""
        person = self.people.get(contact_id)
        if person is None or contact_id in self.reached:
            return
        way = own_way(person, severity, self.listeners)
        if way is None:
            self.missed[contact_id] = None
        else:
            self.add(Recipient(way, contact_id, why, rule_name))


def reaches(listener: Listener | None, person: Person) -> bool:
    """Whether a channel is on, writes to people, and the person has an address of its kind."""
    return bool(listener and listener.enabled and listener.address and listener.address in person.reachable_by)


def own_way(person: Person, severity: str, listeners: Mapping[int, Listener]) -> int | None:
    """The channel over which a person gets what no rule says the channel of; None where nothing reaches them."""
    wished = (person.urgent_channel if severity == ERROR else None, person.channel)
    mail = (one.channel_id for one in listeners.values() if one.address == _EMAIL)
    for channel_id in (*wished, *mail):
        if channel_id is not None and reaches(listeners.get(channel_id), person):
            return channel_id
    return None


def place_way(person: Person, chosen: int | None, severity: str, listeners: Mapping[int, Listener]) -> int | None:
    """The channel over which somebody is asked in a place of a group: the one that the place says, if it reaches them,
    else their own; None where nothing reaches them."""
    if chosen is not None and reaches(listeners.get(chosen), person):
        return chosen
    return own_way(person, severity, listeners)


def hearers(
    announcement: Announcement,
    *,
    rules: Sequence[RuleFacts],
    listeners: Mapping[int, Listener],
    people: Mapping[int, Person],
    its_people: Sequence[int] = (),
    concerned: Sequence[int] = (),
    followers: Sequence[Recipient] = (),
) -> Fanout:
    """Who hears of an event that these rules match.

    `listeners` and `people` are those alone that get messages; `its_people` are the environment's, for rules that ask
    for them; `followers` heard of the begin of what it ends: they hear of the end where they heard of the begin.
    """
    gathered = _Gathered(listeners, people)
    for found in route(announcement, listeners.values()):
        gathered.add(Recipient(found.channel_id, None, found.why))
    for rule in rules:
        for channel_id in rule.channels:
            listener = listeners.get(channel_id)
            if listener and listener.enabled and not listener.address:
                gathered.add(Recipient(channel_id, None, Why.RULE, rule.name))
    gathered.follow(followers)
    named = [
        (rule, contact_id)
        for rule in rules
        for contact_id in (*rule.contacts, *(its_people if rule.its_people else ()))
    ]
    # What rules say of channels comes first: only who is left is told over their own.
    left = [(rule, one) for rule, one in named if not gathered.name(one, rule.channels, Why.RULE, rule.name)]
    for rule, one in left:
        gathered.own(one, announcement.severity, Why.RULE, rule.name)
    for one in concerned:
        gathered.own(one, announcement.severity, Why.CONCERNED)
    groups: dict[int, str] = {}
    for rule in rules:
        for group_id in rule.groups:
            groups.setdefault(group_id, rule.name)
    unreached = tuple(one for one in gathered.missed if one not in gathered.reached)
    return Fanout(tuple(gathered.found.values()), tuple(groups.items()), unreached)


def ways_to(
    contact_ids: Iterable[int],
    *,
    severity: str,
    why: Why,
    listeners: Mapping[int, Listener],
    people: Mapping[int, Person],
    channel_ids: Sequence[int] = (),
    rule_name: str = "",
) -> tuple[Recipient, ...]:
    """The messages that tell these people something, whatever rules say: over those of `channel_ids` that reach them,
    else over their own."""
    gathered = _Gathered(listeners, people)
    for one in contact_ids:
        if not gathered.name(one, channel_ids, why, rule_name):
            gathered.own(one, severity, why, rule_name)
    return tuple(gathered.found.values())
