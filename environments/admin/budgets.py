"""Budgets: what environments and teams may cost a month, and how they stand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import Environment
from environments.models.budget import Budget
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import budgets
from environments.services.budgets import Standing
from portal.money import money_words, share_words
from portal.unfolded import ModelAdmin, TextInput, display

from .costs_words import month_words
from .displays import link

TONES = {budgets.Level.ALL: "all", budgets.Level.FORECAST: "forecast", budgets.Level.MOST: "most", None: "fine"}


class MonthField(forms.DateField):
    """A month as `<input type="month">` sends it (2026-12), or by its first day."""

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value.strip(), re.ASCII):
            value = f"{value.strip()}-01"
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value


class BudgetForm(forms.ModelForm[Budget]):
    month = MonthField(
        required=False,
        label=gettext_lazy("Month"),
        widget=TextInput(attrs={"type": "month"}),
        help_text=gettext_lazy("For example December 2026. Empty: each month that has no budget of its own."),
        error_messages={"invalid": gettext_lazy("Name a month, for example 2026-12.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(amount := self.initial.get("amount"), Decimal):
            self.initial["amount"] = f"{amount.normalize():f}"

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_month(self) -> date | None:
        month: date | None = self.cleaned_data["month"]
        if month and abs(month.year - timezone.localdate().year) > 10:
            raise ValidationError(_("This is more than ten years away."))
        return month


class Listed(ChangeList):
    """A page of the list, each budget with how it stands."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        for row, standing in zip(rows, budgets.each(rows, now=timezone.now()), strict=True):
            row.standing = standing
        self.result_list = rows


@admin.register(Budget)
class BudgetAdmin(ModelAdmin[Budget]):
    """Those of one's own teams and their environments; operators edit them."""

    form = BudgetForm
    list_display = ["whose", "months", "what", "used", "forecast", "forbids", "costs"]
    list_display_links = ["whose"]
    list_select_related = ["environment__team", "team"]
    list_filter = ["blocks_extensions", "currency"]
    search_fields = ["environment__name", "team__name"]
    search_help_text = gettext_lazy("Searches names of environments and teams.")
    autocomplete_fields = ["environment", "team"]
    fields = ["environment", "team", "month", "amount", "currency", "blocks_extensions"]
    list_per_page = 50
    empty_text = gettext_lazy(
        "A budget says what an environment or a team may cost a month. People are told at 80 %, when it is used up, and"
        " when the month will cost more."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listed

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        rows = super().get_queryset(request)
        if request.user.has_perm(SEE_EVERY_TEAM):
            return rows
        visible = Environment.objects.visible_to(request.user)
        return rows.filter(Q(environment__in=visible.values("pk")) | Q(team__members=request.user.pk))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Budget:
        """Raises Http404, in words, for what is not there for them."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(_("It does not exist, or you are not in the team that it belongs to."))
        return found

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        """People are told anew of levels that the changed budget does not reach any more."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if change and form.changed_data:
                budgets.rearm(budget=obj, now=timezone.now())

    @display(description=gettext_lazy("budget of"), ordering="environment__name")
    def whose(self, budget: Budget) -> str:
        return _("team %(name)s") % {"name": budget.team.name} if budget.team else str(budget.environment)

    @display(description=gettext_lazy("month"), ordering="month")
    def months(self, budget: Budget) -> str:
        return month_words(budget.month) if budget.month else _("each month")

    @display(description=gettext_lazy("amount"), ordering="amount")
    def what(self, budget: Budget) -> str:
        return money_words(budget.amount, budget.currency)

    @display(description=gettext_lazy("used"))
    def used(self, budget: Any) -> SafeString:
        return bar(budget.standing)

    @display(description=gettext_lazy("forecast"))
    def forecast(self, budget: Any) -> str:
        standing: Standing = budget.standing
        if standing.expected is None:
            return "–"
        said = money_words(standing.expected, budget.currency)
        return _("%(amount)s, more than the budget") % {"amount": said} if standing.expected > budget.amount else said

    @display(description=gettext_lazy("extensions"))
    def forbids(self, budget: Any) -> str:
        if not budget.blocks_extensions:
            return _("allowed")
        return _("refused now") if budget.standing.is_used_up else _("refused once it is used up")

    @display(description=gettext_lazy("by day"))
    def costs(self, budget: Any) -> SafeString:
        return link(costs_address(budget, budget.standing.month), _("Each day"))


def costs_address(budget: Budget, month: date) -> str:
    """The page of costs of what the budget is for."""
    environment = budget.environment
    whose = {"environment": environment.slug} if environment else {"team": budget.team_id}
    return f"{reverse('environments:costs')}?{urlencode({'period': f'{month:%Y-%m}', **whose})}"


def bar(standing: Standing) -> SafeString:
    """A bar with its words: “$720.00 · 80%”; what is not known is said."""
    context: dict[str, Any] = {"tone": TONES[standing.level], "month": month_words(standing.month)}
    if standing.used is not None and standing.share is not None:
        share = share_words(min(standing.share, Decimal("0.99")) if standing.share < 1 else standing.share)
        context |= {"words": f"{money_words(standing.used, standing.budget.currency)} · {share}"}
        context |= {"width": f"{min(standing.share, Decimal(1)) * 100:.1f}"}
        context |= {"level": str(standing.level.label) if standing.level else ""}
    elif standing.others:
        codes = ", ".join(standing.others)
        said = _("nothing in %(currency)s; costs are in %(others)s") % {
            "currency": standing.budget.currency,
            "others": codes,
        }
        context |= {"words": said}
    else:
        context |= {"words": _("nothing counted yet")}
    return render_to_string("environments/_budget_bar.html", context)
