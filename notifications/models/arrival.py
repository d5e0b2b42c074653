"""What came in from outside: written first and answered, judged afterwards."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config, EncryptedConfigField, TextsField
from portal.history import Changes


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def waiting(self) -> "ArrivalQuerySet":
        """Not judged yet, oldest first."""
        return self.filter(judged_at__isnull=True).order_by("id")


class Arrival(models.Model):
    """A call, a report or a message that came in by one of the doors, as it came.

    It is authenticated before it is written. Judging, and all that follows from it in the database, is one transaction
    with `judged_at`: a worker that dies amid it leaves it as it was, so that nothing is lost and nothing counts twice.
    The same `key` at the same door is the same arrival, however often it is sent.
    """

    door = models.CharField(_("door"), max_length=16)
    # What the door has found out already, such as whose address was called; each door's own.
    subject = models.BigIntegerField(_("subject"), null=True)
    key = models.CharField(_("key"), max_length=200, blank=True)
    payload = models.JSONField(_("content"), default=dict)
    received_at = models.DateTimeField(_("received"))
    judged_at = models.DateTimeField(_("judged"), null=True)
    outcome = models.CharField(_("outcome"), max_length=24, blank=True)
    note = TextsField(_("remark"))
    # Judgements that broke; after some, it is put aside so that it holds up nobody.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        default_permissions = ("view",)
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["door", "key"], condition=~Q(key=""), name="one_arrival_a_key"),
            models.CheckConstraint(
                condition=Q(judged_at__isnull=True, outcome="") | (Q(judged_at__isnull=False) & ~Q(outcome="")),
                name="arrival_judged_has_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(judged_at__isnull=True), name="arrivals_waiting"),
            models.Index(fields=["door", "subject", "-id"], name="arrivals_of_a_subject"),
            models.Index(fields=["received_at"], name="arrivals_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.door} {self.received_at:%Y-%m-%d %H:%M:%S} UTC"


class Topic(models.Model):
    """A topic of AWS SNS whose messages are let in. A message of any other topic is refused, whoever signed it."""

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("For example “alarms of development”."))
    arn = models.CharField(
        _("ARN of the topic"),
        max_length=300,
        unique=True,
        help_text=_("For example arn:aws:sns:ap-northeast-2:123456789012:daybreak."),
    )
    is_on = models.BooleanField(
        _("switched on"), default=True, help_text=_("While it is off, its messages are refused.")
    )
    confirmed_at = models.DateTimeField(_("subscription confirmed"), null=True, editable=False)
    last_at = models.DateTimeField(_("last message"), null=True, editable=False)
    last_error = TextsField(_("last error"), editable=False)

    history = Changes(left_out=["confirmed_at", "last_at", "last_error"])

    class Meta:
        verbose_name = _("SNS topic")
        verbose_name_plural = _("SNS topics")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Gateway(models.Model):
    """What brings text messages in: a service that calls the portal for each, at a secret address, signed."""

    class Kind(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        JSON = "json", _("JSON with HMAC")

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("For example “SMS Seoul”."))
    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.TWILIO, help_text=_("What its calls look like.")
    )
    is_on = models.BooleanField(_("switched on"), default=True, help_text=_("While it is off, its calls are refused."))
    # Found by the digest of the secret part of its address.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    config = EncryptedConfigField(_("settings"), default=Config, editable=False)
    last_at = models.DateTimeField(_("last message"), null=True, editable=False)
    last_error = TextsField(_("last error"), editable=False)
    # Reports that could not be opened, or came again: counted, and otherwise dropped.
    refused = models.PositiveIntegerField(_("refused"), default=0, editable=False)

    history = Changes(left_out=["digest", "last_at", "last_error", "refused"], secrets=["config"])

    class Meta:
        verbose_name = _("SMS gateway")
        verbose_name_plural = _("SMS gateways")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
