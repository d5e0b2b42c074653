"""The verbs of the chat itself: `link CODE` (also the code alone), `unlink`, `whoami`, in both languages."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Final

from django.db.models import Q

from notifications.chat import codes, people, words
from notifications.chat.keeping import HIDDEN, without
from notifications.chat.spoken import Answer, Asked
from notifications.models import ChatApp, ChatRequest

_UNLINK: Final = re.compile(r"unlink|연결\s*해제", re.IGNORECASE)
_LINK: Final = re.compile(r"(?P<verb>link|연결)(\s+(?P<code>.+))?", re.IGNORECASE)
# One word: also a code that was copied wrongly.
_CODE: Final = re.compile(r"[A-Z0-9‐‑–—-]{1,16}", re.ASCII | re.IGNORECASE)
_WHO: Final = re.compile(r"whoami|who am i\??|나|나는 누구\??", re.IGNORECASE)
# Why a request was refused, in its kept answer: by it, wrong codes are counted.
WRONG: Final = "wrong code"


def kept(text: str) -> str:
    """What is kept of a request: all of it but what may be a code."""
    if _code(text):
        return f"link {HIDDEN}"
    plain = unicodedata.normalize("NFKC", text)
    found = codes.within(plain)
    return str(without(plain, found)) if found else text


def _code(text: str) -> str:
    """The code that somebody has typed, behind the verb or alone; "" where the text is about something else, such as
    “연결 서버 상태”."""
    if codes.is_shaped(text):
        return text
    found = _LINK.fullmatch(text)
    if found is None or _UNLINK.fullmatch(text) or not found["code"]:
        return ""
    rest = unicodedata.normalize("NFKC", found["code"]).strip()
    return rest if _CODE.fullmatch(rest) or codes.is_shaped(rest) else ""


def answer(row: ChatRequest, app: ChatApp, text: str, asked: Asked) -> Answer | None:
    """The answer to one of these verbs, done; None for any other."""
    if _WHO.fullmatch(text):
        return words.whoami(asked)
    if _UNLINK.fullmatch(text):
        # Also where the account is switched off.
        return words.unlinked() if people.unlink(app, row.external_id) else words.whoami(asked)
    code, found = _code(text), _LINK.fullmatch(text)
    if not code and (found is None or found["code"]):
        return None
    if not row.external_id:
        return words.refusal(words.HOW_TO_LINK_TITLE, words.NAMELESS)
    if not code:
        return words.said(*words.how_to_link())
    return _link(row, app, code, asked.now)


def _link(row: ChatRequest, app: ChatApp, code: str, now: datetime) -> Answer:
    if codes.is_locked(_wrong(row, now), now):
        return words.TOO_MANY_CODES
    user = codes.take(code, now)
    if user is None:
        row.answer = {"about": WRONG}
        return words.WRONG_CODE
    people.link(app, row.external_id, row.name, user, now)
    row.user = user
    return words.linked(user.get_username())


def _wrong(row: ChatRequest, now: datetime) -> list[datetime]:
    """When this person typed wrong codes lately, the oldest first; what is being looked at just now counts as one."""
    since = now - codes.LOCKED_FOR - codes.LOCKED_FOR
    own = ChatRequest.objects.filter(app=row.app_id, external_id=row.external_id, text=f"link {HIDDEN}")
    tries = own.filter(Q(state=ChatRequest.State.RECEIVED) | Q(answer__about=WRONG), received_at__gt=since)
    return list(tries.exclude(pk=row.pk).order_by("received_at").values_list("received_at", flat=True))
