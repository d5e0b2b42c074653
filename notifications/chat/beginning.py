"""The row of a request, typed or pressed: it is there before anything is done, and once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.db import IntegrityError, transaction

from notifications.chat import following
from notifications.models import ChatApp, ChatRequest
from notifications.models.fields import Config
from notifications.storing import storable

A_MINUTE: Final = 30
LONGEST_KEY, LONGEST_TEXT = 128, 1000


class Asking(Protocol):
    """Who asks, by which app; as of `hearing.Heard`."""

    @property
    def app(self) -> ChatApp: ...
    @property
    def key(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def reply_to(self) -> Mapping[str, str]: ...


def is_heard(asking: Asking, now: datetime) -> bool | None:
    """Whether one request more of somebody is heard: False for the first that is too much within a minute, None for
    those beyond."""
    since = now - timedelta(minutes=1)
    theirs = ChatRequest.objects.filter(app=asking.app, external_id=asking.external_id)
    lately = theirs.filter(received_at__gt=since).count()
    return lately < A_MINUTE if lately <= A_MINUTE else None


def begin(asking: Asking, text: str, language: str, now: datetime) -> tuple[ChatRequest, bool] | None:
    """The request's row, and whether it is one too many; None where nothing is to be done: it was heard before, or goes
    beyond what is refused in words. `text`: what is kept of it."""
    one_more = is_heard(asking, now)
    row = _written(asking, text, language, now) if one_more is not None else None
    return None if row is None else (row, not one_more)


def _written(asking: Asking, text: str, language: str, now: datetime) -> ChatRequest | None:
    key = str(storable(asking.key))
    row = ChatRequest(
        app=asking.app,
        key=key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest(),
        external_id=asking.external_id,
        name=str(storable(asking.name))[:200],
        text=text[:LONGEST_TEXT],
        language=language,
        received_at=now,
        reply_to=Config(asking.reply_to),
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
