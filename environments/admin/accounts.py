from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from environments.models import Account, Team
from environments.models.account import validate_regions
from environments.targets.client import forget_clients


class Words(forms.CharField):
    """A list of words in one line, separated by commas or spaces."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [word for word in str(value or "").replace(",", " ").split() if word]


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    regions = Words(
        label=_("regions"),
        validators=[validate_regions],
        help_text=_("Regions in which the portal works, for example ap-northeast-2, us-east-1."),
    )

    class Meta:
        model = Account
        fields = ["name", "account_id", "role_arn", "external_id", "regions"]


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    form = AccountForm
    list_display = ["name", "account_id", "role_arn", "region_names"]
    search_fields = ["name", "account_id"]

    @admin.display(description=_("regions"))
    def region_names(self, account: Account) -> str:
        return ", ".join(account.regions)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_clients()


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ["name", "people"]
    search_fields = ["name"]
    filter_horizontal = ["members"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("members")

    @admin.display(description=_("members"))
    def people(self, team: Team) -> str:
        return ", ".join(member.get_full_name() or member.get_username() for member in team.members.all())
