"""The status page of an environment, for everybody who has its address; its data, and the script for other pages.

Nobody need sign in, and who has not is given no cookie. Who may switch the environment finds “Start now”.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from environments.rules.public_words import PublicState
from environments.services import permissions, public_starts, public_status
from environments.services.public_status import PublicStatus

IDLE_S, BUSY_S = 30, 5
"""How often the page asks anew; more often for who has just started it."""
SCRIPT: Final = Path(__file__).with_name("status.js")
# Any page may read it: it is for everybody anyway, and nobody's cookies count.
FOR_ANY_PAGE: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
ASKING: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
MOVING: Final = frozenset({PublicState.STARTING, PublicState.UPDATING, PublicState.STOPPING})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The status as a page. 404, the same for one that is not switched on as for none at all."""
    now, reader = timezone.now(), _reader(request)
    with translation.override(_language(request)):
        status, is_hidden = public_status.found(slug, now=now), False
        if status is None and reader is not None:
            status, is_hidden = _preview(slug, reader, now), True
        if status is None:
            return _answered(request, render_to_string("environments/status_none.html", _frame(request)), 404)
        context = _frame(request) | _context(status, reader, now) | {"is_hidden": is_hidden}
        if reader is None:
            return _answered(request, render_to_string("environments/status.html", context))
        return _answered(request, render_to_string("environments/status.html", context, request))


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start it, and keep it on until its plan next changes. Who has not signed in is led there first."""
    now, reader = timezone.now(), _reader(request)
    address = reverse("public:status", args=[slug])
    if reader is None:
        return redirect_to_login(address)
    environment = public_starts.startable(slug, reader)
    status = public_status.found(slug, now=now)
    if status is None or environment is None:
        raise PermissionDenied(_("You may not start it. A manager of its team can."))
    language = _language(request)
    with translation.override(language):
        try:
            until = public_starts.start(environment=environment, user=reader, now=now)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            said = _("%(name)s starts now and stays on %(until)s.")
            until = until or _("until somebody releases it")
            messages.success(request, said % {"name": status.name, "until": until})
    return redirect(f"{address}?lang={language}" if "lang" in request.GET else address)


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def data(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The status as JSON, for scripts of any page; a 404 is JSON too."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=FOR_ANY_PAGE | ASKING)
    now = timezone.now()
    status = public_status.found(slug, now=now)
    if status is None:
        body, code = {"error": "There is no status page of this name."}, 404
    else:
        address = settings.BASE_URL + reverse("public:status", args=[slug])
        body, code = status.as_data(now) | {"page": address}, 200
    text = json.dumps(body, ensure_ascii=False, indent=1).encode()
    return _for_any_page(request, text, "application/json", seconds=5, status=code)


@require_safe
def script(request: HttpRequest) -> HttpResponseBase:
    """`status.js`: shows a maintenance page over any application while its backend is away (docs/status-page.md)."""
    return _for_any_page(request, _script(), "text/javascript; charset=utf-8", seconds=3600)


@cache
def _script() -> bytes:
    """Without indentation and lines of comment, which are a quarter of it."""
    lines = (line.strip() for line in SCRIPT.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _for_any_page(request: HttpRequest, body: bytes, kind: str, *, seconds: int, status: int = 200) -> HttpResponseBase:
    headers = {"Cache-Control": f"public, max-age={seconds}", "X-Robots-Tag": "noindex"}
    return _conditional(request, HttpResponse(body, kind, status, headers=headers | FOR_ANY_PAGE))


def _answered(request: HttpRequest, html: str, status: int = 200) -> HttpResponseBase:
    """A page that is asked for anew each time; the browser that has it already is told so."""
    headers = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    return _conditional(request, HttpResponse(html, status=status, headers=headers))


def _conditional(request: HttpRequest, answer: HttpResponse) -> HttpResponseBase:
    """304, with the headers that other pages' scripts need, for who has it already. A 404 of these is an answer, and
    no error of ours."""
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    if answer.status_code != 200:
        return answer
    etag = quote_etag(hashlib.sha256(answer.content).hexdigest()[:32])
    answer.headers["ETag"] = etag
    known = get_conditional_response(request, etag=etag, response=answer)
    if known is None:
        return answer
    for name in FOR_ANY_PAGE.keys() & answer.headers.keys():
        known.headers[name] = answer.headers[name]
    return known


def _reader(request: HttpRequest) -> User | None:
    """Who has signed in. Nobody's session is asked for who brings none: that keeps the page the same for all."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, User):
        return request.user
    return None


def _language(request: HttpRequest) -> str:
    """That of the switch on the page, else of who reads it or their browser."""
    chosen = request.GET.get("lang", "")
    return chosen if chosen in dict(settings.LANGUAGES) else (translation.get_language() or "en").split("-")[0]


def _frame(request: HttpRequest) -> dict[str, Any]:
    language = (translation.get_language() or "en").split("-")[0]
    return {"language": language, "languages": settings.LANGUAGES, "chosen": "lang" in request.GET}


def _preview(slug: str, reader: User, now: datetime) -> PublicStatus | None:
    """What everybody would read if it were switched on, for those who may switch it on."""
    page = public_status.hidden(slug) if reader.has_perm("environments.change_statuspage") else None
    if page is None or not permissions.may_see(reader, page.environment):
        return None
    return public_status.read(page, now)


def _context(status: PublicStatus, reader: User | None, now: datetime) -> dict[str, Any]:
    language = (translation.get_language() or "en").split("-")[0]
    environment = public_starts.startable(status.slug, reader) if reader else None
    may_start = environment is not None and status.can_start
    return {
        "status": status,
        "texts": status.texts(now, language),
        "reader": reader,
        "environment": environment,
        "may_start": may_start,
        "until": public_starts.stays_until(environment, reader, now=now)
        if environment and reader and may_start
        else "",
        "every": BUSY_S if reader and status.state in MOVING else IDLE_S,
        "sign_in": f"{reverse(settings.LOGIN_URL)}?next={reverse('public:status', args=[status.slug])}",
    }
