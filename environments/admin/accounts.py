"""AWS accounts and teams: what administrators look after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from environments.models import Account, Scan, Team
from environments.models.account import validate_regions
from environments.models.texts import in_language
from environments.services import accounts, status
from environments.targets.client import forget_clients
from portal.unfolded import ModelAdmin, display

from . import account_report, bills
from .displays import name_of, toned
from .fields import Words
from .own_clock import at_place_words

NO_LOOK = SafeString("–")
# Fields that decide what a test of the connection finds.
CONNECTING = {"account_id", "role_arn", "external_id", "regions"}


class AccountForm(forms.ModelForm[Account]):
    regions = Words(
        label=_("Regions"),
        validators=[validate_regions],
        help_text=_("Regions in which the portal works, for example ap-northeast-2, us-east-1."),
    )

    class Meta:
        model = Account
        fields = ("name", "account_id", "role_arn", "external_id", "regions")

    def clean_regions(self) -> list[str]:
        """A region goes when nothing is switched in it any more: its targets could not be edited, nor tested."""
        regions: list[str] = self.cleaned_data["regions"]
        lost = accounts.targets_outside(self.instance, regions) if self.instance.pk else {}
        said = gettext("%(region)s is still used by targets of: %(names)s. Remove or move these targets first.")
        if lost:
            raise ValidationError([said % {"region": r, "names": ", ".join(names)} for r, names in lost.items()])
        return regions


@admin.register(Account)
class AccountAdmin(ModelAdmin[Account]):
    form = AccountForm
    list_display = ["name", "account_id", "role_arn", "region_names", "seen"]
    search_fields = ["name", "account_id"]
    empty_text = _("The portal needs to know an AWS account before it can start anything in it.")
    fields = ["name", "account_id", "role_arn", "external_id", "regions"]

    change_form_outer_before_template = "environments/account_connection.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return super().get_queryset(request).prefetch_related("scans")

    def get_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Who only looks is shown the regions in words, not as the list that the database keeps."""
        if obj is None:
            return self.fields
        edits = self.has_change_permission(request, obj)
        return [*self.fields, "looks"] if edits else [*self.fields[:-1], "region_names", "looks"]

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        return ["region_names", "looks"]

    @display(description=_("regions"))
    def region_names(self, account: Account) -> str:
        return ", ".join(account.regions)

    @display(description=_("last look at AWS"))
    def seen(self, account: Account) -> SafeString:
        """A line for each region in which the account has targets; what is wrong stands on its page."""
        now = timezone.now()
        return format_html_join("", "<p>{} {}</p>", ((s.region, _look(s, now)) for s in account.scans.all())) or NO_LOOK

    @display(description=_("last look at AWS"))
    def looks(self, account: Account) -> SafeString:
        """As in the list, and what went wrong since."""
        now = timezone.now()
        lines = ((s.region, _look(s, now), _problem(s, now)) for s in account.scans.all())
        none = format_html("<p>{}</p>", gettext("Nothing yet: no environment has a target in it."))
        return format_html_join("", "<p><b>{}</b> {} {}</p>", lines) or none

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm[Account], change: bool) -> None:
        """Writes what was edited and no more: what a test found meanwhile stays, unless it was of something else."""
        written = list(form.changed_data)
        if set(written) & CONNECTING:
            obj.checked_at, obj.check_report = None, []
            written += ["checked_at", "check_report"]
        if change:
            obj.save(update_fields=written)
        else:
            obj.save()
        forget_clients()
        status.scan_again(obj)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Account | None = None,
    ) -> HttpResponse:
        if obj:
            context |= account_report.context(obj, timezone.now()) | bills.context(obj, request, timezone.now())
            context["may_test"] = self.has_change_permission(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(require_POST(self.test_view))
        own: URLPattern = path("<int:object_id>/test/", view, name="environments_account_test")
        return [own, *bills.urls(self), *super().get_urls()]

    def test_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Test the connection while the reader waits, for twenty seconds at the most (docs/aws-access.md says why)."""
        account = Account.objects.filter(pk=object_id).first()
        if account is None:
            raise Http404(gettext("There is no such account (any more)."))
        rows = accounts.try_connection(account=account, user=request.user, now=timezone.now())
        if rows is None:
            messages.error(request, gettext("The account was edited meanwhile. Test the connection again."))
        else:
            said, worst = account_report.summary([row.as_data() for row in rows])
            self.log_change(request, account, gettext("Connection tested: %(summary)s") % {"summary": said})
            messages.add_message(request, messages.SUCCESS if worst == "running" else messages.WARNING, said)
        return redirect("admin:environments_account_change", account.pk)


def _look(scan: Scan, now: datetime) -> SafeString:
    if scan.error:
        return toned(gettext("Cannot be seen"), "failed")
    if scan.finished_at is None:
        return toned(gettext("Not looked at yet"), "stopped")
    return toned(
        gettext("Seen %(time)s") % {"time": at_place_words(scan.finished_at, settings.TIME_ZONE, now)}, "running"
    )


def _problem(scan: Scan, now: datetime) -> str:
    if not scan.error:
        return ""
    last = gettext("never seen yet")
    if scan.finished_at is not None:
        last = gettext("last seen %(time)s") % {"time": at_place_words(scan.finished_at, settings.TIME_ZONE, now)}
    return f"{in_language(scan.error)} ({last})"


@admin.register(Team)
class TeamAdmin(ModelAdmin[Team]):
    list_display = ["name", "people"]
    search_fields = ["name"]
    fields = ["name", "members"]
    autocomplete_fields = ["members"]
    empty_text = _("A team is who belongs together: people, and the environments that they look after.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("members")

    @display(description=_("members"))
    def people(self, team: Team) -> str:
        return ", ".join(name_of(member) for member in team.members.all()) or "–"
