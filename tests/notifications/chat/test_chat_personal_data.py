"""What chats keep of a person is told to them, and erased with them."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from notifications import contacts
from notifications.chat import codes, personal
from notifications.models import ChatCode, ChatPerson, ChatRequest
from portal.history import changes_of

from .conftest import MINSEO, MONDAY, jandi_app, minseo, say

pytestmark = pytest.mark.django_db


def test_somebody_is_told_in_which_chats_they_are_known_and_what_they_asked() -> None:
    app = jandi_app()
    user = minseo(app)
    say(app, "status")
    told = personal.export_of(user, "ko")
    assert told["linked"] == [
        {"app": "JANDI", "known_as": MINSEO, "name": "Minseo", "linked": "code", "at": MONDAY.isoformat()}
    ]
    assert told["asked"] == [
        {
            "at": MONDAY.isoformat(),
            "app": "JANDI",
            "text": "status",
            "state": "answered",
            "answer": "했어요: status",
        }
    ]
    assert app.config["token"] not in json.dumps(told)


def test_erased_nobody_is_linked_and_requests_are_nobodys() -> None:
    app = jandi_app()
    user = minseo(app)
    say(app, f"start {MINSEO}")
    say(app, "start chat-dev")
    codes.make(user, MONDAY)
    contact = contacts.contact_of(user)
    contacts.erase(contact, timezone.now())
    assert not ChatPerson.objects.exists()
    assert not ChatCode.objects.exists()
    assert not changes_of(ChatPerson).exists()
    rows = ChatRequest.objects.order_by("pk")
    assert [row.text for row in rows] == ["start …", "start chat-dev"]
    assert all((row.external_id, row.name, row.user, row.next_at) == ("", "", None, None) for row in rows)
    kept = str([(row.text, row.answer, dict(row.reply_to)) for row in ChatRequest.objects.all()])
    assert MINSEO not in kept
    assert "Minseo" not in kept
