"""The address that calendar programs read. Its secret is all that it asks for."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from environments.services import feed_texts, feeds

KEPT_S = 900
"""Seconds for which a calendar program need not ask again."""


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The plan as iCalendar; 304 when the reader has it already, 404 when there is no such feed (any more)."""
    now = timezone.now()
    asked_for = feeds.found(secret)
    if asked_for is None:
        return HttpResponseNotFound(
            "There is no calendar at this address (any more). Make a new feed on the environment's page.\n",
            content_type="text/plain; charset=utf-8",
        )
    feeds.note_reading(asked_for, now)
    text = feed_texts.ics(asked_for, feeds.environments_of(asked_for, now), now)
    etag = quote_etag(hashlib.sha256(text).hexdigest())
    headers = {"ETag": etag, "Cache-Control": f"private, max-age={KEPT_S}", "X-Robots-Tag": "noindex"}
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=answer) or answer
