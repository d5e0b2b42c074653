"""Changes in words: what a field is called, what a value is called, and what happened to a thing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import models
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from environments.models import DayException, Environment, Period, Schedule, Team
from environments.models.texts import in_language
from environments.services.history import Change, Difference, Page
from portal.history import MADE, REMOVED

from .displays import also, at_words
from .exception_lines import clock

LONGEST = 160
# What is kept in each language, or as it was typed.
TEXTS = {"", "en", "ko"}


class Words:
    """How the changes of a page are told to somebody: in a zone, at a moment; `hidden` are fields that they may not
    read, by model and name."""

    def __init__(
        self, page: Page, zone: str, now: datetime, hidden: Iterable[tuple[type[models.Model], str]] = ()
    ) -> None:
        self.page, self.zone, self.now, self.hidden = page, zone, now, frozenset(hidden)

    def headline(self, change: Change) -> str:
        """“Target “chat” added”; of what was changed, its name alone."""
        said = {MADE: _("%(kind)s “%(name)s” added"), REMOVED: _("%(kind)s “%(name)s” removed")}
        form = said.get(change.row.history_type) or _("%(kind)s “%(name)s”")
        kind = capfirst(str(change.model._meta.verbose_name))  # noqa: SLF001
        return form % {"kind": kind, "name": self.thing(change.row)}

    def thing(self, row: Any) -> str:
        named = getattr(row, "name", "") if row.instance_type is not Period else ""
        named = named or getattr(row, "label", "")  # of a price
        return str(named or getattr(row, "identifier", "") or getattr(row, "username", "") or self._presented(row))

    def details(self, change: Change) -> list[str]:
        """A sentence for each field that changed."""
        found = [one for difference in change.differences() for one in self._difference(change, difference)]
        secrets = change.row.history_beside.get("secrets", ())
        found += [_("%(field)s changed") % {"field": _label(change.model, name)} for name in secrets]
        if imported := change.row.history_beside.get("imported"):
            counts = {"new": 0, "changed": 0, "removed": 0} | imported
            found.append(_("Imported days: %(new)s new, %(changed)s changed, %(removed)s removed") % counts)
        if change.row.history_type != MADE and not found and change.before is None:
            found.append(_("What it was before is not known."))
        return found

    def person(self, row: Any) -> str:
        """Who made the change; empty for the portal's own."""
        return self.page.name(User, row.history_user_id)

    def scope(self, row: Any) -> str:
        """What an exception was made for."""
        if row.environment_id:
            return self.page.name(Environment, row.environment_id)
        if row.team_id:
            return _("team %(name)s") % {"name": self.page.name(Team, row.team_id)}
        return _("schedule %(name)s") % {"name": self.page.name(Schedule, row.schedule_id)}

    def at(self, at: datetime) -> str:
        return at_words(at, self.zone, self.now)

    def also(self, at: datetime) -> str:
        """By the reader's own clock, where that is another one."""
        return also(at, self.zone, self.now)

    def _difference(self, change: Change, one: Difference) -> Iterable[str]:
        label = _label(change.model, one.field)
        if (change.model, one.field) in self.hidden:
            yield _("%(field)s changed") % {"field": label}
            return
        field = change.model._meta.get_field(one.field)  # noqa: SLF001
        if field.many_to_many:
            # The portal's own roles have names in each language.
            said = _ if field.related_model is Group else str
            for names, form in (
                (one.new, _("%(field)s: %(names)s added")),
                (one.old, _("%(field)s: %(names)s removed")),
            ):
                if names:
                    yield form % {"field": label, "names": ", ".join(map(said, names))}
            return
        old, new = (self._value(change, one.field, value) for value in (one.old, one.new))
        moved = {
            "begin_time": _("Start moved from %(old)s to %(new)s"),
            "end_time": _("Stop moved from %(old)s to %(new)s"),
        }
        if change.model is Period and one.field in moved and one.old and one.new:
            yield moved[one.field] % {"old": old, "new": new}
        else:
            yield _("%(field)s: %(old)s → %(new)s") % {"field": label, "old": old, "new": new}

    def _value(self, change: Change, name: str, value: Any) -> str:
        field: Any = _field(change.model, name)
        if value in (None, "", [], {}):
            return _("none")
        if isinstance(field, models.ForeignKey):
            return self.page.name(field.related_model, value) or _("none")
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if change.model is DayException and name == "minute":
            return clock(value)
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, Decimal):
            return formats.number_format(value.normalize())
        if isinstance(value, datetime):
            return self.at(value)
        if isinstance(value, date):
            return formats.date_format(value, "DATE_FORMAT")
        if isinstance(value, list):
            return _shortened(", ".join(map(self._plain, value)))
        if isinstance(value, dict) and value.keys() <= TEXTS:
            return _shortened(in_language(value))
        if isinstance(value, dict):
            return _shortened(", ".join(f"{key}: {self._plain(one)}" for key, one in value.items()))
        return _shortened(str(value))

    def _presented(self, row: Any) -> StrOrPromise:
        """As the thing presents itself; nothing is read for it but what the row has."""
        if row.instance_type._meta.model_name == "planfeed":  # noqa: SLF001
            return f"…{row.hint}"
        return str(row.history_object)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _field(model: type[models.Model], name: str) -> Any:
    """By its name or its column's."""
    return next(f for f in model._meta.get_fields() if name in {f.name, getattr(f, "attname", f.name)})  # noqa: SLF001


def _label(model: type[models.Model], name: str) -> str:
    return capfirst(str(_field(model, name).verbose_name))
