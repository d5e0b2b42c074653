"""The form of a channel, built from the fields that its sender declares."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications import kinds
from notifications.admin import stored_settings
from notifications.admin.kind_choice import KindCheckboxes
from notifications.models import Channel
from notifications.models.fields import Config
from notifications.senders import registry

NONE_IS_ZERO = frozenset({"gather_seconds", "fold_minutes"})


class ChannelForm(forms.ModelForm[Channel]):
    """A channel of the kind `kind_of_channel`. Secrets are write-only: never shown, and kept when left empty."""

    kind_of_channel: ClassVar[str]

    event_kinds = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        widget=KindCheckboxes,
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
        stored_settings.show_stored(
            self.fields, registry.sender(self.kind_of_channel).config_fields, self.instance.config
        )

    def clean_gather_seconds(self) -> int:
        """Empty: not at all."""
        return self.cleaned_data["gather_seconds"] or 0

    def clean_fold_minutes(self) -> int:
        """Empty: not at all."""
        return self.cleaned_data["fold_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        """Puts the settings together from what was entered and what is stored."""
        cleaned = super().clean() or {}
        self.instance.kind = self.kind_of_channel
        declared = registry.sender(self.kind_of_channel).config_fields
        self.instance.config = Config(stored_settings.put_together(declared, cleaned, self.instance.config))
        return cleaned


def channel_form(kind: str) -> type[ChannelForm]:
    """The form class for one kind of channel."""
    declared = stored_settings.form_fields(registry.sender(kind).config_fields)
    return type("ChannelForm", (ChannelForm,), {**declared, "kind_of_channel": kind})


def config_names(kind: str) -> tuple[str, ...]:
    """The names of the declared fields in the form."""
    return stored_settings.names(registry.sender(kind).config_fields)
