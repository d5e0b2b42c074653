"""AWS accounts and teams: what administrators look after."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from environments.models import Account, Team
from environments.models.account import validate_regions
from environments.targets.client import forget_clients
from portal.unfolded import ModelAdmin, display

from .displays import name_of
from .fields import Words


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
    list_display = ["name", "account_id", "role_arn", "region_names"]
    search_fields = ["name", "account_id"]
    empty_text = _("The portal needs to know an AWS account before it can start anything in it.")
    fields = ["name", "account_id", "role_arn", "external_id", "regions"]

    def get_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Who only looks is shown the regions in words, not as the list that the database keeps."""
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            return self.fields
        return [*self.fields[:-1], "region_names"]

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        return ["region_names"]

    @display(description=_("regions"))
    def region_names(self, account: Account) -> str:
        return ", ".join(account.regions)

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm[Account], change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_clients()


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
