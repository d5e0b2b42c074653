"""The page where people choose their language, their clock and their messages, and the language switch of the menu."""

from __future__ import annotations

from typing import cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import check_for_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language as djangos_switch

from notifications import contacts
from notifications.chat import codes
from notifications.contact_forms import MyMessagesForm
from notifications.models import ChatApp, ChatPerson, Contact
from notifications.personal_file import data_file
from portal import preferences
from portal.unfolded import SearchSelect, Select

# Each in its own words: who cannot read the page finds theirs.
OWN_WORDS = (("en", "English"), ("ko", "한국어"))


class PreferenceForm(forms.Form):
    """Both fields may be left empty, which is a choice as well. The zone is their clock in messages, too."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As my browser asks for")), *OWN_WORDS], required=False, widget=Select
    )
    timezone = forms.ChoiceField(
        label=_("My time zone"),
        required=False,
        widget=SearchSelect,
        help_text=_(
            "Times are shown in the zone of their environment. With a zone of yours, yours stands below it, and your "
            "messages and their quiet hours go by it. For example: Europe/Berlin."
        ),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("auto_id", "preference_%s")  # the form of messages stands on the same page
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = [(zone, zone) for zone in sorted(available_timezones())]
        cast("forms.ChoiceField", self.fields["timezone"]).choices = [
            ("", _("None: only the zone of each environment")),
            *zones,
        ]


class MessagesForm(MyMessagesForm):
    """Without the clock: people have one, which they choose above."""

    class Meta(MyMessagesForm.Meta):
        fields = tuple(name for name in MyMessagesForm.Meta.fields if name != "timezone")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Shows what is chosen; a POST keeps it, and the next page is in the language chosen."""
    user = cast("User", request.user)
    if request.method != "POST":
        return shown(request, user)
    form = PreferenceForm(request.POST)
    return _kept(request, user, form.cleaned_data) if form.is_valid() else shown(request, user, form=form)


def shown(request: HttpRequest, user: User, *, code: str = "", **sent: forms.BaseForm) -> HttpResponse:
    """The page with one of its forms as it was sent; the others are as what is kept. `code`: for a chat, just made."""
    chosen = preferences.of(user)
    initial = {"language": chosen.language, "timezone": chosen.timezone}
    entry = contacts.draft_of(user)
    context = admin.site.each_context(request) | {
        "title": gettext("Preferences"),
        "form": sent.get("form") or PreferenceForm(initial=initial),
        "messages_form": sent.get("messages_form") or MessagesForm(instance=entry),
        "messages_zone": entry.timezone,
        "is_their_zone": entry.timezone == chosen.timezone,
        "told_by": told_by(entry),
        "chats": ChatPerson.objects.filter(user=user).select_related("app").defer("app__config").order_by("app__name"),
        "has_chat": ChatApp.objects.filter(is_on=True).exists(),
        "chat_code": code,
        "chat_code_minutes": codes.GOOD_FOR.seconds // 60,
    }
    wrong = any(one.errors for one in sent.values())
    return TemplateResponse(request, "portal/preferences.html", context, status=400 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: HttpRequest) -> HttpResponse:
    """A POST keeps where and when somebody hears of things; an entry is made when they had none."""
    user = cast("User", request.user)
    if request.method != "POST":
        return HttpResponseRedirect(f"{reverse('preferences')}#messages")
    with transaction.atomic():
        form = MessagesForm(request.POST, instance=contacts.contact_of(user))
        kept = form.is_valid()
        if kept:
            form.save()
        else:  # no entry is made by a form that was refused
            transaction.set_rollback(True)
    if not kept:
        return shown(request, user, messages_form=form)
    messages.success(request, gettext("Kept. Messages reach you as you have chosen."))
    return HttpResponseRedirect(f"{reverse('preferences')}#messages")


@require_http_methods(["GET", "HEAD", "POST"])
def chat_code(request: HttpRequest) -> HttpResponse:
    """A POST makes a code to be typed in a chat; the page shows it this once."""
    if request.method != "POST":
        return HttpResponseRedirect(f"{reverse('preferences')}#chat")
    user = cast("User", request.user)
    answer = shown(request, user, code=codes.make(user, timezone.now()))
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def chat_unlink(request: HttpRequest, person: int) -> HttpResponse:
    """Ends a link of one's own with somebody in a chat: what they type there is nobody's from then on."""
    link = get_object_or_404(ChatPerson.objects.select_related("app"), pk=person, user=cast("User", request.user))
    link.delete()
    messages.success(request, gettext("Unlinked. The chat knows you no more, until you link yourself by a code."))
    return HttpResponseRedirect(f"{reverse('preferences')}#chat")


@require_GET
def my_data(request: HttpRequest) -> HttpResponse:
    """What is kept of oneself, as a file of JSON."""
    return data_file(contacts.export_of_account(cast("User", request.user)))


def told_by(entry: Contact) -> list[tuple[str, str]]:
    """By what somebody hears of things, with names: rules, groups, environments."""
    if entry._state.adding:  # noqa: SLF001
        return []
    named = contacts.named_in(entry)
    return [(label, ", ".join(names)) for label, names in named if names]


def _kept(request: HttpRequest, user: User, chosen: dict[str, str]) -> HttpResponse:
    with transaction.atomic():
        preferences.save(user=user, **chosen)
        _go_by(user, chosen["timezone"])
    answer = HttpResponseRedirect(reverse("preferences"))
    if not chosen["language"]:
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)  # else the switch of the menu would outlast the choice
    with override(chosen["language"] or None):
        messages.success(request, gettext("Your preferences are kept."))
    return answer


def _go_by(user: User, zone: str) -> None:
    """Have messages go by the clock that they chose, if they chose any. Makes no entry: one that is made later has it
    from the preference."""
    if zone and not contacts.draft_of(user)._state.adding:  # noqa: SLF001
        entry = contacts.contact_of(user)
        entry.timezone = zone
        entry.save()


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Django's switch; whoever has signed in keeps the language with their account."""
    answer = djangos_switch(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES) and check_for_language(language):
        preferences.save(user=request.user, language=language)
    return answer
