"""What every door hands over: one request, once, answered in time or later.

What a request is meant to be is found out in this order: the verbs of the chat itself (link, unlink, who am I), then
whether it confirms something, and whatever is left whoever knows the verbs answers. Nobody's request is done twice: it
is a row with the platform's own name for it, and it is begun while nobody has given it up (`following`).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import translation

from notifications.chat import beginning, codes, confirming, following, linking, looking_after, people, typed, words
from notifications.chat.answering import Turn, both_within
from notifications.chat.keeping import packed, without
from notifications.chat.platforms import platform
from notifications.chat.spoken import Answer, Asked, bot
from notifications.models import ChatRequest
from notifications.storing import fitting, storable
from notifications.texts import languages
from portal import origin

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from notifications.models import ChatApp

logger = logging.getLogger(__name__)

BOT: Final = "bot"
State = ChatRequest.State
_HELP: Final = re.compile(r"|help|\?|도움말|도움", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as a door has let it in: signed by the platform, and not stale.

    `key`: the platform's own name for it (one that comes again has the same). `external_id`: who asked, as in
    `ChatPerson`. `email`: the address that the platform named with the request, "" where it does not. `text`: without
    the keyword. `language`: theirs, as far as the platform tells ("" unknown). `reply_to`: what `Platform.say_later`
    needs to write to the same place.
    """

    app: ChatApp
    key: str
    external_id: str
    name: str
    text: str
    email: str = ""
    language: str = ""
    reply_to: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Nobody has a name that is longer than its column, whatever was signed.
        object.__setattr__(self, "external_id", fitting(self.external_id))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how they are answered: what a typed command and a pressed button have in common. See `Heard`."""

    app: ChatApp
    key: str
    external_id: str
    name: str
    language: str
    reply_to: Mapping[str, str] = field(repr=False)

    def says(self, text: str) -> Heard:
        """The request, when they typed it or a button did for them."""
        return Heard(
            app=self.app,
            key=self.key,
            external_id=self.external_id,
            name=self.name,
            text=text,
            language=self.language,
            reply_to=self.reply_to,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What the door answers. `answer` None: it takes longer, so acknowledge; it is written later. `again`: this request
    was heard before, or is one too many to be heard, and nothing was done."""

    request_id: int
    language: str
    answer: Answer | None
    again: bool = False


def hear(heard: Heard, *, now: datetime) -> Reply:
    """Answers within the time that platforms wait, or later by `Platform.say_later`; does each request once. Also its
    row is written within that time: where the database is held up, the request is acknowledged and goes on then.

    At most thirty a minute of one person: the next one is refused in words, and those after it are passed over.
    """
    language, began = _language(None, heard), time.monotonic()
    address = origin.current().address

    def go_on(begun: tuple[ChatRequest, bool], turn: Turn) -> Answer | None:
        row, is_too_much = begun
        since = now + timedelta(seconds=int(time.monotonic() - began))
        if is_too_much:
            return _told(row, words.TOO_MANY_REQUESTS, since, turn)
        return _answered(row, heard, now, since, address, turn)

    both = both_within(settings.CHAT_ANSWER_SECONDS, partial(_begun, heard, language, now), go_on)
    if both.begun is None:
        return Reply(0, language, None, again=both.is_begun)
    return Reply(both.begun[0].pk, both.begun[0].language, both.result)


def _begun(heard: Heard, language: str, now: datetime) -> tuple[ChatRequest, bool] | None:
    """See `beginning.begin`. The code of a link is not kept."""
    return beginning.begin(heard, linking.kept(_text(heard)), language, now)


def _answered(
    row: ChatRequest, heard: Heard, now: datetime, since: datetime, address: str | None, turn: Turn
) -> Answer | None:
    """Finds the answer and keeps it; whoever still waits tells it, or else it is said later. None where it was given up
    meanwhile, or it has waited for so long (`since`: the time when its turn comes) that it will be: what was not begun
    by then is not done."""
    if since >= now + following.LEASE:
        return None
    found = people.find(heard.app, heard.external_id, heard.name, heard.email, now)
    row.user, row.language = found.user, _language(found.user, heard)
    waiting = ChatRequest.objects.filter(pk=row.pk, state=State.RECEIVED, next_at=row.next_at)
    if not waiting.update(user=row.user, language=row.language):
        return None
    asked = Asked(
        text=_text(heard),
        user=found.user,
        name=heard.name,
        language=row.language,
        keyword=platform(heard.app.kind).keyword,
        now=now,
    )
    source = origin.Source(BOT, address, lambda: row.user, now)
    with origin.from_source(source), translation.override(row.language):
        answer = _found_out(row, heard, asked)
    if found.is_new and found.user is not None:
        linked = words.linked_by_email(found.user.get_username())
        answer = replace(answer, fields=(*answer.fields, linked))
    if answer.confirm and asked.user is not None:
        row.code = confirming.new_code(row)
        answer = confirming.asking(answer, row.text, row.code)
    return _told(row, answer, since, turn, codes.within(_text(heard)))


def _told(row: ChatRequest, answer: Answer, since: datetime, turn: Turn, secrets: Sequence[str] = ()) -> Answer | None:
    """Keeps the answer; whoever still waits is given it, or else it is said now."""
    in_time = turn.found()
    if not _settle(row, answer, since, secrets, said=in_time):
        return None
    if in_time:
        return answer
    following.attend(row.pk, since)
    return None


def _found_out(row: ChatRequest, heard: Heard, asked: Asked) -> Answer:
    try:
        if (own := linking.answer(row, heard.app, _text(heard), asked)) is not None:
            return own
        if asked.user is None:
            return _only_help(row, asked)
        if (taken := looking_after.answer(asked)) is not None:
            return taken
        meant = confirming.understood(row, asked.now)
        if isinstance(meant, Answer):
            return meant
        if meant is not None:
            return replace(bot().answer(replace(asked, text=meant.text, confirmed=True)), confirm=False, resolved="")
        return looking_after.helped(bot().answer(asked), asked.text, asked.user)
    except Exception as error:
        logger.error("Request %s in a chat broke: %s.", row.pk, type(error).__name__, exc_info=error)
        return words.BROKEN


def _only_help(row: ChatRequest, asked: Asked) -> Answer:
    """For people whom nobody knows: what there is, and how to be known."""
    helped = bot().help(asked)
    link = words.how_to_link() if row.external_id else (words.HOW_TO_LINK_TITLE, words.NAMELESS)
    if _HELP.fullmatch(asked.text):
        return replace(helped, fields=(*helped.fields, link), private=True, confirm=False, follows="")
    return replace(
        helped,
        title=words.NOT_KNOWN,
        fields=(link, *helped.fields),
        severity="warning",
        private=True,
        confirm=False,
        refused=True,
        follows="",
    )


def _settle(row: ChatRequest, answer: Answer, now: datetime, secrets: Sequence[str], *, said: bool) -> bool:
    """Writes what was answered, and what is owed from now on; False where the request was given up meanwhile."""
    kept = {**row.answer, **without(packed(answer), secrets)}
    values: dict[str, Any] = {
        "user": row.user,
        "state": State.REFUSED if answer.refused else State.ANSWERED,
        "answer": kept if said else following.owing(kept, kept),
        "follows": answer.follows[:100],
        "lease_until": None,
    }
    if row.code:
        # Once it is said, it is good for two minutes; until then it may be said for a while (`following`).
        good_for = confirming.GOOD_FOR if said else following.ASKED_WITHIN
        values |= {"state": State.CONFIRMING, "code": row.code, "deadline_at": now + good_for}
    for name, value in values.items():
        setattr(row, name, value)
    next_at = following.next_of(row, now) if said else now
    if not ChatRequest.objects.filter(pk=row.pk, state=State.RECEIVED).update(next_at=next_at, **values):
        return False
    if answer.follows:
        transaction.on_commit(partial(following.wake, following.FIRST.total_seconds()))
    return True


def _text(heard: Heard) -> str:
    return " ".join(typed.unmarked(str(storable(heard.text))).split())[: beginning.LONGEST_TEXT]


def _language(user: User | None, heard: Heard) -> str:
    return people.language_of(user, heard.app, heard.language, languages(), settings.LANGUAGE_CODE)
