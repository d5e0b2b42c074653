"""Conditions of requests (RFC 9110, 13): ETags of what is read; what is to be changed has none that it is kept by."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_http_date_safe
from django.utils.translation import gettext as _

from . import problems
from .answers import etag_of
from .problems import Problem

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_where_changing(request: HttpRequest) -> None:
    """Problem 412 where a request that changes something is only to be done if nothing is different: nobody here could
    say so for sure in the moment of the change, and what is done all the same may be wrong."""
    if request.method in READING:
        return
    unmodified = parse_http_date_safe(request.headers.get("If-Unmodified-Since", ""))
    if "If-Match" in request.headers or unmodified is not None:
        said = _("Conditions (If-Match, If-Unmodified-Since) hold for reading only. Nothing was done: send it without.")
        raise Problem(412, _("Conditions hold for reading only"), said)


def of_read(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its ETag: 304 without a body where the request knows it, 412 where it wants another."""
    etag = response.headers.get("ETag") or etag_of(response.content)
    response.headers["ETag"] = etag
    found = get_conditional_response(request, etag=etag, response=response)
    assert isinstance(found, HttpResponse)
    if found.status_code != 412:
        return found
    said = _("It has changed since: its ETag is another than the request names.")
    return problems.answer(request, Problem(412, detail=said, headers={"ETag": etag}))
