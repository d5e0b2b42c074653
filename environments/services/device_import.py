"""Adding many devices from a table: all of them or none, and each error with its line and field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from environments.models import Device, Environment

from . import devices

COLUMNS: Final = ("name", "number", "phone", "windows", "every_min", "grace_min", "urgent_bits", "ticket_after")
NEEDED: Final = ("name", "number")
MOST_ROWS: Final = 2000
MAX_BYTES: Final = 1_000_000
_NOT_OF_TABLES: Final = {field.name for field in Device._meta.fields} - {*COLUMNS, "rhythm"}  # noqa: SLF001
# Excel in Korean writes the last of these.
ENCODINGS: Final = ("utf-8-sig", "cp949")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What keeps the table from being taken over: the line as a text editor counts, the column, and why."""

    line: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: devices that are not saved, each with its line, or why not."""

    rows: tuple[tuple[int, Device], ...]
    wrong: tuple[Wrong, ...]

    @property
    def fits(self) -> bool:
        return bool(self.rows) and not self.wrong


def read(content: bytes, *, environment: Environment) -> Table:
    """Look at a table with a line of names, cells apart by comma, semicolon or tab. Two queries. Changes nothing.

    Texts are in the language of the request.
    """
    text = _decoded(content)
    if text is None:
        return _refused(1, "", _("It is no text in UTF-8."))
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        head = [name.strip().lower() for name in next(lines, [])]
        cells = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error:
        return _refused(lines.line_num, "", _("This line is no line of a table."))
    if problem := _wrong_head(head):
        return _refused(1, *problem)
    if len(cells) > MOST_ROWS:
        return _refused(MOST_ROWS + 2, "", _("At most %(most)s devices at once.") % {"most": MOST_ROWS})
    if not cells:
        return _refused(2, "", _("There is no device in it."))
    wrong: list[Wrong] = []
    rows: list[tuple[int, Device]] = []
    for line, row in cells:
        if len(row) > len(head) and any(cell.strip() for cell in row[len(head) :]):
            wrong.append(Wrong(line, "", _("There are more cells than columns.")))
            continue
        said = {name: cell.strip() for name, cell in zip(head, row, strict=False)}
        device, its = _device(line, said, environment)
        wrong += its
        rows.append((line, device))
    wrong += _twice(rows, environment)
    return Table(tuple(rows), tuple(sorted(wrong, key=lambda one: (one.line, one.column))))


def take_over(table: Table, *, now: datetime) -> int:
    """Save all devices of a table that fits, in one transaction; how many. IntegrityError when somebody else was
    faster: then none is saved."""
    assert table.fits
    made = [device for _line, device in table.rows]
    with transaction.atomic():
        for device in made:
            device.save(force_insert=True)
        devices.saved(devices=made, changed=None, now=now)
    return len(made)


def _decoded(content: bytes) -> str | None:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _wrong_head(head: Sequence[str]) -> tuple[str, str] | None:
    for name in NEEDED:
        if name not in head:
            return name, _("The first line must name the columns; this one is missing.")
    for place, name in enumerate(head):
        if name and name not in COLUMNS:
            return name, _("There is no such column. There are: %(names)s.") % {"names": ", ".join(COLUMNS)}
        if name and name in head[:place]:
            return name, _("This column is there twice.")
    return None


def _device(line: int, said: Mapping[str, str], environment: Environment) -> tuple[Device, list[Wrong]]:
    """Reports do not depend on the environment's schedule: they are expected while it sleeps, too."""
    given: dict[str, Any] = {name: cell for name, cell in said.items() if name in COLUMNS and cell}
    if "windows" in given:
        given["rhythm"] = Device.Rhythm.WINDOWS
    wrong = [
        Wrong(line, name, _("This must be a whole number."))
        for name in ("number", "every_min", "grace_min", "urgent_bits", "ticket_after")
        if name in given and not (given[name].isascii() and given[name].isdecimal() and len(given[name]) < 12)
    ]
    numbers = {one.column for one in wrong}
    device = Device(environment=environment, always=True, **{n: v for n, v in given.items() if n not in numbers})
    try:
        device.clean_fields(exclude=_NOT_OF_TABLES | numbers)
        device.clean()
    except ValidationError as error:
        wrong += [Wrong(line, name, text) for name, texts in error.message_dict.items() for text in texts]
    return device, wrong


def _twice(rows: Sequence[tuple[int, Device]], environment: Environment) -> Iterator[Wrong]:
    """Numbers are nobody else's, and names no other check's of the environment."""
    numbers = {device.number for _line, device in rows}
    taken: dict[str, set[Any]] = {
        "number": set(Device.objects.filter(number__in=numbers).values_list("number", flat=True))
    }
    taken["name"] = set(environment.checks.values_list("name", flat=True))
    said = {
        "number": _("There is a device of this number."),
        "name": _("This environment has a check of this name already."),
    }
    seen: dict[str, set[Any]] = {"number": set(), "name": set()}
    for line, device in rows:
        for field in ("number", "name"):
            value = getattr(device, field)
            if value in taken[field]:
                yield Wrong(line, field, said[field])
            elif value in seen[field] and value not in ("", None):
                yield Wrong(line, field, _("It stands in the table twice."))
            seen[field].add(value)


def _refused(line: int, column: str, why: str) -> Table:
    return Table((), (Wrong(line, column, why),))
