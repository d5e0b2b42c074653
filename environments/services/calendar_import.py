"""Days off from ICS files: uploaded, or read from a calendar's address. All of a file is taken over, or nothing.

The imported days of a calendar are replaced as a whole, in one transaction; what people typed stays. Raises
`CalendarProblem` for what cannot be used, in words for people, in both languages.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from environments.models import Calendar, CalendarDay
from portal import history

from . import calendar_fetch
from .calendar_changes import plans_changed
from .calendar_texts import CalendarProblem, left_out_texts
from .calendars import YEARS_AHEAD, YEARS_BACK, concerned
from .wakeups import wake_calendar

log = logging.getLogger(__name__)

CHANGE = "environments.change_calendar"
READER = Path(__file__).with_name("calendar_ics.py")
# Of the processor, for following recurrence rules; a busy machine may take longer to give it.
SECONDS = 5
PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did: days by their number, and what was left out, in words."""

    new: int
    changed: int
    unchanged: int
    removed: int
    left_out: Mapping[str, str]

    @property
    def has_changes(self) -> bool:
        return bool(self.new or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Found:
    """Names by day, and names of events that were left out, by the reason."""

    days: Mapping[date, str]
    left_out: Mapping[str, list[str]]


def import_file(*, calendar: Calendar, content: bytes, user: User | AnonymousUser, now: datetime) -> Report:
    """Replace the calendar's imported days by those of an ICS file.

    Raises PermissionDenied, and CalendarProblem: nothing is changed then.
    """
    _require_change(user)
    if len(content) > calendar_fetch.LARGEST:
        raise CalendarProblem("too_large", most=calendar_fetch.LARGEST // 1024)
    found = read_ics(content, now)
    with transaction.atomic():
        current = Calendar.objects.select_for_update().get(pk=calendar.pk)
        if current.ics_url:
            raise CalendarProblem("has_address")
        return _replace(current, found, now)


def read_now(*, calendar: Calendar, user: User | AnonymousUser, now: datetime) -> Report:
    """Read the calendar's address for somebody who waits for it. Raises PermissionDenied and CalendarProblem."""
    _require_change(user)
    return _read_address(calendar, now)


def remove_imported(*, calendar: Calendar, user: User | AnonymousUser, now: datetime) -> int:
    """Take away all imported days; the number of them. Raises PermissionDenied."""
    _require_change(user)
    with transaction.atomic():
        count, _by_model = calendar.days.filter(origin=CalendarDay.Origin.ICS).delete()
        Calendar.objects.filter(pk=calendar.pk).update(ics_read_at=None, ics_error={})
        if count:
            history.changed([calendar], imported={"removed": count})
            plans_changed(concerned([calendar.pk]), now=now)
    return count


def wake_all() -> int:
    """Ask workers to read each calendar that has an address, one message each: none waits for another's time-out."""
    ids = list(Calendar.objects.exclude(ics_url="").values_list("pk", flat=True))
    for pk in ids:
        wake_calendar(pk)
    return len(ids)


def read_address(*, calendar_id: int, now: datetime) -> Report | None:
    """Read one calendar's address again. A failure is kept with the calendar, whose days stay as they were: None."""
    calendar = Calendar.objects.exclude(ics_url="").filter(pk=calendar_id).first()
    if calendar is None:
        return None
    try:
        return _read_address(calendar, now)
    except CalendarProblem as problem:
        log.warning("Calendar %s was not read: %s", calendar.pk, problem.texts["en"])
        return None


def _read_address(calendar: Calendar, now: datetime) -> Report:
    """The network and the expanding come first: no transaction is open while a stranger takes their time."""
    asked = calendar.ics_url
    if not asked:
        raise CalendarProblem("address")
    try:
        found = read_ics(calendar_fetch.fetch(asked), now)
    except CalendarProblem as problem:
        Calendar.objects.filter(pk=calendar.pk, ics_url=asked).update(ics_error=problem.texts)
        raise
    with transaction.atomic():
        current = Calendar.objects.select_for_update().filter(pk=calendar.pk, ics_url=asked).first()
        if current is None:  # another address was entered meanwhile, which is read by itself
            return Report(0, 0, 0, 0, left_out_texts({}))
        return _replace(current, found, now)


def read_ics(content: bytes, now: datetime, *, seconds: int = SECONDS) -> Found:
    """The days off of an ICS file, for the years that plans are made in. Raises CalendarProblem.

    A process of its own follows the recurrence rules, for at most `seconds` of the processor's time: one that never
    ends is ended from outside.
    """
    first, last = date(now.year - YEARS_BACK, 1, 1), date(now.year + YEARS_AHEAD, 12, 31)
    command = [sys.executable, "-I", str(READER), first.isoformat(), last.isoformat(), str(seconds)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=seconds * PATIENCE, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise CalendarProblem("too_long") from None
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise CalendarProblem("too_long")
    if done.returncode:
        log.error("The reader of ICS files ended with %s: %s", done.returncode, done.stderr[-2000:].decode("replace"))
        raise CalendarProblem("defect")
    answer = json.loads(done.stdout)
    if code := answer.pop("problem", ""):
        raise CalendarProblem(code, **answer)
    found = Found({date.fromisoformat(day): name for day, name in answer["days"].items()}, answer["left_out"])
    if not found.days:
        # Rather a mistake than a company without holidays: what was read before is not taken away for it.
        raise CalendarProblem("no_days", first=first, last=last, left_out=left_out_texts(answer["left_out"]))
    return found


def _replace(calendar: Calendar, found: Found, now: datetime) -> Report:
    """Bring the imported days to what was found, in the caller's transaction and under its lock."""
    before = {row.day: row for row in calendar.days.filter(origin=CalendarDay.Origin.ICS)}
    wanted = {day: name or calendar.name for day, name in found.days.items()}
    new = [
        CalendarDay(calendar=calendar, day=day, name=name, origin=CalendarDay.Origin.ICS)
        for day, name in wanted.items()
        if day not in before
    ]
    changed = [row for day, row in before.items() if day in wanted and row.name != wanted[day]]
    for row in changed:
        row.name = wanted[row.day]
    removed = [row.pk for day, row in before.items() if day not in wanted]
    CalendarDay.objects.bulk_create(new)
    CalendarDay.objects.bulk_update(changed, ["name"])
    CalendarDay.objects.filter(pk__in=removed).delete()
    Calendar.objects.filter(pk=calendar.pk).update(ics_read_at=now, ics_error={})
    report = Report(
        new=len(new),
        changed=len(changed),
        unchanged=len(wanted) - len(new) - len(changed),
        removed=len(removed),
        left_out=left_out_texts(dict(found.left_out)),
    )
    if report.has_changes:
        counts = {"new": report.new, "changed": report.changed, "removed": report.removed}
        history.changed([calendar], imported=counts)
        plans_changed(concerned([calendar.pk]), now=now)
    return report


def _require_change(user: User | AnonymousUser) -> None:
    if not user.has_perm(CHANGE):
        raise PermissionDenied(_("You may look at calendars, but not change them. An operator can."))
