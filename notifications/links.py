"""Addresses in messages that need no sign-in: each is signed, and good for one thing alone.

Nothing in them is secret but the signature, and nothing of them is stored. They are the same each time they are made,
so that a message that is tried again is the same message.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.urls import reverse

_OFFER: Final = "notifications.links.offer"
_ACKNOWLEDGE: Final = "notifications.links.acknowledge"
_LEAVE: Final = "notifications.links.leave"


def offer_url(delivery_id: int, choice: str) -> str:
    """Where the reader of a delivery takes this choice of its event's offer. "" without a BASE_URL."""
    return _address("notifications:offer", _OFFER, [delivery_id, choice])


def acknowledge_url(delivery_id: int) -> str:
    """Where the reader of a delivery says that they look after it. "" without a BASE_URL."""
    return _address("notifications:acknowledge", _ACKNOWLEDGE, delivery_id)


def leave_url(contact_id: int) -> str:
    """Where a person stops (and resumes) their messages, also by RFC 8058's one click. "" without a BASE_URL."""
    return _address("notifications:leave", _LEAVE, contact_id)


def read_offer(token: str) -> tuple[int, str] | None:
    """The delivery and the choice that a link is for; None when it was not made here."""
    match _read(token, _OFFER):
        case [int(delivery_id), str(choice)]:
            return delivery_id, choice
    return None


def read_acknowledge(token: str) -> int | None:
    """The delivery that a link is for; None when it was not made here."""
    found = _read(token, _ACKNOWLEDGE)
    return found if isinstance(found, int) else None


def read_leave(token: str) -> int | None:
    """The contact that a link is for; None when it was not made here."""
    found = _read(token, _LEAVE)
    return found if isinstance(found, int) else None


def _address(name: str, salt: str, what: object) -> str:
    base = getattr(settings, "BASE_URL", "") or ""
    return urljoin(base, reverse(name, args=[signing.Signer(salt=salt).sign_object(what)])) if base else ""


def _read(token: str, salt: str) -> Any:
    try:
        return signing.Signer(salt=salt).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
