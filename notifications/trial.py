"""Trying a rule on what has happened: who would have heard of the last events by it. Reads only."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from notifications import audience, fanout, outbox, reaching
from notifications.models import Event
from notifications.reaching import Recipient
from notifications.routing import Announcement, Listener, RuleBook, RuleFacts, route

LOOKED_AT: Final = 100
"""How many events a trial looks at, the latest."""

_NOTHING: Final = frozenset({""})
"""Kinds of a channel that asks for nothing by itself: no event is of this kind."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that the rule is about. `anyway`: channels that hear of it without the rule, too. `unreached`: contacts
    whom no channel reaches."""

    event: Event
    recipients: tuple[Recipient, ...]
    anyway: frozenset[int]
    unreached: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done. `looked_at` and `heard` are newest first."""

    looked_at: tuple[Event, ...]
    heard: tuple[Heard, ...]
    groups: tuple[int, ...]

    def messages(self) -> Counter[tuple[int, int | None]]:
        """How many messages each would have got: by channel, and by contact or None for a place."""
        return Counter((to.channel_id, to.contact_id) for one in self.heard for to in one.recipients)

    def unreached(self) -> list[int]:
        """Contacts whom some of it would not have reached."""
        return sorted({contact for one in self.heard for contact in one.unreached})


def of(rule: RuleFacts) -> Trial:
    """Tries the rule, saved or not, on the last events; those that were tests of a channel are left out.

    Three queries, and those of `audience` for each environment, where the rule asks for its people. What people wished
    for in between (quiet hours, digests, folding) is not looked at: it says when they hear, not whether.
    """
    events = tuple(Event.objects.exclude(kind=outbox.TEST).defer("body", "fields", "offer").order_by("-pk")[:LOOKED_AT])
    rules, people_of = RuleBook([rule]), _people_of(rule)
    matching = [event for event in events if rules.matching(_announced(event), event.at)]
    its_people = {event.pk: people_of(event) for event in matching}
    known = fanout.facts({*rule.contacts, *(one for several in its_people.values() for one in several)})
    heard = tuple(_heard(event, rule, known, its_people[event.pk]) for event in matching)
    return Trial(events, heard, rule.groups if heard else ())


def _heard(event: Event, rule: RuleFacts, known: fanout.Facts, its_people: Sequence[int]) -> Heard:
    announcement = _announced(event)
    found = reaching.hearers(
        announcement,
        rules=[rule],
        listeners=_silent(known.listeners),
        people=known.people,
        its_people=its_people,
    )
    anyway = frozenset(way.channel_id for way in route(announcement, known.listeners.values()))
    missed = {one for one in (*rule.contacts, *its_people) if one not in known.people}
    return Heard(event, found.recipients, anyway, (*found.unreached, *sorted(missed)))


def _silent(listeners: Mapping[int, Listener]) -> dict[int, Listener]:
    """The channels as if none asked for anything by itself: what is left is the rule's own doing."""
    return {pk: replace(listener, event_kinds=_NOTHING) for pk, listener in listeners.items()}


def _people_of(rule: RuleFacts) -> Callable[[Event], Sequence[int]]:
    """Whom an event concerns, asked once for an environment."""

    @cache
    def asked(labels: frozenset[tuple[str, str]]) -> Sequence[int]:
        return audience.people_of(dict(labels))

    return lambda event: asked(frozenset(event.labels.items())) if rule.its_people else ()


def _announced(event: Event) -> Announcement:
    return Announcement(event.kind, event.severity, event.labels)
