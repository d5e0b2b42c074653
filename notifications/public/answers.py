"""How these pages are answered: in their reader's language and clock, kept and indexed by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from notifications.models import Channel, Contact
from notifications.quiet import zone_of

HEADERS: Final = {
    "Cache-Control": "no-store, private",
    # Nobody else learns the address. Not `no-referrer`: a browser then sends the form with “Origin: null”, which the
    # check against forged requests refuses.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def answered(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """The page, in the language that is switched on now."""
    answer = render(request, f"notifications/public/{template}.html", dict(context or {}), status=status)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    # A 404 of these is an answer, and no error of ours.
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return answer


def not_ours(request: HttpRequest) -> HttpResponse:
    """404, the same for a link that was altered, that is none of ours, and whose message is gone."""
    return answered(request, "not_ours", status=404)


@contextmanager
def as_read_by(contact: Contact | None, channel: Channel | None = None) -> Iterator[None]:
    """In the language and by the clock of this contact; without one, in the channel's and by the portal's."""
    reader = contact or channel
    language = reader.language if reader else settings.LANGUAGE_CODE
    zone = zone_of(contact.timezone if contact else settings.TIME_ZONE)
    with translation.override(language), timezone.override(zone):
        yield
