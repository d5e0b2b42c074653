"""Writing many rows at once so that the history knows it: `QuerySet.update()` and `bulk_create()` alone tell nobody."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from itertools import product
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, QuerySet

from portal import history
from portal.origin import acting

_Record = TypeVar("_Record", bound=Model)


def update(rows: QuerySet[Any], *, by: User | None = None, **values: Any) -> int:
    """`rows.update(**values)` and the history of it, as done `by` somebody (else by whom the caller says, or the portal
    itself); the number of rows.

    One query when there are none, else three (four for values that the database computes).
    """
    with transaction.atomic(savepoint=False):
        found = list(rows)
        there = rows.model.objects.filter(pk__in=[row.pk for row in found])
        count = rows.filter(pk__in=[row.pk for row in found]).update(**values) if found else 0
        if not count:
            return 0
        if count != len(found) or any(hasattr(value, "resolve_expression") for value in values.values()):
            found = list(there)  # as the database has them now
        else:
            for row, (name, value) in product(found, values.items()):
                setattr(row, name, value)
        with acting(by) if by is not None else nullcontext():
            history.changed(found)
    return count


def create(model: type[_Record], rows: Iterable[_Record]) -> list[_Record]:
    """`bulk_create` and the history of it."""
    with transaction.atomic(savepoint=False):
        made = model._default_manager.bulk_create(rows)  # noqa: SLF001
        history.made(made)
    return made
