"""A pressed button under a message: done once, by who has pressed and with their rights, or said why not.

Who it was is found as for what is typed. Each press is a row, so that one that comes again does nothing; what it does
is once for the message anyway (`offer_use`, `escalations`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import translation

from notifications import escalations, offer_use, offers, texts
from notifications.chat import beginning, buttons, looking_after, people, words
from notifications.chat.answering import Turn, both_within
from notifications.chat.buttons import OfAcknowledgement, OfOffer
from notifications.chat.keeping import packed
from notifications.chat.spoken import Answer
from notifications.models import ChatApp, ChatRequest, Delivery, Event
from notifications.senders.readers import ACKNOWLEDGE, in_language
from notifications.storing import fitting
from notifications.texts import pick

logger = logging.getLogger(__name__)

State = ChatRequest.State

Did = tuple[Answer | None, str, Delivery | None]


@dataclass(frozen=True, slots=True)
class Press:
    """A press as a door has let it in. `key`, `external_id`, `name`, `language` and `reply_to` as of `hearing.Heard`;
    `address`: from where it was called."""

    app: ChatApp
    key: str
    external_id: str
    name: str
    does: OfOffer | OfAcknowledgement
    language: str = ""
    address: str | None = None
    reply_to: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        # Nobody has a name that is longer than its column, whatever was signed.
        object.__setattr__(self, "external_id", fitting(self.external_id))


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of it. `said`: for who pressed alone, in `language`; None where `outcome`, in the language of the
    message, stands there now in the place of its buttons. `again`: this press came before."""

    request_id: int
    language: str
    said: Answer | None
    outcome: str = ""
    delivery: Delivery | None = None
    again: bool = False


def press(pressing: Press, *, now: datetime, later: Callable[[Pressed], None]) -> Pressed | None:
    """Does it, once. None where that takes longer than platforms wait: then `later` is called with what came of it,
    from another thread. Where the process dies amid it, the sweep tells who pressed."""
    begin = partial(beginning.begin, pressing, _read(pressing.does), settings.LANGUAGE_CODE, now)
    go_on = partial(_done, pressing=pressing, now=now, later=later)
    both = both_within(settings.CHAT_ANSWER_SECONDS, begin, lambda begun, turn: go_on(begun, turn=turn))
    if both.is_begun and both.begun is None:
        return Pressed(0, settings.LANGUAGE_CODE, None, again=True)
    return both.result


def _done(
    begun: tuple[ChatRequest, bool], *, pressing: Press, now: datetime, later: Callable[[Pressed], None], turn: Turn
) -> Pressed:
    row, is_too_much = begun
    if not ChatRequest.objects.filter(pk=row.pk, state=State.RECEIVED, next_at=row.next_at).exists():
        # It waited for so long that the sweep has told them that nothing is known of it: then nothing is done.
        return Pressed(row.pk, row.language, None, again=True)
    found = people.find(pressing.app, pressing.external_id, pressing.name, "", now)
    usual = settings.LANGUAGE_CODE
    row.user = found.user
    row.language = people.language_of(found.user, pressing.app, pressing.language, texts.languages(), usual)
    try:
        with translation.override(row.language):
            too_much: Did = (words.TOO_MANY_REQUESTS, "", None)
            answer, outcome, delivery = too_much if is_too_much else _did(pressing, found.user, now)
    except Exception as error:
        logger.error("Press %s in a chat broke: %s.", row.pk, type(error).__name__, exc_info=error)
        answer, outcome, delivery = words.BROKEN, "", None
    row.state = State.REFUSED if answer is not None and answer.refused else State.ANSWERED
    row.answer = packed(answer or words.said(outcome, severity="success"))
    row.lease_until = row.next_at = None
    row.save(update_fields=["user", "language", "state", "answer", "lease_until", "next_at"])
    pressed = Pressed(row.pk, row.language, answer, outcome, delivery)
    if not turn.found():
        later(pressed)
    return pressed


def _did(pressing: Press, user: User | None, now: datetime) -> Did:
    """What is said to who pressed, or what stands in the message from now on."""
    if user is None:
        return words.refusal(words.NOT_KNOWN, words.HOW_TO_LINK), "", None
    delivery = offer_use.live_delivery(pressing.does.delivery_id)
    if delivery is None or not buttons.ties(pressing.app, delivery.channel):
        return words.GONE, "", None
    if isinstance(pressing.does, OfOffer):
        return _took(delivery, pressing.does.choice, user, pressing.address, now)
    return _acknowledged(delivery, user, pressing.address, now)


def _took(delivery: Delivery, choice: str, user: User, address: str | None, now: datetime) -> Did:
    offer = delivery.event.offer or {}
    if offer.get("verb") == escalations.VERB and not _may_of_reminded(user, offer):
        return words.NOT_THEIRS, "", None
    used = offer_use.take(delivery_id=delivery.pk, choice=choice, value="", address=address, now=now, person=user)
    if used is None:
        return words.GONE, "", None
    if used.state is offer_use.State.DONE:
        return None, _outcome(delivery, used.said, user), delivery
    if used.state is offer_use.State.USED:
        return words.pressed_before(used.said or used.standing), "", None
    if used.state is offer_use.State.LATE:
        return words.pressed_late(used.standing), "", None
    return words.not_done(used.said), "", None


def _acknowledged(delivery: Delivery, user: User, address: str | None, now: datetime) -> Did:
    if escalations.latest_of(delivery.event) is None:
        return words.GONE, "", None
    if not looking_after.may_of(user, delivery.event):
        return words.NOT_THEIRS, "", None
    standing = partial(escalations.Acknowledging().standing, subject=str(delivery.event_id), now=now)
    if now >= (delivery.sent_at or delivery.not_before) + offer_use.GOOD_FOR:
        return words.pressed_late(texts.render(standing())), "", None
    with offer_use.by_link(user, address, now, offer_use.CHAT):
        done = looking_after.take_on(delivery.event, user, origin=offer_use.CHAT, now=now)
    if not done:
        return words.not_done(texts.render(standing())), "", None
    return None, _in_its_language(delivery, texts.render(standing())), delivery


def _may_of_reminded(user: User, offer: Mapping[str, str]) -> bool:
    """Whether they may take on what a reminder is about."""
    subject = offer.get("subject", "")
    event = Event.objects.filter(pk=subject).first() if subject.isdecimal() else None
    return event is not None and looking_after.may_of(user, event)


def _outcome(delivery: Delivery, did: Mapping[str, str], user: User) -> str:
    """“chat-dev is kept running until 20:00 (Asia/Seoul). – Minseo Kim”."""
    said, name = _in_its_language(delivery, did), offer_use.name_of(user)
    return said if name in said else f"{said} – {name}"


def _in_its_language(delivery: Delivery, said: Mapping[str, str]) -> str:
    return pick(said, delivery.contact.language if delivery.contact else delivery.channel.language)


def _read(does: OfOffer | OfAcknowledgement) -> str:
    """The press as the log has it: what the button says, and of which message."""
    delivery = Delivery.objects.filter(pk=does.delivery_id).select_related("event").first()
    if delivery is None:
        return "…"
    title = pick(delivery.event.title, settings.LANGUAGE_CODE)
    if isinstance(does, OfAcknowledgement):
        return f"{in_language(ACKNOWLEDGE, settings.LANGUAGE_CODE)}: {title}"
    choice = offers.choice_of(delivery.event.offer, does.choice)
    return f"{pick(choice['label'], settings.LANGUAGE_CODE) if choice else '…'}: {title}"
