"""What was done to a row without changing a field of it: a connection tested, a calendar read, a loss not accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from .displays import also, at_words, name_of

LONG = 20


@dataclass(frozen=True, slots=True)
class Note:
    when: str
    also: str
    who: str
    text: str


def notes(thing: Model, zone: str, now: datetime) -> list[Note]:
    """The newest `LONG` notes of a row, newest first; one query. What changed fields is told by its history."""
    kind = ContentType.objects.get_for_model(thing)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk)).exclude(change_message="")
    told = entries.exclude(change_message__startswith="[").select_related("user").order_by("-action_time")[:LONG]
    return [
        Note(
            when=at_words(one.action_time, zone, now),
            also=also(one.action_time, zone, now),
            who=name_of(one.user),
            text=one.change_message,
        )
        for one in told
    ]
