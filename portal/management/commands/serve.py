from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.serve import CannotServe, Portal


class Command(BaseCommand):
    help = "Serves everything in one process: web, worker and beat, and the simulated AWS beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--prepare", action="store_true", help="first bring the database up to date and fill in the sample"
        )

    def handle(self, *args: Any, prepare: bool = False, **options: Any) -> None:
        """Serve until Ctrl-C or SIGTERM, then exit 0; exit 1 with a sentence when it cannot."""
        if prepare:
            # In this process: each further start of Django would cost a new user a second.
            call_command("migrate", verbosity=0)
            call_command("seed_demo")
        try:
            Portal().run()
        except CannotServe as error:
            raise CommandError(str(error)) from error
