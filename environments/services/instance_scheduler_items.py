"""The items of AWS Instance Scheduler's table by name, and their fields as text, words and switches. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .instance_scheduler_files import KINDS, Item, Text
from .instance_scheduler_texts import say

_TRUE: Final = frozenset({"true", "yes", "on", "1", "running"})
_FALSE: Final = frozenset({"false", "no", "off", "0", "none", ""})
_ORDER: Final = {
    name: place
    for names in (("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
                  ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
    for place, name in enumerate(names)
}  # fmt: skip


@dataclass(slots=True)
class Notes:
    left_out: list[Text] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)
    refusals: list[Text] = field(default_factory=list)


class Table:
    """Items by kind and name, as in Instance Scheduler's table; what is there twice and alike counts once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            same = self._items.setdefault((item.kind, item.name), [])
            if all(_content(one) != _content(item) for one in same):
                same.append(item)

    def names(self, kind: str) -> list[str]:
        return sorted(name for of, name in self._items if of == kind)

    def find(self, kind: str, name: str) -> list[Item]:
        return self._items.get((kind, name), [])

    def others(self) -> Iterator[Item]:
        for (kind, _name), items in self._items.items():
            if kind not in KINDS:
                yield items[0]

    def config(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for name in self.names("config"):
            for item in self.find("config", name):
                found |= item.fields
        return found


def _content(item: Item) -> dict[str, Any]:
    """A set has no order: the command line prints it in another one each time."""
    return {
        key: sorted(map(str, value)) if isinstance(value, list) else value
        for key, value in item.fields.items()
        if value is not None and key != "type"
    }


def text_of(item: Item, key: str, notes: Notes) -> str:
    value = item.fields.get(key)
    if value is None:
        return ""
    text = " ".join(str(value).split())
    if isinstance(value, list | dict) or not text.isprintable():
        notes.refusals.append(_unreadable(item, key))
        return ""
    return text


def words_of(item: Item, key: str, notes: Notes) -> list[str]:
    """The parts of a field: a set, a list, or one text with commas; each once."""
    value = item.fields.get(key)
    given = value if isinstance(value, list) else [] if value is None else [value]
    if any(isinstance(one, list | dict) or not str(one).isprintable() for one in given):
        notes.refusals.append(_unreadable(item, key))
        return []
    return list(dict.fromkeys(part.strip() for one in given for part in str(one).split(",") if part.strip()))


def switch_of(item: Item, key: str, notes: Notes) -> bool | None:
    """Yes or no, as the table, the command line and CloudFormation write it; None when nothing is said."""
    if item.fields.get(key) is None:
        return None
    text = text_of(item, key, notes).lower()
    if text not in _TRUE | _FALSE:
        notes.refusals.append(
            say(f"{key}: '{text}' is neither true nor false", f"{key}: '{text}'은(는) true도 false도 아니에요")
        )  # fmt: skip
    return text in _TRUE


def days_of(parts: Sequence[str]) -> str:
    """In the order of the week or the year: a set comes in any."""

    def order(part: str) -> tuple[int, str]:
        number = re.match(r"\d+", part)
        return (int(number[0]) if number else _ORDER.get(part[:3].lower(), 99), part)

    return ",".join(sorted(parts, key=order))


def _unreadable(item: Item, key: str) -> Text:
    value = str(item.fields[key])[:40]
    return say(f"{item.name}, {key}: {value!r} is not a text", f"{item.name}, {key}: {value!r}은(는) 글자가 아니에요")
