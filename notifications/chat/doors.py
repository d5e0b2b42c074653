"""What the doors of all platforms have in common: a secret address for each app, and a count of what was refused."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import ChatApp
from notifications.models.fields import Config
from notifications.storing import storable
from notifications.texts import Text, render

LARGEST: Final = 64 * 1024
OLDEST: Final = timedelta(minutes=5)
NOTED_EACH: Final = timedelta(minutes=1)
# In an app's last error: it is about writing to the platform, not about calls.
SAYING: Final = "saying"
# The secret part of its address, among an app's settings.
KEY: Final = "key"


class Refused(Exception):
    """The call is not let in; `why` is read by people."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


class NotUnderstood(Exception):
    """The call is the platform's, and nothing that the door knows."""


def digest(key: str) -> str:
    """What an app is found by."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def new_address(app: ChatApp) -> None:
    """Gives the row, unsaved, a new secret address; the old one, if any, leads nowhere once it is saved."""
    key = secrets.token_urlsafe(24)
    app.config = Config(dict(app.config) | {KEY: key})
    app.digest = digest(key)


def address(app: ChatApp) -> str:
    """Where the platform calls; empty when the app's settings cannot be read."""
    key = app.config.get(KEY, "")
    return settings.BASE_URL.rstrip("/") + reverse(app.kind, args=[key]) if key else ""


def app_at(kind: str, secret: str) -> ChatApp | None:
    """The app of a secret address, switched on or not; None for an address that is none."""
    return ChatApp.objects.filter(kind=kind, digest=digest(secret)).first()


def body_of(request: HttpRequest) -> bytes | None:
    """The body as it came, before anything has parsed it; None when it is longer than any platform's."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        return None
    body = request.read(LARGEST + 1)
    return None if len(body) > LARGEST else body


def check_open(app: ChatApp) -> None:
    """Raises Refused for an app that is switched off, or whose settings no present key opens."""
    if not app.is_on:
        raise Refused(_("It is switched off."))
    if not app.config.readable:
        raise Refused(_("Its settings were sealed with another key. Enter its secrets again."))


def check_fresh(said_at: datetime, now: datetime) -> None:
    """Raises Refused for what was said more than five minutes ago, or later than now."""
    if abs(now - said_at) > OLDEST:
        raise Refused(_("Its time is more than five minutes off. Is its clock right?"))


def part(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within what was said; {} where it is not there. Raises NotUnderstood for what is none."""
    found = said.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise NotUnderstood(f"{name} is no object.")
    return found


def parts(said: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects within what was said; [] where it is not there. Raises NotUnderstood for what is none."""
    found = said.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotUnderstood(f"{name} is no list of objects.")
    return found


def words(said: Mapping[str, Any], name: str) -> str:
    """A text within what was said, as databases keep it; "" where it is not there. Raises NotUnderstood for what is
    none."""
    found = said.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise NotUnderstood(f"{name} is no text.")
    return str(storable(found))


def count_refused(app_id: int, why: Text) -> None:
    """A call that was not let in: counted, with the reason on the app's page."""
    ChatApp.objects.filter(pk=app_id).update(refused=F("refused") + 1, last_error=render(why))


def is_known_to_be_heard(app: ChatApp, now: datetime) -> bool:
    """Whether it is written that it was heard within this minute, and that all was right."""
    is_right = not app.last_error or SAYING in app.last_error
    return is_right and app.last_at is not None and timedelta() <= now - app.last_at < NOTED_EACH


def note_heard(app_id: int, now: datetime) -> None:
    """A call that was let in: what was wrong with calls before is not any more. What is wrong with writing to the
    platform is another matter, and stays."""
    ours = ChatApp.objects.filter(pk=app_id)
    ours.update(last_at=now)
    ours.exclude(last_error={}).exclude(last_error__has_key=SAYING).update(last_error={})


def note_error(app_id: int, why: Text) -> None:
    """What is wrong with writing to the platform, for the app's page."""
    ChatApp.objects.filter(pk=app_id).update(last_error=render(why) | {SAYING: SAYING})


def note_said(app: ChatApp) -> None:
    """Something was written to the platform: what was wrong with that is not any more."""
    if SAYING in app.last_error:
        ChatApp.objects.filter(pk=app.pk, last_error__has_key=SAYING).update(last_error={})
