"""The form of a rule: kinds, severities and days to tick, environments and teams chosen from what there is."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications import kinds, labels
from notifications.admin.kind_choice import KindCheckboxes
from notifications.models import Channel, Rule, Severity
from notifications.routing import RuleFacts
from portal.unfolded import Checkboxes, ClockInput, SearchSelectMultiple, Textarea

Choices = Iterable[tuple[Any, StrOrPromise]]

MOST_OFFERED: Final = 500
"""More than so many environments are typed and not chosen: a page with thousands of choices takes seconds to open."""


class OnePerLine(Textarea):
    """Several values, one in each line. The choices of its field are what is checked, and are not in the page."""

    def format_value(self, value: Any) -> str:
        """The values below one another; what was typed, as it was typed."""
        return value if isinstance(value, str) else "\n".join(str(one) for one in value or ())

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        """Also from a form that sends each value by itself."""
        lists = getattr(data, "getlist", None)
        said = lists(name) if lists else data.get(name) or []
        lines = [line.strip() for one in ([said] if isinstance(said, str) else said) for line in one.splitlines()]
        return list(dict.fromkeys(filter(None, lines)))


class RuleForm(forms.ModelForm[Rule]):
    """Nothing ticked or chosen: any. What a rule asks for stays on offer, even when there is no such thing any more."""

    event_kinds = forms.MultipleChoiceField(
        label=_("Events"), required=False, widget=KindCheckboxes, help_text=_("None ticked: all.")
    )
    severities = forms.MultipleChoiceField(
        label=_("Severities"),
        required=False,
        widget=Checkboxes,
        choices=Severity.choices,
        help_text=_("None ticked: all."),
    )
    environments = forms.MultipleChoiceField(
        label=_("Environments"),
        required=False,
        widget=SearchSelectMultiple,
        help_text=_("None chosen: all. For example chat-dev."),
    )
    teams = forms.MultipleChoiceField(
        label=_("Teams"),
        required=False,
        widget=SearchSelectMultiple,
        help_text=_("None chosen: all. For example Chat."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        required=False,
        widget=Checkboxes,
        coerce=int,
        help_text=_("None ticked: each day. What lies past midnight belongs to the day on which the hours begin."),
    )
    channels = forms.ModelMultipleChoiceField(
        label=_("Channels"),
        queryset=Channel.objects.none(),
        required=False,
        widget=Checkboxes,
        help_text=_(
            "A room gets one message. By mail or text message, the people below are reached, if they have such an "
            "address; else they are reached as their own entries say."
        ),
    )

    class Meta:
        model = Rule
        fields = (
            *("name", "is_on", "event_kinds", "severities", "environments", "teams"),
            *("weekdays", "hours_from", "hours_until", "timezone", "channels", "contacts", "groups", "its_people"),
        )

        widgets = {"hours_from": ClockInput, "hours_until": ClockInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule: Rule = self.instance
        self._offer("event_kinds", kinds.catalogue().items(), rule.event_kinds)
        environments = labels.choices("environment")
        if len(environments) > MOST_OFFERED:
            self._have_typed("environments")
        self._offer("environments", environments, rule.environments)
        self._offer("teams", labels.choices("team"), rule.teams)
        self._offer("weekdays", ((day, capfirst(str(name))) for day, name in WEEKDAYS.items()), ())
        if "channels" in self.fields:
            field = cast("forms.ModelMultipleChoiceField[Channel]", self.fields["channels"])
            field.queryset = Channel.objects.defer("config").order_by("name")

    def clean(self) -> dict[str, Any]:
        """Refuses hours with one end, hours of no length, and a rule that tells nobody."""
        cleaned = super().clean() or {}
        begin, end = cleaned.get("hours_from"), cleaned.get("hours_until")
        if not self.errors.keys() & {"hours_from", "hours_until"}:
            if (begin is None) != (end is None):
                missing = "hours_from" if begin is None else "hours_until"
                self.add_error(missing, _("Give both hours, or none."))
            elif begin is not None and begin == end:
                self.add_error(
                    "hours_until", _("It must be another time than the beginning. Always: leave both empty.")
                )
        told = ("channels", "contacts", "groups")
        if not any(cleaned.get(name) for name in (*told, "its_people")) and not self.errors.keys() & {*told}:
            raise ValidationError(
                _("Choose who hears of it: a channel, a person, a group, or the people of the environment.")
            )
        return cleaned

    def facts(self) -> RuleFacts:
        """The rule as it is typed, for a preview. Only after `is_valid`, or where no field but the name is wrong."""
        typed = self.cleaned_data
        begin, end = typed.get("hours_from"), typed.get("hours_until")
        return RuleFacts(
            rule_id=self.instance.pk or 0,
            name=typed.get("name", ""),
            kinds=frozenset(typed["event_kinds"]),
            severities=frozenset(typed["severities"]),
            environments=frozenset(typed["environments"]),
            teams=frozenset(typed["teams"]),
            hours=(begin, end) if begin is not None and end is not None else None,
            weekdays=frozenset(typed["weekdays"]),
            zone=typed["timezone"],
            channels=tuple(channel.pk for channel in typed["channels"] if channel.enabled),
            contacts=tuple(contact.pk for contact in typed["contacts"]),
            groups=tuple(group.pk for group in typed["groups"]),
            its_people=typed["its_people"],
        )

    def _have_typed(self, name: str) -> None:
        if name in self.fields:
            field = cast("forms.MultipleChoiceField", self.fields[name])
            field.widget = OnePerLine(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"})
            field.help_text = _("One short name in each line. Empty: all. For example chat-dev.")
            field.error_messages["invalid_choice"] = _("There is no environment with the short name “%(value)s”.")

    def _offer(self, name: str, choices: Choices, chosen: Iterable[Any]) -> None:
        if name in self.fields:
            offered = dict(choices)
            offered |= {one: one for one in chosen or () if one not in offered}
            cast("forms.MultipleChoiceField", self.fields[name]).choices = list(offered.items())
