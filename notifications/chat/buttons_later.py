"""What is said after a platform has had its answer: at once, by a thread; owed in the row until it is said.

Where CHAT_ANSWER_SECONDS is 0, the request's own thread does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.db import connections

from notifications.chat import doors, following
from notifications.chat.keeping import packed
from notifications.chat.spoken import Answer
from notifications.models import ChatApp, ChatRequest
from notifications.senders.base import TransportError

logger = logging.getLogger(__name__)

THREADS: Final = 4
# Longer than any platform is waited for. From then on the sweep says it.
AT_IT: Final = timedelta(seconds=45)
_pool: ThreadPoolExecutor | None = None
_making = threading.Lock()


def soon(job: Callable[[], object]) -> None:
    """Has a thread do it, and waits for nothing. What it raises goes to the log, without its text: that may hold a
    secret address."""
    if settings.CHAT_ANSWER_SECONDS <= 0:
        _done(job, in_thread=False)
    else:
        _threads().submit(_done, job)


def note_heard(app: ChatApp, now: datetime) -> None:
    """A call was let in: noted at most once a minute, and by a thread, for the database may be held up."""
    if not doors.is_known_to_be_heard(app, now):
        soon(partial(doors.note_heard, app.pk, now))


def tell(request_id: int, answer: Answer, post: Callable[[], object], now: datetime) -> None:
    """Says an answer by `post`, soon. It is owed in the row meanwhile: what could not be posted, or whose process died,
    the sweep says by `Platform.say_later`. What may have arrived is not said again."""
    row = ChatRequest.objects.select_related("app").get(pk=request_id)
    kept = packed(answer)
    owed_at = now + AT_IT
    ChatRequest.objects.filter(pk=request_id).update(answer=following.owing(row.answer or kept, kept), next_at=owed_at)
    soon(lambda: _tell(row, owed_at, post, now))


def _tell(row: ChatRequest, owed_at: datetime, post: Callable[[], object], now: datetime) -> None:
    ours = ChatRequest.objects.filter(pk=row.pk, next_at=owed_at)
    try:
        post()
    except TransportError as error:
        logger.warning("An answer in the chat app %s was not posted: %s", row.app_id, error)
        if not error.unknown:
            doors.note_error(row.app_id, error.message)
            ours.update(next_at=now)
            return
    else:
        doors.note_said(row.app)
    current = ChatRequest.objects.get(pk=row.pk)
    answer = {name: value for name, value in current.answer.items() if name != following.OWED}
    ours.update(answer=answer, next_at=following.next_of(current, now))


def _done(job: Callable[[], object], *, in_thread: bool = True) -> None:
    try:
        job()
    except Exception as error:  # noqa: BLE001 - nobody waits for it
        logger.error("What was to be said in a chat broke: %s.", type(error).__name__)
    finally:
        if in_thread:
            connections.close_all()


def _threads() -> ThreadPoolExecutor:
    """Made when first asked for, so that each process of a server that forks has its own."""
    global _pool
    with _making:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chat-later")
        return _pool
