"""Topics of SNS whose messages are let in, and how to subscribe."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from notifications.admin import displays
from notifications.models import Topic
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import ModelAdmin, display

ARN = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")


def address() -> str:
    """Where SNS delivers to."""
    return settings.BASE_URL.rstrip("/") + reverse("sns")


def _to_copy(name: str, label: StrOrPromise, line: str, rows: int) -> SafeString:
    return format_html(
        '<span class="db-copy"><textarea class="db-input" id="{}" rows="{}" readonly aria-label="{}" autocomplete="off"'
        ' spellcheck="false">{}</textarea><button type="button" class="db-button" data-copy="{}" data-copied="{}">{}'
        "</button></span>",
        *(name, rows, label, line, name, _("Copied"), _("Copy")),
    )


class TopicForm(forms.ModelForm[Topic]):
    """A topic by its name and ARN."""

    def clean_arn(self) -> str:
        """One of a standard topic: SNS delivers those of FIFO topics to queues only."""
        arn: str = self.cleaned_data["arn"].strip()
        if not ARN.fullmatch(arn):
            raise forms.ValidationError(
                _("This is no ARN of a topic: arn:aws:sns:ap-northeast-2:123456789012:daybreak.")
            )
        return arn


@admin.register(Topic)
class TopicAdmin(ModelAdmin[Topic]):
    """What is let in, and how each does."""

    form = TopicForm
    list_display = ("name", "arn", "condition", "heard", "error")
    search_fields = ("name", "arn")
    readonly_fields = ("subscribe_to", "hint", "condition", "confirmed", "heard", "error")
    empty_text = _("A topic of AWS SNS brings alarms of CloudWatch and pushes of images; only those named here do.")

    def get_fieldsets(self, request: HttpRequest, obj: Topic | None = None) -> Any:
        """How to subscribe and how it is doing, once it exists."""
        form = (None, {"fields": ("name", "arn", "is_on")})
        if obj is None:
            return (form,)
        return (
            form,
            (_("Subscribe"), {"fields": ("subscribe_to", "hint")}),
            (_("How it is doing"), {"fields": ("condition", "confirmed", "heard", "error")}),
        )

    def save_model(self, request: HttpRequest, obj: Topic, form: forms.ModelForm[Topic], change: bool) -> None:
        """Writes what was edited; another ARN is another topic, of which nothing is known yet."""
        if change and "arn" in form.changed_data:
            obj.confirmed_at, obj.last_at, obj.last_error = None, None, {}
            obj.save()
        elif change:
            obj.save(update_fields=["name", "is_on"])
        else:
            obj.save()

    @display(description=_("address to subscribe"))
    def subscribe_to(self, topic: Topic) -> SafeString:
        """The address, to be copied."""
        return _to_copy("topic-address", _("address to subscribe"), address(), 1)

    @display(description=_("command"))
    def hint(self, topic: Topic) -> SafeString:
        """The line for AWS's command line, to be copied, and what follows it."""
        found, protocol = ARN.fullmatch(topic.arn), address().partition(":")[0]
        command = (
            f"aws sns subscribe --topic-arn {topic.arn} --protocol {protocol} --notification-endpoint {address()}"
            f" --region {found['region'] if found else ''}"
        )
        said = _("Run it once, without raw delivery. The portal confirms the subscription by itself.")
        return format_html("{}<p>{}</p>", _to_copy("topic-command", _("command"), command, 3), said)

    @display(description=_("state"))
    def condition(self, topic: Topic) -> SafeString:
        """Off, confirmed, or still to be subscribed."""
        if not topic.is_on:
            return displays.badge(pgettext_lazy("channel", "Off"), "default")
        if topic.confirmed_at:
            return displays.badge(_("confirmed"), "success")
        return displays.badge(_("not subscribed yet"), "warning")

    @display(description=_("subscription confirmed"))
    def confirmed(self, topic: Topic) -> str:
        """When, by the reader's clock."""
        return stamp(topic.confirmed_at)

    @display(description=_("last message"), ordering="last_at")
    def heard(self, topic: Topic) -> str:
        """When, by the reader's clock."""
        return stamp(topic.last_at)

    @display(description=_("last error"))
    def error(self, topic: Topic) -> str:
        """What went wrong last; empty again after a message that was taken."""
        return here(topic.last_error)
