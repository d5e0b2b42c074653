from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.serve import CannotServe, Portal


class Command(BaseCommand):
    help = "Serves everything in one process: web, worker and beat, and the simulated AWS beside it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until Ctrl-C or SIGTERM, then exit 0; exit 1 with a sentence when it cannot."""
        try:
            Portal().run()
        except CannotServe as error:
            raise CommandError(str(error)) from error
