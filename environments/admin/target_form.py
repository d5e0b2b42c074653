"""The form of a target: its options are the fields that its kind declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from environments.models import Target
from environments.models.texts import in_language
from environments.targets import registry
from environments.targets.base import AccountRef, OptionField, TargetRef

PREFIX = "option_"


class Lines(forms.CharField):
    """A list of strings, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class Pairs(forms.CharField):
    """A mapping, `key=value` a line. A line without = is refused, with the line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        pairs: dict[str, str] = {}
        for line in (line.strip() for line in str(value or "").splitlines()):
            name, equals, text = line.partition("=")
            if line and not (equals and name.strip()):
                raise ValidationError(_("“%(line)s” is not of the form key=value.") % {"line": line})
            if line:
                pairs[name.strip()] = text.strip()
        return pairs


def _field(option: OptionField) -> forms.Field:
    common: dict[str, Any] = {
        "label": in_language(option.label),
        "help_text": in_language(option.help),
        "required": option.required,
    }
    match option.type:
        case "bool":
            return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **(common | {"required": False}))
        case "int":
            return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **common)
        case "lines":
            return Lines(**common)
        case "pairs":
            return Pairs(**common)
        case "code":
            area = UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "db-code", "spellcheck": "false"})
            return forms.CharField(widget=area, strip=False, **common)
        case _:
            return forms.CharField(widget=UnfoldAdminTextInputWidget, **common)


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fields of every target; `for_kind` adds those of one kind."""

    option_names: tuple[str, ...] = ()

    class Meta:
        model = Target
        fields = ["environment", "kind", "identifier", "account", "region", "order"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.option_names:
            if name in self.instance.options:
                self.initial[PREFIX + name] = self.instance.options[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        options = {name: cleaned.get(PREFIX + name) for name in self.option_names}
        self.instance.options = {name: value for name, value in options.items() if value not in (None, "", [], {})}
        account = cleaned.get("account")
        if self.errors or account is None:
            return cleaned
        ref = TargetRef(
            kind=cleaned["kind"],
            identifier=cleaned["identifier"],
            account=AccountRef(account.account_id, account.name, account.role_arn, account.external_id),
            region=cleaned["region"],
            options=self.instance.options,
        )
        for name, texts in registry.driver(cleaned["kind"]).problems(ref).items():
            field = PREFIX + name if name in self.option_names else name or None
            self.add_error(field, in_language(texts))
        return cleaned


def for_kind(kind: str) -> type[TargetForm]:
    """The form class of a kind; labels and helps are in the language of the moment, so it is made for each request."""
    driver = registry.driver(kind)
    kinds = [(name, in_language(registry.driver(name).label)) for name in registry.KINDS]
    fields: dict[str, Any] = {PREFIX + option.name: _field(option) for option in driver.option_fields}
    fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=kinds, initial=kind, widget=UnfoldAdminSelectWidget)
    fields["option_names"] = tuple(option.name for option in driver.option_fields)
    return type("TargetForm", (TargetForm,), fields)
