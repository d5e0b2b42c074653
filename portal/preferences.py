"""In which language and by which clock somebody reads the portal: kept with the account, applied to each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from portal.models import Preference
from portal.moments import reading_in


class Backend(ModelBackend):
    """Django's own, with the preference in the query that finds out who has signed in: so it costs no page another."""

    def get_user(self, user_id: Any) -> User | None:
        found = User.objects.select_related("preference").filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


def of(user: Any) -> Preference:
    """What they chose; unsaved and empty when they never did."""
    return getattr(user, "preference", None) or Preference(user=user)


def save(*, user: User, **chosen: str) -> None:
    """Keep `language` or `timezone`, or both, of somebody; what is not named stays as it was.

    The values come from a form that has checked them.
    """
    Preference.objects.update_or_create(user=user, defaults=chosen)


class PreferencesMiddleware:
    """Pages in the language that the reader prefers, before what their browser asks for, and times by their clock.

    Below the middleware that knows who has signed in. Asks nothing of requests without a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        chosen = of(request.user)
        if chosen.language in dict(settings.LANGUAGES):
            translation.activate(chosen.language)
            request.LANGUAGE_CODE = chosen.language
        with reading_in(_known(chosen.timezone)):
            return self.get_response(request)


def _known(zone: str) -> str:
    """The zone, unless this machine's time zone data does not have it (any more)."""
    try:
        return ZoneInfo(zone).key if zone else ""
    except (ZoneInfoNotFoundError, ValueError):
        return ""
