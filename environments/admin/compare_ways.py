"""Ways to run the same thing: the form with their price lines and hours, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from environments.models.rate import RateTemplate
from environments.rules.comparing import MONTH, Way
from environments.services import comparing, permissions
from environments.services.plans import today

from . import compare_results
from .compare_asked import Asked, address, settled
from .compare_asked import ways as asked_ways
from .compare_lines import FIELDS, hours_of, read
from .compare_presets import PRESETS
from .compare_rows import BLANK, MOST_LINES, MOST_WAYS, Row, of_prices

OFFERED: Final = 200
SHOWN: Final = 2
"""How many ways stand there to be filled in, at least."""
CURRENCIES: Final = ("USD", "KRW", "EUR", "JPY", "GBP", "CNY", "SGD")
SEE_TEMPLATES: Final = "environments.view_ratetemplate"


@dataclass(frozen=True, slots=True)
class Judged:
    """A way as it was read: None where something is `wrong`, by its field; `of_rows` the same of its lines."""

    asked: Asked
    name: str
    way: Way | None
    wrong: Mapping[str, str]
    of_rows: Mapping[int, Mapping[str, str]]


def section(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The context of `environments/_compare_ways.html`."""
    asked = asked_ways(request.GET)
    judged, currency = _judged(asked)
    shown = max(SHOWN, len(asked))
    shown += 1 if request.GET.get("more") and shown < MOST_WAYS else 0
    fresh = request.GET.get("line", "")
    context: dict[str, Any] = {
        "presets": [(preset.title, address(preset.ways), preset.note) for preset in PRESETS],
        "ways": [
            _fields(number, judged[number - 1] if number <= len(judged) else None, fresh == str(number))
            for number in range(1, shown + 1)
        ],
        "can_add": shown < MOST_WAYS,
        "can_leave": shown > SHOWN,
        "sources": _sources(request),
        "problems": _problems(judged),
        "month": MONTH,
        "currency": currency or CURRENCIES[0],
        "currencies": CURRENCIES,
        "most_lines": MOST_LINES,
        "blank": BLANK,
    }
    ways = [one.way for one in judged if one.way]
    if len(ways) < SHOWN or context["problems"]:
        return context | {"needs_another": bool(ways) and not context["problems"]}
    return context | compare_results.shown(ways, currency or CURRENCIES[0])


def filled(request: HttpRequest, now: datetime) -> str:
    """The address in which what was sent stands in its fields; empty where nothing was sent."""
    return settled(request, lambda source: _from(request, source, now))


def _judged(asked: Sequence[Asked]) -> tuple[list[Judged], str]:
    """Each way as it was read, and the currency of all. A way that says nothing is none, and nothing is wrong there."""
    found: list[Judged] = []
    currency = ""
    for number, one in enumerate(asked, 1):
        said = read(one.rows, currency)
        currency = currency or said.currency
        called = one.name or _("Way %(number)d") % {"number": number}
        hours = hours_of(one.hours) if one.hours else MONTH
        wrong = {}
        if hours is None:
            wrong["hours"] = _("Write a number up to 730 such as 180, or a share such as 25 %.")
        if one.rest:
            wrong["lines"] = _("There are more than %(count)d lines.") % {"count": MOST_LINES}
        rows = said.wrong or ({0: {"label": _("Write at least one price line.")}} if not one.rows else {})
        if one.is_blank:
            found.append(Judged(one, called, None, {}, {}))
        elif wrong or rows or hours is None:
            found.append(Judged(one, called, None, wrong, rows))
        else:
            found.append(Judged(one, called, Way(called, said.lines, hours), {}, {}))
    return found, currency


def _fields(number: int, judged: Judged | None, has_new: bool) -> dict[str, Any]:
    """A way of the form with its lines: an empty one where there are none, and one more where it is asked for."""
    asked = judged.asked if judged else Asked()
    rows = [*(asked.rows or (BLANK,)), *([BLANK] if has_new and len(asked.rows) < MOST_LINES else [])]
    return {
        "number": number,
        "asked": asked,
        "wrong": judged.wrong if judged else {},
        "rows": [
            {
                "number": place + 1,
                "said": row,
                "wrong": judged.of_rows.get(place, {}) if judged else {},
            }
            for place, row in enumerate(rows)
        ],
        "can_add": len(rows) < MOST_LINES,
    }


def _problems(judged: Sequence[Judged]) -> list[tuple[str, str]]:
    """A sentence for each wrong field, and the field's id."""
    named = {"hours": _("Hours a month"), "lines": _("Paste lines")}
    found = []
    for number, one in enumerate(judged, 1):
        found += [
            (_("%(which)s: %(why)s") % {"which": f"{one.name}, {named[name]}", "why": why}, f"cmp-{number}-{name}")
            for name, why in one.wrong.items()
        ]
        for place, wrong in one.of_rows.items():
            for name, why in wrong.items():
                said = {"number": place + 1, "field": FIELDS[name], "why": why}
                words = _("Line %(number)d, %(field)s: %(why)s") % said
                found.append((f"{one.name}: {words}", f"cmp-{number}-{place + 1}-{name}"))
    return found


def _sources(request: HttpRequest) -> list[tuple[str, list[tuple[str, str]]]]:
    """What lines can come from: templates and targets that somebody sees. Two queries."""
    found = []
    if request.user.has_perm(SEE_TEMPLATES):
        rows = RateTemplate.objects.order_by("name").values_list("pk", "name")[:OFFERED]
        found.append((_("Price templates"), [(f"template:{pk}", name) for pk, name in rows]))
    if request.user.has_perm(permissions.SEE_PRICES):
        targets = comparing.priced_targets(user=request.user, most=OFFERED)
        named = [(f"target:{one.pk}", f"{one.environment.name}: {one.identifier}") for one in targets]
        found.append((_("Targets"), named))
    return [(label, those) for label, those in found if those]


def _from(request: HttpRequest, source: str, now: datetime) -> tuple[str, list[Row]]:
    """The name of a template or a target in sight, and its lines; nothing for what is not there."""
    kind, _colon, number = source.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return "", []
    pk = int(number)
    if kind == "template" and request.user.has_perm(SEE_TEMPLATES):
        template = RateTemplate.objects.filter(pk=pk).first()
        return (template.name, of_prices(template.lines.all())) if template else ("", [])
    if kind == "target" and request.user.has_perm(permissions.SEE_PRICES):
        target = comparing.priced_target(user=request.user, pk=pk)
        if target:
            rows = comparing.lines_on({target.environment_id: today(target.environment.zone_name, now)})
            lines = [row for row in rows if row.target_id == pk]
            return f"{target.environment.name}: {target.identifier}", of_prices(lines)
    return "", []
