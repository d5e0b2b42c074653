"""Advice in words: what was seen, what is proposed, what it saves, and why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from environments.models import Period
from environments.models.advice import Advice
from environments.rules.advice import Why
from environments.rules.advice_slots import Limits
from portal.money import money_words

from .costs_lacking import at_least
from .costs_words import weekdays

MEGABYTE: Final = 1_000_000
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY: Final = re.compile(rf"\b({'|'.join(WEEKDAYS)})(?=\b|L)")
WHY = {
    Why.NEVER_RAN: gettext_lazy("It has not run yet."),
    Why.TOO_NEW: gettext_lazy("It has not been there for long enough."),
    Why.RAN_LITTLE: gettext_lazy("It ran on too few days to say."),
    Why.UNMEASURED: gettext_lazy("CloudWatch has too few measurements of the hours that it ran."),
    Why.USED: gettext_lazy("It is used when it runs."),
    Why.BY_HAND: gettext_lazy("It runs only when somebody starts it, and not all the time."),
    Why.OFF_ALREADY: gettext_lazy("Its schedule keeps it off already."),
    Why.ONE_SIDED: gettext_lazy("Its schedule has periods that only start or only stop, which are left as they are."),
}


def savings(evidence: Mapping[str, Any], lacking: str = "") -> list[str]:
    """“$15.21” for each currency, at least so much where something is `lacking` a price; none where there are no
    prices."""
    amounts = (money_words(Decimal(amount), currency) for currency, amount in evidence["savings"].items())
    return [at_least(amount, lacking) for amount in amounts]


def seen(advice: Advice) -> list[str]:
    """What the advice rests on, in sentences."""
    found, days = advice.evidence, advice.evidence["days"]
    words = {
        "days": days,
        "ran": _hours(found["ran"]),
        "busy": _hours(found["busy"]),
        "cpu": _number(Decimal(found["limit_cpu"])),
        "network": _megabytes(found["limit_network"]),
    }
    said = []
    if advice.kind == Advice.Kind.IDLE:
        said.append(_("In %(days)s days it ran for %(ran)s, and nobody used it in any of these hours.") % words)
    else:
        said.append(_("In %(days)s days it ran for %(ran)s and was used in %(busy)s of them.") % words)
    if unused := found.get("unused_weekdays"):
        named = ", ".join(weekdays()[one] for one in unused)
        said.append(_("On these weekdays nobody used it at all, so they go: %(weekdays)s.") % {"weekdays": named})
    if advice.kind == Advice.Kind.LONGER_THAN_USE and _cuts_ends(advice.proposal):
        said.append(_("What would be cut off was idle on at least nine of ten days, at each end."))
    elif advice.kind == Advice.Kind.ALWAYS_ON:
        said.append(_("The rest was idle on at least nine of ten days, at each end."))
    said.append(_("Idle is a CPU below %(cpu)s%% and a network below %(network)s an hour.") % words)
    if found["cpu"] is not None:
        most = {"cpu": _number(Decimal(found["cpu"])), "network": _megabytes(found["network"] or 0)}
        if found["network"] is None:
            said.append(_("The highest CPU was %(cpu)s%%.") % most)
        else:
            said.append(_("The highest were %(cpu)s%% and %(network)s.") % most)
    if lacking := found["ran"] - found["measured"]:
        text = ngettext("%(count)s hour was not measured.", "%(count)s hours were not measured.", lacking)
        said.append(text % {"count": lacking})
    return said


def _cuts_ends(proposal: Mapping[str, Any]) -> bool:
    """Whether a period begins or ends at another time than any that there is now."""
    now, then = (
        {(one["begin_time"], one["end_time"]) for one in schedule["periods"]}
        for schedule in (proposal["present"], proposal)
    )
    return not then <= now


def schedule_words(schedule: Mapping[str, Any]) -> str:
    """“09:30–17:30 Mon-Fri (Asia/Seoul)”, “off until somebody starts it”, “no schedule”."""
    if "schedule" in schedule and schedule["schedule"] is None:
        return _("no schedule: nothing stops it")
    if schedule["override"] == "stopped":
        return _("off until somebody starts it")
    if schedule["override"] == "running":
        return _("always running")
    said = " · ".join(_period(fields) for fields in schedule["periods"])
    return f"{said} ({schedule['timezone']})" if said else ""


def _period(fields: Mapping[str, Any]) -> str:
    """“09:30–17:30 Mon-Fri”: its weekdays by the names that the reader knows."""
    named = WEEKDAY.sub(lambda found: weekdays()[WEEKDAYS.index(found[1])], fields.get("weekdays") or "")
    return str(Period(**{**fields, "weekdays": named}))


def hours_words(proposal: Mapping[str, Any]) -> str:
    """“300 h → 160 h in the next 28 days”."""
    words = {name: _hours(number) for name, number in proposal["hours"].items()}
    return _("%(present)s → %(proposed)s in the next 28 days") % words


def needed(limits: Limits) -> str:
    """What must be known before there is advice."""
    text = ngettext(
        "Advice comes from at least %(count)s whole day of use.",
        "Advice comes from at least %(count)s whole days of use.",
        limits.days,
    )
    return text % {"count": limits.days}


def _hours(number: int) -> str:
    return _("%(hours)s h") % {"hours": formats.number_format(number, 0, force_grouping=True)}


def _megabytes(number: int) -> str:
    return f"{_number((Decimal(number) / MEGABYTE).quantize(Decimal('0.1')))} MB"


def _number(number: Decimal) -> str:
    return formats.number_format(number.normalize() if number != number.to_integral_value() else int(number))
