"""Calendar feeds: secret addresses under which calendar programs read plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from environments.models import Environment, PlanFeed
from environments.services import feeds

from .displays import language, name_of
from .own_clock import at_place_words

ENVIRONMENT, TEAM = "environment", "team"


class FeedForm(forms.Form):
    """Of what: the environment, or all environments of its team; and in which language."""

    scope = forms.ChoiceField(choices=[(ENVIRONMENT, ENVIRONMENT), (TEAM, TEAM)])
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)


@dataclass(frozen=True, slots=True)
class ShownFeed:
    """A feed in force, without its secret."""

    id: int
    what: str
    hint: str
    made: str
    read: str


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_feeds.html` on the environment's page; one query."""
    rows = feeds.listed(request.user, environment)
    return {"feeds": [_shown(feed, environment.zone_name, now, request.user) for feed in rows]}


def form_section() -> dict[str, Any]:
    """The context of `environments/_feed_dialog.html`, which stands beside what is renewed."""
    return {"feed_languages": settings.LANGUAGES, "feed_language": language()}


def _shown(feed: PlanFeed, zone: str, now: datetime, reader: Any) -> ShownFeed:
    made = {"time": at_place_words(feed.created_at, zone, now), "name": name_of(feed.author)}
    read = feed.last_read_at
    return ShownFeed(
        id=feed.pk,
        what=feed.environment.name if feed.environment else _of_team(str(feed.team)),
        hint=feed.hint,
        made=_("made %(time)s") % made if feed.author == reader else _("made %(time)s by %(name)s") % made,
        read=_("last read %(time)s") % {"time": at_place_words(read, zone, now)} if read else _("not read yet"),
    )


def _of_team(name: str) -> str:
    return _("all environments of %(team)s") % {"team": name}


@require_POST
@never_cache
def make(request: HttpRequest, environment: Environment) -> HttpResponse:
    """A new feed. Its address is in the answer and nowhere else, so this leads to no other page."""
    form = FeedForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say of what the calendar feed is to be: of this environment, or of its team."))
        return _back(environment)
    try:
        feed, secret = feeds.make(
            scope=environment if form.cleaned_data["scope"] == ENVIRONMENT else environment.team,
            author=_person(request),
            language=form.cleaned_data["language"] or language(),
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(environment)
    address = settings.BASE_URL + reverse("public:feed", args=[secret])
    context = admin.site.each_context(request) | {
        "title": _("Calendar feed"),
        "crumbs": [
            (_("Board"), reverse("admin:index")),
            (environment.name, reverse("environments:page", args=[environment.slug])),
        ],
        "env": environment,
        "what": feed.environment.name if feed.environment else _of_team(str(feed.team)),
        "address": address,
        "subscribe": f"webcal://{address.partition('://')[2]}",
    }
    return TemplateResponse(request, "environments/feed_made.html", context)


@require_POST
def revoke(request: HttpRequest, environment: Environment) -> HttpResponse:
    """End a feed: who reads it is answered “not found” from now on."""
    chosen = request.POST.get("feed", "")
    ended = chosen.isdecimal() and feeds.revoke(feed_id=int(chosen), user=_person(request), now=timezone.now())
    if ended:
        messages.success(request, _("Revoked: calendar programs cannot read this feed any more."))
    else:
        messages.info(request, _("There was nothing to revoke any more."))
    return _back(environment)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin site has asked for a sign-in
    return request.user


def _back(environment: Environment) -> HttpResponse:
    return redirect("environments:page", environment.slug)
