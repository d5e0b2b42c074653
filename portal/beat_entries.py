"""The fixed beat entries: declared by the apps, kept as rows that the admin shows.

An app declares its entries as `beat_entries` on its AppConfig, a list of dicts with the fields of `BeatEntry`: so it
need not import the portal. `install` makes the rows agree with the declarations;
it runs after each `migrate` and whenever a beat starts. People may switch an entry off, and it stays off; everything
else of it belongs to the code. Environments are never rows here: their next change is a column that one entry reads.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db import connections

if TYPE_CHECKING:  # its models can only be imported once the apps are ready, and AppConfigs import this module
    pass

# How we know our rows from those that people add.
OURS: Final = json.dumps({"installed_by": "daybreak"})
CRONTAB_FIELDS: Final = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


@dataclass(frozen=True, slots=True)
class BeatEntry:
    """One task that beat sends, named by its cadence ("every-minute: tick").

    The cadence is `every_seconds`, or `crontab` with its five fields in UTC. A message that no worker took within
    `expires` seconds is dropped: the next one does the same work. Raises ValueError without exactly one cadence.
    """

    name: str
    task: str
    expires: int
    every_seconds: int | None = None
    crontab: str | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if (self.every_seconds is None) == (self.crontab is None):
            raise ValueError(f"The beat entry {self.name!r} needs either every_seconds or crontab.")


def declared() -> list[BeatEntry]:
    """The entries of all installed apps. Raises ValueError when two share a name, TypeError for an unknown field."""
    entries: dict[str, BeatEntry] = {}
    for config in apps.get_app_configs():
        for fields in getattr(config, "beat_entries", ()):
            entry = BeatEntry(**fields)
            if entry.name in entries:
                raise ValueError(f"Two beat entries are named {entry.name!r}; the second is declared by {config.name}.")
            entries[entry.name] = entry
    return list(entries.values())


def install(entries: list[BeatEntry] | None = None) -> int:
    """Write the rows that differ from what is declared, remove our rows that no longer are; the number of changes."""
    from django_celery_beat.models import PeriodicTask

    if entries is None:
        entries = declared()
    stale = PeriodicTask.objects.filter(headers=OURS).exclude(name__in=[entry.name for entry in entries])
    changes = 0
    for row in stale:
        row.delete()  # one by one, so that a running beat is told
        changes += 1
    return changes + sum(_install(entry) for entry in entries)


def after_migrate(*, using: str, **signal: Any) -> None:
    """Install, unless the tables are not there (`migrate APP zero`, another database)."""
    if using == "default" and "django_celery_beat_periodictask" in connections[using].introspection.table_names():
        install()


def _install(entry: BeatEntry) -> bool:
    from django_celery_beat.models import PeriodicTask

    wanted = {
        "task": entry.task,
        "args": "[]",
        "kwargs": "{}",
        "headers": OURS,
        "expire_seconds": entry.expires,
        "one_off": False,
        "description": entry.description,
        **_schedule(entry),
    }
    row: PeriodicTask | None = PeriodicTask.objects.filter(name=entry.name).first()
    if row is not None and all(getattr(row, field) == value for field, value in wanted.items()):
        return False
    # Without `enabled`: a new row is on, and what people switched off stays off. Two starts at once agree on the name.
    PeriodicTask.objects.update_or_create(name=entry.name, defaults=wanted)
    return True


def _schedule(entry: BeatEntry) -> dict[str, Any]:
    """The schedule's row, made when there is none, and None for the other kinds."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule

    model: type[IntervalSchedule] | type[CrontabSchedule]
    if entry.crontab is None:
        kind, model = "interval", IntervalSchedule
        values: dict[str, Any] = {"every": entry.every_seconds, "period": IntervalSchedule.SECONDS}
    else:
        kind, model = "crontab", CrontabSchedule
        values = dict(zip(CRONTAB_FIELDS, entry.crontab.split(), strict=True)) | {"timezone": "UTC"}
    # Not get_or_create: these tables let two equal rows exist, and from then on it would fail.
    row = model.objects.filter(**values).first() or model.objects.create(**values)
    return {"interval": None, "crontab": None, "solar": None, "clocked": None, kind: row}
