"""What is still owed after a request: an answer that took too long, and the end of what was begun.

Rows are the truth; a sweep each ten seconds takes up what is due. Each step is claimed by compare-and-swap on
`next_at`, which moves ahead for as long as the claim lasts, so that two sweeps at once do no harm. What is to be said
stands in the row before it is said, and is marked while it goes out: one who dies amid it leaves it marked, and it is
not said again, for it may have arrived. A request that was cut off itself is not done again either: people are told.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

from celery import current_app
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from notifications.backoff import backoff
from notifications.chat import confirming, doors, words
from notifications.chat.keeping import packed, unpacked
from notifications.chat.platforms import NothingLaterError, platform
from notifications.chat.spoken import Answer, Asked, bot
from notifications.models import ChatPerson, ChatRequest
from notifications.senders.base import TransportError
from notifications.texts import filled
from portal import origin

logger = logging.getLogger(__name__)

TASK: Final = "notifications.tasks.follow_chats"
# Longer than any answer takes, and than a platform is waited for.
LEASE: Final = timedelta(minutes=2)
OWED_FOR: Final = timedelta(hours=6)
# A question that could not be said for so long is not asked any more.
ASKED_WITHIN: Final = timedelta(minutes=10)
FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=1)
AT_ONCE: Final = 100
RUN_S: Final = 20.0
# In a kept answer: what is still to be said, whether it is going out just now, and what was said in the end.
OWED, SAYING, FOLLOWED = "owed", "saying", "followed"
State = ChatRequest.State
# Apps whose platforms could not be reached in this process's last sweep: the others come before them.
_failed: set[int] = set()


def owing(kept: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """A kept answer, with another (or the same) that is to be said."""
    return {**kept, OWED: dict(answer)}


def next_of(row: ChatRequest, now: datetime) -> datetime | None:
    """When something is next to be done about a row of which nothing is to be said; None when nothing is."""
    if row.state == State.CONFIRMING:
        return row.deadline_at
    return now + pause(row.attempts) if row.follows else None


def pause(looks: int) -> timedelta:
    """Until what was begun is looked at again, after so many looks: from five seconds to a minute."""
    return min(FIRST * (1 << min(looks, 10)), LONGEST)


def sweep(now: datetime) -> int:
    """Attends to what is due, for some seconds, an app at a time, the longest due of each first; how many rows it has
    attended to. An app that could not be written to rests until the next sweep, and comes last in that."""
    due = ChatRequest.objects.due(now).order_by()
    apps = sorted(due.values_list("app_id", flat=True).distinct(), key=lambda app: (app in _failed, app))
    rows = {app: list(due.filter(app=app).order_by("next_at").values_list("pk", flat=True)[:AT_ONCE]) for app in apps}
    _failed.intersection_update(apps)
    began, attended, failed = time.monotonic(), 0, set[int]()
    for turn in zip_longest(*([(app, row) for row in rows[app]] for app in apps)):
        for app, row_id in filter(None, turn):
            passed = time.monotonic() - began
            if passed >= RUN_S:
                return attended
            if app in failed:
                continue
            attended += attend(row_id, now + timedelta(seconds=passed), failed)
            (_failed.add if app in failed else _failed.discard)(app)
    return attended


def attend(row_id: int, now: datetime, failed: set[int] | None = None) -> bool:
    """Does what is due of one request: says what is owed, looks at what was begun, or ends it. False where nothing is
    due, or somebody else is at it. Makes at most one request to the outside, and never raises for what comes of it.
    `failed`: takes the app's id where its platform could not be reached."""
    failed = set() if failed is None else failed
    row = ChatRequest.objects.filter(pk=row_id, next_at__lte=now).select_related("app", "user__preference").first()
    if row is None:
        return False
    over = (row.deadline_at is not None and row.deadline_at <= now) or not row.app.is_on
    if row.state == State.RECEIVED:
        kept = packed(words.INTERRUPTED)
        if over:
            return _end(row, state=State.REFUSED, answer=kept)
        return _claim(row, now, state=State.REFUSED, answer={**owing(kept, kept), SAYING: True}) and _say(
            row, now, failed
        )
    if row.state == State.CONFIRMING and over:
        return _expire(row, now, failed)
    if over:
        return _end(row, answer=_without(row.answer, OWED, SAYING), follows="")
    if row.answer.get(SAYING):
        kept = _without(row.answer, OWED, SAYING)
        return _write(row, answer=kept, lease_until=None, next_at=next_of(row, now))
    if OWED in row.answer:
        return _claim(row, now, answer={**row.answer, SAYING: True}) and _say(row, now, failed)
    if not row.follows:
        return _end(row)
    return _claim(row, now) and _look(row, now, failed)


def _expire(row: ChatRequest, now: datetime, failed: set[int]) -> bool:
    """Nobody has confirmed it. Who was promised an answer, and was perhaps never asked, is told so."""
    if OWED not in row.answer or not row.app.is_on:
        return _end(row, state=State.EXPIRED)
    kept = _without(row.answer, OWED, SAYING)
    told = {**owing(kept, packed(words.NEVER_ASKED)), SAYING: True}
    deadline = row.received_at + OWED_FOR
    return _claim(row, now, state=State.EXPIRED, answer=told, deadline_at=deadline) and _say(row, now, failed)


def wake(after_s: float = 0.0) -> None:
    """Has a worker sweep once, after so many seconds. A courtesy: it never raises, and each sweep finds what is due."""
    try:
        current_app.signature(TASK).apply_async(retry=False, ignore_result=True, countdown=after_s, expires=60)
    except Exception as error:  # noqa: BLE001 - each transport has its own errors, and none may reach the caller
        logger.warning("No wake-up for what was begun in a chat (%s); the next sweep looks.", type(error).__name__)


def _claim(row: ChatRequest, now: datetime, **values: Any) -> bool:
    """Takes the row for as long as a lease lasts; False where somebody was first."""
    return _write(row, lease_until=now + LEASE, next_at=now + LEASE, **values)


def _end(row: ChatRequest, **values: Any) -> bool:
    """Nothing is to be done about it any more."""
    return _write(row, lease_until=None, next_at=None, **values)


def _write(row: ChatRequest, **values: Any) -> bool:
    if not ChatRequest.objects.filter(pk=row.pk, next_at=row.next_at, state=row.state).update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def _say(row: ChatRequest, now: datetime, failed: set[int]) -> bool:
    """Says what is owed; the claim and the mark are written."""
    began = time.monotonic()
    error = _sent(row)
    now += timedelta(seconds=time.monotonic() - began)
    if error is None:
        doors.note_said(row.app)
        said = {**_without(row.answer, OWED, SAYING), FOLLOWED: row.answer[OWED]}
        if row.state == State.CONFIRMING:
            row.deadline_at = now + confirming.GOOD_FOR
        return _write(
            row, answer=said, deadline_at=row.deadline_at, attempts=0, lease_until=None, next_at=next_of(row, now)
        )
    logger.warning("An answer in the chat app %s was not said: %s", row.app_id, error)
    if not error.permanent:
        failed.add(row.app_id)
    if error.permanent or error.unknown:
        if error.permanent and not isinstance(error, NothingLaterError):
            doors.note_error(row.app_id, error.message)
        # An unknown one may have arrived: what was begun goes on being looked at.
        follows = "" if error.permanent else row.follows
        row.follows = follows
        kept = _without(row.answer, OWED, SAYING)
        return _write(row, answer=kept, follows=follows, lease_until=None, next_at=next_of(row, now))
    wait = backoff(row.attempts + 1, jitter=random.random(), retry_after=error.retry_after)  # noqa: S311
    kept = _without(row.answer, SAYING)
    return _write(row, answer=kept, attempts=row.attempts + 1, lease_until=None, next_at=now + wait)


def _sent(row: ChatRequest) -> TransportError | None:
    """Says it, and returns failures as values."""
    if not (row.app.config.readable and row.reply_to.readable):
        return TransportError(_("Its settings cannot be read with the present keys. Enter them again."), permanent=True)
    try:
        answer = unpacked(row.answer[OWED])
        platform(row.app.kind).say_later(row.app, row.reply_to, answer, row.language)
    except TransportError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one broken platform must not stop the others
        # The type alone: the text may hold an address with its secret.
        return TransportError(filled(_("Internal error (%(name)s)."), name=type(error).__name__), unknown=True)
    return None


def _look(row: ChatRequest, now: datetime, failed: set[int]) -> bool:
    """Asks what became of what was begun, and says it when it has ended."""
    if not _is_still_theirs(row):
        return _end(row, follows="")
    answer = _followed(row, now)
    if answer is None:
        return _write(row, attempts=row.attempts + 1, lease_until=None, next_at=now + pause(row.attempts + 1))
    told = {**owing(row.answer, packed(answer)), SAYING: True}
    row_is_ours = _write(row, answer=told, follows=answer.follows[:100], attempts=0)
    return row_is_ours and _say(row, now, failed)


def _followed(row: ChatRequest, now: datetime) -> Answer | None:
    keyword = platform(row.app.kind).keyword
    asked = Asked(row.text, row.user, row.name, row.language, keyword, now)
    try:
        with origin.from_source(origin.Source("bot", None, lambda: row.user, now)), translation.override(row.language):
            return bot().followed(row.follows, asked)
    except Exception as error:
        logger.error("What request %s in a chat began: %s.", row.pk, type(error).__name__, exc_info=error)
        return None


def _is_still_theirs(row: ChatRequest) -> bool:
    """Whether who asked is still linked with the account, and that one may sign in."""
    if row.user is None or not row.user.is_active:
        return False
    return ChatPerson.objects.filter(app=row.app_id, external_id=row.external_id, user=row.user).exists()


def _without(kept: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in names}
