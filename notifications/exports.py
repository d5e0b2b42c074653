"""Events as JSON lines: one object a line, oldest first, so that files of several spans can be put together."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from notifications.models import Event

CONTENT_TYPE = "application/x-ndjson"
AT_ONCE = 1000


def as_json_lines(events: QuerySet[Event]) -> Iterator[str]:
    """A line for each event, with a line end; texts in each language, times in UTC.

    Rows are read in parts, by their number, so that neither memory nor a transaction grows with their count, and what
    is written meanwhile comes once or not at all.
    """
    last = 0
    while part := list(events.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield "".join(map(_line, part))
        last = part[-1].pk


def _line(event: Event) -> str:
    return json.dumps(_values(event), ensure_ascii=False, separators=(",", ":")) + "\n"


def _values(event: Event) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "severity": event.severity,
        "labels": event.labels,
        "title": event.title,
        "body": event.body,
        "fields": event.fields,
        "link": event.link,
        "actor": event.actor,
        "thread": event.thread,
        "ends_thread": event.ends_thread,
    }
