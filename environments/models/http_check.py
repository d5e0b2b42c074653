from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config, EncryptedConfigField
from portal.history import Changes

from .check import OF_ITS_STATE, Check, CheckQuerySet


class HttpCheck(Check):
    """An address that is asked each half minute while its environment should be up.

    What an answer must be: `expected_status`, and `contains` or `json_path` with `json_value` where they are given.
    """

    class Method(models.TextChoices):
        GET = "GET", "GET"
        HEAD = "HEAD", "HEAD"
        POST = "POST", "POST"

    url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("For example https://chat.example.com/actuator/health."),
    )
    method = models.CharField(
        _("method"), max_length=4, choices=Method.choices, default=Method.GET, help_text=_("As a rule GET.")
    )
    headers = models.TextField(
        _("headers"),
        blank=True,
        help_text=_("One a line, for example “Accept: application/json”. Secret ones stand below."),
    )
    secret_headers = EncryptedConfigField(_("secret headers"), default=Config, editable=False)
    body = models.TextField(_("body"), blank=True, help_text=_("Sent with POST, for example {“ping”: true}."))
    expected_status = models.CharField(
        _("expected status"),
        max_length=60,
        default="200-299",
        help_text=_("For example 200, or 200-299, 401."),
    )
    contains = models.CharField(
        _("text in the answer"), max_length=200, blank=True, help_text=_("For example “OK”. Empty: any text.")
    )
    json_path = models.CharField(
        _("JSON path"),
        max_length=200,
        blank=True,
        help_text=_(
            "For example status, or components.db.status, or items.0.state. For addresses that end with"
            " /actuator/health it is status by itself."
        ),
    )
    json_value = models.CharField(_("JSON value"), max_length=200, blank=True, help_text=_("For example UP."))
    every_s = models.PositiveSmallIntegerField(
        _("each … seconds"),
        default=30,
        validators=[MinValueValidator(10), MaxValueValidator(3600)],
        help_text=_("For example 30."),
    )
    timeout_s = models.PositiveSmallIntegerField(
        _("time-out, in seconds"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("For example 5: an answer that takes longer counts as none."),
    )
    retries = models.PositiveSmallIntegerField(
        _("tries more before “down”"), default=3, validators=[MaxValueValidator(10)], help_text=_("For example 3.")
    )
    retry_every_s = models.PositiveSmallIntegerField(
        _("seconds between tries"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text=_("For example 5."),
    )
    start_grace_min = models.PositiveSmallIntegerField(
        _("coming up takes at most, in minutes"),
        default=10,
        validators=[MaxValueValidator(240)],
        help_text=_("For example 10: so long after a start, no answer is not “down” but “coming up”."),
    )
    gates_start = models.BooleanField(
        _("a start waits for it"),
        default=True,
        help_text=_("The environment counts as ready when this is up, for example when people work with it at once."),
    )
    certificate_days = models.PositiveSmallIntegerField(
        _("warn before the certificate ends, in days"),
        default=14,
        validators=[MaxValueValidator(365)],
        help_text=_("For example 14. 0: no warning."),
    )
    certificate_until = models.DateTimeField(_("certificate valid until"), null=True, editable=False)
    # The end of the certificate that people were warned of, so that each is told once.
    certificate_warned = models.DateTimeField(null=True, editable=False)
    last_ms = models.PositiveIntegerField(_("last response time"), null=True, editable=False)
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True, editable=False)

    objects = CheckQuerySet["HttpCheck"].as_manager()  # type: ignore[misc]  # the stubs take one of them for the class's
    history = Changes(
        left_out=[
            *OF_ITS_STATE,
            *("certificate_until", "certificate_warned", "last_ms", "last_status"),
        ],
        secrets=["secret_headers"],
    )

    class Meta:
        verbose_name = _("web address check")
        verbose_name_plural = _("web address checks")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.kind = self.Kind.HTTP
        super().save(*args, **kwargs)
