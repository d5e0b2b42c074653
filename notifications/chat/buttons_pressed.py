"""A pressed button under a message: done once, by who has pressed and with their rights, or said why not.

Who it was is found as for what is typed. Each press is a row, so that one that comes again does nothing; what it does
is once for the message anyway (`offer_use`, `escalations`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import translation

from notifications import escalations, offer_use, offers, texts
from notifications.chat import buttons, following, looking_after, people, words
from notifications.chat.answering import Turn, both_within
from notifications.chat.buttons import OfAcknowledgement, OfOffer
from notifications.chat.hearing import is_heard
from notifications.chat.keeping import packed
from notifications.chat.spoken import Answer
from notifications.models import ChatApp, ChatRequest, Delivery, Event
from notifications.models.fields import Config
from notifications.senders.readers import ACKNOWLEDGE, in_language
from notifications.storing import fitting, storable
from notifications.texts import Texts, pick

logger = logging.getLogger(__name__)

LONGEST_KEY, LONGEST_TEXT = 128, 1000
State = ChatRequest.State

GONE: Final = words.said(
    {"en": "This button leads nowhere any more", "ko": "더 이상 쓸 수 없는 버튼이에요"},
    {"en": "Its message is gone. Nothing was changed.", "ko": "메시지가 없어졌어요. 아무것도 바꾸지 않았어요."},
    severity="warning",
    refused=True,
)
NOT_THEIRS: Final = words.said(
    {"en": "You may not do that", "ko": "권한이 없어요"},
    {
        "en": "Your account may not acknowledge what this team is told of. Nothing was changed.",
        "ko": "이 팀의 알림을 맡을 권한이 없는 계정이에요. 아무것도 바꾸지 않았어요.",
    },
    severity="warning",
    refused=True,
)
Did = tuple[Answer | None, str, Delivery | None]
_NOT_DONE: Final[Texts] = {"en": "Nothing was changed", "ko": "아무것도 바꾸지 않았어요"}
_LATE: Final[Texts] = {"en": "Too late: nothing was changed", "ko": "시간이 지나서 아무것도 바꾸지 않았어요"}
_USED: Final[Texts] = {"en": "That was done before", "ko": "이미 처리했어요"}


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
    begin = partial(_begun, pressing, now)
    go_on = partial(_done, pressing=pressing, now=now, later=later)
    both = both_within(settings.CHAT_ANSWER_SECONDS, begin, lambda begun, turn: go_on(begun, turn=turn))
    if both.is_begun and both.begun is None:
        return Pressed(0, settings.LANGUAGE_CODE, None, again=True)
    return both.result


def _begun(pressing: Press, now: datetime) -> tuple[ChatRequest, bool] | None:
    """The row, and whether it is one too many; None where nothing is to be done."""
    one_more = is_heard(pressing.app, pressing.external_id, now)
    row = _written(pressing, now) if one_more is not None else None
    return None if row is None else (row, not one_more)


def _written(pressing: Press, now: datetime) -> ChatRequest | None:
    """The row of the press; None when there is one."""
    key = str(storable(pressing.key))
    row = ChatRequest(
        app=pressing.app,
        key=key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest(),
        external_id=pressing.external_id,
        name=str(storable(pressing.name))[:200],
        text=_read(pressing.does)[:LONGEST_TEXT],
        language=settings.LANGUAGE_CODE,
        received_at=now,
        reply_to=Config(pressing.reply_to),
        lease_until=now + following.LEASE,
        next_at=now + following.LEASE,
        deadline_at=now + following.OWED_FOR,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


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
    row.answer = packed(answer or words.said({"en": outcome, "ko": outcome}, severity="success"))
    row.lease_until = row.next_at = None
    row.save(update_fields=["user", "language", "state", "answer", "lease_until", "next_at"])
    pressed = Pressed(row.pk, row.language, answer, outcome, delivery)
    if not turn.found():
        later(pressed)
    return pressed


def _did(pressing: Press, user: User | None, now: datetime) -> Did:
    """What is said to who pressed, or what stands in the message from now on."""
    if user is None:
        return words.said(words.NOT_KNOWN, words.HOW_TO_LINK, severity="warning", refused=True), "", None
    delivery = offer_use.live_delivery(pressing.does.delivery_id)
    if delivery is None or not buttons.ties(pressing.app, delivery.channel):
        return GONE, "", None
    if isinstance(pressing.does, OfOffer):
        return _took(delivery, pressing.does.choice, user, pressing.address, now)
    return _acknowledged(delivery, user, pressing.address, now)


def _took(delivery: Delivery, choice: str, user: User, address: str | None, now: datetime) -> Did:
    offer = delivery.event.offer or {}
    if offer.get("verb") == escalations.VERB and not _may_of_reminded(user, offer):
        return NOT_THEIRS, "", None
    used = offer_use.take(delivery_id=delivery.pk, choice=choice, value="", address=address, now=now, person=user)
    if used is None:
        return GONE, "", None
    if used.state is offer_use.State.DONE:
        return None, _outcome(delivery, used.said, user), delivery
    if used.state is offer_use.State.USED:
        return _refusal(_USED, used.said or used.standing), "", None
    if used.state is offer_use.State.LATE:
        return _refusal(_LATE, used.standing), "", None
    return _refusal(_NOT_DONE, used.said), "", None


def _acknowledged(delivery: Delivery, user: User, address: str | None, now: datetime) -> Did:
    if escalations.latest_of(delivery.event) is None:
        return GONE, "", None
    if not looking_after.may_of(user, delivery.event):
        return NOT_THEIRS, "", None
    standing = partial(escalations.Acknowledging().standing, subject=str(delivery.event_id), now=now)
    if now >= (delivery.sent_at or delivery.not_before) + offer_use.GOOD_FOR:
        return _refusal(_LATE, texts.render(standing())), "", None
    with offer_use.by_link(user, address, now, offer_use.CHAT):
        done = looking_after.take_on(delivery.event, user, origin=offer_use.CHAT, now=now)
    if not done:
        return _refusal(_NOT_DONE, texts.render(standing())), "", None
    return None, _in_its_language(delivery, texts.render(standing())), delivery


def _may_of_reminded(user: User, offer: Mapping[str, str]) -> bool:
    """Whether they may take on what a reminder is about."""
    subject = offer.get("subject", "")
    event = Event.objects.filter(pk=subject).first() if subject.isdecimal() else None
    return event is not None and looking_after.may_of(user, event)


def _refusal(title: Texts, body: Mapping[str, str]) -> Answer:
    return words.said(title, body, severity="warning", refused=True)


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
