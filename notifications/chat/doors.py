"""What the doors of all platforms have in common: how an app is known, what is read of a call, what is noted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from notifications import secret_doors
from notifications.models import ChatApp
from notifications.secret_doors import SEALED, Door, NotUnderstood, Refused, digest
from notifications.storing import storable
from notifications.texts import Text, render

NOTED_EACH: Final = timedelta(minutes=1)
# In an app's last error: it is about writing to the platform, not about calls.
SAYING: Final = "saying"


def door(kind: str, refuses_with: int = 403) -> Door[ChatApp]:
    """The door of a platform's apps, switched on or not."""
    mine = ChatApp.objects.filter(kind=kind)
    return Door("chat app", lambda secret: mine.filter(digest=digest(secret)).first(), count_refused, refuses_with)


def address(app: ChatApp) -> str:
    """Where the platform calls; empty when the app's settings cannot be read."""
    return secret_doors.address(app, app.kind)


def check_open(app: ChatApp) -> None:
    """Raises Refused for an app that is switched off, or whose settings no present key opens."""
    if not app.is_on:
        raise Refused(_("It is switched off."))
    if not app.config.readable:
        raise Refused(SEALED)


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
