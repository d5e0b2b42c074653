"""What somebody reads whose name is locked out for a while."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.signin import address_of, locked_until, name_in


def locked(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """In place of the sign-in page: when to try again. The same for names that exist and names that do not."""
    now = timezone.now()
    until = locked_until(name=name_in(credentials), address=address_of(request), now=now) or now
    context = admin.site.each_context(request) | {"title": _("Too many failed tries"), "again": _again(until, now)}
    answer = render(request, "portal/locked.html", context, status=429)
    answer["Retry-After"] = str(math.ceil((until - now).total_seconds()))
    return answer


def _again(until: datetime, now: datetime) -> str:
    minutes = max(1, math.ceil((until - now).total_seconds() / 60))
    words = ngettext(
        "Try again in %(minutes)s minute, at %(time)s (%(zone)s).",
        "Try again in %(minutes)s minutes, at %(time)s (%(zone)s).",
        minutes,
    )
    local = timezone.localtime(until)
    return words % {"minutes": minutes, "time": f"{local:%H:%M}", "zone": timezone.get_current_timezone_name()}
