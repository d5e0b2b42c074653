"""From deliveries to the one message that a channel sends: in its reader's language and by their clock, in own words
where there are some, with links that need no sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications import links, wordings
from notifications.addresses import wire
from notifications.chat import buttons
from notifications.models import Channel, Contact, Delivery, Escalation, Event, Severity
from notifications.quiet import zone_of
from notifications.senders.base import Lines, Message, MessageAction, MessageEvent, MessageField
from notifications.senders.lengths import clip
from notifications.texts import Text, pick

LINK: Final = 200
"""How long a link may be beside a list of events, in characters: it would take the room of their lines."""

_WORST_FIRST: Final = (Severity.ERROR, Severity.WARNING, Severity.SUCCESS, Severity.INFO)

_GONE = _("This person is not there any more.")
_OFF = _("This person gets no messages.")
_LEFT = _("This person has unsubscribed.")
_NO_ADDRESS = _("This person has no address for this channel.")
_UNREADABLE = _("Their addresses cannot be read with the present keys. Enter them again.")
_NOBODY = _("This channel writes to people, and nobody is named.")


class NobodyThereError(Exception):
    """There is nobody to write to, for a reason that people read. Trying again cannot help."""

    def __init__(self, said: Text) -> None:
        super().__init__(said)
        self.said = said


def compose(delivery: Delivery, together: Sequence[Delivery] = ()) -> Message:
    """The message of a delivery; with others of the same channel and recipient, one that tells of all of them.

    Plain values: languages chosen, links absolute. Without a BASE_URL in the settings it has no links. Its key is the
    first delivery's. Of several it lists each: no more are claimed together than the medium holds. Raises
    `NobodyThereError` where its reader is gone, off, has left or has no such address. Where the channel's bot is
    connected (`chat.buttons`), what its readers can do are real buttons, and a place has “I look after it” as well.
    """
    channel, contact = delivery.channel, delivery.contact
    to = _address(delivery, channel, contact)
    language = contact.language if contact else channel.language
    zone = zone_of(contact.timezone if contact else settings.TIME_ZONE)
    deliveries = sorted((delivery, *together), key=lambda one: (one.event.at, one.pk))
    events = [one.event for one in deliveries]
    said = tuple(_event(event, language, zone) for event in events)
    with translation.override(language):
        title, body = _said(deliveries, said, zone, channel.sender.lines)
    worst = min(events, key=lambda event: _WORST_FIRST.index(Severity(event.severity)))
    alone = events[0] if len(events) == 1 else None
    presses = buttons.pressable(channel, contact)
    asked = _asked(deliveries, contact, presses=presses)
    return Message(
        kind=worst.kind,
        severity=worst.severity,
        title=title,
        body=body,
        fields=said[0].fields if alone else (),
        link=_link(events),
        actor=_common([event.actor for event in events]),
        at=events[-1].at.astimezone(zone),
        language=language,
        key=str(delivery.pk),
        to=to,
        to_name=contact.name if contact else "",
        actions=tuple(
            action for one in deliveries for action in _actions(one, language, named=alone is None, presses=presses)
        ),
        acknowledge=links.acknowledge_url(asked.pk) if asked and contact else "",
        acknowledge_press=buttons.acknowledge_press(asked.pk) if asked and presses else "",
        unsubscribe=links.leave_url(contact.pk) if contact else "",
        until=_until(events, zone),
        events=said,
    )


def absolute(path: str) -> str:
    """The address of a page of the portal, or "" when there is no page or no BASE_URL."""
    base = getattr(settings, "BASE_URL", "") or ""
    return urljoin(base, path) if base and path else ""


def _link(events: Sequence[Event]) -> str:
    """The page that all of them lead to; else, where all are of one environment, its page if any of them leads there;
    else ""."""
    environment = _common([_label(event, "environment") for event in events])
    its_page = next((event.link for event in events if environment and _last_part(event.link) == environment), "")
    link = absolute(_common([event.link for event in events]) or its_page)
    return link if len(events) == 1 or len(link) <= LINK else ""


def _last_part(link: str) -> str:
    """By what a page of the portal names its subject: “chat-dev” of /env/chat-dev/."""
    return link.partition("?")[0].rstrip("/").rpartition("/")[2]


def _label(event: Event, name: str) -> str:
    return str(event.labels.get(name, ""))


def _event(event: Event, language: str, zone: ZoneInfo) -> MessageEvent:
    title, body = wordings.worded(event, language)
    return MessageEvent(
        kind=event.kind,
        severity=event.severity,
        title=title,
        body=body,
        fields=tuple(
            MessageField(name=pick(field["name"], language), value=pick(field["value"], language))
            for field in event.fields
        ),
        link=absolute(event.link),
        at=event.at.astimezone(zone),
        actor=event.actor,
        environment=_label(event, "environment"),
        team=_label(event, "team"),
    )


def _address(delivery: Delivery, channel: Channel, contact: Contact | None) -> str:
    """The one address that the channel writes to; "" for a place."""
    kind = channel.sender.address
    if contact is None:
        if delivery.recipient:
            raise NobodyThereError(_GONE)
        if kind:
            raise NobodyThereError(_NOBODY)
        return ""
    if not contact.is_on or (contact.user is not None and not contact.user.is_active):
        raise NobodyThereError(_OFF)
    if contact.left_at is not None:
        raise NobodyThereError(_LEFT)
    if not kind:
        return ""
    if not contact.addresses.readable:
        raise NobodyThereError(_UNREADABLE)
    address = contact.addresses.get(kind, "")
    if not address:
        raise NobodyThereError(_NO_ADDRESS)
    return wire(kind, address)


def _said(
    deliveries: Sequence[Delivery], events: Sequence[MessageEvent], zone: ZoneInfo, room: Lines
) -> tuple[str, str]:
    """Title and text, in the language that is active."""
    if len(deliveries) == 1:
        return events[0].title, "\n".join(part for part in (events[0].body, _again(deliveries[0].repeats)) if part)
    count = len(deliveries)
    title = ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
    if environment := _common([event.environment for event in events]):
        title = f"{environment}: {title}"
    return title, "\n".join(_lines(deliveries, events, zone, room))


def _lines(deliveries: Sequence[Delivery], events: Sequence[MessageEvent], zone: ZoneInfo, room: Lines) -> list[str]:
    """A line for each, errors first, then oldest first; with the day where there are several."""
    form = "%H:%M" if len({event.at.date() for event in events}) == 1 else "%Y-%m-%d %H:%M"
    lines = [gettext("By the clock of %(zone)s:") % {"zone": zone.key}]
    counted = zip(events, (one.repeats for one in deliveries), strict=True)
    errors_first = sorted(counted, key=lambda one: one[0].severity != Severity.ERROR)
    lines += [_line(event, f"{event.at:{form}}", repeats, room.length) for event, repeats in errors_first]
    if left := _left(deliveries) if len(deliveries) >= room.most else 0:
        said = ngettext("%(count)d more is in the next message.", "%(count)d more are in the next message.", left)
        lines.append(said % {"count": left})
    return lines


def _line(event: MessageEvent, time: str, repeats: int, longest: int) -> str:
    """“18:02 chat-dev failed to start: Access denied.”, at most so long: words give way to how often it was counted."""
    title, body = " ".join(event.title.split()), event.body.strip().partition("\n")[0].strip()
    words = ": ".join(part for part in (title, body) if part)
    again = _again(repeats, brackets=True)
    room = longest - len(" ".join(part for part in (time, again) if part)) - 1
    return " ".join(part for part in (time, clip(words, room), again) if part)


def _left(deliveries: Sequence[Delivery]) -> int:
    """How many of the same bundle are due as these are and stay behind, as there was no room."""
    first, due = deliveries[0], max(one.not_before for one in deliveries)
    same = Delivery.objects.waiting().filter(channel=first.channel_id, recipient=first.recipient, bundle=first.bundle)
    return same.filter(not_before__lte=due, deadline_at__gt=due).exclude(pk__in=[one.pk for one in deliveries]).count()


def _again(repeats: int, *, brackets: bool = False) -> str:
    if not repeats:
        return ""
    said = ngettext("The same again, %(count)d time.", "The same again, %(count)d times.", repeats) % {"count": repeats}
    return f"({said})" if brackets else said


def _actions(delivery: Delivery, language: str, *, named: bool, presses: bool) -> list[MessageAction]:
    """What its reader can do; `named`: the message tells of several, so each says what it is about. What asks for a
    time stays a link: its page has the field for it."""
    found: list[MessageAction] = []
    for choice in (delivery.event.offer or {}).get("choices", ()):
        url = links.offer_url(delivery.pk, choice["key"])
        label = pick(choice["label"], language)
        if named:
            label = f"{pick(delivery.event.title, language)}: {label}"
        press = buttons.offer_press(delivery.pk, choice["key"]) if presses and not choice.get("asks") else ""
        if url or press:
            found.append(MessageAction(label, url, pick(choice.get("note", {}), language), press))
    return found


def _asked(deliveries: Sequence[Delivery], contact: Contact | None, *, presses: bool) -> Delivery | None:
    """By which its reader says that they look after it: the newest of these events that a group of theirs is asked
    about; in a place where a press tells who it was, that any group is asked about. One query; none for a place
    without buttons."""
    if contact is None and not presses:
        return None
    asked = Escalation.objects.open().filter(event__in={one.event_id for one in deliveries})
    if contact is not None:
        asked = asked.filter(group__places__contact=contact.pk)
    events = set(asked.values_list("event_id", flat=True))
    found = [one for one in deliveries if one.event_id in events]
    return found[-1] if found else None


def _until(events: Sequence[Event], zone: ZoneInfo) -> datetime | None:
    """When none of it is news any more."""
    untils = [event.until for event in events if event.until is not None]
    return max(untils).astimezone(zone) if len(untils) == len(events) else None


def _common(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""
