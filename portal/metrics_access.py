"""Who may read `/metrics`: whoever has METRICS_TOKEN, or an API token that may be used for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from portal.api import limits, tokens
from portal.api.problems import Problem
from portal.models import ApiToken, Scope
from portal.origin import client_address

USED_EVERY: Final = timedelta(minutes=1)
"""Prometheus asks each few seconds; its last use is written no more often than this."""


def may_read(request: HttpRequest, now: datetime) -> bool:
    """Whether the request carries a token for the figures (`Authorization: Bearer …`). Notes the use of an API token.

    A wrong token is counted as one of the API is: Problem 429 for an address that has sent too many.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        return False
    if settings.METRICS_TOKEN and constant_time_compare(given, settings.METRICS_TOKEN):
        return True
    token = tokens.valid(given, now=now)
    if token is None:
        limits.refuse_guessing(client_address(request), now=now)
        return False
    if Scope.METRICS not in token.scopes:
        return False
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
    ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now, last_address=client_address(request))
    return True


def told_to_wait(problem: Problem) -> HttpResponse:
    """For who has guessed too often, in words."""
    headers = {**problem.headers, "Cache-Control": "no-store"}
    return HttpResponse(f"{problem.detail}\n", status=429, content_type="text/plain; charset=utf-8", headers=headers)


def refused() -> HttpResponse:
    return HttpResponse(
        "The figures need a token: Authorization: Bearer … (METRICS_TOKEN, or an API token that may read them).\n",
        status=401,
        content_type="text/plain; charset=utf-8",
        headers={"WWW-Authenticate": 'Bearer realm="metrics"', "Cache-Control": "no-store"},
    )
