"""The form of a target: its options are the fields that its kind declares."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.aws import parameters
from environments.models import Account, Target, TargetParameter
from environments.models.texts import in_language
from environments.services import target_edits, target_overlaps
from environments.services.target_overlaps import Answer, Naming
from environments.targets import registry
from environments.targets.base import AccountRef, Driver, OptionField, ParameterRef, TargetRef
from portal.unfolded import IntegerInput, Select, Switch, Textarea, TextInput

from .fields import Lines, Pairs

PREFIX = "option_"


def _field(option: OptionField) -> forms.Field:
    common: dict[str, Any] = {
        "label": in_language(option.label),
        "help_text": in_language(option.help),
        "required": option.required,
    }
    match option.type:
        case "bool":
            return forms.BooleanField(widget=Switch, **(common | {"required": False}))
        case "int":
            return forms.IntegerField(widget=IntegerInput, **common)
        case "lines":
            return Lines(**common)
        case "pairs":
            return Pairs(**common)
        case "code":
            area = Textarea(attrs={"rows": 14, "class": "db-code", "spellcheck": "false"})
            return forms.CharField(widget=area, strip=False, **common)
        case _:
            return forms.CharField(widget=TextInput, **common)


class TargetForm(forms.ModelForm[Target]):
    """Fields of every target; `for_kind` adds those of one kind."""

    option_names: tuple[str, ...] = ()
    identifier_label = ""
    takes_tags = False
    editor: User | AnonymousUser = AnonymousUser()
    in_aws = Answer()
    """What AWS said of other targets' things, asked before the form's transaction began."""

    class Meta:
        model = Target
        fields = ("environment", "kind", "identifier", "account", "region", "order")
        help_texts = {
            "environment": gettext_lazy(
                "What it is a part of: it is switched together with the others of that environment."
            ),
            "account": gettext_lazy("The AWS account in which it lives."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.option_names:
            if name in self.instance.options:
                self.initial[PREFIX + name] = self.instance.options[name]
        if "identifier" in self.fields and self.identifier_label:
            self.fields["identifier"].label = self.identifier_label
        if "identifier" in self.fields and self.takes_tags:
            self.fields["identifier"].help_text = _(
                "What AWS calls it, several with commas; or all that carry a tag, for example tag:environment=dev."
            )
        if "region" in self.fields:
            self._offer_regions()

    def _offer_regions(self) -> None:
        """The regions in which accounts are used; where there is no choice, it is made already."""
        accounts = list(Account.objects.all())
        if len(accounts) == 1:
            self.initial.setdefault("account", accounts[0].pk)
            if len(accounts[0].regions) == 1:
                self.initial["region"] = self.initial.get("region") or accounts[0].regions[0]
        kept = [self.instance.region] if self.instance.region else []
        regions = sorted({*kept, *(region for account in accounts for region in account.regions)})
        self.fields["region"].widget = Select(choices=[("", _("Select value")), *((name, name) for name in regions)])

    def _refuse_to_lose_sight(self) -> None:
        """What runs would be stopped by nobody, were its target to name something else from now on."""
        before = Target.objects.filter(pk=self.instance.pk).first()
        moved = set(self.changed_data) & {*target_edits.NAMING, "environment"}
        if before and moved and (why_not := target_edits.why_not_move(before, moved)):
            self.add_error(min(moved), why_not)

    def _refuse_overlaps(self, naming: Naming) -> None:
        """Of two that are saved at once, the second sees the first."""
        Account.objects.select_for_update().get(pk=naming.account.pk)
        overlap = target_overlaps.written(naming) or self.in_aws.overlap
        if overlap:
            self.add_error("identifier", in_language(target_overlaps.in_words(overlap, self.editor)))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        options = {name: cleaned.get(PREFIX + name) for name in self.option_names}
        self.instance.options = {name: value for name, value in options.items() if value not in (None, "", [], {})}
        self._refuse_to_lose_sight()
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
        moved = not self.instance.pk or set(self.changed_data) & {*target_edits.NAMING, PREFIX + "cluster"}
        if moved and not self.errors:
            self._refuse_overlaps(
                Naming(account, ref.region, ref.kind, ref.identifier, ref.options, self.instance.pk or 0)
            )
        return cleaned


class ParameterForm(forms.ModelForm[TargetParameter]):
    """A parameter of a target: what its source cannot be is refused here, before AWS is ever asked."""

    class Meta:
        model = TargetParameter
        fields = ("name", "source", "value", "pattern", "excluded")
        help_texts = {
            "source": gettext_lazy("Where the value comes from at each start, for example the newest image in ECR.")
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        written = {name: (cleaned.get(name) or "").strip() for name in ("value", "pattern", "excluded")}
        source = cleaned.get("source", "")
        if self.errors or (source == TargetParameter.Source.ECR and not written["value"]):
            return cleaned  # an empty repository is the model's to refuse
        if source != TargetParameter.Source.FIXED:
            cleaned |= written
        for name, texts in parameters.problems(ParameterRef(cleaned["name"], source, **written)).items():
            self.add_error(name, in_language(texts))
        return cleaned


def _takes_tags(driver: Driver) -> bool:
    """Whether targets of this kind may be selected by a tag filter: the kind finds nothing wrong with one."""
    example = TargetRef(driver.kind, "tag:env=dev", AccountRef("", ""), "")
    return "identifier" not in driver.problems(example)


def for_kind(kind: str, *, settled: bool) -> type[TargetForm]:
    """The form class of a kind; labels and helps are in the language of the moment, so it is made for each request.

    `settled`: the target exists and stays of its kind. Until then, choosing another kind fetches its form.
    """
    driver = registry.driver(kind)
    kinds = [(name, in_language(registry.driver(name).label)) for name in registry.KINDS]
    fields: dict[str, Any] = {PREFIX + option.name: _field(option) for option in driver.option_fields}
    chooser = Select(attrs={} if settled else {"data-reloads": "kind"})
    fields["kind"] = forms.ChoiceField(
        label=_("Kind"),
        choices=kinds,
        initial=kind,
        widget=chooser,
        disabled=settled,
        help_text=_("What AWS calls such a thing. The fields below follow from it; once saved it stays."),
    )
    fields["identifier_label"] = in_language(driver.identifier_label)
    fields["takes_tags"] = _takes_tags(driver)
    fields["option_names"] = tuple(option.name for option in driver.option_fields)
    return type("TargetForm", (TargetForm,), fields)


def asked_of_aws(request: HttpRequest, visible: QuerySet[Target], object_id: str | None) -> Answer:
    """What AWS says of other targets' things in what was posted; nothing where the form refuses it anyway."""
    posted = request.POST
    stood = visible.filter(pk=object_id).first() if object_id and object_id.isdecimal() else None
    kind = stood.kind if stood else posted.get("kind", "")
    allowed = request.user.has_perm("environments.change_target" if object_id else "environments.add_target")
    number = posted.get("account", "")
    account = Account.objects.filter(pk=number).first() if number.isdecimal() else None
    region, identifier = posted.get("region", ""), posted.get("identifier", "").strip()
    if not allowed or account is None or region not in account.regions or kind not in registry.KINDS:
        return Answer()
    options = {"cluster": posted.get(PREFIX + "cluster", "")}
    naming = Naming(account, region, kind, identifier, options, stood.pk if stood else 0)
    before = stood and (stood.account_id, stood.region, stood.identifier, str(stood.options.get("cluster") or ""))
    if before == (account.pk, region, identifier, options["cluster"]) or target_overlaps.written(naming):
        return Answer()
    return target_overlaps.in_aws(naming)
