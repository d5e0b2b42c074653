"""Which part of the costs somebody looks at: span, bars, groups and filters, all as they stand in the address."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.services.cost_history import LONGEST, STEPS, steps_of
from environments.services.cost_sums import DAY, ENVIRONMENT, KINDS, Span, next_month

from .costs_words import day_words, month_words
from .displays import language

BY = {"environment": gettext_lazy("Environment"), "team": gettext_lazy("Team"), "account": gettext_lazy("Account")}
STEP_WORDS = {"day": gettext_lazy("Day"), "week": gettext_lazy("Week"), "month": gettext_lazy("Month")}
YEARS: Final = {"en": "Y", "ko": "Y년"}
SORTS: Final = ("name", "always_on", "saved")
# A month of days; beyond that, weeks, then months, unless something finer is wished for and can be shown.
USUAL_DAYS, USUAL_WEEKS = 62, 26 * 7
FIRST_YEAR: Final = 2006
MOST_NAMED: Final = 50


@dataclass(frozen=True, slots=True)
class Looking:
    """`period` is a month (2026-11), a year (2026) or “own”, for the days `first` to `last`. `problem` says what of the
    address makes no span; the present month stands in its place then.

    `environments` are short names, and names of removed ones behind a “~”; `team`, `account` and `tag` are ids, 0 for
    all of them. `step` is empty where it follows from the span.
    """

    today: date
    span: Span
    period: str
    by: str = ENVIRONMENT
    step: str = ""
    environments: tuple[str, ...] = ()
    team: int = 0
    account: int = 0
    tag: int = 0
    currency: str = ""
    sort: str = ""
    page: int = 1
    problem: str = ""

    @classmethod
    def of(cls, asked: QueryDict, today: date) -> Looking:
        """What an address asks for. A span that is none is a problem; other nonsense is as if it were not said."""
        span, period, problem = _span(asked, today)
        by, step, currency = asked.get("by", ""), asked.get("step", ""), asked.get("currency", "")
        named = [one.replace("\0", "").strip()[:81] for one in asked.getlist("environment")]
        return cls(
            today=today,
            span=span,
            period=period,
            by=by if by in KINDS else ENVIRONMENT,
            step=step if step in STEPS else "",
            environments=tuple(dict.fromkeys(one for one in named if one))[:MOST_NAMED],
            team=_number(asked.get("team", "")),
            account=_number(asked.get("account", "")),
            tag=_number(asked.get("tag", "")),
            currency=currency if re.fullmatch("[A-Z]{3}", currency) else "",
            sort=asked.get("sort", "") if asked.get("sort", "") in SORTS else "",
            page=_number(asked.get("page", "")) or 1,
            problem=problem,
        )

    @property
    def is_narrow(self) -> bool:
        return 0 < len(self.environments) <= MOST_NAMED

    @property
    def shown_step(self) -> str:
        """The step wished for where the span can be shown in it, else the next wider one."""
        can = steps_of(self.span, is_narrow=self.is_narrow)
        if self.step:
            return self.step if self.step in can else can[0]
        usual = "day" if self.span.days <= USUAL_DAYS else "week" if self.span.days <= USUAL_WEEKS else "month"
        return usual if usual in can else can[0]

    @property
    def is_widened(self) -> bool:
        return bool(self.step) and self.step != self.shown_step

    @property
    def title(self) -> str:
        """“November 2026”, “2026”, “3–17 Nov 2026”."""
        if len(self.period) == 7:
            return month_words(self.span.first)
        if self.period != "own":
            return formats.date_format(self.span.first, YEARS.get(language(), YEARS["en"]))
        if self.span.first == self.span.last:
            return day_words(self.span.first, year=True)
        return f"{day_words(self.span.first, year=True)} – {day_words(self.span.last, year=True)}"

    @property
    def is_filtered(self) -> bool:
        return bool(self.environments or self.team or self.account or self.tag)

    @property
    def is_of_now(self) -> bool:
        return self.span.first <= self.today <= self.span.last

    @property
    def is_month(self) -> bool:
        """A whole month, however it was asked for."""
        return self.span.first.day == 1 and self.span.last == next_month(self.span.first) - DAY

    def fields(self, **changes: object) -> list[tuple[str, str]]:
        """What an address says, name by name; what is as usual is left out, but for the span: what is sent in one month
        shows the same in the next."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        said: list[tuple[str, object]] = []
        if other.period == "own":
            said += [("from", other.span.first), ("to", other.span.last)]
        else:
            said.append(("period", other.period))
        said += [("by", other.by if other.by != ENVIRONMENT else ""), ("step", other.step)]
        said += [("environment", one) for one in other.environments]
        said += [(name, getattr(other, name)) for name in ("team", "account", "tag", "currency", "sort")]
        said.append(("page", other.page if other.page > 1 else ""))
        return [(name, str(value)) for name, value in said if value]

    def address(self, name: str = "costs", **changes: object) -> str:
        """With all that it shows; the page itself, with nothing chosen, is that of whatever month is present."""
        said = self.fields(**{"page": 1, **changes})
        if name == "costs" and said == [("period", _this_month(self.today))]:
            said = []
        query = urlencode(said)
        return reverse(f"environments:{name}") + (f"?{query}" if query else "")

    def of_period(self, period: str) -> str:
        first, last = _of_period(period)
        return self.address(period=period, span=Span(first, last))

    @property
    def before(self) -> str:
        """The address of the span before this one, as long as it is."""
        return self._moved(-1)

    @property
    def after(self) -> str:
        """The same for the one after; empty where that has not begun."""
        return "" if self.span.last >= self.today else self._moved(1)

    def _moved(self, by: int) -> str:
        if len(self.period) == 7:
            beside = self.span.last + DAY if by > 0 else self.span.first - DAY
            return self.of_period(f"{beside:%Y-%m}")
        if self.period != "own":
            return self.of_period(f"{self.span.first.year + by:04}")
        if self.is_month:
            beside = self.span.last + DAY if by > 0 else self.span.first - DAY
            first = beside.replace(day=1)
            return self.address(span=Span(first, next_month(first) - DAY))
        length = self.span.days * by * DAY
        return self.address(span=Span(self.span.first + length, self.span.last + length))


def _span(asked: QueryDict, today: date) -> tuple[Span, str, str]:
    period = asked.get("period", "")
    usual = _this_month(today)
    present = Span(*_of_period(usual))
    begin, end = asked.get("from", "").strip(), asked.get("to", "").strip()
    if begin or end:
        try:
            first, last = (date.fromisoformat(one) for one in (begin, end))
        except ValueError:
            return present, usual, _("Give both days of the span as dates, for example 2026-11-01.")
        if first > last:
            return present, usual, _("The first day of the span lies after its last one.")
        if (last - first).days + 1 > LONGEST:
            return present, usual, _("A span is of three years at most. Choose a shorter one.")
        if not _can_be_shown(first) or not _can_be_shown(last):
            return (
                present,
                usual,
                _("There are no costs of that time. Choose days from %(year)d on.") % {"year": FIRST_YEAR},
            )
        return Span(first, last), "own", ""
    if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", period, re.ASCII):
        return present, usual, _("“%(period)s” is no month and no year.") % {"period": period[:20]} if period else ""
    if not FIRST_YEAR <= int(period[:4]) <= today.year + 10:
        return (
            present,
            usual,
            _("There are no costs of that time. Choose days from %(year)d on.") % {"year": FIRST_YEAR},
        )
    return Span(*_of_period(period)), period, ""


def _of_period(period: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{period}-01" if len(period) == 7 else f"{period}-01-01")
    return first, (next_month(first) if len(period) == 7 else first.replace(year=first.year + 1)) - DAY


def _can_be_shown(day: date) -> bool:
    return FIRST_YEAR <= day.year <= 9000


def _this_month(today: date) -> str:
    return f"{today:%Y-%m}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
