"""Templates of prices: lines under a name, to be given to targets on their environments' pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from environments.models.rate import RateTemplate, RateTemplateLine
from environments.services.rate_limits import check_size
from portal.unfolded import ModelAdmin, TabularInline, display


class LineForm(forms.ModelForm[RateTemplateLine]):
    """Figures without the zeros that only the database needs; none that no target could have as a price."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("unit_price", "quantity"):
            if isinstance(value := self.initial.get(name), Decimal):
                self.initial[name] = f"{value.normalize():f}"

    def clean(self) -> None:
        super().clean()
        said = {name: self.cleaned_data.get(name) for name in ("unit_price", "quantity", "unit")}
        if None not in said.values():
            check_size(**said)  # type: ignore[arg-type]


class LineInline(TabularInline[RateTemplateLine]):
    model = RateTemplateLine
    form = LineForm
    verbose_name, verbose_name_plural = _("price"), _("prices")
    extra = 0
    hide_title = True
    fields = ["label", "unit_price", "unit", "quantity", "currency", "always"]


@admin.register(RateTemplate)
class RateTemplateAdmin(ModelAdmin[RateTemplate]):
    """What was given to a target is its own from then on: editing the template changes no cost of any day."""

    list_display = ["name", "description", "line_count"]
    search_fields = ["name", "description"]
    fields = ["name", "description"]
    inlines = [LineInline]
    empty_text = _("A template is a list of prices for things that several environments have, such as an instance.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RateTemplate]:
        return super().get_queryset(request).annotate(count=Count("lines"))

    @display(description=_("lines"), ordering="count")
    def line_count(self, template: Any) -> int:
        return int(template.count)
