"""The forms of price lines: a line, its end, lines from a template, a template of lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from environments.models import Environment, Target
from environments.models.rate import Rate, RateTemplate

INPUT = {"class": "db-input"}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={**INPUT, "type": "date"}, format="%Y-%m-%d")


class Refusing:
    """A form that takes up what a service has refused: at the fields that it names, else above them."""

    def refuse(self, error: ValidationError) -> None:
        told = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
        for name, errors in told.items():
            self.add_error(name if name in self.fields else None, errors)  # type: ignore[attr-defined]


class LineForm(Refusing, forms.ModelForm[Rate]):
    """A price line of one of the environment's targets; for a line that stands, its target and its name stay."""

    target = forms.ModelChoiceField(
        Target.objects.none(), label=_("Target"), empty_label=None, widget=forms.Select(attrs=INPUT)
    )

    class Meta:
        model = Rate
        fields = ("label", "unit_price", "unit", "quantity", "currency", "always", "valid_from")
        widgets = {
            "label": forms.TextInput(attrs=INPUT),
            "unit_price": forms.NumberInput(attrs={**INPUT, "step": "any", "min": "0", "inputmode": "decimal"}),
            "unit": forms.Select(attrs=INPUT),
            "quantity": forms.NumberInput(attrs={**INPUT, "step": "any", "min": "0", "inputmode": "decimal"}),
            "currency": forms.TextInput(attrs={**INPUT, "maxlength": "3", "autocapitalize": "characters"}),
            "valid_from": _day(),
        }

    def __init__(self, *args: Any, environment: Environment, line: Rate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = environment.targets.all()  # type: ignore[attr-defined]
        self.fields["target"].label_from_instance = lambda target: target.identifier  # type: ignore[attr-defined]
        if line is not None:
            del self.fields["target"], self.fields["label"]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class EndForm(Refusing, forms.Form):
    """The first day without a line."""

    day = forms.DateField(label=_("First day without it"), widget=_day())


class TemplateForm(Refusing, forms.Form):
    """Which template, for which targets, from when on."""

    template = forms.ModelChoiceField(
        RateTemplate.objects.all(), label=_("Template"), empty_label=None, widget=forms.Select(attrs=INPUT)
    )
    targets = forms.ModelMultipleChoiceField(
        Target.objects.none(), label=_("For"), widget=forms.CheckboxSelectMultiple()
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=_day())

    def __init__(self, *args: Any, environment: Environment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["targets"].queryset = environment.targets.select_related("environment__schedule")  # type: ignore[attr-defined]
        self.fields["targets"].label_from_instance = lambda target: target.identifier  # type: ignore[attr-defined]


class KeepForm(Refusing, forms.ModelForm[RateTemplate]):
    """The name under which lines are kept. A name that is taken is the service's to refuse, with the rest."""

    class Meta:
        model = RateTemplate
        fields = ("name", "description")
        widgets = {"name": forms.TextInput(attrs=INPUT), "description": forms.TextInput(attrs=INPUT)}


def first_of_month(today: date) -> date:
    return today.replace(day=1)
