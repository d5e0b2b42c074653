"""The form of a channel, built from the fields that its sender declares."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications import kinds
from notifications.admin.unfolded import Checkboxes, SecretInput, TextInput
from notifications.models import Channel
from notifications.models.fields import Config
from notifications.senders import registry
from notifications.senders.base import ConfigField
from notifications.texts import filled

PREFIX = "config_"
NONE_IS_ZERO = frozenset({"gather_seconds", "fold_minutes"})


class ChannelForm(forms.ModelForm[Channel]):
    """A channel of the kind `kind_of_channel`. Secrets are write-only: never shown, and kept when left empty."""

    kind_of_channel: ClassVar[str]

    event_kinds = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        widget=Checkboxes,
        help_text=_("None chosen: all of them."),
    )

    class Meta:
        model = Channel
        fields = (
            *("name", "language", "enabled", "event_kinds"),
            *("gather_seconds", "fold_minutes", "per_minute", "daily_cap", "owner"),
        )
        help_texts = {"name": _("For people, for example “Team room in Discord”.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "event_kinds" in self.fields:
            chosen = self.instance.event_kinds or []
            # What the channel asks for stays on offer, even when no app declares it any more.
            offered = {kind: kind for kind in chosen} | {kind: str(label) for kind, label in kinds.catalogue().items()}
            self.fields["event_kinds"].choices = list(offered.items())  # type: ignore[attr-defined]
        for name in NONE_IS_ZERO & self.fields.keys():
            self.fields[name].required = False
        for declared in registry.sender(self.kind_of_channel).config_fields:
            if PREFIX + declared.name in self.fields:
                self._show_stored(declared, self.fields[PREFIX + declared.name])

    def _show_stored(self, declared: ConfigField, field: forms.Field) -> None:
        stored = self.instance.config.get(declared.name, "")
        if not declared.secret:
            field.initial = stored
        elif stored:
            field.required = False
            field.help_text = filled(_("Stored (%(masked)s). Leave empty to keep it."), masked=declared.mask(stored))

    def clean_gather_seconds(self) -> int:
        """Empty: not at all."""
        return self.cleaned_data["gather_seconds"] or 0

    def clean_fold_minutes(self) -> int:
        """Empty: not at all."""
        return self.cleaned_data["fold_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        """Puts the settings together from what was entered and what is stored."""
        cleaned = super().clean() or {}
        config = dict(self.instance.config)
        for declared in registry.sender(self.kind_of_channel).config_fields:
            entered = cleaned.get(PREFIX + declared.name)
            if entered or (entered is not None and not declared.secret):
                config[declared.name] = entered
        self.instance.kind = self.kind_of_channel
        self.instance.config = Config(config)
        return cleaned


def channel_form(kind: str) -> type[ChannelForm]:
    """The form class for one kind of channel."""
    declared = {PREFIX + field.name: _form_field(field) for field in registry.sender(kind).config_fields}
    return type("ChannelForm", (ChannelForm,), {**declared, "kind_of_channel": kind})


def config_names(kind: str) -> tuple[str, ...]:
    """The names of the declared fields in the form."""
    return tuple(PREFIX + field.name for field in registry.sender(kind).config_fields)


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
