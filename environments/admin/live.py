"""Parts of pages that renew themselves: the browser asks every few seconds and is answered only when they read anew."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

BUSY, IDLE = 2, 5
"""Seconds between two looks, while something is under way and otherwise."""
# Reads otherwise each time, and says nothing new: the secret of a form, and a countdown, which the browser counts down.
PASSING = re.compile(r'csrfmiddlewaretoken" value="[^"]*"|(?<=data-counts>)[^<]*')


def live_part(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    busy: bool,
    url: str,
    beside: str = "",
    below: str = "",
    newest: str = "",
) -> dict[str, Any]:
    """The context of `environments/_live.html`: the rendered part and how it is renewed.

    `beside` is the template of a second part further down the page, which the page places itself (`beside`) and each
    renewal brings along. So it is with `below`, a list that people may have opened: a renewal brings it only when what
    stands above it (`newest`) is another.
    """
    inner = render_to_string(template, context, request)
    second = render_to_string(beside, context, request) if beside else ""
    third = below and request.GET.get("newest") != newest
    return {
        "inner": inner,
        "beside": second,
        "below": render_to_string(below, context, request) if third else "",
        "newest": newest,
        "seen": fingerprint(inner + second),
        "every": BUSY if busy else IDLE,
        "live_url": url,
    }


def renewed(request: HttpRequest, part: dict[str, Any]) -> HttpResponse:
    """The part, or 204 when it reads as the browser has it (`seen`).

    The browser hears of `liveSettled` when something has got under way or is over since it looked last (`every`).
    """
    if request.GET.get("seen") == part["seen"]:
        return HttpResponse(status=204)
    turned = request.GET.get("every") != str(part["every"])
    headers = {"HX-Trigger": "liveSettled"} if turned else {}
    return TemplateResponse(request, "environments/_live.html", part | {"renewing": True}, headers=headers)


def fingerprint(html: str) -> str:
    """What a part of a page reads like, whatever of it reads otherwise with each rendering."""
    return hashlib.sha256(PASSING.sub("", html).encode()).hexdigest()[:16]
