"""The page where people choose their language and their clock, and the language switch of the menu."""

from __future__ import annotations

from typing import cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import check_for_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as djangos_switch

from portal import preferences
from portal.unfolded import SearchSelect, Select

# Each in its own words: who cannot read the page finds theirs.
OWN_WORDS = (("en", "English"), ("ko", "한국어"))


class PreferenceForm(forms.Form):
    """Both fields may be left empty, which is a choice as well."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As my browser asks for")), *OWN_WORDS], required=False, widget=Select
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=SearchSelect,
        help_text=_(
            "Times are shown in the zone of their environment. With a zone of yours, yours stands below it. "
            "For example: Europe/Berlin."
        ),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = [(zone, zone) for zone in sorted(available_timezones())]
        cast("forms.ChoiceField", self.fields["timezone"]).choices = [
            ("", _("None: only the zone of each environment")),
            *zones,
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Shows what is chosen; a POST keeps it, and the next page is in the language chosen."""
    user = cast("User", request.user)
    chosen = preferences.of(user)
    initial = {"language": chosen.language, "timezone": chosen.timezone}
    form = PreferenceForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _kept(request, user, form.cleaned_data)
    context = admin.site.each_context(request) | {"title": gettext("Preferences"), "form": form}
    return TemplateResponse(request, "portal/preferences.html", context, status=400 if form.errors else 200)


def _kept(request: HttpRequest, user: User, chosen: dict[str, str]) -> HttpResponse:
    preferences.save(user=user, **chosen)
    answer = HttpResponseRedirect(reverse("preferences"))
    if not chosen["language"]:
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)  # else the switch of the menu would outlast the choice
    with override(chosen["language"] or None):
        messages.success(request, gettext("Your preferences are kept."))
    return answer


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Django's switch; whoever has signed in keeps the language with their account."""
    answer = djangos_switch(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES) and check_for_language(language):
        preferences.save(user=request.user, language=language)
    return answer
