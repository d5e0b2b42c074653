"""Who is asked next while nobody looks after it: a group in its order, until one acknowledges or it is over.

The row says when the next one is asked; whoever moves that on (compare-and-swap) asks. So any number of sweeps ask
once, and a killed one is made up for by the next.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import asking, offers, outbox, texts, threads
from notifications.asking import AGAIN, NOBODY, VERB
from notifications.models import Contact, ContactGroup, Delivery, Escalation, Event, Severity
from notifications.reaching import Recipient
from notifications.routing import Why
from notifications.stumbles import Stumbles
from notifications.texts import Text, filled, lazily
from portal.history import Origin
from portal.origin import current

__all__ = ["ACKNOWLEDGED", "AGAIN", "NOBODY", "VERB", "acknowledge", "begin", "over", "sweep"]

ACKNOWLEDGED: Final = "notifications.acknowledged"
OWN_KINDS: Final = frozenset({NOBODY, ACKNOWLEDGED, AGAIN})
"""About an escalation itself: no group is asked to acknowledge these, or that would never end."""

HOLDS: Final = timedelta(hours=12)
"""Somebody who looks after a matter is not asked about the same again for so long, unless it was over meanwhile."""
AT_MOST: Final = 200
_stumbles: Final = Stumbles("Escalation")

LOOKED_AFTER = _("%(by)s looks after it.")
OVER = _("It was over before they were asked.")


def begin(*, event: Event, groups: Sequence[tuple[int, str]], now: datetime) -> None:
    """Asks these groups (id, name of the rule), each in its order, from now on. Call it in the transaction of the
    event. Whoever is first in the order is owed the event at once.

    Does nothing for news of escalations, while somebody looks after the same matter, and for a group that is gone:
    rules are kept in memory for a while.
    """
    if event.kind in OWN_KINDS or not groups or _is_looked_after(event, now):
        return
    there = set(ContactGroup.objects.filter(pk__in=[pk for pk, _rule in groups]).values_list("pk", flat=True))
    for group_id, rule_name in groups:
        if group_id not in there:
            continue
        escalation, is_new = Escalation.objects.get_or_create(
            event=event, group_id=group_id, defaults={"rule_name": rule_name, "began_at": now, "next_at": now}
        )
        if is_new:
            # One that breaks must not undo what happened: the sweep comes back to it.
            with _stumbles.row(escalation.pk, now), transaction.atomic():
                asking.go_on(escalation, now)


def sweep(now: datetime) -> int:
    """Asks whoever is next, where nobody has acknowledged in time; says in how many escalations. Two at once do no
    harm, and one that breaks is logged and tried again later, while the others go on."""
    due = Escalation.objects.open().filter(next_at__lte=now).exclude(pk__in=_stumbles.resting(now))
    moved = 0
    for escalation in due.select_related("event", "group").order_by("next_at")[:AT_MOST]:
        with _stumbles.row(escalation.pk, now):
            moved += asking.go_on(escalation, now)
    return moved


def acknowledge(
    *,
    event: Event | None = None,
    escalation: Escalation | None = None,
    by: str,
    contact: Contact | None,
    origin: str,
    now: datetime,
) -> bool:
    """Somebody looks after it: nobody else is asked, what still waits for that is not sent, and those who were told
    hear who it is. Also once all were asked in vain. It holds for the same matter, too, as far as people are asked
    about that now. False, and nothing is changed, when that had happened before, or it was over."""
    event = event or (escalation.event if escalation else None)
    if event is None:
        raise TypeError("Say which event, or which escalation.")
    end = Escalation.End
    who: dict[str, Any] = {"by": by[:200], "by_contact": contact, "origin": origin}
    changes = {**who, "end": end.ACKNOWLEDGED, "next_at": None, "ended_at": now}
    with transaction.atomic():
        if threads.ended_at(event) is not None:
            return False
        beside = _of_the_same_matter(event)
        # On the rows themselves: of two people who press at once, the database lets one win.
        ours = Escalation.objects.select_for_update().filter(Q(event=event) | Q(pk__in=beside)).order_by("pk")
        events = {event.pk, *ours.values_list("event_id", flat=True)}
        open_or_in_vain = Escalation.objects.filter(Q(ended_at=None) | Q(end=end.EXHAUSTED), event=event)
        if not open_or_in_vain.update(**changes):
            return False
        Escalation.objects.open().filter(pk__in=beside).update(**changes)
        _drop_what_waits(events, filled(LOOKED_AFTER, by=by))
        _tell_who_looks_after_it(event, events, by, contact, now)
    return True


def over(thread: str, now: datetime) -> None:
    """The matter is over by itself: nobody else is asked, and what still waits for that is not sent."""
    if not thread:
        return
    asked = list(Escalation.objects.open().filter(event__thread=thread))
    if asked:
        ended = Escalation.objects.open().filter(pk__in=[one.pk for one in asked])
        ended.update(end=Escalation.End.OVER, ended_at=now, next_at=None)
        _drop_what_waits({one.event_id for one in asked}, OVER)


def latest_of(event: Event) -> Escalation | None:
    """How it stands with asking people about this event."""
    found: Escalation | None = event.escalations.order_by("-pk").first()
    return found


def may_be_acknowledged(escalation: Escalation) -> bool:
    """While somebody is asked, and also after all were asked in vain; not when the matter is over."""
    return standing(escalation)[0] in ("", Escalation.End.EXHAUSTED)


def standing(escalation: Escalation) -> tuple[str, datetime | None]:
    """How it stands with the matter (as `Escalation.end` says it), and since when: one that all were asked about in
    vain may be over since. One query for such a one."""
    if escalation.end == Escalation.End.EXHAUSTED and (since := threads.ended_at(escalation.event)):
        return Escalation.End.OVER, since
    return escalation.end, escalation.ended_at


class Acknowledging:
    """“I look after it” in a reminder, which is an event of its own: the deed of `offers` with the event's id as its
    subject."""

    def standing(self, *, subject: str, now: datetime) -> Text:
        escalation = self._of(subject)
        end = standing(escalation)[0] if escalation else Escalation.End.OVER
        if escalation is None or end == Escalation.End.OVER:
            return _("It is over. Nobody needs to look after it.")
        if end == Escalation.End.ACKNOWLEDGED:
            return filled(LOOKED_AFTER, by=escalation.by)
        return _("Nobody looks after it yet.")

    def do(self, *, subject: str, choice: str, value: str, contact: Contact | None, who: str, now: datetime) -> Text:
        escalation = self._of(subject)
        if escalation is None or not acknowledge(
            escalation=escalation, by=who, contact=contact, origin=_door(), now=now
        ):
            raise offers.Refused(_("Nobody is asked about it any more."))
        return filled(LOOKED_AFTER, by=who)

    def _of(self, subject: str) -> Escalation | None:
        event = Event.objects.filter(pk=subject).first() if subject.isdecimal() else None
        return latest_of(event) if event else None


def _door() -> str:
    """By which way it is acknowledged: a chat says so itself, anything else is the link of a message."""
    return Origin.BOT if current().origin == Origin.BOT else Origin.LINK


def _is_looked_after(event: Event, now: datetime) -> bool:
    """Whether somebody acknowledged the same (of one thread, kind and title) lately, and it was not over since."""
    alike = {"event__thread": event.thread, "event__kind": event.kind, "event__title": event.title}
    lately = Escalation.objects.filter(**alike, end=Escalation.End.ACKNOWLEDGED, ended_at__gt=now - HOLDS)
    last = lately.exclude(event=event).order_by("-event_id").values_list("event_id", flat=True).first()
    if last is None:
        return False
    return not Event.objects.filter(thread=event.thread, ends_thread=True, pk__gt=last).exists()


def _of_the_same_matter(event: Event) -> list[int]:
    """Where people are asked now about the same as by this event: of a thread that its publisher named, else of events
    that read alike; with no end of the matter between the two."""
    asked = Escalation.objects.open().filter(event__thread=event.thread).exclude(event=event).select_related("event")
    ends = list(Event.objects.filter(thread=event.thread, ends_thread=True).values_list("pk", flat=True))
    return [
        one.pk
        for one in asked
        if threads.are_one_matter(event, one.event)
        and not any(min(event.pk, one.event_id) < end < max(event.pk, one.event_id) for end in ends)
    ]


def _drop_what_waits(events: Collection[int], reason: Text) -> None:
    """What asks people about these events, and has not been sent."""
    asked = {*events, *(one.pk for event in Event.objects.filter(pk__in=events) for one in asking.reminders_of(event))}
    waiting = Delivery.objects.waiting().filter(event__in=asked, why=Why.ESCALATED)
    waiting.drop(texts.render(reason))


def _tell_who_looks_after_it(
    event: Event, events: Collection[int], by: str, contact: Contact | None, now: datetime
) -> None:
    status, asked = Delivery.Status, set(events)
    for one in Event.objects.filter(pk__in=events):
        asked |= {reminder.pk for reminder in asking.reminders_of(one)}
        in_vain = Event.objects.filter(~Q(thread=""), thread=one.thread, kind=NOBODY, pk__gt=one.pk)
        title = texts.render(asking.title_in_vain(one))
        asked |= {news.pk for news in in_vain if news.title == title}
    told = Delivery.objects.filter(event__in=asked, status__in=[status.SENT, status.SENDING, status.UNKNOWN])
    if contact is not None:
        told = told.exclude(contact=contact)
    # Somebody who was erased since is nobody to write to.
    readers = told.exclude(~Q(recipient="") & Q(contact=None)).values_list("channel_id", "contact_id").distinct()
    news = outbox.publish(
        kind=ACKNOWLEDGED,
        severity=Severity.INFO,
        labels=event.labels,
        title=filled(_("%(by)s looks after it: %(title)s"), by=by, title=lazily(event.title)),
        link=event.link,
        actor=by,
        now=now,
        thread=event.thread,
    )
    recipients = [
        Recipient(channel_id, contact_id, Why.FOLLOWS)
        for channel_id, contact_id in sorted(readers, key=lambda one: (one[0], one[1] or 0))
    ]
    outbox.owe(news, recipients, now)
