"""How values of this app look in the admin: one word and one colour for a state, in lists and on pages alike."""

from datetime import datetime
from typing import Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from notifications import channel_health
from notifications.models import Channel, Delivery, Event, Severity
from notifications.senders import registry
from notifications.texts import here

# Unfold's label variants: info is blue, success green, warning amber, danger red, default grey.
_SEVERITY: Final[dict[str, str]] = {
    Severity.INFO: "info",
    Severity.SUCCESS: "success",
    Severity.WARNING: "warning",
    Severity.ERROR: "danger",
}
_STATUS: Final[dict[str, str]] = {
    Delivery.Status.PENDING: "default",
    Delivery.Status.SENDING: "info",
    Delivery.Status.RETRY: "warning",
    Delivery.Status.SENT: "success",
    Delivery.Status.FAILED: "danger",
    Delivery.Status.UNKNOWN: "warning",
    Delivery.Status.DROPPED: "default",
}
_LABELS: Final[dict[str, StrOrPromise]] = {"environment": _("environment"), "team": _("team"), "channel": _("channel")}


def badge(word: StrOrPromise, variant: str, *, href: str = "") -> SafeString:
    """A word on a colour; a link when it leads somewhere. (Unfold's own `label=` works in lists only.)"""
    return render_to_string("unfold/helpers/label.html", {"text": word, "variant": variant, "href": href})


def severity(event: Event) -> SafeString:
    """How much the event matters."""
    return badge(event.get_severity_display(), _SEVERITY.get(event.severity, "default"))


def status(delivery: Delivery, *, linked: bool = False) -> SafeString:
    """How far the delivery is; with a link to its page when asked."""
    href = reverse("admin:notifications_delivery_change", args=[delivery.pk]) if linked else ""
    return badge(delivery.get_status_display(), _STATUS.get(delivery.status, "default"), href=href)


def state(channel: Channel, now: datetime) -> SafeString:
    """On, with why nothing is sent just now; off, or switched off by the portal itself."""
    if channel.enabled:
        on = badge(pgettext_lazy("channel", "On"), "success")
        resting = channel_health.standing(channel, now)
        return format_html("{} {}", on, resting) if resting else on
    return (
        badge(_("Switched off by an error"), "danger")
        if channel.disabled_at
        else badge(pgettext_lazy("channel", "Off"), "default")
    )


def facts(event: Event) -> SafeString:
    """The event's details as lines of "name: value"."""
    lines = ((here(field["name"]), here(field["value"])) for field in event.fields)
    return format_html_join("", "<div>{}: {}</div>", lines)


def labels(event: Event) -> str:
    """The event's labels in one line."""
    return " · ".join(f"{_LABELS.get(name, name)}: {value}" for name, value in event.labels.items() if value)


def link(address: str, words: str) -> SafeString | str:
    """A link, or nothing without an address."""
    if not address:
        return ""
    return format_html('<a class="db-link" href="{}">{}</a>', address, words)


def kinds(*, to_people: bool) -> list[dict[str, StrOrPromise]]:
    """The kinds of channels to choose from, with what each needs: those that write to people, or the others."""
    add = reverse("admin:notifications_channel_add")
    return [
        {"label": label, "about": registry.sender(kind).about, "href": f"{add}?kind={kind}"}
        for kind, label in registry.choices()
        if bool(registry.sender(kind).address) is to_people
    ]
