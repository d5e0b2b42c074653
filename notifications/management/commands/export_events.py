"""`manage.py export_events`: the log of events as JSON lines."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications import exports
from notifications.models import Event, Severity


class Command(BaseCommand):
    help = "Writes events as JSON lines, oldest first, to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the list in the portal filters by."""
        parser.add_argument("--since", type=_day, help="First day (UTC), as 2026-11-01.")
        parser.add_argument("--until", type=_day, help="Last day (UTC), as 2026-11-30.")
        parser.add_argument("--kind", help="Kind of event, as environment.failed.")
        parser.add_argument("--severity", choices=Severity.values, help="info, success, warning or error.")
        parser.add_argument("--environment", help="Short name of an environment, as chat-dev.")
        parser.add_argument("--team", help="Name of a team.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError where the last day is before the first."""
        since, until = options["since"], options["until"]
        if since and until and until < since:
            raise CommandError("--until is before --since.")
        asked = {
            "at__gte": since and _midnight(since),
            "at__lt": until and _midnight(until + timedelta(days=1)),
            "kind": options["kind"],
            "severity": options["severity"],
            "labels__environment": options["environment"],
            "labels__team": options["team"],
        }
        events = Event.objects.filter(**{name: value for name, value in asked.items() if value})
        for part in exports.as_json_lines(events):
            self.stdout.write(part, ending="")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise ArgumentTypeError("expected a day such as 2026-11-01") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
