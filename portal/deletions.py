"""The question before a deletion, in words: Django would name the rows that only link two things by their tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst

Shown = list[Any]
"""What is deleted, as `unordered_list` takes it: a text, and behind it the list of what goes with it."""

Answer = tuple[Shown, dict[str, int], set[str], Shown]

NAMELESS = re.compile(r"(?P<table>.+) object \((?P<pk>\d+)\)")
"""“Team-user relationship: Team_members object (5)”."""


@dataclass(frozen=True, slots=True)
class Links:
    """The rows of a list between two things, kept in a table that no model of ours describes: “members” of a team."""

    through: type[Model]
    label: str
    plural: str
    name: str
    ends: tuple[str, str]

    def names(self, wanted: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Row -> “Members: Chat → kim”; one query."""
        rows = self.through._default_manager.filter(pk__in=wanted).select_related(*self.ends)  # noqa: SLF001
        for row in rows:
            whose, what = (getattr(row, end) for end in self.ends)
            yield row.pk, f"{self.name}: {whose} → {what}"


class PlainDeletions:
    """For admins. With as many queries more as there are kinds of links among what is deleted."""

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Answer:
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        kinds = {links.label: links for links in _kinds()}
        names = _names([*_texts(shown), *_texts(protected)], kinds)
        plurals = {links.plural: links.name for links in kinds.values()}
        told = {plurals.get(str(name), str(name)): count for name, count in counts.items()}
        return _renamed(shown, names), told, lacking, _renamed(protected, names)


def _kinds() -> Iterator[Links]:
    for model in apps.get_models():
        for field in model._meta.local_many_to_many:  # noqa: SLF001
            said: Any = field
            through = said.remote_field.through
            if through._meta.auto_created:  # noqa: SLF001
                meta = through._meta  # noqa: SLF001
                yield Links(
                    through=through,
                    label=f"{capfirst(str(meta.verbose_name))}: {meta.object_name}",
                    plural=str(meta.verbose_name_plural),
                    name=str(capfirst(str(said.verbose_name))),
                    ends=(said.m2m_field_name(), said.m2m_reverse_field_name()),
                )


def _texts(shown: Shown) -> Iterator[str]:
    for one in shown:
        if isinstance(one, list):
            yield from _texts(one)
        else:
            yield str(one)


def _names(texts: Iterable[str], kinds: dict[str, Links]) -> dict[str, str]:
    """“Team-user relationship: Team_members object (5)” -> “Members: Chat → kim”."""
    wanted: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for text in texts:
        found = NAMELESS.fullmatch(text)
        if found and found["table"] in kinds:
            wanted[found["table"]][int(found["pk"])] = text
    return {rows[pk]: said for table, rows in wanted.items() for pk, said in kinds[table].names(rows)}


def _renamed(shown: Shown, names: dict[str, str]) -> Shown:
    # Links to pages stay as they are, marked as safe.
    return [_renamed(one, names) if isinstance(one, list) else names.get(str(one), one) for one in shown]
