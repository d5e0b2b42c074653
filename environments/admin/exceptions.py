"""The record of exceptions: who asked for which day, for what, and what became of it. They are made here and on an
environment's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from django_stubs_ext import StrOrPromise

from environments.models import DayException
from environments.services import exceptions, permissions
from portal.unfolded import DialogForm, ModelAdmin, action, display

from .displays import link, name_of, toned
from .exception_forms import ExceptionForm, all_choices, first_today
from .exception_lines import FATES, days_words, fates, kind_words, scope_words
from .exception_views import ended, page, placed, previewed, refused, rows_of, taken_back
from .own_clock import at_place_words, at_places
from .scoping import ReadOnly

SCOPES = ("environment", "team", "schedule")


class ScopeFilter(admin.SimpleListFilter):
    """What an exception was made for."""

    title = _("made for")
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("environment", _("environment")), ("team", _("team")), ("schedule", _("schedule"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DayException]) -> QuerySet[DayException]:
        return queryset.filter(**{f"{self.value()}__isnull": False}) if self.value() in SCOPES else queryset


@admin.register(DayException)
class DayExceptionAdmin(ReadOnly, ModelAdmin[DayException]):
    """Every date with another wish, the latest date first; of other teams there are none."""

    list_display = ["days", "what", "for_whom", "why", "who", "origin", "in_force"]
    list_display_links = ["days"]
    list_filter = ["kind", ("ended_at", admin.EmptyFieldListFilter), ScopeFilter]
    list_select_related = ["environment__schedule", "team", "schedule", "author"]
    list_per_page = 50
    ordering = ["-day", "-id"]
    show_full_result_count = False
    search_fields = ["reason", "environment__name", "team__name", "schedule__name", "author__username"]
    search_help_text = _("Searches reasons, authors, and names of environments, teams and schedules.")
    fields = readonly_fields = (
        *("days", "what", "for_whom", "why", "who", "origin"),
        *("made", "in_force", "ended", "who_ended", "story"),
    )
    actions = ["remove_selected"]
    actions_detail = ("remove",)
    empty_text = _("Every day is as its schedule has it. An exception makes one day, or some days, another.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayException]:
        return super().get_queryset(request).filter(permissions.exceptions_in_sight(request.user))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> DayException:
        """Raises Http404, where Django would lead to its index with a riddle: our page says what to do next."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(gettext("It does not exist, or you are not in the team that it belongs to."))
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What became of the page's rows is asked for all of them together."""
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        told = fates(rows, timezone.now())
        for row in rows:
            row.fate = told[row.pk]
        found.result_list = rows
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(permissions.SWITCH) or request.user.has_perm(permissions.CHANGE_SCHEDULE)

    def get_urls(self) -> list[URLPattern]:
        views = {"preview": require_GET(self._entered(self.preview_view))}
        views |= {verb: require_POST(self._entered(getattr(self, f"{verb}_view"))) for verb in ("restore", "undo")}
        own = [path(f"{verb}/", view, name=f"environments_dayexception_{verb}") for verb, view in views.items()]
        return own + super().get_urls()

    def _entered(self, view: Any) -> Any:
        """Sign-in first, then whether they may decide on anything."""

        def entered(request: HttpRequest) -> HttpResponse:
            permissions.require_any_override(request.user)
            return view(request)  # type: ignore[no-any-return]

        return self.admin_site.admin_view(entered)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form of an environment's page, with a choice of what it is for."""
        permissions.require_any_override(request.user)
        chosen = request.GET.get("scope", "")
        form = ExceptionForm(initial={"kind": "off", "first": first_today(request.user, chosen), "scope": chosen})
        if request.method == "POST":
            sent = placed(request, undo=reverse("admin:environments_dayexception_undo"))
            if sent is None:
                return redirect("admin:environments_dayexception_changelist")
            return refused(request, self._form_context(request, sent))
        return page(request, self._form_context(request, form))

    def _form_context(self, request: HttpRequest, form: ExceptionForm) -> dict[str, Any]:
        back = reverse("admin:environments_dayexception_changelist")
        return {
            "title": gettext("Add an exception"),
            "crumbs": [(gettext("Exceptions"), back), (gettext("Add"), "")],
            "exception_form": form,
            "exception_groups": all_choices(request.user),
            "exception_zone": gettext("the schedule's zone"),
            "exception_min": "",
            "exception_place_url": reverse("admin:environments_dayexception_add"),
            "exception_preview_url": reverse("admin:environments_dayexception_preview"),
            "back": back,
        }

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        return previewed(request)

    def restore_view(self, request: HttpRequest) -> HttpResponse:
        taken_back(request, exceptions.restore, rows_of(request))
        return redirect("admin:environments_dayexception_changelist")

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        taken_back(request, exceptions.undo, rows_of(request))
        return redirect("admin:environments_dayexception_changelist")

    @display(description=_("date"), ordering="day")
    def days(self, row: DayException) -> str:
        return days_words([row.day], timezone.now().date())  # decides on the year's being said, no more

    @display(description=_("wish"), ordering="kind")
    def what(self, row: DayException) -> str:
        return kind_words([row])

    @display(description=_("for"))
    def for_whom(self, row: DayException) -> Any:
        if row.environment:
            return link(reverse("environments:page", args=[row.environment.slug]), row.environment.name)
        return scope_words(row)

    @display(description=_("reason"), ordering="reason")
    def why(self, row: DayException) -> str:
        return row.reason

    @display(description=_("author"), ordering="author__username")
    def who(self, row: DayException) -> str:
        return row.author_name or "–"

    @display(description=_("created"), ordering="created_at")
    def made(self, row: DayException) -> str:
        return at_places(row.created_at, _zone(row), timezone.now())

    @display(description=_("ended"), ordering="ended_at")
    def ended(self, row: DayException) -> str:
        return at_places(row.ended_at, _zone(row), timezone.now())

    @display(description=_("ended by"))
    def who_ended(self, row: DayException) -> str:
        return name_of(row.ended_by) if row.ended_by else "–"

    @display(description=_("state"))
    def in_force(self, row: DayException) -> SafeString:
        fate = getattr(row, "fate", None) or fates([row], timezone.now())[row.pk]
        return toned(FATES[fate], "held" if fate == "in force" else "stopped")

    @display(description=_("history of this date"))
    def story(self, row: DayException) -> SafeString:
        """Whatever was asked for the same thing, date and kind, newest first; and what was brought back."""
        whose = Q(environment=row.environment_id, team=row.team_id, schedule=row.schedule_id)
        same = DayException.objects.filter(whose, day=row.day, kind=row.kind).select_related("author", "ended_by")
        rows = list(same.order_by("-created_at", "-pk"))
        kind = ContentType.objects.get_for_model(DayException)
        back = LogEntry.objects.filter(content_type=kind, object_id__in=[str(one.pk) for one in rows])
        zone, now = _zone(row), timezone.now()
        told = [(one.created_at, _told(one, zone)) for one in rows]
        told += [
            (entry.action_time, gettext("brought back by %(name)s") % {"name": name_of(entry.user)})
            for entry in back.select_related("user")
        ]
        told.sort(key=lambda each: each[0], reverse=True)
        items = format_html_join("", "<li>{}: {}</li>", ((at_place_words(at, zone, now), words) for at, words in told))
        return format_html('<ul class="exc-story">{}</ul>', items)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: DayException | None = None,
    ) -> HttpResponse:
        context |= {"crumb": f"{scope_words(obj)}: {self.days(obj)}"} if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where there is nothing to remove."""
        row = DayException.objects.in_force().filter(pk=object_id).first()
        there = row is not None and not exceptions.has_passed([row], timezone.now())
        return super().get_actions_detail(request, object_id) if there else []

    def has_remove_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may end it; without one, who may end any. Raises Http404 for those of other teams."""
        if object_id is None:
            return self.has_add_permission(request)
        return permissions.may_override(request.user, exceptions.scope_of(self.get_object(request, object_id)))

    @action(
        description=_("Remove"),
        icon="event_busy",
        permissions=["remove"],
        dialog={
            "title": _("Remove this exception?"),
            "description": _("Its schedule decides that day again: today's hours change within seconds."),
            "form_submit_text": _("Remove"),
        },
    )
    def remove(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Ends the exception of this date."""
        ended(request, [self.get_object(request, object_id)], reverse("admin:environments_dayexception_restore"))
        address = reverse("admin:environments_dayexception_changelist")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)

    @admin.action(description=_("Remove the selected exceptions"), permissions=["remove"])
    def remove_selected(self, request: HttpRequest, queryset: QuerySet[DayException]) -> HttpResponse | None:
        """Asks first; then all of them end, or none."""
        rows = list(queryset.filter(ended_at__isnull=True).select_related(*self.list_select_related))
        if request.POST.get("post") == "yes":
            count = exceptions.remove(exceptions=rows, author=request.user, now=timezone.now())  # type: ignore[arg-type]
            said = ngettext("%(count)s exception was removed.", "%(count)s exceptions were removed.", count)
            messages.success(request, said % {"count": count})
            return None
        context = self.admin_site.each_context(request) | {
            "title": gettext("Remove the selected exceptions"),
            "rows": [(row, self.days(row), kind_words([row]), scope_words(row)) for row in rows],
            "back": reverse("admin:environments_dayexception_changelist"),
        }
        return TemplateResponse(request, "environments/exception_remove.html", context)


def _told(row: DayException, zone: str) -> str:
    """One line of the history: what was asked for, and what became of it."""
    words = gettext("%(kind)s, by %(name)s: %(reason)s") % {
        "kind": kind_words([row]),
        "name": row.author_name or "–",
        "reason": row.reason,
    }
    if row.ended_at:
        who = name_of(row.ended_by) if row.ended_by else "–"
        time = at_place_words(row.ended_at, zone, timezone.now())
        words += " · " + gettext("ended by %(name)s, %(time)s") % {"name": who, "time": time}
    return words


def _zone(row: DayException) -> str:
    """Where its wall times are; of a team with several zones the first."""
    return exceptions.zones(exceptions.scope_of(row))[0]
