"""`manage.py import_schedules FILE...`: takes schedules over from AWS Instance Scheduler (docs/import.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from environments.models.schedule import zone_names
from environments.models.texts import in_language
from environments.services.instance_scheduler_files import MAX_BYTES, File, Text, UnreadableFileError
from environments.services.schedule_import import ORDER, Report, Row, import_schedules


class Command(BaseCommand):
    """Prints what was taken over, what was not, and why. Files that cannot be read change nothing: exit code 1."""

    help = (
        "Take schedules over from AWS Instance Scheduler: items of its DynamoDB table, or its scheduler-cli's output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="JSON files, read together; - is standard input")
        parser.add_argument("--update", action="store_true", help="overwrite schedules that exist and differ")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--timezone", default="", help="for schedules without one, where the files name no default")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["timezone"] and options["timezone"] not in zone_names():
            raise CommandError(f"--timezone: there is no time zone '{options['timezone']}'")
        try:
            report = import_schedules(
                files=[_read(name) for name in options["files"]],
                update=options["update"],
                dry_run=options["dry_run"],
                default_zone=options["timezone"],
                now=timezone.now(),
            )
        except UnreadableFileError as refused:
            raise CommandError(in_language(refused.text)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_lines(report)))


def _read(name: str) -> File:
    """Raises CommandError for a file that is not there. No more is read than is taken."""
    try:
        if name == "-":
            return File("-", sys.stdin.buffer.read(MAX_BYTES + 1))
        with Path(name).open("rb") as file:
            return File(Path(name).name, file.read(MAX_BYTES + 1))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error


def _lines(report: Report) -> Iterator[str]:
    for row in report.rows:
        yield f"{row.name}: {in_language(row.words)}"
        if row.summary:
            yield f"    {in_language(row.summary)}"
        for mark, texts in _notes(row):
            for text in texts:
                yield f"  {mark} {in_language(text)}"
    if report.left_out:
        yield "Also not taken over:"
        yield from (f"  - {in_language(text)}" for text in report.left_out)
    counts = [f"{len(names)} {outcome}" for outcome in ORDER if (names := report.names(outcome))]
    yield f"{', '.join(counts)}.{' Nothing was changed: this was a dry run.' if report.dry_run else ''}"


def _notes(row: Row) -> Iterator[tuple[str, Sequence[Text]]]:
    yield "!", row.refusals
    yield "≠", row.differences
    yield "-", row.left_out
    yield "*", row.remarks


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "dry_run": report.dry_run,
        "schedules": [
            {
                "name": row.name,
                "outcome": row.outcome.value,
                "summary": row.summary,
                "refusals": row.refusals,
                "differences": row.differences,
                "not_taken_over": row.left_out,
                "remarks": row.remarks,
                "environments": row.environments,
            }
            for row in report.rows
        ],
        "not_taken_over": report.left_out,
    }
