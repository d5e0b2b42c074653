"""From an event to the message that one channel sends: its language chosen, its link made absolute."""

from urllib.parse import urljoin

from django.conf import settings

from notifications.models import Channel, Event
from notifications.senders.base import Message, MessageField
from notifications.texts import pick


def compose(event: Event, channel: Channel, *, key: str) -> Message:
    """The event in the language of the channel, as plain values. Without a BASE_URL in the settings it has no link."""
    language = channel.language
    return Message(
        kind=event.kind,
        severity=event.severity,
        title=pick(event.title, language),
        body=pick(event.body, language),
        fields=tuple(
            MessageField(name=pick(field["name"], language), value=pick(field["value"], language))
            for field in event.fields
        ),
        link=absolute(event.link),
        actor=event.actor,
        at=event.at,
        language=language,
        key=key,
    )


def absolute(path: str) -> str:
    """The address of a page of the portal, or "" when there is no page or no BASE_URL."""
    base = getattr(settings, "BASE_URL", "") or ""
    return urljoin(base, path) if base and path else ""
