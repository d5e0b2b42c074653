"""Exceptions as tests make, send and read them."""

from __future__ import annotations

from datetime import date
from html import unescape
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from environments.models import DayException
from environments.services import exceptions
from environments.services.exceptions import Wanted
from tests import factories
from tests.support.times import monday

PAGE = "/env/chat-dev/"
LIST = "/environments/dayexception/"
MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


def made(scope: Any, kind: str = "off", first: str = TUESDAY, last: str = "", **fields: Any) -> list[DayException]:
    """An exception that an operator made this morning."""
    begin = date.fromisoformat(first)
    wanted = Wanted(kind, begin, date.fromisoformat(last or first), fields.get("minute"), fields.get("reason", "demo"))
    author, now = fields.get("author") or factories.operator(), fields.get("now") or monday("09:30")
    return exceptions.place(scope=scope, wanted=wanted, author=author, now=now)


def named(scope: Any) -> str:
    return f"{type(scope).__name__.lower()}:{scope.pk}"


def told(answer: Any) -> str:
    """What people are told, without the button that may stand in it."""
    return str(list(get_messages(answer.wsgi_request))[-1]).split("<form")[0].strip()


def words(html: str) -> str:
    return " ".join(unescape(" ".join(part.split(">")[-1] for part in html.split("<"))).split())


def in_force() -> list[tuple[str, str, int | None]]:
    rows = DayException.objects.in_force().order_by("day", "kind")
    return [(row.scope, row.kind, row.minute) for row in rows]


def send(browser: Client, scope: Any, address: str = f"{PAGE}exceptions/place/", **form: Any) -> HttpResponse:
    sent = {"kind": "off", "first": TUESDAY, "scope": named(scope), "reason": "demo"} | form
    return browser.post(address, sent)  # type: ignore[return-value]
