"""The ways that an address asks for, as they were written; and the address that keeps them.

The form sends each field of a line by its name (`1.2.price`). The parameters `name`, `hours` and `lines` stand once for
each way, in order: `lines` is text, pasted or of an older address, and its lines follow those of the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django_stubs_ext import StrOrPromise

from .compare_rows import LONGEST, MOST_LINES, MOST_WAYS, Row, of_address, of_text, pairs

Lines = Callable[[str], tuple[str, list[Row]]]
"""The name and the rows of a source of lines: of a template or a target, for who asks."""
_OF_WAYS: Final = ("name", "hours", "lines")


@dataclass(frozen=True, slots=True)
class Asked:
    """A way as it was written. `rest` are lines of text that there was no room for."""

    name: str = ""
    hours: str = ""
    rows: tuple[Row, ...] = ()
    rest: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.name or self.hours or self.rows or self.rest)


def ways(asked: QueryDict) -> list[Asked]:
    """The ways of an address, in their places; without lines that say nothing, and without the one to be removed."""
    fields = of_address(asked)
    removed = asked.get("remove", "")
    texts = [[text.replace("\0", "") for text in asked.getlist(name)] for name in _OF_WAYS]
    count = min(MOST_WAYS, max([len(one) for one in texts] + list(fields)))
    found = []
    for number in range(1, count + 1):
        name, hours, text = (one[number - 1] if number <= len(one) else "" for one in texts)
        rows = [
            row for place, row in fields.get(number, {}).items() if not row.is_blank and f"{number}.{place}" != removed
        ]
        found.append(_with_text(Asked(name.strip()[:80], hours.strip()[:12], tuple(rows)), text[:LONGEST]))
    return found


def settled(request: HttpRequest, lines_of: Lines) -> str:
    """The address that what was sent leads to, in which everything stands in its field; empty where nothing was sent.

    Lines of a template or a target that were asked for are in it (`add`), a way that is left out is not (`leave`).
    """
    asked = request.GET
    added = asked.getlist("add")
    if "sent" not in asked and not any(added):
        return ""
    found = ways(asked)
    found += [Asked()] * (min(MOST_WAYS, len(added)) - len(found))
    for place, source in enumerate(added[:MOST_WAYS]):
        name, rows = lines_of(source) if source else ("", [])
        room = MOST_LINES - len(found[place].rows)
        found[place] = replace(found[place], name=found[place].name or name, rows=(*found[place].rows, *rows[:room]))
    left = asked.get("leave", "")
    found = [way for number, way in enumerate(found, 1) if str(number) != left]
    more = {name: asked[name] for name in ("line", "more") if asked.get(name)}
    if not more:
        found = [way for way in found if not way.is_blank]
    return f"{_address(_pairs(found), **more)}#{_place(asked, found)}"


def address(said: Iterable[tuple[StrOrPromise, str, str]], **more: str) -> str:
    """The address of ways whose lines are text: the name, the hours and the lines of each."""
    return _address([pair for one in said for pair in zip(_OF_WAYS, map(str, one), strict=True)], **more)


def _address(those: Sequence[tuple[str, str]], **more: str) -> str:
    return f"{reverse('environments:costs_compare')}?{urlencode([('what', 'ways'), *those, *more.items()])}"


def _pairs(found: Sequence[Asked]) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    has_rest = any(way.rest for way in found)
    for number, way in enumerate(found, 1):
        said += [("name", way.name), ("hours", way.hours), *([("lines", way.rest)] if has_rest else [])]
        said += pairs(number, way.rows)
    return said


def _place(asked: QueryDict, found: Sequence[Asked]) -> str:
    """Where on the page one goes on: in the new line, at the way that was changed, else at what was asked for."""
    for number, way in enumerate(found, 1):
        if asked.get("line") == str(number):
            return f"cmp-{number}-{max(1, len(way.rows)) + 1}-label"
        if str(number) in (asked.get("fill"), asked.get("remove", "").partition(".")[0]):
            return f"cmp-way-{number}"
    return f"cmp-way-{min(MOST_WAYS, len(found) + 1)}" if asked.get("more") else "cmp-result"


def _with_text(way: Asked, text: str) -> Asked:
    rows, rest = of_text(text, max(0, MOST_LINES - len(way.rows)))
    return replace(way, rows=(*way.rows, *rows), rest=rest)
