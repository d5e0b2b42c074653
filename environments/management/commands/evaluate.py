"""`manage.py evaluate FILE`: what schedules in a JSON file wish for at given instants, without a database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from environments.rules.evaluation import RefusedDocumentError, evaluate


class Command(BaseCommand):
    """Prints a JSON list of {schedule, at, desired, reason}.

    What it cannot read it refuses: exit code 1, the problems on standard error, nothing on standard output.
    """

    help = "Answer what schedules wish for at given instants; reads and prints JSON, never touches the database."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="JSON file with 'schedules' and 'vectors', or - for standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answers = evaluate(_read(options["file"]))
        except RefusedDocumentError as refused:
            raise CommandError("\n".join(refused.problems)) from refused
        lines = ",\n".join(json.dumps(answer) for answer in answers)
        self.stdout.write(f"[\n{lines}\n]")


def _read(name: str) -> Any:
    """The document. Raises CommandError saying where the file is no JSON, or why it cannot be read."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_without_repetition)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise CommandError(f"{name}: is not a UTF-8 JSON file ({error})") from error
    except ValueError as error:
        raise CommandError(f"{name}: is not valid JSON: {error}") from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of two entries of one name one would be lost in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' is given twice")
    return found
