"""Parts of pages that renew themselves: the browser asks every few seconds and is answered only when they read anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe

BUSY, IDLE, CALM = 2, 5, 60
"""Seconds between two looks: while something is under way, otherwise, and where only amounts grow."""
# Reads otherwise each time, and says nothing new: the secret of a form, and a countdown, which the browser counts down.
PASSING = re.compile(r'csrfmiddlewaretoken" value="[^"]*"|(?<=data-counts>)[^<]*')

LEFT_OPEN = '<div id="%s" hx-preserve></div>'
"""Where a part stands within the one that asks; its template has the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part beside the one that asks. The page places it (`environments/_part.html`), and an answer brings it along
    when it reads otherwise than the browser has it.

    `place` is its element's id, and the name under which the browser sends the `stamp` that it has. `make` renders it;
    where only its stamp is asked for, it is not rendered. `tells`: with it, what the plan says may be another.
    """

    place: str
    stamp: str
    make: Callable[[], SafeString]
    tells: bool = False

    @property
    def html(self) -> SafeString:
        return self.make()


def rendered(place: str, request: HttpRequest, template: str, context: dict[str, Any], *, tells: bool = False) -> Part:
    """A part that is cheap to render: its stamp is what it reads like."""
    html = render_to_string(template, context, request)
    return Part(place, fingerprint(html), lambda: html, tells)


def stamped(
    place: str,
    stamp: object,
    request: HttpRequest,
    template: str,
    context: Callable[[], dict[str, Any]],
    *,
    tells: bool = False,
) -> Part:
    """A part that is dear to render, or that people have opened: `stamp` says when it would be another one."""
    return Part(place, fingerprint(repr(stamp)), lambda: render_to_string(template, context(), request), tells)


def live_part(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    every: int,
    url: str,
    parts: Mapping[str, Part] | None = None,
) -> dict[str, Any]:
    """The context of `environments/_live.html`: the rendered part that asks, each how many seconds and where, and the
    parts beside it. `url` may have a query."""
    inner = render_to_string(template, context, request)
    return {
        "inner": inner,
        "seen": fingerprint(inner),
        "every": every,
        "live_url": url + ("&" if "?" in url else "?"),
        "parts": parts or {},
    }


def put_in(html: str, part: Part, request: HttpRequest) -> SafeString:
    """The rendered part that asks, with another one in its place within it (`LEFT_OPEN`): for the page. What comes
    later leaves the place open, and the browser keeps there what it has (`hx-preserve`)."""
    placed = render_to_string("environments/_part.html", {"part": part}, request)
    return mark_safe(html.replace(LEFT_OPEN % part.place, placed))  # noqa: S308 (both were rendered by templates)


def brought_later(request: HttpRequest, part: Part) -> HttpResponse:
    """A part that the page left out at first (`environments/_later.html`), by itself."""
    return TemplateResponse(request, "environments/_part.html", {"part": part})


def renewed(request: HttpRequest, part: dict[str, Any]) -> HttpResponse:
    """What reads anew of the part (`seen`) and of those beside it (each by its place), or 204 when nothing does.

    The browser hears of `liveSettled` when something has got under way or is over since it looked last (`every`), and
    when the plan may be another.
    """
    same = request.GET.get("seen") == part["seen"]
    anew = [one for one in part["parts"].values() if request.GET.get(one.place) != one.stamp]
    if same and not anew:
        return HttpResponse(status=204)
    headers = {"HX-Reswap": "none"} if same else {}
    if request.GET.get("every") != str(part["every"]) or any(one.tells for one in anew):
        headers["HX-Trigger"] = "liveSettled"
    context = part | {"renewing": True, "same": same, "anew": anew}
    return TemplateResponse(request, "environments/_live.html", context, headers=headers)


def shown_so_far(request: HttpRequest, name: str, page: int, longest: int) -> int:
    """How many lines of a list the browser shows, which sends the length of each page that was loaded; at least one
    page, at most `longest`."""
    pages = [int(sent) for sent in request.GET.getlist(name) if sent.isascii() and sent.isdecimal() and len(sent) < 5]
    return min(max(page, sum(pages)), longest)


def fingerprint(html: str) -> str:
    """What a part of a page reads like, whatever of it reads otherwise with each rendering."""
    return hashlib.sha256(PASSING.sub("", html).encode()).hexdigest()[:16]
