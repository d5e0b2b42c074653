from typing import Any

from django.core.management.base import BaseCommand

from portal.env import example


class Command(BaseCommand):
    help = "Prints .env.example, from the variables that the portal reads."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(example(), ending="")
