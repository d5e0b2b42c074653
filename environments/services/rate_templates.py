"""Price lines under a name, given to many targets at once; and the lines of a target kept under a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments.models import Target
from environments.models.rate import Rate, RateTemplate, RateTemplateLine

from . import plans, pricings, recorded
from .rate_limits import check_size
from .rate_sheet import SAID, Line, Sheet, Written, changing, own_label
from .rates import check_day

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def apply_template(
    *, template: RateTemplate, targets: Iterable[Target], valid_from: date, actor: User | None, now: datetime
) -> Written:
    """Give each target the template's lines from a date on, in place of what is there of the same label and of whatever
    was looked up: looking up is switched off for them, so that nothing is counted twice.

    Later changes of the template change nothing here. A fixed number of queries, whatever the number of targets. Raises
    PermissionDenied, and ValidationError for a template without lines or with one that cannot be counted, and for a day
    that nobody means; nothing is written then.
    """
    rows = {target.pk: target for target in targets}
    lines = [Line.of(line) for line in template.lines.all()]
    with changing(actor, {target.environment_id: target.environment for target in rows.values()}.values()):
        if not lines:
            raise ValidationError({"template": _("This template has no lines yet.")})
        for line in lines:
            _check(line)
        for target in rows.values():
            check_day(target.environment, valid_from, now)
        locked = Target.objects.select_for_update().filter(pk__in=list(rows)).order_by("pk")
        there = set(locked.values_list("pk", flat=True))
        sheet = Sheet(there)
        for pk in there:
            for row in sheet.rows(pk):
                if row.source == Rate.Source.PRICE_LIST and row.environment_id == rows[pk].environment_id:
                    sheet.give_way(row, valid_from)
            for line in lines:
                sheet.put(rows[pk], line, valid_from, Rate.Source.TEMPLATE)
        return replace(sheet.write(now=now), kept_from_looks=pricings.keep_from_looks(there))


def save_as_template(
    *, target: Target, name: str, description: str = "", actor: User | None, now: datetime
) -> RateTemplate:
    """Keep the lines that the target has today under a name, to give them to others.

    Raises PermissionDenied, and ValidationError by field: for a name that is taken, for a target without lines.
    """
    with changing(actor, [target.environment]):
        today = plans.today(target.environment.zone_name, now)
        lines = list(Sheet([target.pk]).in_force(target.pk, today))
        template = RateTemplate(name=name.strip(), description=description.strip())
        template.full_clean()
        if not lines:
            raise ValidationError(_("It has no prices yet, so there is nothing to keep."))
        template.save()
        said = [{field: getattr(line, field) for field in SAID} | {"label": own_label(line)} for line in lines]
        recorded.create(RateTemplateLine, [RateTemplateLine(template=template, **one) for one in said])
    return template


def _check(line: Line) -> None:
    try:
        check_size(unit_price=line.unit_price, quantity=line.quantity, unit=line.unit)
    except ValidationError as error:
        raise ValidationError({"template": f"{line.label}: {' '.join(error.messages)}"}) from error
