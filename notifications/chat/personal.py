"""What chats keep of a person: told to them, and erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from notifications.chat.keeping import HIDDEN, unpacked, without
from notifications.chat.typed import unmarked
from notifications.escalations import LOOKED_AFTER
from notifications.models import ChatCode, ChatPerson, ChatRequest
from notifications.texts import filled, pick, render
from portal.history import changes_of


def export_of(user: User, language: str) -> dict[str, Any]:
    """As values of JSON, times in UTC: in which chats somebody is known, and what they asked there and were answered.
    Codes and secrets of the platforms are no part of it."""
    people = ChatPerson.objects.filter(user=user).select_related("app").order_by("pk")
    requests = ChatRequest.objects.filter(user=user).select_related("app").order_by("pk")
    return {
        "linked": [
            {
                "app": one.app.name,
                "known_as": one.external_id,
                "name": one.name,
                "linked": one.how,
                "at": one.linked_at.isoformat(),
            }
            for one in people
        ],
        "asked": [
            {
                "at": one.received_at.isoformat(),
                "app": one.app.name,
                "text": one.text,
                "state": one.state,
                "answer": _title(one, language),
            }
            for one in requests
        ],
    }


def erase(user: User | None, traces: Iterable[str]) -> None:
    """Ends the links of an account, with their history, and takes name, address and account out of what was asked: what
    stays is that somebody asked this at that time, without the names among `traces`. Inside the caller's transaction.
    """
    if user is None:
        return
    links = list(ChatPerson.objects.filter(user=user).values_list("pk", "app_id", "external_id"))
    own = Q(user=user)
    for _pk, app_id, external_id in links:
        own |= Q(app=app_id, external_id=external_id)
    ChatCode.objects.filter(user=user).delete()
    for row in ChatRequest.objects.filter(own).only("pk", "text", "answer"):
        text, answer = row.text, row.answer
        text, answer = without(text, traces), without(answer, traces)
        ChatRequest.objects.filter(pk=row.pk).update(
            external_id="", name="", user=None, text=text, answer=answer, follows="", next_at=None, reply_to={}
        )
    for person in ChatPerson.objects.filter(user=user):
        person.delete()
    # Afterwards: the deletion itself has written rows of history, too.
    changes_of(ChatPerson).filter(Q(id__in=[pk for pk, _app, _known in links]) | Q(user_id=user.pk)).delete()


def unname_in_answers(names: Iterable[str], *, since: datetime) -> None:
    """Takes these names out of “… looks after it.” wherever a chat has answered so to anybody since then, also where
    it meant another of the same name. Inside the caller's transaction."""
    hidden = render(filled(LOOKED_AFTER, by=HIDDEN))
    told = [
        (re.compile(f"^{re.escape(said)}", re.MULTILINE), hidden[code])
        for name in names
        for code, said in render(filled(LOOKED_AFTER, by=name)).items()
    ]

    def unnamed(text: str) -> str:
        for named, instead in told:
            text = named.sub(instead, text)
        return text

    rows = ChatRequest.objects.filter(received_at__gte=since).values_list("pk", "answer")
    for pk, answer in rows.iterator(chunk_size=500):
        if (clean := _changed(answer, unnamed)) != answer:
            ChatRequest.objects.filter(pk=pk).update(answer=clean)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """An answer of JSON with each of its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _changed(part, change) for name, part in value.items()}
    return [_changed(part, change) for part in value] if isinstance(value, list) else value


def _title(row: ChatRequest, language: str) -> str:
    return unmarked(pick(render(unpacked(row.answer).title), language)) if "title" in row.answer else ""
