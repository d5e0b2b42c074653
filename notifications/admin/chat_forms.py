"""The form of a chat app, built from the fields that its platform declares."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from notifications.admin.forms import PREFIX
from notifications.admin.unfolded import SecretInput, TextInput
from notifications.chat import people
from notifications.chat.platforms import platform
from notifications.models import ChatApp
from notifications.models.fields import Config
from notifications.senders.base import ConfigField
from notifications.texts import filled
from portal.unfolded import Select, Switch

LANGUAGE = "language"


class ChatAppForm(forms.ModelForm[ChatApp]):
    """An app of the platform `kind_of_app`. Secrets are write-only: never shown, and kept when left empty."""

    kind_of_app: ClassVar[str]

    language = forms.ChoiceField(
        label=capfirst(_("language")),
        required=False,
        widget=Select,
        help_text=_("Of answers to people who chose none in the portal, where the platform does not tell theirs."),
    )
    by_email = forms.BooleanField(
        label=_("Link people by their e-mail address"),
        required=False,
        widget=Switch,
        help_text=_(
            "Whoever the platform names with the e-mail address of exactly one account is linked with it. Off: people"
            " link themselves by a code."
        ),
    )

    class Meta:
        model = ChatApp
        fields = ("name", "is_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.kind = self.kind_of_app
        if isinstance(language := self.fields.get(LANGUAGE), forms.ChoiceField):
            language.choices = [("", _("The portal's own")), *settings.LANGUAGES]
            language.initial = self.instance.config.get(LANGUAGE, "")
        if people.BY_EMAIL in self.fields:
            self.fields[people.BY_EMAIL].initial = people.finds_by_email(self.instance)
        for declared in platform(self.kind_of_app).config_fields:
            if PREFIX + declared.name in self.fields:
                self._show_stored(declared, self.fields[PREFIX + declared.name])

    def _show_stored(self, declared: ConfigField, field: forms.Field) -> None:
        stored = self.instance.config.get(declared.name, "")
        if not declared.secret:
            field.initial = stored
        elif stored:
            field.required = False
            field.help_text = filled(_("Stored (%(masked)s). Leave empty to keep it."), masked=declared.mask(stored))

    def clean(self) -> dict[str, Any]:
        """Puts the settings together from what was entered and what is stored: the address always stays."""
        cleaned = super().clean() or {}
        if not self.instance.config.readable and not self._is_entered_anew(cleaned):
            raise ValidationError(_("Its settings were sealed with another key. Enter its secrets again."))
        config = dict(self.instance.config)
        for declared in platform(self.kind_of_app).config_fields:
            entered = cleaned.get(PREFIX + declared.name)
            if entered or (entered is not None and not declared.secret):
                config[declared.name] = str(entered).strip()
        if LANGUAGE in cleaned:
            config[LANGUAGE] = cleaned[LANGUAGE]
        if people.BY_EMAIL in self.fields:
            config[people.BY_EMAIL] = people.ON if cleaned.get(people.BY_EMAIL) else people.OFF
        self.instance.config = Config(config)
        return cleaned

    def _is_entered_anew(self, cleaned: dict[str, Any]) -> bool:
        needed = [one for one in platform(self.kind_of_app).config_fields if one.required]
        return all(cleaned.get(PREFIX + one.name) for one in needed)


def chat_app_form(kind: str) -> type[ChatAppForm]:
    """The form class for apps of one platform."""
    declared: dict[str, Any] = {PREFIX + field.name: _form_field(field) for field in platform(kind).config_fields}
    if kind not in people.BY_EMAIL_AT_FIRST:
        declared[people.BY_EMAIL] = None  # a form field of the parent that this one does not have
    return type("ChatAppForm", (ChatAppForm,), {**declared, "kind_of_app": kind})


def own_names(kind: str) -> tuple[str, ...]:
    """The names of the platform's own fields in the form."""
    names = tuple(PREFIX + field.name for field in platform(kind).config_fields)
    return (*names, LANGUAGE, *((people.BY_EMAIL,) if kind in people.BY_EMAIL_AT_FIRST else ()))


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
