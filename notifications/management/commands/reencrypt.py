"""`manage.py reencrypt`: the last step but one of rotating FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from notifications.models import Channel


class Command(BaseCommand):
    help = "Seals the settings of all channels with the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Exits with an error that names the channels whose settings no present key opens; the others are done."""
        unreadable = []
        done = 0
        # Locked, so that settings which somebody saves meanwhile are not overwritten with the old ones.
        with transaction.atomic():
            for channel in Channel.objects.select_for_update().order_by("name"):
                if channel.config.readable:
                    channel.save(update_fields=["config"])
                    done += 1
                else:
                    unreadable.append(channel.name)
        self.stdout.write(f"{done} sealed with the first key.")
        if unreadable:
            raise CommandError(f"Not readable with the present keys: {', '.join(unreadable)}.")
