"""The address that jobs call: `/ping/<key>` or `…/success` when they are done, `…/start`, `…/fail`, or
`…/<exit status>`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from environments.rules.job_calls import FAIL, START, SUCCESS
from environments.services import heartbeats

PREFIX: Final = "/ping/"
ADDRESS: Final = re.compile(r"/ping/(?P<key>[A-Za-z0-9_-]{1,128})(?:/(?P<what>start|success|fail|[0-9]{1,3}))?/?")
METHODS: Final = ("GET", "HEAD", "POST")
HIGHEST_STATUS: Final = 255


class PingMiddleware:
    """Answers calls before sessions, languages, sign-ins and hosts are looked at: jobs have none, and come often.

    What that leaves out took longer than the call itself; and a host may call by any name under which it reaches the
    portal.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        asked = ADDRESS.fullmatch(request.path_info)
        return ping(request, asked["key"], asked["what"] or "") if asked else _said("Not found.", 404)


@csrf_exempt  # who has the address may; there is no session that could be misused
def ping(request: HttpRequest, key: str, what: str = "") -> HttpResponse:
    """Write the call down and answer: 200 “OK”, or “paused” for one that is switched off, of which nothing is kept.

    404 for a key or an ending that is none, 405 for another method, 503 while the database is away (call again).
    """
    if request.method not in METHODS:
        return _said("Call it by GET, HEAD or POST.", 405, {"Allow": ", ".join(METHODS)})
    status = int(what) if what.isdecimal() else None
    if status is not None and status > HIGHEST_STATUS:
        return _said("An exit status is a number from 0 to 255.", 404)
    if what not in ("", START, SUCCESS, FAIL) and status is None:
        return _said("Not found.", 404)
    body = request.read(heartbeats.LONGEST_BODY) if request.method == "POST" else b""
    try:
        found = heartbeats.found(key)
        if found is None:
            return _said("Not found.", 404)
        if not found.is_on:
            return _said("paused")
        said = what if what in (START, SUCCESS, FAIL) else FAIL if status else SUCCESS
        heartbeats.called(heartbeat_id=found.id, said=said, status=status, body=body, now=timezone.now())
    except DatabaseError:
        return _said("Try again.", 503, {"Retry-After": "5"})
    return _said("OK")


def _said(text: str, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """In plain text, for logs of jobs. A 404 or 503 of these is an answer, and no error of ours."""
    kept_by_nobody = {"Cache-Control": "no-store", **(headers or {})}
    answer = HttpResponse(f"{text}\n", "text/plain; charset=utf-8", status, headers=kept_by_nobody)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return answer
