"""The assistant's forms: where to look, and the proposal with a few fields for each of its targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.aws import parameters
from environments.models import Account, Environment, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.models.texts import in_language
from environments.services import discovery, discovery_saving
from environments.services.discovery_saving import Entered, Part, Proposal
from environments.targets.base import ParameterRef

INPUT = {"class": "db-input"}


class LookForm(forms.Form):
    """An account and its regions (none: all of them); `q` narrows what is listed, `tag` is Instance Scheduler's."""

    account = forms.ModelChoiceField(
        label=gettext_lazy("AWS account"), queryset=Account.objects.all(), widget=forms.Select(attrs=INPUT)
    )
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Regions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tag = forms.CharField(
        label=gettext_lazy("Tag of AWS Instance Scheduler"),
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs=INPUT | {"placeholder": discovery.SCHEDULE_TAG}),
    )
    q = forms.CharField(label=gettext_lazy("Filter"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tag"].initial = discovery.SCHEDULE_TAG
        known = sorted({region for account in Account.objects.all() for region in account.regions})
        regions: Any = self.fields["regions"]
        regions.choices = [(region, region) for region in known]

    def clean_tag(self) -> str:
        return self.cleaned_data["tag"].strip() or discovery.SCHEDULE_TAG

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        account, regions = cleaned.get("account"), cleaned.get("regions")
        if account and regions and not set(regions) & set(account.regions):
            said = _("The account “%(account)s” is not used there; its regions are: %(regions)s.")
            self.add_error("regions", said % {"account": account.name, "regions": ", ".join(account.regions)})
        return cleaned


class ProposalForm(forms.ModelForm[Environment]):
    """An environment's own fields, and `order-N`, `url-N`, `ssm-N-Name` of its parts."""

    class Meta:
        model = Environment
        fields = ("name", "slug", "team", "schedule")
        widgets = {
            "name": forms.TextInput(attrs=INPUT),
            "slug": forms.TextInput(attrs=INPUT),
            "team": forms.Select(attrs=INPUT),
            "schedule": forms.Select(attrs=INPUT),
        }

    def __init__(
        self,
        *args: Any,
        user: User,
        account: Account,
        parts: Sequence[Part],
        proposal: Proposal | None = None,
        **kw: Any,
    ) -> None:
        if proposal:
            kw["initial"] = {
                "name": proposal.name,
                "slug": proposal.slug,
                "team": proposal.team,
                "schedule": proposal.schedule,
            }
        super().__init__(*args, **kw)
        self.account, self.parts = account, list(parts)
        teams: Any = self.fields["team"]
        teams.queryset = Team.objects.all() if user.has_perm(SEE_EVERY_TEAM) else user.teams.all()
        schedules: Any = self.fields["schedule"]
        schedules.empty_label = _("none: people start and stop it")
        for number, part in enumerate(self.parts):
            self._add(number, part)

    def entered(self) -> list[tuple[Part, Entered]]:
        """What was entered for each part; of a form that is valid."""
        return [(part, self._entered(number, part)) for number, part in enumerate(self.parts)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number, part in enumerate(self.parts):
            if f"order-{number}" not in cleaned:
                continue  # refused already
            for option, said in discovery_saving.problems(self.account, part, self._entered(number, part)).items():
                field = f"url-{number}" if option == "template_url" and f"url-{number}" in self.fields else None
                self.add_error(field, ValidationError(f"{part.name}: {in_language(said)}"))
        return cleaned

    def _add(self, number: int, part: Part) -> None:
        self.fields[f"order-{number}"] = forms.IntegerField(
            label=_("Start order"),
            help_text=_("Lower numbers start first, for example 1 for the database."),
            min_value=1,
            max_value=99,
            initial=part.order,
            widget=forms.NumberInput(attrs=INPUT),
        )
        if part.recipe is None:
            return
        if part.recipe.too_large:
            self.fields[f"url-{number}"] = forms.CharField(
                label=_("Template address"),
                help_text=_("Where it lies in S3, for example https://bucket.s3.amazonaws.com/master.yaml."),
                max_length=1024,
                widget=forms.TextInput(attrs=INPUT),
            )
        for name in part.recipe.hidden:
            self.fields[f"ssm-{number}-{name}"] = forms.CharField(
                label=_("SSM parameter for %(name)s") % {"name": name},
                required=name in part.recipe.needed,
                help_text=_("Its name in the Parameter Store, for example /chat/database-password.")
                if name in part.recipe.needed
                else _("For example /chat/database-password. Empty: the default of the template."),
                error_messages={"required": _needed(name)},
                max_length=1024,
                widget=forms.TextInput(attrs=INPUT),
                validators=[_ssm_name(name)],
            )

    def _entered(self, number: int, part: Part) -> Entered:
        hidden = part.recipe.hidden if part.recipe else ()
        return Entered(
            self.cleaned_data[f"order-{number}"],
            self.cleaned_data.get(f"url-{number}", ""),
            {name: self.cleaned_data.get(f"ssm-{number}-{name}", "") for name in hidden},
        )


def _needed(parameter: str) -> str:
    said = _("AWS hides the value of %(name)s and the template has no default: no start after a stop could set it.")
    return said % {"name": parameter}


def _ssm_name(parameter: str) -> Any:
    def check(value: str) -> None:
        for said in parameters.problems(ParameterRef(parameter, "ssm", value)).values():
            raise ValidationError(in_language(said))

    return check
