"""One-time codes that link somebody in a chat with their account: made on a page, typed in the chat.

A code is good for ten minutes and for one use; a new one ends those before. Only a digest is kept. Who types wrong ones
is refused for a while: see `is_locked`.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

from notifications.models import ChatCode

GOOD_FOR: Final = timedelta(minutes=10)
# Without 0 and O, 1, I and L, 5 and S, 8 and B, U and V, 2 and Z: read aloud and copied by hand, they are taken for
# each other.
LETTERS: Final = "34679ACDEFGHJKMNPQRTWXY"
LENGTH: Final = 8
DIGITS: Final = "34679"
# What reads like a code: two fours, a digit among them, as words and most names have none.
_FOUR: Final = f"[{LETTERS}]{{4}}"
_ALONE: Final = re.compile(rf"(?=[^{DIGITS}]*[{DIGITS}]){_FOUR}[-‐‑–—\s]?{_FOUR}", re.IGNORECASE)
_WITHIN: Final = re.compile(
    rf"(?<![A-Z0-9])(?=[A-Z]{{0,4}}[-‐‑–—]?[A-Z]{{0,4}}[{DIGITS}]){_FOUR}[-‐‑–—]?{_FOUR}(?![A-Z0-9])", re.IGNORECASE
)
WRONG_AT_MOST: Final = 5
LOCKED_FOR: Final = timedelta(minutes=10)


def make(user: User, now: datetime) -> str:
    """A new code of somebody, as it is shown to them once: “K7QM-3XRD”. Their unused ones before end."""
    ChatCode.objects.filter(user=user, used_at=None).delete()
    code = ""
    while not set(code) & set(DIGITS):
        code = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    ChatCode.objects.create(user=user, digest=_digest(code), created_at=now, expires_at=now + GOOD_FOR)
    return f"{code[:4]}-{code[4:]}"


def take(typed: str, now: datetime) -> User | None:
    """Uses a code up, and says whose it was; None for one that is wrong, used or too old, or whose owner may not sign
    in any more. Safe for two at once: one of them has it."""
    code = "".join(letter for letter in unicodedata.normalize("NFKC", typed).upper() if letter.isalnum())
    found = ChatCode.objects.filter(digest=_digest(code), used_at=None, expires_at__gt=now, user__is_active=True)
    row = found.select_related("user").first()
    if row is None or not found.filter(pk=row.pk).update(used_at=now):
        return None
    return row.user


def is_shaped(text: str) -> bool:
    """Whether a text has the shape of a code, and is nothing else."""
    return _ALONE.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def within(text: str) -> list[str]:
    """Whatever is shaped like a code in a text, as it stands there."""
    return _WITHIN.findall(text)


def is_locked(wrong: Sequence[datetime], now: datetime) -> bool:
    """Whether somebody is refused who typed wrong codes at these moments, the oldest first: for ten minutes after the
    fifth within ten minutes."""
    fifths = zip(wrong, wrong[WRONG_AT_MOST - 1 :], strict=False)
    return any(fifth - first <= LOCKED_FOR and now - fifth < LOCKED_FOR for first, fifth in fifths)


def _digest(code: str) -> str:
    """Keyed, so that who reads the database cannot try all codes."""
    return salted_hmac("notifications.chat.codes", code, algorithm="sha256").hexdigest()
