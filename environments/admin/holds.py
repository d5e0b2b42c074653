"""The record of holds. They are placed on the environment's page, and released there or here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from environments.models import Hold, Wish
from environments.services import holds, permissions
from portal.unfolded import DialogForm, action, display

from .cards import released
from .displays import link, name_of, toned
from .own_clock import at_places
from .scoping import ReadOnly, ScopedAdmin


@admin.register(Hold)
class HoldAdmin(ReadOnly, ScopedAdmin[Hold]):
    """What people asked to keep running or stopped, newest first."""

    list_display = ["keeps", "page_link", "from_when", "until_when", "why", "who", "in_force"]
    list_display_links = ["keeps"]
    list_filter = ["desired", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["environment__schedule", "author"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["environment__name", "reason"]
    search_help_text = _("Searches names of environments and reasons.")
    fields = readonly_fields = (
        *("keeps", "page_link", "from_when", "until_when", "why"),
        *("who", "origin", "in_force", "ended", "ender"),
    )
    actions = None
    empty_text = _("Nobody keeps anything running or stopped. A hold is placed on an environment's page.")
    actions_detail = ("release",)

    @display(description=_("hold"), ordering="desired")
    def keeps(self, hold: Hold) -> StrOrPromise:
        return _("Keep running") if hold.desired == Wish.RUNNING else _("Keep stopped")

    @display(description=_("environment"), ordering="environment__name")
    def page_link(self, hold: Hold) -> SafeString:
        return link(reverse("environments:page", args=[hold.environment.slug]), hold.environment.name)

    @display(description=_("from"), ordering="starts_at")
    def from_when(self, hold: Hold) -> str:
        return at_places(hold.starts_at, hold.environment.zone_name, timezone.now())

    @display(description=_("until"), ordering="until")
    def until_when(self, hold: Hold) -> Any:
        return at_places(hold.until, hold.environment.zone_name, timezone.now()) if hold.until else _("until released")

    @display(description=_("reason"), ordering="reason")
    def why(self, hold: Hold) -> str:
        return hold.reason or "–"

    @display(description=_("author"), ordering="author__username")
    def who(self, hold: Hold) -> str:
        return hold.author_name or "–"

    @display(description=_("ended"), ordering="ended_at")
    def ended(self, hold: Hold) -> str:
        return at_places(hold.ended_at, hold.environment.zone_name, timezone.now())

    @display(description=_("ended by"))
    def ender(self, hold: Hold) -> str:
        return name_of(hold.ended_by) if hold.ended_by else "–"

    @display(description=_("state"))
    def in_force(self, hold: Hold) -> SafeString:
        return toned(_("over"), "stopped") if hold.ended_at else toned(_("in force"), "held")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Hold | None = None,
    ) -> HttpResponse:
        context |= {"crumb": f"{obj.environment}: {self.keeps(obj)}"} if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where there is nothing to release."""
        is_open = Hold.objects.open().filter(pk=object_id).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may switch the hold's environment. Raises Http404 for holds of other teams."""
        return permissions.may_switch(request.user, self.get_object(request, object_id).environment)

    @action(
        description=_("Release"),
        icon="lock_open",
        permissions=["release"],
        dialog={
            "title": _("Release this hold?"),
            "description": _("The schedule decides again at once: what it wishes for is started or stopped."),
            "form_submit_text": _("Release"),
        },
    )
    def release(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Ends the hold; its environment's page shows what follows."""
        hold, now = self.get_object(request, object_id), timezone.now()
        if hold.ended_at is None and holds.release(
            environment=hold.environment,
            author=request.user,  # type: ignore[arg-type]
            now=now,
        ):
            messages.success(request, released(hold.environment, now))
        else:
            messages.info(request, _("There was nothing to release any more."))
        address = reverse("environments:page", args=[hold.environment.slug])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)
