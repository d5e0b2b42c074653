"""`manage.py reencrypt`: the last step but one of rotating FIELD_ENCRYPTION_KEYS."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model

from notifications.models.fields import EncryptedConfigField


class Command(BaseCommand):
    help = "Seals what is kept encrypted in the database with the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Exits with an error that names the rows whose settings no present key opens; the others are done."""
        unreadable: list[str] = []
        done = 0
        for model, names in sealed_models():
            # Locked, so that settings which somebody saves meanwhile are not overwritten with the old ones.
            with transaction.atomic():
                for row in model._default_manager.select_for_update(of=("self",)).order_by("pk"):  # noqa: SLF001
                    if all(getattr(row, name).readable for name in names):
                        # Sealed again by being written; nobody's change, so without a history.
                        values = {name: getattr(row, name) for name in names}
                        model._default_manager.filter(pk=row.pk).update(**values)  # noqa: SLF001
                        done += 1
                    else:
                        unreadable.append(str(row))
        self.stdout.write(f"{done} sealed with the first key.")
        if unreadable:
            raise CommandError(f"Not readable with the present keys: {', '.join(unreadable)}.")


def sealed_models() -> Iterator[tuple[type[Model], list[str]]]:
    """Every model that has encrypted settings, with the names of these."""
    for model in apps.get_models():
        fields = model._meta.local_fields  # noqa: SLF001
        if names := [field.name for field in fields if isinstance(field, EncryptedConfigField)]:
            yield model, names
