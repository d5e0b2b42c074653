"""Who signed in, who tried to, and who is locked out: three lists for administrators, in which nobody edits."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, TypeVar

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from portal import browsers
from portal.moments import stamp
from portal.signin import ANYWHERE, LIMIT, NAME_LIMIT, NOWHERE, let_in, lock_end
from portal.unfolded import DialogForm, DropdownFilter, ModelAdmin, RangeDateFilter, TextFilter, action, display

_Record = TypeVar("_Record", bound=Model)


class NameFilter(TextFilter):
    """By the whole name, where the search finds parts of names and addresses."""

    title = _("person")
    parameter_name = "person"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = (self.value() or "").strip()
        return queryset.filter(username=name) if name else queryset


class ResultFilter(DropdownFilter):
    title = _("result")
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("wrong", _("wrong name or password")), ("refused", _("refused: locked out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        return queryset.filter(locked_out=asked == "refused") if asked in {"wrong", "refused"} else queryset


class TriesAdmin(ModelAdmin[_Record]):
    """What the three lists share. Long ones are never counted as a whole."""

    actions = None
    counted: ClassVar[tuple[StrOrPromise, StrOrPromise]]
    list_per_page = 50
    list_filter: ClassVar[Any] = (NameFilter, ("attempt_time", RangeDateFilter))
    list_filter_submit = True
    show_full_result_count = False
    ordering = ("-attempt_time", "-pk")
    search_fields = ("username", "ip_address")
    search_help_text = _("Searches names and addresses.")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Counted in our words: django-axes calls them access logs and failures, and its migrations hold it to that."""
        found: Any = super().get_changelist_instance(request)
        found.opts = copy(found.opts)
        found.opts.verbose_name, found.opts.verbose_name_plural = self.counted
        found.title = capfirst(self.counted[1])
        return found

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return list(self.list_display)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return list(self.list_display)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj: Any = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        context |= {"crumb": obj.username if obj else "", "show_history": False}
        if obj:
            # `subtitle` is the row as django-axes writes it, with microseconds.
            context |= {"title": f"{obj.username or '–'} · {stamp(obj.attempt_time)}", "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Nobody edits a record, so that it has no history: who asks for it all the same is led to the record."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(f"admin:axes_{self.opts.model_name}_change", args=[object_id]))

    @display(description=_("when"), ordering="attempt_time")
    def when(self, row: Any) -> str:
        return stamp(row.attempt_time)

    @display(description=_("name"), ordering="username")
    def who(self, row: Any) -> str:
        return str(row.username or "–")

    @display(description=_("from where"), ordering="ip_address")
    def address(self, row: Any) -> str:
        told = {NOWHERE: gettext("not told"), ANYWHERE: gettext("any new address")}
        return told.get(row.ip_address, str(row.ip_address))

    @display(description=_("browser"))
    def browser(self, row: Any) -> str:
        return browsers.in_words(row.user_agent)


def _toned(word: StrOrPromise, tone: str) -> SafeString:
    dot = '<span class="db-state-small db-tone-{}"><span class="db-dot" aria-hidden="true"></span>{}</span>'
    return format_html(dot, tone, word)


@admin.register(AccessLog)
class SuccessAdmin(TriesAdmin[AccessLog]):
    counted = (_("sign-in"), _("sign-ins"))
    empty_text = _("Whoever signs in is noted here.")
    list_display = ["who", "when", "address", "browser", "result", "left"]

    @display(description=_("result"))
    def result(self, row: AccessLog) -> SafeString:
        return _toned(_("signed in"), "running")

    @display(description=_("signed out"), ordering="logout_time")
    def left(self, row: AccessLog) -> str:
        return stamp(row.logout_time)


@admin.register(AccessFailureLog)
class FailureAdmin(TriesAdmin[AccessFailureLog]):
    """Names as they were typed: some are nobody's, and some are passwords that somebody typed into the wrong field."""

    counted = (_("failed sign-in"), _("failed sign-ins"))
    empty_text = _("Whoever tries in vain to sign in is noted here.")
    list_display = ["who", "when", "address", "browser", "result"]
    list_filter = (NameFilter, ResultFilter, ("attempt_time", RangeDateFilter))

    @display(description=_("result"), ordering="locked_out")
    def result(self, row: AccessFailureLog) -> SafeString:
        return (
            _toned(_("refused: locked out"), "failed")
            if row.locked_out
            else _toned(_("wrong name or password"), "unknown")
        )


@admin.register(AccessAttempt)
class LockAdmin(TriesAdmin[AccessAttempt]):
    """What is counted now, and what that led to. A count is gone once it is over, or the person has signed in."""

    counted = (_("name with failed tries"), _("names with failed tries"))
    empty_text = _("Names that fail to sign in are counted here, until they succeed or some time has passed.")
    list_display = ["who", "address", "when", "count", "state"]
    actions_row = ("let_them_in",)
    actions_detail = ("let_them_in",)

    @display(description=_("failed tries"), ordering="failures_since_start")
    def count(self, row: AccessAttempt) -> str:
        limit = NAME_LIMIT if row.ip_address == ANYWHERE else LIMIT
        return gettext("%(count)s of %(limit)s") % {"count": row.failures_since_start, "limit": limit}

    @display(description=_("state"))
    def state(self, row: AccessAttempt) -> SafeString:
        end = lock_end(row)
        if end and end > timezone.now():
            return _toned(gettext("locked until %(time)s") % {"time": stamp(end)}, "failed")
        return _toned(_("may try"), "stopped")

    def has_let_in_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @action(
        description=_("Let them in again"),
        icon="lock_open",
        permissions=["let_in"],
        dialog={
            "title": _("Let them in again?"),
            "description": _(
                "Every failed try with this name is forgotten, from wherever it came: it may try again at once. "
                "Ask the person first whether the tries were theirs."
            ),
            "form_submit_text": _("Let them in"),
        },
    )
    def let_them_in(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Lifts the name's locks, and keeps who did it."""
        attempt = self.get_object(request, object_id)
        if attempt is None:
            messages.info(request, gettext("It was over already."))
        else:
            self.log_change(request, attempt, f"Let in again: {attempt.username}")
            let_in(names=[attempt.username])
            messages.success(request, gettext("“%(name)s” may sign in again.") % {"name": attempt.username})
        address = reverse("admin:axes_accessattempt_changelist")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)
