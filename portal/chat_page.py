"""The bot on a page of the portal: for who has no chat app at hand, and to try what can be typed there.

The portal keeps nothing of the conversation but what it changes, which stands in the history like everything else. The
browser keeps what was said in the memory of its tab, until who said it signs out (`chat.js`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from notifications.chat import looking_after
from notifications.chat.spoken import Answer, Asked, bot
from notifications.chat.typed import unmarked
from notifications.texts import Text, pick, render
from portal.origin import acting

LONGEST: Final = 300
BOT: Final = "bot"
SALT: Final = "portal.chat"
LASTS: Final = timedelta(hours=6)
TRIES: Final = (
    pgettext_lazy("typed to the bot", "list"),
    pgettext_lazy("typed to the bot", "status"),
    pgettext_lazy("typed to the bot", "why"),
    pgettext_lazy("typed to the bot", "cost"),
    pgettext_lazy("typed to the bot", "help"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing asked, and what was answered, in the reader's language."""

    asked: str
    title: str
    body: str
    fields: tuple[tuple[str, str], ...]
    severity: str
    link: str
    buttons: tuple[tuple[str, str, str], ...]
    """Label, what it says, style."""
    confirm: bool
    confirms: str
    """What is said to confirm it: the same, with its names and days as they are meant now."""
    follows: str
    """Sealed: what was begun, and by whom."""


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Shows the page; a POST asks what was typed, with the rights of who has signed in. `confirmed` says that they were
    asked whether they mean it."""
    typed = request.POST.get("text", "").strip()[:LONGEST]
    if request.method != "POST" or not typed:
        told = looking_after.helped(bot().help(_asked(request, "")), "", request.user)
        return _shown(request, [_line(request, told, "")], greets=True)
    asked = _asked(request, typed, confirmed=bool(request.POST.get("confirmed")))
    with acting(request.user, BOT):
        answer = looking_after.answer(asked) or looking_after.helped(bot().answer(asked), typed, request.user)
    line = _line(request, answer, typed)
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "portal/_chat_line.html", {"line": line})
    return _shown(request, [line])


@require_GET
def followed(request: HttpRequest) -> HttpResponse:
    """What became of what was begun, as a piece of the page; while it goes on, a piece that asks again. Empty for what
    this person did not begin here, or too long ago."""
    sealed = request.GET.get("follows", "")
    try:
        user, follows = signing.loads(sealed, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return HttpResponse()
    if user != request.user.pk:
        return HttpResponse()
    answer = bot().followed(follows, _asked(request, ""))
    context = {"line": _line(request, answer, "") if answer else None, "follows": sealed}
    return TemplateResponse(request, "portal/_chat_followed.html", context)


def _shown(request: HttpRequest, lines: list[Line], *, greets: bool = False) -> HttpResponse:
    """`greets`: nothing was asked yet, and what was said earlier takes the place of these lines."""
    context: dict[str, Any] = admin.site.each_context(request) | {
        "title": _("Chat"),
        "lines": lines,
        "greets": greets,
        "whose": _whose(request),
        "tries": [str(verb) for verb in TRIES],
    }
    return TemplateResponse(request, "portal/chat.html", context)


def _whose(request: HttpRequest) -> str:
    """Names this person from signing in to signing out, without saying who it is: under another name the browser
    shows nothing of what it keeps."""
    return salted_hmac(SALT, f"{request.user.pk} {request.session.session_key}").hexdigest()


def _asked(request: HttpRequest, text: str, *, confirmed: bool = False) -> Asked:
    user = cast("User", request.user)
    name = user.get_full_name() or user.get_username()
    return Asked(text, user, name, get_language() or "en", keyword="", now=timezone.now(), confirmed=confirmed)


def _line(request: HttpRequest, answer: Answer, asked: str) -> Line:
    language = get_language() or "en"

    def said(text: Text) -> str:
        return unmarked(pick(render(text), language))

    return Line(
        asked=asked,
        title=said(answer.title),
        body=said(answer.body),
        fields=tuple((said(name), said(value)) for name, value in answer.fields),
        severity=answer.severity,
        link=answer.link,
        buttons=tuple((said(button.label), button.says, button.style) for button in answer.buttons),
        confirm=answer.confirm,
        confirms=answer.resolved or asked,
        follows=signing.dumps([request.user.pk, answer.follows], salt=SALT) if answer.follows else "",
    )
