"""“I look after it”, typed: `ack`, `확인`, `맡을게`. Lists what is open for somebody, or takes on the one that is
meant.

Who may is the same wherever they say it: typed here, or by a button under a message (`buttons_pressed`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from notifications import audience, escalations, offer_use
from notifications.chat import words
from notifications.chat.spoken import Answer, Asked, Button
from notifications.contacts import contact_of
from notifications.models import Escalation, Event
from notifications.texts import languages, pick, render

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

LATELY: Final = timedelta(days=7)
"""As long as a message's own button lasts."""
SHOWN: Final = 5
AT_MOST: Final = 200
_HELP: Final = re.compile(r"|help|\?|도움말|도움|명령어", re.IGNORECASE)
# A name may stand before it, too, but not before 확인: “상태 확인” asks for the status.
_ASKS: Final = re.compile(
    r"(?:(?:ack|acknowledge|확인|맡을게요?)(?:\s+(?P<after>.+))?|(?P<before>.+?)\s+(?:ack|acknowledge|맡을게요?))",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"\d{4}", re.ASCII)


def may(user: User, escalation: Escalation | None) -> bool:
    """Who is asked in the group, and who may acknowledge what they can see of escalations."""
    if escalation is None:
        return False
    if escalation.group.places.filter(contact__user=user).exists():
        return True
    if not user.has_perm("notifications.acknowledge_escalation"):
        return False
    every = user.has_perm("notifications.view_delivery")
    return every or escalation.event.labels.get("team") in audience.teams_of(user)


def may_of(user: User, event: Event) -> bool:
    """The same for an event about which several groups may be asked: who is asked in one of them may."""
    return any(may(user, one) for one in event.escalations.select_related("group", "event"))


def take_on(event: Event, user: User, *, origin: str, now: datetime) -> bool:
    """Acknowledges it in the name of an account, whose rights the caller has asked. False, and nothing is changed,
    where nobody is asked any more.

    An entry is made where they have none: what they acknowledged hangs on it, and is found when they are told what is
    kept of them, or are erased.
    """
    with transaction.atomic():
        name, contact = offer_use.name_of(user), contact_of(user)
        done = escalations.acknowledge(event=event, by=name, contact=contact, origin=origin, now=now)
        if not done:  # nor is an entry made
            transaction.set_rollback(True)
    return done


def answer(asked: Asked) -> Answer | None:
    """The answer to this verb, done; None for any other. Done in the name of who asks, and told to those who were
    asked. What is typed behind 확인 as a code confirms something, and is not meant."""
    said = " ".join(unicodedata.normalize("NFKC", asked.text).split())
    found = _ASKS.fullmatch(said)
    what = (found["after"] or found["before"] or "") if found else ""
    if found is None or asked.user is None or _DIGITS.fullmatch(what):
        return None
    theirs = open_for(asked.user, asked.now)
    meant = _meant(theirs, what)
    if len(meant) == 1:
        return _take(meant[0], asked.user, asked.now)
    return _which(meant or theirs) if theirs else words.NOTHING_OPEN


def helped(told: Answer, text: str, user: User | AnonymousUser | None) -> Answer:
    """The help, with this verb; any other answer as it is."""
    if user is None or user.is_anonymous or told.refused or not _HELP.fullmatch(text):
        return told
    return replace(told, fields=(*told.fields, (words.HOW_TO_TAKE_ON_TITLE, words.HOW_TO_TAKE_ON)))


def open_for(user: User, now: datetime) -> list[Escalation]:
    """What somebody may take on now, the newest first, each matter once: people are asked about it, or all were in
    vain."""
    ends = Q(ended_at=None) | Q(end=Escalation.End.EXHAUSTED)
    rows = Escalation.objects.filter(ends, began_at__gt=now - LATELY).select_related("event", "group")
    found: dict[int, Escalation] = {}
    for row in rows.order_by("-pk")[:AT_MOST]:
        if row.event_id not in found and may(user, row) and escalations.may_be_acknowledged(row):
            found[row.event_id] = row
    return list(found.values())


def _meant(theirs: list[Escalation], what: str) -> list[Escalation]:
    """All, where nothing was said of it; by its number, by its environment, else by a part of its title."""
    if not what:
        return theirs
    wanted = what.strip("\"'`「」").casefold()
    by_number = [one for one in theirs if wanted == f"#{one.event_id}"]
    of_environment = [one for one in theirs if wanted == str(one.event.labels.get("environment", "")).casefold()]
    of_title = [one for one in theirs if any(wanted in title.casefold() for title in one.event.title.values())]
    return by_number or of_environment or of_title


def _which(meant: list[Escalation]) -> Answer:
    buttons = tuple(Button(one.event.title, f"ack #{one.event_id}") for one in meant[:SHOWN])
    listed = [(one.event_id, one.event.title) for one in meant[: 3 * SHOWN]]
    body = {code: "\n".join(f"• #{number} {pick(said, code)}" for number, said in listed) for code in languages()}
    return replace(words.said(words.WHICH_TO_TAKE_ON, body, refused=True), buttons=buttons)


def _take(escalation: Escalation, user: User, now: datetime) -> Answer:
    done = take_on(escalation.event, user, origin=offer_use.CHAT, now=now)
    standing = escalations.Acknowledging().standing(subject=str(escalation.event_id), now=now)
    if not done:
        return words.not_done(render(standing))
    return Answer(render(standing), escalation.event.title, severity="success", link=escalation.event.link)
