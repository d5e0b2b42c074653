"""What of the database is the sample's: its rows, what people changed in them, what they added to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Field, Model, QuerySet

from environments.models import (
    Account,
    Budget,
    Calendar,
    CalendarDay,
    Environment,
    Period,
    Rate,
    Schedule,
    Tag,
    Target,
    TargetParameter,
    Team,
)
from environments.models.sample import SampleRecord
from notifications.models import Topic

KINDS: tuple[type[Model], ...] = (Environment, Schedule, Calendar, Budget, Topic, Team, Account, Tag, User)
"""What the sample is made of, in the order in which people are told of it."""
PARTS: tuple[type[Model], ...] = (Target, TargetParameter, Rate, Period, CalendarDay)
# Written by signing in; passwords are compared by digest.
NOT_EDITED = frozenset({"password", "last_login", "date_joined"})


@contextmanager
def recording() -> Iterator[None]:
    """Remember what is written inside as the sample, in the caller's transaction."""
    before = {model: set(rows_of(model).values_list("pk", flat=True)) for model in (*KINDS, *PARTS)}
    yield
    SampleRecord.objects.bulk_create(
        SampleRecord(model=_label(model), object_id=row.pk, as_made=_values(row))
        for model, known in before.items()
        for row in rows_of(model).exclude(pk__in=known)
    )


@dataclass(frozen=True)
class Remains:
    """The sample's rows that are still there, by model and id, with their values as they were written."""

    rows: Mapping[type[Model], Mapping[int, Model]]
    as_made: Mapping[type[Model], Mapping[int, Mapping[str, Any]]]

    def of(self, model: type[Model]) -> list[Any]:
        return list(self.rows[model].values())

    def ids(self, model: type[Model]) -> set[int]:
        return set(self.rows[model])

    def has(self, row: Model) -> bool:
        return row.pk in self.rows[type(row)]

    def changed(self, row: Model) -> list[str]:
        """The labels of the fields that read otherwise than they were written."""
        was, now = self.as_made[type(row)][row.pk], _values(row)
        return [str(field.verbose_name) for field in _edited(type(row)) if was.get(field.name) != now[field.name]]

    def has_own_password(self, person: User) -> bool:
        """Whether the password is another than the one that everybody can read."""
        return bool(self.as_made[User][person.pk].get("password") != digest(person.password))


def remains() -> Remains | None:
    """What is there of the sample; None when there is none, or nothing of it any more. A query a model."""
    as_made: dict[type[Model], dict[int, Mapping[str, Any]]] = {model: {} for model in (*KINDS, *PARTS)}
    for record in SampleRecord.objects.all():
        as_made[apps.get_model(record.model)][record.object_id] = record.as_made
    if not any(as_made.values()):
        return None
    rows = {model: rows_of(model).in_bulk(list(ids)) for model, ids in as_made.items()}
    return Remains(rows, as_made) if any(rows.values()) else None


def is_there() -> bool:
    """Whether there is sample data, in one query."""
    return SampleRecord.objects.exists()


def rows_of(model: type[Model]) -> QuerySet[Any]:
    """All rows of a model."""
    return model._default_manager.all()  # noqa: SLF001


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _label(model: type[Model]) -> str:
    return model._meta.label_lower  # noqa: SLF001


def _edited(model: type[Model]) -> Iterable[Field[Any, Any]]:
    """The columns that people write: no keys, no notes of the portal itself."""
    fields: Iterable[Field[Any, Any]] = model._meta.concrete_fields  # noqa: SLF001
    return [one for one in fields if one.editable and not one.primary_key and one.name not in NOT_EDITED]


def _values(row: Model) -> dict[str, Any]:
    """What JSON can hold of the row's fields."""
    values: dict[str, Any] = {field.name: field.value_to_string(row) for field in _edited(type(row))}
    return values | {"password": digest(row.password)} if isinstance(row, User) else values
