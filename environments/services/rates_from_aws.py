"""Price lines that were looked up: what the AWS Price List says of what a target really has, written as lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from environments.models import Interval, Target
from environments.models.rate import Pricing, Rate
from environments.models.target import NAMES

from . import plans
from .rate_moves import free_day
from .rate_sheet import LEFT, Line, Sheet, Written, changing

FOUND = Rate.Source.PRICE_LIST


def replace_from_price_list(
    *, target: Target, lines: Iterable[Line], unpriced: Sequence[Mapping[str, Any]], now: datetime
) -> Written | None:
    """What a look has found takes the place of what the last one found, from the day of its environment's zone on.

    Labels that are not there any more end, changed prices begin today, and those unchanged are not touched: no row, no
    history. The first prices that a target ever gets hold from the day on which it first ran: its past is not without
    any. What people entered is never touched, and where it has the label of something found, theirs counts. Lines
    of one label and price are one line with their quantities added; ValueError where a label has several prices.

    `target` is what was looked at: None, and nothing is written, where it is gone or names something else by now.
    `unpriced` is kept beside it (`Pricing`); when to look again is the caller's to write.
    """
    found = _together(lines)
    with changing(None, ()):
        stands = (
            Target.objects.select_for_update(of=("self",))
            .select_related("environment__schedule")
            .filter(pk=target.pk)
            .first()
        )
        if stands is None or any(getattr(stands, name) != getattr(target, name) for name in NAMES):
            return None
        today = plans.today(stands.environment.zone_name, now)
        sheet = Sheet([target.pk])
        begin = today if any(sheet.rows(target.pk)) else _first_day(stands, today)
        entered = {row.label for row in sheet.in_force(target.pk, today) if row.source != FOUND}
        for row in sheet.rows(target.pk):
            here = row.environment_id == stands.environment_id and LEFT not in row.details
            if here and row.source == FOUND and row.label not in found:
                sheet.end(row, max(today, row.valid_from))
        for label, line in found.items():
            if label not in entered:
                sheet.put(stands, line, free_day(sheet, stands, line, begin), FOUND)
        Pricing.objects.update_or_create(target=stands, defaults={"unpriced": list(unpriced)})
        return sheet.write(now=now)


def _first_day(target: Target, today: date) -> date:
    ran = Interval.objects.filter(target_number=target.pk).order_by("began_at").values_list("began_at", flat=True)
    first = ran.first()
    return min(today, plans.today(target.environment.zone_name, first)) if first else today


def _together(lines: Iterable[Line]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in (line.rounded() for line in lines):
        known = found.get(line.label)
        if known is None:
            found[line.label] = line
        elif replace(known, quantity=line.quantity) == line:
            found[line.label] = replace(known, quantity=known.quantity + line.quantity)
        else:
            raise ValueError(f"Several prices of {line.label}")
    return found
