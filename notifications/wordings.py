"""Own words for kinds of events: checked when they are written, filled when a message is put together.

A place is a name in braces, as {environment}. What is no place of ours is refused at entry; at sending nothing is: a
place without a value is empty, and what cannot be filled stays as it was written. A message never fails for its words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.models import Event, Wording
from notifications.texts import pick

PLACES: Final[Mapping[str, StrOrPromise]] = {
    "title": _("the title as the portal says it"),
    "body": _("the text as the portal says it"),
    "environment": _("the short name of the environment"),
    "team": _("the name of the team"),
    "actor": _("who or what caused it"),
    "link": _("the address of the page where it happened"),
}
"""The places that each event has, with what they stand for."""
FIELD: Final = "field:"
"""Begins the place of a detail, as {field:Took}: its name in any language, in any case."""

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Preview:
    """A message in own words. `event` is whose words were filled; None where there has been none of this kind yet:
    then the places stay as they are."""

    event: Event | None
    title: str
    body: str


def worded(event: Event, language: str) -> tuple[str, str]:
    """Title and text of the event in `language`: in own words where there are some, else as the portal says it.

    One query. Never fails.
    """
    own = Wording.objects.filter(kind=event.kind, language=language).values_list("title", "body").first()
    title, body = own or ("", "")
    return fill(event, language, title=title, body=body)


def fill(event: Event, language: str, *, title: str, body: str) -> tuple[str, str]:
    """Both texts with their places filled from the event; where a text is empty, or is so once filled, the portal's."""
    values = _values(event, language)
    # A title is one line in every medium.
    said = _SPACES.sub(" ", _filled(title, event, language, values)).strip()
    return said or values["title"], _filled(body, event, language, values).strip() or values["body"]


def check(text: str) -> None:
    """Raises ValidationError where something in braces is no place, naming it and what there is instead."""
    unknown = [place for place in _BRACES.findall(text) if not _is_place(place.strip())]
    if unknown:
        raise ValidationError(
            _("There is no place %(unknown)s. There are %(known)s and, for details, {field:Took}."),
            code="unknown_place",
            params={
                "unknown": ", ".join(f"{{{place}}}" for place in dict.fromkeys(unknown)),
                "known": ", ".join(f"{{{place}}}" for place in PLACES),
            },
        )


def preview(*, kind: str, language: str, title: str, body: str) -> Preview:
    """How the latest event of the kind would be told in these words; nothing needs to be saved for it."""
    event = Event.objects.filter(kind=kind).order_by("-pk").first()
    if event is None:
        return Preview(None, title, body)
    return Preview(event, *fill(event, language, title=title, body=body))


def _is_place(place: str) -> bool:
    return place in PLACES or (place.startswith(FIELD) and bool(place.removeprefix(FIELD).strip()))


def _filled(text: str, event: Event, language: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        place = found[1].strip()
        if not _is_place(place):
            return found[0]
        if place.startswith(FIELD):
            return _detail(event, language, place.removeprefix(FIELD))
        return values[place]

    return _BRACES.sub(value, text)


def _values(event: Event, language: str) -> dict[str, str]:
    return {
        "title": pick(event.title, language),
        "body": pick(event.body, language),
        "environment": str(event.labels.get("environment", "")),
        "team": str(event.labels.get("team", "")),
        "actor": event.actor,
        "link": urljoin(settings.BASE_URL, event.link) if event.link and settings.BASE_URL else "",
    }


def _detail(event: Event, language: str, asked: str) -> str:
    """The value of the detail of this name, in whichever language it is asked for; "" where the event has none."""
    wanted = asked.strip().casefold()
    for field in event.fields:
        if wanted in {str(name).strip().casefold() for name in field["name"].values()}:
            return pick(field["value"], language)
    return ""
