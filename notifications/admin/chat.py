"""Apps of chat platforms: their secrets, their addresses, and how each does."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.admin.chat_forms import chat_app_form, own_names
from notifications.admin.secret_address import SecretAddressAdmin
from notifications.chat import doors
from notifications.chat.platforms import PLATFORMS, platform
from notifications.models import ChatApp, ChatPerson, ChatRequest
from portal.unfolded import display

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
class ChatAppAdmin(SecretAddressAdmin[ChatApp]):
    """What lets people talk to the bot, and what was refused."""

    readonly_fields = ("kind", "call_at", "hint", "condition", "heard", "refused", "error")
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

    def address_of(self, row: ChatApp) -> str:
        """Where the platform calls."""
        return doors.address(row)

    @display(description=_("how to set it up"))
    def hint(self, app: ChatApp) -> StrOrPromise:
        """What to do at the platform, and how to see that it works."""
        return HINTS[app.kind]

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
