"""From where a change comes: a page, a command, the chat, … and from which address. Read by `portal.history`.

Whoever opens a way in says so (`RequestMiddleware`, `manage.py`, `acting`); what nobody speaks for is the portal's own
doing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

WEB, PORTAL, COMMAND = "web", "portal", "command"


@dataclass(frozen=True, slots=True)
class Source:
    """Where changes come from now, and who makes them.

    `at` is the moment of all of them together, where they are one act (a request, a service's call); `written` are the
    rows of that act, by the model and the id of what was changed.
    """

    origin: str = PORTAL
    address: str | None = None
    person: Callable[[], Any] = lambda: None
    at: datetime | None = None
    silent: bool = False
    written: dict[tuple[type, Any], int] = field(default_factory=dict)


_source: ContextVar[Source] = ContextVar("source", default=Source())  # noqa: B039  (frozen, and `written` unused)


def current() -> Source:
    return _source.get()


@contextmanager
def from_source(source: Source) -> Iterator[None]:
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


@contextmanager
def acting(person: Any = None, origin: str = WEB) -> Iterator[None]:
    """What is written within is one act of `person` (who asked, by default). An `origin` other than a page is believed;
    a page's only where no other is known: services take it for granted."""
    outer = current()
    told = origin if origin != WEB or outer.origin == PORTAL else outer.origin
    found = (lambda: person) if person is not None else outer.person
    at = outer.at or timezone.now()
    written = outer.written if outer.at else {}
    with from_source(Source(told, outer.address, found, at, outer.silent, written)):
        yield


@contextmanager
def unrecorded() -> Iterator[None]:
    """Changes within leave no history: what the portal installs itself, such as the permissions of its roles."""
    with from_source(Source(silent=True)):
        yield


def from_command() -> None:
    """What this process changes from now on, somebody typed on its command line."""
    _source.set(Source(COMMAND))


class RequestMiddleware:
    """Says of each request's changes that they come from a page, from whom and from which address. Below the
    middleware that knows who has signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Asked for when something is written: who has signed in may change on the way.
        source = Source(WEB, client_address(request), lambda: request.user, timezone.now())
        with from_source(source):
            return self.get_response(request)


def client_address(request: HttpRequest) -> str | None:
    """The address that asked; behind a proxy (BEHIND_PROXY), the one that the proxy itself saw, which it appends to
    X-Forwarded-For: what stands before it in the line anybody can write there. None when it is no IP address."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For")):
        told = forwarded.rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None
