"""The chat bot: apps of chat platforms, who people are there, and what was asked."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models.fields import Config, EncryptedConfigField, SearchableJSONEncoder, TextsField
from portal.history import Changes


class ChatApp(models.Model):
    """A connection to a chat platform, by which people talk to the bot: its secrets, and a secret address."""

    class Kind(models.TextChoices):
        JANDI = "jandi", "JANDI"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("For example “Slack of the company”."))
    kind = models.CharField(_("platform"), max_length=8, choices=Kind.choices, help_text=_("Where people talk to it."))
    is_on = models.BooleanField(_("switched on"), default=True, help_text=_("While it is off, its calls are refused."))
    # Found by the digest of the secret part of its address.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    config = EncryptedConfigField(_("settings"), default=Config, editable=False)
    last_at = models.DateTimeField(_("last message"), null=True, editable=False)
    last_error = TextsField(_("last error"), editable=False)
    refused = models.PositiveIntegerField(_("refused"), default=0, editable=False)

    history = Changes(left_out=["digest", "last_at", "last_error", "refused"], secrets=["config"])

    class Meta:
        verbose_name = _("chat app")
        verbose_name_plural = _("chat apps")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ChatPerson(models.Model):
    """Somebody as a chat platform knows them, and their account here: that one's rights decide."""

    class How(models.TextChoices):
        EMAIL = "email", _("by e-mail address")
        CODE = "code", _("by a code")

    app = models.ForeignKey(ChatApp, verbose_name=_("chat app"), on_delete=models.CASCADE, related_name="people")
    # “T0001/U2147483697”, a Discord user id, or the address that JANDI names: never a name that people choose.
    external_id = models.CharField(_("known there as"), max_length=254)
    name = models.CharField(_("name there"), max_length=200, blank=True)
    user = models.ForeignKey[User, User](
        settings.AUTH_USER_MODEL, verbose_name=_("account"), on_delete=models.CASCADE, related_name="chat_people"
    )
    how = models.CharField(_("linked"), max_length=8, choices=How.choices)
    linked_at = models.DateTimeField(_("since"))

    history = Changes()

    class Meta:
        verbose_name = _("person in a chat")
        verbose_name_plural = _("people in chats")
        ordering = ["app", "name", "pk"]
        constraints = [models.UniqueConstraint(fields=["app", "external_id"], name="one_account_a_person_in_a_chat")]

    def __str__(self) -> str:
        return f"{self.name or self.external_id} ({self.app})"


class ChatCode(models.Model):
    """A one-time code, made on the preferences page and typed in a chat: proves that both are one person."""

    user = models.ForeignKey[User, User](settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_codes")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("code for a chat")
        verbose_name_plural = _("codes for chats")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} {self.expires_at:%Y-%m-%d %H:%M}"


class ChatRequestQuerySet(models.QuerySet["ChatRequest"]):
    def due(self, now: datetime) -> ChatRequestQuerySet:
        """Whose answer, or whose follow-up, somebody still waits for."""
        return self.filter(next_at__lte=now)


class ChatRequest(models.Model):
    """What somebody asked the bot, once: a request that comes again is the same row.

        received ──▶ answered ──▶ followed up
           │            └──▶ waits for confirmation ──▶ answered | expired
           └──▶ refused (not theirs to ask; not understood)

    `next_at` is set while something is still owed: an answer that took too long, or the end of what was begun
    (`follows`). The sweep takes it up; from `deadline_at` on nothing is owed any more.
    """

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("request in a chat", "received")
        ANSWERED = "answered", _("answered")
        CONFIRMING = "confirming", _("waits for confirmation")
        REFUSED = "refused", _("refused")
        EXPIRED = "expired", _("expired")

    app = models.ForeignKey(ChatApp, verbose_name=_("chat app"), on_delete=models.CASCADE, related_name="requests")
    # The platform's own name for the request, or a digest of it.
    key = models.CharField(max_length=128)
    external_id = models.CharField(_("who, there"), max_length=254, blank=True)
    name = models.CharField(_("name there"), max_length=200, blank=True)
    user = models.ForeignKey[User | None, User | None](
        settings.AUTH_USER_MODEL, verbose_name=_("account"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.CharField(_("asked"), max_length=1000)
    language = models.CharField(max_length=10)
    received_at = models.DateTimeField(_("at"), db_index=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVED)
    answer = models.JSONField(_("answer"), default=dict, blank=True, encoder=SearchableJSONEncoder)
    # Where to write later, sealed: Slack's response_url and Discord's token are secrets.
    reply_to = EncryptedConfigField(default=Config, editable=False)
    # Of what waits for confirmation: the code to repeat, and until when.
    code = models.CharField(max_length=8, blank=True)
    # What was begun and is to be told of when it ends, as whoever does the verbs understands it (“operation 12”).
    follows = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, db_index=True, editable=False)
    deadline_at = models.DateTimeField(null=True, editable=False)

    objects = ChatRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request in a chat")
        verbose_name_plural = _("requests in chats")
        default_permissions = ("view",)
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["app", "key"], name="one_request_a_key_of_a_chat"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"
