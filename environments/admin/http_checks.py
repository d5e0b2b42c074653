"""Web address checks: what is asked, what it must answer, how it stands; and a try before anything is saved."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from environments.models import CheckState, Environment, HttpCheck, Target
from environments.services import check_wishes, http_edits
from notifications.admin.dialogs import go_to
from portal.unfolded import DialogForm, action, display

from .check_environments import StaysInItsEnvironment
from .displays import link, toned
from .health_words import CHECK_TONES, reason_words
from .http_check_form import SECRETS, HttpCheckForm
from .http_check_try import tried
from .own_clock import at_places
from .scoping import ScopedAdmin

STANDING = ("shown_state", "why", "response", "heard", "next_look", "certificate")


@admin.register(HttpCheck)
class HttpCheckAdmin(StaysInItsEnvironment[HttpCheck], ScopedAdmin[HttpCheck]):
    """Those of environments the user may see; operators edit them."""

    form = HttpCheckForm
    list_display = ["name", "environment_link", "shown_state", "response", "heard", "host"]
    list_filter = [
        "state",
        "is_on",
    ]
    list_select_related = ["environment__schedule"]
    list_per_page = 50
    search_fields = ["name", "url", "environment__name"]
    search_help_text = _("Searches names of checks and environments, and addresses.")
    autocomplete_fields = ["environment", "target"]
    actions_detail = ["check_now"]
    change_form_after_template = "environments/http_check_try.html"
    empty_text = _("A web address that is asked each half minute while its environment should be up.")

    def get_fieldsets(self, request: HttpRequest, obj: HttpCheck | None = None) -> Any:
        """Secrets are nothing for those who only look, not even their names."""
        edits = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        asked = ("method", "headers", *((SECRETS,) if edits else ()), "body")
        shown = [(_("How it stands"), {"fields": STANDING})] if obj else []
        return [
            *shown,
            (None, {"fields": ("environment", "name", "is_on", "url")}),
            (_("A good answer"), {"fields": ("expected_status", "contains", "json_path", "json_value")}),
            (_("When and how often"), {"fields": ("every_s", "timeout_s", "retries", "retry_every_s", "always")}),
            (_("How it is asked"), {"fields": asked}),
            (_("Starts"), {"fields": ("gates_start", "start_grace_min", "target")}),
            (_("Warnings"), {"fields": ("ticket_after", "certificate_days")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: HttpCheck | None = None) -> Any:
        return STANDING

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        visible = Environment.objects.visible_to(request.user)
        if db_field.name == "environment":
            kwargs["queryset"] = visible
        if db_field.name == "target":
            kwargs["queryset"] = Target.objects.filter(environment__in=visible.values("pk"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description=_("environment"), ordering="environment__name")
    def environment_link(self, check: HttpCheck) -> SafeString:
        return link(reverse("environments:page", args=[check.environment.slug]), check.environment.name)

    @display(description=_("state"), ordering="state")
    def shown_state(self, check: HttpCheck) -> SafeString:
        if not check.is_on:
            return toned(_("Switched off"), "stopped")
        return toned(check.get_state_display(), CHECK_TONES[CheckState(check.state)])

    @display(description=_("why"))
    def why(self, check: HttpCheck) -> str:
        return reason_words(check, timezone.now())

    @display(description=_("response time"), ordering="last_ms")
    def response(self, check: HttpCheck) -> str:
        return gettext("%(ms)s ms") % {"ms": check.last_ms} if check.last_ms is not None else "–"

    @display(description=_("last heard of"), ordering="seen_at")
    def heard(self, check: HttpCheck) -> str:
        return at_places(check.seen_at, check.environment.zone_name, timezone.now())

    @display(description=_("next look"))
    def next_look(self, check: HttpCheck) -> str:
        return at_places(check.due_at, check.environment.zone_name, timezone.now())

    @display(description=_("certificate valid until"))
    def certificate(self, check: HttpCheck) -> str:
        return at_places(check.certificate_until, check.environment.zone_name, timezone.now())

    @display(description=_("host"), ordering="url")
    def host(self, check: HttpCheck) -> str:
        return urlsplit(check.url).hostname or check.url

    def save_model(self, request: HttpRequest, obj: HttpCheck, form: forms.ModelForm[HttpCheck], change: bool) -> None:
        """Writes what was edited and no more: what workers note meanwhile stays. It is asked anew at once."""
        written = ["secret_headers" if name == SECRETS else name for name in form.changed_data]
        with transaction.atomic():
            if change:
                obj.save(update_fields=written)
            else:
                obj.save()
            http_edits.saved(check=obj, changed=written if change else None, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: HttpCheck) -> None:
        http_edits.remove(checks=[obj], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[HttpCheck]) -> None:
        http_edits.remove(checks=list(queryset), now=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(require_POST(self.try_view))
        own: list[URLPattern] = [
            path("try/", view, name="environments_httpcheck_try_new"),
            path("<int:object_id>/try/", view, name="environments_httpcheck_try"),
        ]
        return [*own, *super().get_urls()]

    def try_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """What the address answers now, as the form stands; nothing is saved."""
        row = self.get_object(request, str(object_id)) if object_id else None
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        return tried(request, self.get_form(request, row, change=row is not None), row)

    def has_check_now_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.has_change_permission(request))

    @action(
        description=_("Check now"),
        icon="network_check",
        permissions=["check_now"],
        dialog={
            "title": _("Check now?"),
            "description": _(
                "The address is asked within seconds, and what it answers counts. Its environment's page shows it."
            ),
            "form_submit_text": _("Check"),
        },
    )
    def check_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """The next turn asks it; to the page that shows by itself what came."""
        check = self.get_object(request, object_id)
        assert check is not None  # or Http404
        if check_wishes.ask_soon(environment=check.environment, check_id=check.pk, now=timezone.now()):
            messages.success(
                request,
                _("“%(name)s” is being asked. What it answers stands here in some seconds.") % {"name": check.name},
            )
            return go_to(request, reverse("environments:page", args=[check.environment.slug]) + "#health")
        messages.info(request, _("It was not asked: it is switched off, or its environment sleeps."))
        return go_to(request, reverse("admin:environments_httpcheck_change", args=[object_id]))
