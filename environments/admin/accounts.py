"""AWS accounts and teams: what administrators look after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Account, Scan, Team
from environments.models.account import validate_regions
from environments.models.texts import in_language
from environments.services import status
from environments.targets.client import forget_clients
from portal.unfolded import ModelAdmin, display

from .displays import at_place, name_of, toned
from .fields import Words

NO_LOOK = SafeString("–")


class AccountForm(forms.ModelForm[Account]):
    regions = Words(
        label=_("Regions"),
        validators=[validate_regions],
        help_text=_("Regions in which the portal works, for example ap-northeast-2, us-east-1."),
    )

    class Meta:
        model = Account
        fields = ("name", "account_id", "role_arn", "external_id", "regions")


@admin.register(Account)
class AccountAdmin(ModelAdmin[Account]):
    form = AccountForm
    list_display = ["name", "account_id", "role_arn", "region_names", "seen"]
    search_fields = ["name", "account_id"]
    empty_text = _("The portal needs to know an AWS account before it can start anything in it.")
    fields = ["name", "account_id", "role_arn", "external_id", "regions"]

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
        super().save_model(request, obj, form, change)
        forget_clients()
        status.scan_again(obj)


def _look(scan: Scan, now: datetime) -> SafeString:
    if scan.error:
        return toned(gettext("Cannot be seen"), "failed")
    if scan.finished_at is None:
        return toned(gettext("Not looked at yet"), "stopped")
    return toned(gettext("Seen %(time)s") % {"time": at_place(scan.finished_at, settings.TIME_ZONE, now)}, "running")


def _problem(scan: Scan, now: datetime) -> str:
    if not scan.error:
        return ""
    last = gettext("never seen yet")
    if scan.finished_at is not None:
        last = gettext("last seen %(time)s") % {"time": at_place(scan.finished_at, settings.TIME_ZONE, now)}
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
