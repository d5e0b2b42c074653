"""What somebody pressed in a message: done once, on time, in one transaction, with who and from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from notifications import offers, texts
from notifications.contacts import contact_of
from notifications.models import Delivery, Event, OfferUse
from notifications.texts import filled
from portal import origin

GOOD_FOR: Final = timedelta(days=7)
"""How long a link lasts whose event names no end of its own."""

LINK, CHAT = "link", "bot"


class State(StrEnum):
    OPEN = "open"
    DONE = "done"
    """Just now, by this request."""
    USED = "used"
    LATE = "late"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Offered:
    """A link as its page shows it. `said`: what happened, or why it did not; `standing`: what is true now."""

    delivery: Delivery
    choice: Mapping[str, Any]
    state: State
    said: texts.Texts
    standing: texts.Texts
    used_at: datetime | None = None


def found(delivery_id: int, choice: str, now: datetime) -> Offered | None:
    """What a link offers now; changes nothing. None when there is no such message or choice (any more), or when its
    reader is gone or switched off."""
    delivery = live_delivery(delivery_id)
    chosen = offers.choice_of(delivery.event.offer, choice) if delivery else None
    return _now(delivery, chosen, now) if delivery and chosen else None


def take(
    *, delivery_id: int, choice: str, value: str, address: str | None, now: datetime, person: User | None = None
) -> Offered | None:
    """Does what the link offers, if it still does; else says why not, and changes nothing.

    The use is written first, and its row is unique: of two who press at once, one waits for the other and is then told
    that it is done. A refusal leaves the link as it was. Everything that the deed changes has the origin “link” and
    the reader's own account, if they have one. `person`: who has pressed a button in a chat; then it is done by them
    and with their rights, whoever the message was for, and has the origin “chat”.
    """
    offered = found(delivery_id, choice, now)
    if offered is None or offered.state is not State.OPEN:
        return offered
    delivery, (verb, subject) = offered.delivery, _asked(offered.delivery.event)
    deed = offers.deed_of(verb)
    assert deed is not None, "an open offer has its deed"
    user = person or (delivery.contact.user if delivery.contact else None)
    try:
        with transaction.atomic(), by_link(user, address, now, CHAT if person else LINK):
            use, first = OfferUse.objects.get_or_create(
                delivery=delivery, defaults={"at": now, "choice": choice, "address": address, "outcome": {}}
            )
            if first:
                did = deed.do(
                    subject=subject,
                    choice=choice,
                    value=value,
                    contact=contact_of(person) if person else delivery.contact,
                    who=name_of(person) if person else reader_of(delivery),
                    now=now,
                )
                use.outcome = texts.render(did)
                use.save(update_fields=["outcome"])
    except offers.Refused as refused:
        standing = texts.render(deed.standing(subject=subject, now=now))
        return Offered(delivery, offered.choice, State.REFUSED, texts.render(refused.said), standing)
    standing = texts.render(deed.standing(subject=subject, now=now))
    state = State.DONE if first else State.USED
    return Offered(delivery, offered.choice, state, use.outcome, standing, use.at)


@contextmanager
def by_link(user: Any, address: str | None, now: datetime, door: str = LINK) -> Iterator[None]:
    """What is changed within is the doing of a link's reader, or of who has pressed its button in a chat. Whoever
    happens to be signed in in that browser has nothing to do with it."""
    person = user or AnonymousUser()
    with origin.from_source(origin.Source(door, address, lambda: person, now)):
        yield


def name_of(user: User) -> str:
    """An account as a name for people."""
    return user.get_full_name() or user.get_username()


def reader_of(delivery: Delivery) -> str:
    """Whose link it is, as a name for people: the contact's, or “somebody in <channel>”, for a chat room has many
    readers."""
    if delivery.contact is not None:
        return delivery.contact.name
    with translation.override(settings.LANGUAGE_CODE):
        return str(filled(_("somebody in %(channel)s"), channel=delivery.channel.name))


def live_delivery(delivery_id: int) -> Delivery | None:
    """The message of a link, with its reader; None when either is no more, or the reader or their account was switched
    off."""
    delivery = Delivery.objects.select_related("event", "channel", "contact__user").filter(pk=delivery_id).first()
    if delivery is None or (delivery.contact is None and delivery.recipient):
        return None
    reader = delivery.contact
    if reader is not None and not (reader.is_on and (reader.user is None or reader.user.is_active)):
        return None
    return delivery


def _now(delivery: Delivery, choice: Mapping[str, Any], now: datetime) -> Offered:
    event, (verb, subject) = delivery.event, _asked(delivery.event)
    deed = offers.deed_of(verb)
    standing = texts.render(deed.standing(subject=subject, now=now) if deed else "")
    use = OfferUse.objects.filter(delivery=delivery).first()
    if use is not None:
        return Offered(delivery, choice, State.USED, use.outcome, standing, use.at)
    if deed is None or now >= (event.until or event.at + GOOD_FOR):
        return Offered(delivery, choice, State.LATE, {}, standing)
    return Offered(delivery, choice, State.OPEN, {}, standing)


def _asked(event: Event) -> tuple[str, str]:
    """The verb and the subject of an event's offer."""
    offer = event.offer or {}
    return offer["verb"], offer["subject"]
