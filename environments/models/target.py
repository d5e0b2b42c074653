from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.history import Changes

from .account import REGION, Account
from .environment import Environment

# What says which thing of AWS a target is.
NAMES = frozenset({"kind", "identifier", "account_id", "region"})


class Target(models.Model):
    """One AWS thing of an environment. `options` holds what only its kind knows (declared by the kind's driver)."""

    environment = models.ForeignKey(
        Environment, verbose_name=_("environment"), on_delete=models.CASCADE, related_name="targets"
    )
    kind = models.CharField(_("kind"), max_length=32)
    identifier = models.CharField(
        _("identifier"),
        max_length=200,
        help_text=_("What AWS calls it: for a stack its name, for example ChatAppMasterStack."),
    )
    account = models.ForeignKey(
        Account, verbose_name=_("AWS account"), on_delete=models.PROTECT, related_name="targets"
    )
    region = models.CharField(
        _("region"),
        max_length=32,
        validators=[RegexValidator(REGION, _("Not the name of an AWS region, such as ap-northeast-2."))],
        help_text=_("For example ap-northeast-2."),
    )
    order = models.PositiveSmallIntegerField(
        _("start order"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_(
            "Lower numbers start first and stop last; equal numbers go together. For example 1 for the database, 2 for"
            " what needs it."
        ),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    # What the last look at AWS showed (`targets.base.Seen`); empty: nobody has looked yet.
    seen = models.CharField(_("last seen"), max_length=8, blank=True, editable=False)
    # What its kind remembered when it was stopped, to restore it at the next start: sizes, counts, what was running.
    memory = models.JSONField(_("remembered"), default=dict, blank=True, editable=False)

    history = Changes(left_out=["seen", "memory"])

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["environment", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "region", "kind", "identifier"],
                name="one_environment_a_target",
                violation_error_message=_("Another environment already switches this target."),
            ),
            models.CheckConstraint(condition=Q(order__gte=1, order__lte=99), name="target_order_from_1_to_99"),
        ]

    def __str__(self) -> str:
        return f"{self.identifier} ({self.kind})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What was seen, remembered and accepted to be lost belongs to what it named until now: once it names something
        else, it is gone."""
        written = kwargs.get("update_fields")
        names = NAMES | {"account"}
        if self.pk and (written is None or names.intersection(written)) and self._names_something_else():
            self.memory, self.seen = {}, ""
            self.guard_acceptances.all().delete()
            if written is not None:
                kwargs["update_fields"] = {*written, "memory", "seen"}
        super().save(*args, **kwargs)

    def _names_something_else(self) -> bool:
        stood = Target.objects.filter(pk=self.pk).values(*NAMES).first()
        return stood is not None and any(stood[name] != getattr(self, name) for name in NAMES)

    def clean(self) -> None:
        if self.account_id and self.region and self.region not in self.account.regions:
            raise ValidationError(
                {
                    "region": _("The account “%(account)s” is not used in %(region)s; its regions are: %(regions)s.")
                    % {"account": self.account.name, "region": self.region, "regions": ", ".join(self.account.regions)}
                }
            )


class TargetParameter(models.Model):
    """A parameter handed to the target when it is created, and where its value comes from."""

    class Source(models.TextChoices):
        FIXED = "fixed", _("fixed value")
        ECR = "ecr", _("newest image tag of an ECR repository")
        SSM = "ssm", _("SSM parameter")
        OUTPUT = "output", _("output of another stack")

    target = models.ForeignKey(Target, verbose_name=_("target"), on_delete=models.CASCADE, related_name="parameters")
    name = models.CharField(
        _("name"),
        max_length=255,
        validators=[RegexValidator(r"^[A-Za-z0-9]+$", _("Letters and digits only, as in the template."))],
        help_text=_("As the template calls it, for example APIServerImageTag."),
    )
    source = models.CharField(_("value from"), max_length=16, choices=Source.choices, default=Source.FIXED)
    value = models.CharField(
        _("value"),
        max_length=4096,
        blank=True,
        help_text=_(
            "The value itself; the repository, for example chat-chat-http; the name of the SSM parameter; or stack and"
            " output, for example chat-network.VpcId."
        ),
    )
    pattern = models.CharField(
        _("tags like"),
        max_length=200,
        blank=True,
        help_text=_(
            "Of an ECR repository, only tags like this, for example v* or release-*. Several with commas. Empty: all."
        ),
    )
    excluded = models.CharField(
        _("but not"),
        max_length=200,
        blank=True,
        help_text=_("Tags that are never taken, for example *-debug, nightly."),
    )

    history = Changes()

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        ordering = ["target", "name"]
        constraints = [
            models.UniqueConstraint(fields=["target", "name"], name="one_value_a_parameter"),
            models.CheckConstraint(
                condition=Q(source__in=["fixed", "ecr", "ssm", "output"]), name="parameter_source_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}" if self.source == self.Source.FIXED else f"{self.name} ← {self.value}"

    def clean(self) -> None:
        if self.source == self.Source.ECR and not self.value:
            raise ValidationError({"value": _("Name the ECR repository, for example chat-chat-http.")})


class GuardAcceptance(models.Model):
    """An operator has seen which stateful resources a delete destroys, and accepted that for one exact template."""

    target = models.ForeignKey(
        Target, verbose_name=_("target"), on_delete=models.CASCADE, related_name="guard_acceptances"
    )
    fingerprint = models.CharField(_("fingerprint of the templates"), max_length=64)
    findings = models.JSONField(_("resources that will be lost"), default=list)
    accepted_by = models.ForeignKey(
        "auth.User", verbose_name=_("accepted by"), on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(_("accepted"))

    class Meta:
        verbose_name = _("accepted loss")
        verbose_name_plural = _("accepted losses")
        ordering = ["-accepted_at"]
        constraints = [
            models.UniqueConstraint(fields=["target", "fingerprint"], name="one_acceptance_a_template"),
        ]

    def __str__(self) -> str:
        return f"{self.target}: {self.fingerprint[:12]}"
