"""How values of this app look in the admin: one word and one colour for a state, everywhere."""

from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from notifications.models import Delivery, Event, Severity
from notifications.texts import here

# Unfold's label variants: info blue, success green, warning amber, danger red, anything else grey.
SEVERITY: Final[dict[str, str]] = {
    Severity.INFO: "info",
    Severity.SUCCESS: "success",
    Severity.WARNING: "warning",
    Severity.ERROR: "danger",
}
DELIVERY: Final[dict[str, str]] = {
    Delivery.Status.PENDING: "default",
    Delivery.Status.SENDING: "info",
    Delivery.Status.RETRY: "warning",
    Delivery.Status.SENT: "success",
    Delivery.Status.FAILED: "danger",
    Delivery.Status.UNKNOWN: "warning",
}


def facts(event: Event) -> SafeString:
    """The event's details as lines of "name: value"."""
    return format_html_join(
        "", "<div>{}: {}</div>", ((here(field["name"]), here(field["value"])) for field in event.fields)
    )


def labels(event: Event) -> str:
    """The event's labels in one line."""
    return " · ".join(f"{name}: {value}" for name, value in event.labels.items() if value)


def page_link(event: Event) -> SafeString | str:
    """A link to the page of the portal that the event is about."""
    if not event.link:
        return ""
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{0}">{0}</a>', event.link)
