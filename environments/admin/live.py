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


def live_part(
    request: HttpRequest, template: str, context: dict[str, Any], *, busy: bool, url: str, beside: str = ""
) -> dict[str, Any]:
    """The context of `environments/_live.html`: the rendered part and how it is renewed.

    `beside` is the template of a second part further down the page, which the page places itself (`beside`) and each
    renewal brings along.
    """
    inner = render_to_string(template, context, request)
    second = render_to_string(beside, context, request) if beside else ""
    return {
        "inner": inner,
        "beside": second,
        "seen": fingerprint(inner + second),
        "every": BUSY if busy else IDLE,
        "live_url": url,
    }


def renewed(request: HttpRequest, part: dict[str, Any]) -> HttpResponse:
    """The part, or 204 when it reads as the browser has it (`seen`)."""
    if request.GET.get("seen") == part["seen"]:
        return HttpResponse(status=204)
    return TemplateResponse(request, "environments/_live.html", part | {"renewing": True})


def fingerprint(html: str) -> str:
    """What a part of a page reads like, whatever the secret of its forms (that changes with each rendering)."""
    return hashlib.sha256(re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", html).encode()).hexdigest()[:16]
