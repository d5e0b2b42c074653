"""Long lists in pieces: the next one begins behind the last row of the one before (keyset pagination).

So a page costs the same however far back it lies, and rows that come or go meanwhile are neither told twice nor lost.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field as ModelField
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from .problems import Problem, invalid

MOST = 1000
USUALLY = 100
LONGEST = 1000

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Window(Schema):
    """Which piece of a list is asked for."""

    limit: int = Field(USUALLY, ge=1, le=MOST, description="How many at most.")
    cursor: str | None = Field(None, max_length=LONGEST, description="`next` of the piece before; empty: the first.")


class Page(Schema, Generic[T]):
    """A piece of a list."""

    items: list[T]
    next: str | None = Field(description="The `cursor` of the next piece; null where this is the last.")


def cut(queryset: QuerySet[M], window: Window, order: Sequence[str]) -> tuple[list[M], str | None]:
    """The rows of the window, and the cursor of the next one (None: there is none). One query.

    `order` names fields that are never empty (“-” before one: descending, “__” to a related row's), the last of them
    unique (“pk”). Problem 422 naming `cursor` for one that is not of this list.
    """
    rows = queryset.order_by(*order)
    if window.cursor:
        rows = rows.filter(_behind(order, _read(queryset.model, window.cursor, order)))
    found = list(rows[: window.limit + 1])
    if len(found) <= window.limit:
        return found, None
    found = found[: window.limit]
    return found, _written(found[-1], order)


def _behind(order: Sequence[str], values: Sequence[Any]) -> Q:
    """What comes after the row of these values: a greater first one, or the same and a greater second one, …"""
    behind, same = Q(pk__in=()), Q()
    for name, value in zip(order, values, strict=True):
        field, sign = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        behind |= same & Q(**{f"{field}__{sign}": value})
        same &= Q(**{field: value})
    # Said twice: the database finds the place by the index of the first field.
    first, sign = order[0].removeprefix("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{sign}": values[0]}) & behind


def _written(row: Model, order: Sequence[str]) -> str:
    values = [_plain(_value(row, name.removeprefix("-"))) for name in order]
    return urlsafe_b64encode(json.dumps([_named(order), *values]).encode()).decode().rstrip("=")


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, int | str) else str(value)


def _read(model: type[Model], cursor: str, order: Sequence[str]) -> list[Any]:
    try:
        told = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        name, *values = told
        if name != _named(order) or len(values) != len(order) or any("\x00" in str(value) for value in values):
            raise wrong_cursor()
        pairs = zip(order, values, strict=True)
        return [_field(model, name.removeprefix("-")).to_python(value) for name, value in pairs]
    except (ValueError, TypeError, OverflowError, ValidationError) as error:
        raise wrong_cursor() from error


def _field(model: Any, path: str) -> ModelField[Any, Any]:
    """The field that a name of the order leads to; FieldDoesNotExist for a mistake of ours."""
    field: Any = None
    for name in path.split("__"):
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)  # noqa: SLF001
        model = field.related_model
    if field is None:
        raise FieldDoesNotExist(path)
    found: ModelField[Any, Any] = field
    return found


def _named(order: Sequence[str]) -> str:
    """A short name of an order: a cursor of another list is not taken for one of this."""
    return blake2b(" ".join(order).encode(), digest_size=3).hexdigest()


def wrong_cursor() -> Problem:
    """422, naming `cursor`."""
    return invalid("cursor", _("This is no cursor of this list. Leave it away for the first piece."))
