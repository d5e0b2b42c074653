"""One step of an escalation: who of the group is asked now, by which message, and when to look again.

Nothing is kept of that but what was sent: whom the event went to, and the reminders of each further round. So a group
may be changed meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import asked_places, escalation_steps, fanout, offers, outbox, reaching, texts
from notifications.asked_places import Sent, Way
from notifications.escalation_steps import Place
from notifications.models import Delivery, Escalation, Event, GroupMember, Severity
from notifications.models.escalation import EscalationQuerySet
from notifications.reaching import Recipient
from notifications.routing import Why
from notifications.texts import Text, filled, lazily
from notifications.timing import ALONE, News, moment

NOBODY: Final = "notifications.nobody_acknowledged"
AGAIN: Final = "notifications.asked_again"
VERB: Final = "acknowledge"


@dataclass(frozen=True, slots=True)
class Round:
    """`number` 0 is the first. `told`: the places that it has asked, and when that reached or will reach them; None:
    nobody knows when. Who has left the group since has a number of their own below 0. `over`: by which channel the
    event itself has been owed to whom."""

    number: int
    began_at: datetime
    told: Mapping[int, datetime | None]
    over: frozenset[tuple[int, int | None]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Member:
    """Somebody's place, as it is now; `recipient` and `reached_at` are None where nothing reaches them."""

    place: GroupMember
    recipient: Recipient | None
    reached_at: datetime | None

    @property
    def way(self) -> Way:
        one = self.place
        return Way(one.pk, one.contact_id, one.channel_id, self.recipient.channel_id if self.recipient else None)


def go_on(escalation: Escalation, now: datetime) -> bool:
    """One step, if nobody else has done it: owes the event, or a reminder of it, to those whose turn has come; says
    that nobody acknowledged where all had theirs in vain."""
    members = _members(escalation, now)
    places = [Place(one.place.pk, one.place.after, one.reached_at) for one in members]
    round_, put_off = _standing(escalation, members, now)
    while True:
        is_last = round_.number + 1 >= escalation.group.rounds
        step = escalation_steps.step(places, told=round_.told, began_at=round_.began_at, is_last=is_last, now=now)
        if step.asked or step.next_at or is_last:
            break
        round_ = Round(round_.number + 1, _began(now, members), put_off)
    if step.next_at is None:
        return _end_in_vain(escalation, members, now)
    with transaction.atomic():
        changes = {"step": escalation.step + len(step.asked), "next_at": step.next_at}
        if not _as_it_was(escalation).update(**changes):
            return False
        turn = {one.place.pk: one.recipient for one in members}
        _ask(escalation, round_, [to for one in step.asked if (to := turn[one]) is not None], now)
    return True


def is_asked(contact_id: int, event: Event) -> bool:
    """Whether this person is among those who are being asked about this event, or by this reminder, right now. One
    query."""
    subject = int((event.offer or {}).get("subject", 0)) if event.kind == AGAIN else event.pk
    return bool(Escalation.objects.open().filter(event=subject, group__members=contact_id).exists())


def reminders_of(event: Event) -> list[Event]:
    """Of an event: those that asked people about it again."""
    # SQLite uses a partial index only where a query repeats its condition.
    alike = Event.objects.filter(~Q(thread=""), thread=event.thread, kind=AGAIN, pk__gt=event.pk).order_by("pk")
    return [one for one in alike if (one.offer or {}).get("subject") == str(event.pk)]


def title_in_vain(event: Event) -> Text:
    """The title of the news that nobody looks after an event."""
    return filled(_("Nobody acknowledged: %(title)s"), title=lazily(event.title))


def _members(escalation: Escalation, now: datetime) -> list[_Member]:
    """The places of the group in their order: over which channel each is asked, and when what is owed now reaches them,
    by the rules that it is owed by. Nothing reaches those who would hear of it when it is no news any more."""
    event = escalation.event
    places = list(escalation.group.places.order_by("after", "pk"))
    known = fanout.facts([one.contact_id for one in places])
    news = News(event.severity, str(event.labels.get("environment", "")), event.until, alone=event.offer is not None)
    members = []
    for place in places:
        person = known.people.get(place.contact_id)
        way = reaching.place_way(person, place.channel_id, event.severity, known.listeners) if person else None
        if way is None:
            members.append(_Member(place, None, None))
            continue
        when = moment(news, why=Why.ESCALATED, listener=known.listeners.get(way), person=person, start=now)
        recipient = Recipient(way, place.contact_id, Why.ESCALATED, escalation.rule_name)
        is_news = when.dropped is None
        members.append(_Member(place, recipient if is_news else None, when.not_before if is_news else None))
    return members


def _ask(escalation: Escalation, round_: Round, recipients: Sequence[Recipient], now: datetime) -> None:
    """Owes them the event, in a further round a reminder. Whoever is asked once more over the same channel, as where
    both of their places lead there, gets a reminder too: the event itself comes over a channel once."""
    first, *again = _waves(recipients, () if round_.number else round_.over)
    if first and not round_.number:
        outbox.owe(escalation.event, first, now)
    reminded = [first, *again] if round_.number else again
    for place, wave in enumerate(one for one in reminded if one):
        outbox.owe(_reminder(escalation, round_.number, escalation.step + place, now), wave, now)


def _waves(recipients: Iterable[Recipient], over: Collection[tuple[int, int | None]]) -> list[list[Recipient]]:
    """Nobody twice over one channel in any of them; whom the first may not have is in the second."""
    seen = Counter(over)
    waves: list[list[Recipient]] = [[]]
    for one in recipients:
        number = seen[one.channel_id, one.contact_id]
        seen[one.channel_id, one.contact_id] += 1
        waves += [[] for _missing in range(number + 1 - len(waves))]
        waves[number].append(one)
    return waves


def _standing(
    escalation: Escalation, members: Sequence[_Member], now: datetime
) -> tuple[Round, Mapping[int, datetime | None]]:
    """The round that it is in, by what was sent; and who of any round so far waits for the end of their quiet hours."""
    event, ways = escalation.event, [one.way for one in members]
    ours = {one.pk: one for one in reminders_of(event) if _number(one, escalation) is not None}
    rows = list(Delivery.objects.filter(~Q(recipient=""), event__in=[event.pk, *ours]).order_by("pk"))
    waiting = [one for one in rows if one.status == Delivery.Status.PENDING and one.not_before > now]
    # What comes to them later for another reason, as in a digest, asks nobody: they are asked by name all the same.
    others = {one.pk for one in waiting if one.why not in ALONE}
    put_off = [one for one in waiting if one.pk not in others]
    waits = asked_places.told(ways, _sent(put_off))
    number = max((_number(one, escalation) or 0 for one in ours.values()), default=0)
    if not number:
        asked = [one for one in rows if one.pk not in others]
        over = frozenset((one.channel_id, one.contact_id) for one in asked if one.event_id == event.pk)
        return Round(0, escalation.began_at, asked_places.told(ways, _sent(asked)), over), waits
    current = {one.pk: one.at for one in ours.values() if _number(one, escalation) == number}
    asked = [one for one in rows if one.event_id in current or one in put_off]
    began = _began(min(current.values()), members)
    return Round(number, began, asked_places.told(ways, _sent(asked))), waits


def _sent(rows: Iterable[Delivery]) -> list[Sent]:
    nothing_came = (Delivery.Status.DROPPED, Delivery.Status.FAILED)
    return [
        Sent(
            row.pk,
            row.contact_id,
            row.channel_id,
            # After a second try it says when the next one is, and no more when it was owed.
            None if row.status in nothing_came or row.attempts > 1 else row.not_before,
        )
        for row in rows
    ]


def _began(first_at: datetime, members: Sequence[_Member]) -> datetime:
    """When the minutes of a further round begin, whose first one is asked then: it begins at once."""
    return first_at - timedelta(minutes=min((one.place.after for one in members), default=0))


def _number(reminder: Event, escalation: Escalation) -> int | None:
    """Which round of this escalation a reminder is of; None: it is of another group's."""
    match (reminder.dedupe_key or "").split("-"):
        case ["escalation", pk, number, _step] if pk == str(escalation.pk):
            return int(number)
    return None


def _as_it_was(escalation: Escalation) -> EscalationQuerySet:
    """The row, while nobody has moved it on."""
    ours: EscalationQuerySet = Escalation.objects.filter(
        pk=escalation.pk, step=escalation.step, next_at=escalation.next_at
    )
    return ours.filter(ended_at=None)


def _reminder(escalation: Escalation, number: int, step: int, now: datetime) -> Event:
    """The event once more: no rule is asked, it goes to those alone whose turn it is."""
    event, choices = escalation.event, (offers.Choice("acknowledge", _("I look after it")),)
    return Event.objects.create(
        kind=AGAIN,
        severity=event.severity,
        labels=event.labels,
        title=texts.render(filled(_("Still nobody looks after it: %(title)s"), title=lazily(event.title))),
        body=event.body,
        fields=event.fields,
        link=event.link,
        at=now,
        thread=event.thread,
        offer=offers.Offer(VERB, str(event.pk), choices).as_json(),
        dedupe_key=f"escalation-{escalation.pk}-{number}-{step}",
    )


def _end_in_vain(escalation: Escalation, members: Sequence[_Member], now: datetime) -> bool:
    event = escalation.event
    with transaction.atomic():
        changes = {"end": Escalation.End.EXHAUSTED, "ended_at": now, "next_at": None}
        if not _as_it_was(escalation).update(**changes):
            return False
        outbox.publish(
            kind=NOBODY,
            severity=Severity.ERROR,
            labels=event.labels,
            title=title_in_vain(event),
            body=_told_in_vain(escalation, {one.place.contact_id for one in members}),
            link=event.link,
            now=now,
            thread=event.thread,
        )
    return True


def _told_in_vain(escalation: Escalation, members: set[int]) -> Text:
    """Whom it has really reached: what was only owed has told nobody."""
    event, name = escalation.event, escalation.group.name
    events = [event.pk, *(one.pk for one in reminders_of(event))]
    sent = Delivery.objects.filter(event__in=events, status=Delivery.Status.SENT, contact__in=members)
    told = sent.values("contact").distinct().count()
    if not told:
        return filled(_("No message has reached anybody in “%(group)s”."), group=name)
    if told == len(members):
        return filled(_("Messages have reached everybody in “%(group)s”."), group=name)
    said = _("In “%(group)s”, messages have reached %(told)s of %(all)s people.")
    return filled(said, group=name, told=told, all=len(members))
