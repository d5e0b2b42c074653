"""Failed sign-ins and locks, as events for those who should hear of them. Never with a password.

What was typed in the place of a name may be one: a name that nobody has is not told, only that it is nobody's. The log
of failures (docs/sign-in.md) has it, for administrators.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from notifications.outbox import publish
from notifications.texts import Text, filled

FAILED = "signin.failed"
LOCKED = "signin.locked"
KINDS = {FAILED: _("Sign-in: failed"), LOCKED: _("Sign-in: locked out")}


def failed(*, name: str, address: str, locked_until: datetime | None, now: datetime) -> None:
    """A sign-in has failed that was not refused before; `locked_until`: it was one too many, so the name is locked.

    Of the failures of one person from one address the first of each hour is told; of those with names that nobody has,
    the first of each hour from an address, so that guessing fills nobody's chat. Each lock is told.
    """
    person = get_user_model().objects.filter(username=name).first() if name else None
    who: Text = name if person else _("a name that nobody has")
    whose = _of(person, address)
    if locked_until:
        _publish(LOCKED, who, now, thread=whose, key=f"{whose}-locked-{locked_until:%Y%m%dT%H%M%SZ}")
    else:
        _publish(FAILED, who, now, thread=whose, key=f"{whose}-failed-{now:%Y%m%dT%H}")


def _of(person: object, address: str) -> str:
    """Whose, and from where: to tell two addresses apart, not to tell which they are. An event is kept for longer than
    addresses may be, and goes to chats."""
    place = salted_hmac(__name__, address, algorithm="sha256").hexdigest()[:16]
    return f"signin-{getattr(person, 'pk', 'nobody')}-{place}"


def _publish(kind: str, who: Text, now: datetime, *, thread: str, key: str) -> None:
    locked = kind == LOCKED
    title = _("%(name)s is locked out after too many failed sign-ins") if locked else _("Sign-in of %(name)s failed")
    publish(
        kind=kind,
        severity="warning" if locked else "info",
        labels={"environment": "", "team": ""},
        title=filled(title, name=who),
        body=_("They can try again in a while, or an administrator lets them in.") if locked else "",
        link=reverse(f"admin:axes_{'accessattempt' if locked else 'accessfailurelog'}_changelist"),
        now=now,
        # Whoever looks after one person's trouble does not look after another's.
        thread=thread,
        dedupe_key=key,
    )
