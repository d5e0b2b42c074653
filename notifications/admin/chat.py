"""Apps of chat platforms: their secrets, their addresses, and how each does."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from notifications.admin import displays
from notifications.admin.chat_forms import chat_app_form, own_names
from notifications.admin.dialogs import go_to
from notifications.admin.unfolded import DialogForm, action, display
from notifications.chat import doors
from notifications.chat.platforms import PLATFORMS, platform
from notifications.models import ChatApp, ChatPerson, ChatRequest
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import ModelAdmin

HINTS: Final[dict[str, StrOrPromise]] = {
    ChatApp.Kind.JANDI: _(
        "In JANDI: JANDI Connect, Outgoing Webhook, keyword 서버, this address as its URL. Then type “/서버 help” in"
        " the topic: the last message below says when it was heard."
    ),
    ChatApp.Kind.SLACK: _(
        "In the Slack app: Slash Commands, /env with this address as its Request URL, and the same address at"
        " Interactivity & Shortcuts. Then type “/env help”: the last message below says when it was heard."
    ),
    ChatApp.Kind.DISCORD: _(
        "In Discord's developer portal: General Information, this address as Interactions Endpoint URL, which Discord"
        " tries at once. Then run “manage.py discord_commands” and type “/env help”."
    ),
}


@admin.register(ChatApp)
class ChatAppAdmin(ModelAdmin[ChatApp]):
    """What lets people talk to the bot, and what was refused."""

    list_display = ("name", "kind", "condition", "heard", "refused", "error")
    search_fields = ("name",)
    readonly_fields = ("kind", "call_at", "hint", "condition", "heard", "refused", "error")
    actions_detail = ("new_address",)
    empty_text = _("An app of JANDI, Slack or Discord lets people talk to the bot: see, start and stop from the chat.")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """First the platforms, with what each needs; then, with `?kind=`, the form of the chosen one."""
        if request.method in ("GET", "HEAD") and request.GET.get("kind") not in PLATFORMS:
            return self._choose(request)
        return super().add_view(request, form_url, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: ChatApp | None = None) -> Any:
        """Where it calls and how it is doing, once it exists. Its secrets are for those who may change it."""
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        own = own_names(self._kind(request, obj)) if writes else ()
        if obj is None:
            return ((None, {"fields": ("name", *own, "is_on")}),)
        form = (None, {"fields": ("name", "kind", *own, "is_on")})
        doing = (_("How it is doing"), {"fields": ("condition", "heard", "refused", "error")})
        where = (_("Where it calls"), {"fields": ("call_at", "hint")})
        return (form, where, doing) if writes else (form, doing)

    def get_form(self, request: HttpRequest, obj: ChatApp | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for the app's platform."""
        return super().get_form(request, obj, change, form=chat_app_form(self._kind(request, obj)), **kwargs)

    def response_add(self, request: HttpRequest, obj: ChatApp, post_url_continue: str | None = None) -> HttpResponse:
        """To its page: there stands the address that the platform is to call."""
        messages.success(request, _("Kept. Enter its address at the platform now."))
        return HttpResponseRedirect(reverse("admin:notifications_chatapp_change", args=[obj.pk]))

    def save_model(self, request: HttpRequest, obj: ChatApp, form: ModelForm[ChatApp], change: bool) -> None:
        """Writes what was edited and no more: what the door counts meanwhile stays."""
        if not obj.digest or not obj.config.get(doors.KEY):
            doors.new_address(obj)
        if change:
            obj.save(update_fields=["name", "is_on", "config", "digest"])
        else:
            obj.save()

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes too, as numbers: who is linked there, and the log of its requests, which nobody edits."""
        apps = list(objs)
        counts = {
            str(_("chat apps")): len(apps),
            str(_("people in chats")): ChatPerson.objects.filter(app__in=apps).count(),
            str(_("requests in chats")): ChatRequest.objects.filter(app__in=apps).count(),
        }
        forbidden = set() if self.has_delete_permission(request) else {str(_("chat app"))}
        return [str(app) for app in apps], counts, forbidden, []

    def has_new_address_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change it."""
        return bool(self.has_change_permission(request))

    @action(
        description=_("New address"),
        icon="autorenew",
        permissions=["new_address"],
        dialog={
            "title": _("Give it a new address?"),
            "description": _("Its old address ends at once: nobody is heard until the platform calls the new one."),
            "form_submit_text": _("New address"),
        },
    )
    def new_address(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """The old address ends, also where somebody has come to know it."""
        app = self.get_object(request, object_id)
        if app is None:
            messages.error(request, _("This chat app does not exist any more."))
            return go_to(request, reverse("admin:notifications_chatapp_changelist"))
        if not app.config.readable:
            messages.error(request, _("Its settings were sealed with another key. Enter its secrets again."))
        else:
            doors.new_address(app)
            app.save(update_fields=["config", "digest"])
            messages.success(request, _("It has a new address. Enter it at the platform."))
        return go_to(request, reverse("admin:notifications_chatapp_change", args=[object_id]))

    @display(description=_("address"))
    def call_at(self, app: ChatApp) -> SafeString | str:
        """The address, to be copied."""
        address = doors.address(app)
        if not address:
            return str(_("Its settings were sealed with another key. Enter its secrets again."))
        return format_html(
            '<span class="db-copy"><input class="db-input" id="chat-address" type="text" readonly value="{}"'
            ' aria-label="{}" autocomplete="off" spellcheck="false"><button type="button" class="db-button"'
            ' data-copy="chat-address" data-copied="{}">{}</button></span>',
            *(address, _("address"), _("Copied"), _("Copy")),
        )

    @display(description=_("how to set it up"))
    def hint(self, app: ChatApp) -> StrOrPromise:
        """What to do at the platform, and how to see that it works."""
        return HINTS[app.kind]

    @display(description=_("state"))
    def condition(self, app: ChatApp) -> SafeString:
        """On or off."""
        if not app.is_on:
            return displays.badge(pgettext_lazy("channel", "Off"), "default")
        return displays.badge(pgettext_lazy("channel", "On"), "success")

    @display(description=_("last message"), ordering="last_at")
    def heard(self, app: ChatApp) -> str:
        """When, by the reader's clock."""
        return stamp(app.last_at)

    @display(description=_("last error"))
    def error(self, app: ChatApp) -> str:
        """What was refused last; empty again once somebody was heard."""
        return here(app.last_error)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        add = reverse("admin:notifications_chatapp_add")
        kinds = [
            {"label": label, "about": platform(kind).about, "href": f"{add}?kind={kind}"}
            for kind, label in ChatApp.Kind.choices
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Which platform?"),
            "kinds": kinds,
        }
        return TemplateResponse(request, "admin/notifications/chatapp/choose.html", context)

    def _kind(self, request: HttpRequest, obj: ChatApp | None) -> str:
        """An app keeps its platform; a new one takes it from the address (`?kind=`)."""
        asked = obj.kind if obj else request.GET.get("kind", "")
        return asked if asked in PLATFORMS else ChatApp.Kind.JANDI
