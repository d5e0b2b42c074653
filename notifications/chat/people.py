"""Who somebody in a chat is here: by a link that a code or their e-mail address has made, and by nothing else.

Names are never asked for: people choose them. Whose account is switched off is nobody.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User

from notifications.chat.platforms import platform
from notifications.models import ChatApp, ChatPerson
from notifications.senders.base import TransportError
from portal import preferences
from portal.history import changes_of

logger = logging.getLogger(__name__)

# A setting of an app: whether people are found by their e-mail address, where the platform tells one.
BY_EMAIL: Final = "by_email"
ON, OFF = "on", "off"
# What it is where nobody has chosen. JANDI's word for who somebody is rests on one token; Discord tells no address.
BY_EMAIL_AT_FIRST: Final = {ChatApp.Kind.SLACK: ON, ChatApp.Kind.JANDI: OFF}


@dataclass(frozen=True, slots=True)
class Found:
    """Whose account it is, or None. `is_new`: they were linked just now, by their e-mail address."""

    user: User | None
    is_new: bool = False


def finds_by_email(app: ChatApp) -> bool:
    """Whether people of this app are linked by their e-mail address."""
    usual = BY_EMAIL_AT_FIRST.get(ChatApp.Kind(app.kind))
    return usual is not None and app.config.get(BY_EMAIL, usual) == ON


def known(app: ChatApp, external_id: str) -> User | None:
    """The account that somebody is linked with, if it may sign in. One query."""
    row = _linked(app, external_id)
    return row.user if row is not None and row.user.is_active else None


def find(app: ChatApp, external_id: str, name: str, email: str, now: datetime) -> Found:
    """The account of somebody; links them by their e-mail address where the app does that, and they were never
    unlinked. May ask the platform for the address: takes up to ten seconds, and never raises for what it answers."""
    if not external_id:
        return Found(None)
    row = _linked(app, external_id)
    if row is not None:
        return Found(row.user if row.user.is_active else None)
    if not finds_by_email(app) or _was_unlinked(app, external_id):
        return Found(None)
    user = _of_email(email or _told_email(app, external_id))
    if user is None:
        return Found(None)
    values = {"user": user, "name": name[:200], "how": ChatPerson.How.EMAIL, "linked_at": now}
    row, created = ChatPerson.objects.get_or_create(app=app, external_id=external_id, defaults=values)
    return Found(row.user if row.user.is_active else None, created)


def link(app: ChatApp, external_id: str, name: str, user: User, now: datetime) -> None:
    """Links somebody with the account whose code they typed; a link to another account ends."""
    values = {"user": user, "name": name[:200], "how": ChatPerson.How.CODE, "linked_at": now}
    ChatPerson.objects.update_or_create(app=app, external_id=external_id, defaults=values)


def unlink(app: ChatApp, external_id: str) -> bool:
    """Ends the link; whether there was one. From then on only a code links them."""
    row = ChatPerson.objects.filter(app=app, external_id=external_id).first()
    return row is not None and bool(row.delete()[0])


def language_of(user: User | None, app: ChatApp, told: str, languages: tuple[str, ...], usual: str) -> str:
    """In which language somebody is answered: as they chose in the portal, as the platform tells, as the app is set,
    else the usual one."""
    chosen = preferences.of(user).language if user is not None else ""
    wishes = (chosen, told, told.partition("-")[0].lower(), app.config.get("language", ""))
    return next((wish for wish in wishes if wish in languages), usual)


def _linked(app: ChatApp, external_id: str) -> ChatPerson | None:
    if not external_id:
        return None
    return ChatPerson.objects.filter(app=app, external_id=external_id).select_related("user__preference").first()


def _was_unlinked(app: ChatApp, external_id: str) -> bool:
    return bool(changes_of(ChatPerson).filter(app_id=app.pk, external_id=external_id, history_type="-").exists())


def _told_email(app: ChatApp, external_id: str) -> str:
    try:
        return platform(app.kind).email_of(app, external_id)
    except TransportError as error:
        logger.warning("The chat app %s did not tell an e-mail address: %s", app.pk, error)
        return ""


def _of_email(email: str) -> User | None:
    """The one active account with this address. None where several have it, and for letters beyond ASCII: some of them
    become others when their case is left out of account (CVE-2019-19844)."""
    # Before its case is left out of account: the Kelvin sign becomes a k by that.
    if not email.isascii() or not (email := email.strip().lower()):
        return None
    rows = User.objects.filter(email__iexact=email, is_active=True).select_related("preference")[:3]
    same = [user for user in rows if user.email.lower() == email]
    return same[0] if len(same) == 1 == len(rows) else None
