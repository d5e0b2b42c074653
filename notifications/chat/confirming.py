"""“Do you mean it?”: what stops something is done once it is confirmed, by the same person, in time, and once.

A request that must be confirmed gets a code of four digits for two minutes. It is confirmed by the command with the
code behind it, by the code alone, or by a button that says the code.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from notifications.chat import words
from notifications.chat.keeping import RESOLVED
from notifications.chat.spoken import Answer, Button
from notifications.models import ChatRequest
from notifications.texts import render

GOOD_FOR: Final = timedelta(minutes=2)
# A code that comes later than this is nobody's any more.
REMEMBERED: Final = timedelta(hours=1)
_CODE: Final = re.compile(r"(?P<before>.*?)\s*(?<!\d)(?P<code>\d{4})", re.ASCII | re.DOTALL)
_CANCEL: Final = re.compile(r"(cancel|취소)(\s+(?P<code>\d{4}))?", re.ASCII | re.IGNORECASE)
SAYS_YES: Final = frozenset({"confirm", "확인"})
State = ChatRequest.State


@dataclass(frozen=True, slots=True)
class Confirmed:
    """They mean it: do what was asked then, in words that mean the same now."""

    text: str


def new_code(row: ChatRequest) -> str:
    """Four digits that nothing else of this person has had lately."""
    taken = set(_lately(row, row.received_at).values_list("code", flat=True))
    while True:
        code = f"{secrets.randbelow(9000) + 1000}"
        if code not in taken:
            return code


def asking(answer: Answer, text: str, code: str) -> Answer:
    """The answer with how to confirm it, and the buttons to."""
    how = render(words.to_confirm(code))
    body = render(answer.body) if answer.body else {}
    both = {language: "\n\n".join(part for part in (body.get(language, ""), how[language]) if part) for language in how}
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    yes = Button(words.yes(shown), code, "danger")
    no = Button(words.CANCEL, f"cancel {code}")
    return replace(answer, body=both, buttons=(yes, no, *answer.buttons), private=True)


def understood(row: ChatRequest, now: datetime) -> Confirmed | Answer | None:
    """What a request means as a confirmation: that something is to be done now, or why nothing is; None when it is
    none. One that is taken here is taken for good: two at once get it once."""
    said = " ".join(unicodedata.normalize("NFKC", row.text).split())
    if cancelled := _CANCEL.fullmatch(said):
        return _cancel(row, cancelled["code"] or "", now)
    found = _CODE.fullmatch(said)
    if found is None:
        return None
    asked = _lately(row, now).filter(code=found["code"]).order_by("-pk").first()
    before = "" if found["before"].casefold() in SAYS_YES else found["before"]
    if asked is None:
        return None if before else words.NOTHING_WAITS
    if before and before.casefold() != " ".join(asked.text.split()).casefold():
        return words.OTHER_COMMAND if asked.state == State.CONFIRMING else None
    return _taken(asked, row, now)


def _taken(asked: ChatRequest, row: ChatRequest, now: datetime) -> Confirmed | Answer:
    waiting = ChatRequest.objects.filter(pk=asked.pk, state=State.CONFIRMING, user=row.user)
    if waiting.filter(deadline_at__gt=now).update(state=State.ANSWERED, next_at=None):
        return Confirmed(asked.answer.get(RESOLVED) or asked.text)
    if waiting.update(state=State.EXPIRED, next_at=None):
        return words.TOO_LATE
    now_is = ChatRequest.objects.values_list("state", flat=True).get(pk=asked.pk)
    if now_is == State.REFUSED:
        return words.CANCELLED_BEFORE
    return words.DONE_BEFORE if now_is == State.ANSWERED else words.TOO_LATE


def _cancel(row: ChatRequest, code: str, now: datetime) -> Answer:
    waiting = _lately(row, now).filter(state=State.CONFIRMING)
    if code:
        waiting = waiting.filter(code=code)
    ended = waiting.update(state=State.REFUSED, next_at=None)
    return words.CANCELLED if ended else words.NOTHING_WAITS


def _lately(row: ChatRequest, now: datetime) -> QuerySet[ChatRequest]:
    """What this person was asked about, in this app."""
    own = ChatRequest.objects.filter(app=row.app_id, external_id=row.external_id, received_at__gt=now - REMEMBERED)
    return own.exclude(code="")
