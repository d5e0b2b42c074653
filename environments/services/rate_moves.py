"""What becomes of a target's price lines where it goes to another environment or account, or is removed.

No cost is lost, whatever is moved to and fro: on the day of the move each environment's estimate is by what ran there,
so lines of running are in force at both on that day. The baseline of that day is split at the moment of the move
(rate_absences.py). What is billed always goes on at the new place when the day of the old one is over.
"""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from environments.models import Target
from environments.models.rate import Rate
from environments.rules.costs import local_days

from . import plans, rate_absences
from .cost_marks import DAY
from .rate_sheet import LEFT, Line, Sheet, own_label


def bring(sheet: Sheet, number: int, target: Target | None, now: datetime) -> None:
    """Bring the lines of a target to where it is now (None: it is gone), in memory."""
    # The newest first: where a label has had several environments today, its newest price goes on.
    for row in sorted(sheet.rows(number), key=lambda row: row.valid_from, reverse=True):
        zone = row.environment.zone_name if row.environment else settings.TIME_ZONE
        today = plans.today(zone, now)
        if row.valid_until is not None and row.valid_until <= today:
            continue
        if target is not None and not row.always:
            _note_place(sheet, row, target, today, now)
        if target is None or LEFT in row.details:
            sheet.end(row, max(today + DAY, row.valid_from))
        elif (row.environment_id, row.account_id) == (target.environment_id, target.account_id):
            continue
        elif row.valid_from > today:
            row.environment_id, row.account_id = target.environment_id, target.account_id
        else:
            _carry(sheet, row, target, zone, now)


def _note_place(sheet: Sheet, row: Rate, target: Target, today: date, now: datetime) -> None:
    """A line that is in force keeps from when to when its target was elsewhere."""
    if row.environment_id == target.environment_id:
        changed = rate_absences.comes_back(row, now)
    else:
        changed = row.valid_from <= today and rate_absences.goes(row, now)
    if changed:
        sheet.touch(row, today)


def free_day(sheet: Sheet, target: Target, line: Line, day: date) -> date:
    """The first day, from this one on, on which a price that was looked up does not count beside what the target has
    kept of a move."""
    rows = [row for row in sheet.in_force(target.pk, day) if own_label(row) == line.label]
    kept = any(LEFT in row.details and row.environment_id == target.environment_id for row in rows)
    billed_there = line.always and any(row.environment_id != target.environment_id for row in rows)
    return day + DAY if kept or billed_there else day


def _carry(sheet: Sheet, row: Rate, target: Target, zone: str, now: datetime) -> None:
    """End a line that is in force with the day of its place, and let it go on where the target is."""
    [(_, _, day_ends)] = local_days(zone, plans.today(zone, now), plans.today(zone, now))
    until, over = row.valid_until, plans.today(zone, now) + DAY
    today, first = plans.today(target.environment.zone_name, now), plans.today(target.environment.zone_name, day_ends)
    elsewhere = row.environment_id != target.environment_id
    if elsewhere and not row.always and not sheet.counts(target.pk, row.label, target.environment_id, today):
        first = today
    line, source, row_is_always = Line.of(row), row.source, row.always
    sheet.end(row, over)
    if until is None or until > first:
        there = sheet.beginning(target.pk, row.label, first)
        goes_on = there is not None and there.environment_id == target.environment_id and there is not row
        if there is None or not goes_on or there.valid_until == there.valid_from:
            made = sheet.write_line(target, line, first, until, source)
            if elsewhere and not row_is_always and first == today:
                [(_, day_began, _)] = local_days(target.environment.zone_name, today, today)
                rate_absences.came(made, day_began, now)
