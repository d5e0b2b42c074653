"""Fields for the settings that a sender or a platform declares: secrets are write-only, never shown, and kept when left
empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config
from notifications.senders.base import ConfigField
from notifications.texts import filled
from portal.unfolded import SecretInput, TextInput

PREFIX: Final = "config_"


def names(declared: Iterable[ConfigField]) -> tuple[str, ...]:
    """The names of the declared fields in a form."""
    return tuple(PREFIX + one.name for one in declared)


def form_fields(declared: Iterable[ConfigField]) -> dict[str, Any]:
    """The fields of a form, by their names."""
    return {PREFIX + one.name: _form_field(one) for one in declared}


def show_stored(fields: Mapping[str, forms.Field], declared: Iterable[ConfigField], config: Config) -> None:
    """What is stored, in the fields of a form: secrets masked, and not asked for again."""
    for one in declared:
        field, stored = fields.get(PREFIX + one.name), config.get(one.name, "")
        if field is None:
            continue
        if not one.secret:
            field.initial = stored
        elif stored:
            field.required = False
            field.help_text = filled(_("Stored (%(masked)s). Leave empty to keep it."), masked=one.mask(stored))


def put_together(declared: Iterable[ConfigField], cleaned: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The settings of what was entered and what is stored."""
    found = dict(config)
    for one in declared:
        entered = cleaned.get(PREFIX + one.name)
        if entered or (entered is not None and not one.secret):
            found[one.name] = str(entered).strip()
    return found


def is_all_entered(declared: Sequence[ConfigField], cleaned: Mapping[str, Any]) -> bool:
    """Whether nothing of what is needed is left to what is stored."""
    return all(cleaned.get(PREFIX + one.name) for one in declared if one.required)


def _form_field(declared: ConfigField) -> forms.Field:
    widget = SecretInput if declared.secret else TextInput
    return forms.CharField(
        label=declared.label,
        help_text=declared.help_text,
        required=declared.required,
        max_length=2000,
        validators=[declared.check],
        widget=widget(attrs={"autocomplete": "off"}),
    )
