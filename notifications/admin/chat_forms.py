"""The form of a chat app, built from the fields that its platform declares."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from notifications.admin import stored_settings
from notifications.chat import people
from notifications.chat.platforms import platform
from notifications.models import ChatApp
from notifications.models.fields import Config
from notifications.secret_doors import SEALED
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
        stored_settings.show_stored(self.fields, platform(self.kind_of_app).config_fields, self.instance.config)

    def clean(self) -> dict[str, Any]:
        """Puts the settings together from what was entered and what is stored: the address always stays."""
        cleaned = super().clean() or {}
        declared = platform(self.kind_of_app).config_fields
        if not self.instance.config.readable and not stored_settings.is_all_entered(declared, cleaned):
            raise ValidationError(SEALED)
        config = stored_settings.put_together(declared, cleaned, self.instance.config)
        if LANGUAGE in cleaned:
            config[LANGUAGE] = cleaned[LANGUAGE]
        if people.BY_EMAIL in self.fields:
            config[people.BY_EMAIL] = people.ON if cleaned.get(people.BY_EMAIL) else people.OFF
        self.instance.config = Config(config)
        return cleaned


def chat_app_form(kind: str) -> type[ChatAppForm]:
    """The form class for apps of one platform."""
    declared = stored_settings.form_fields(platform(kind).config_fields)
    if kind not in people.BY_EMAIL_AT_FIRST:
        declared[people.BY_EMAIL] = None  # a form field of the parent that this one does not have
    return type("ChatAppForm", (ChatAppForm,), {**declared, "kind_of_app": kind})


def own_names(kind: str) -> tuple[str, ...]:
    """The names of the platform's own fields in the form."""
    own = stored_settings.names(platform(kind).config_fields)
    return (*own, LANGUAGE, *((people.BY_EMAIL,) if kind in people.BY_EMAIL_AT_FIRST else ()))
