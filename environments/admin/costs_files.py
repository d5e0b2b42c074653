"""Costs as files, exactly as they are filtered: CSV, which any program reads, and a workbook with its sums."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]
from babel.numbers import UnknownCurrencyError, get_currency_precision
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from environments.models.texts import in_language
from environments.services import cost_exports, cost_history
from environments.services.cost_exports import Added, Adding, Line, NotPriced
from environments.services.cost_history import MONTHS, History
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Sums

from . import costs_table
from .costs import for_those_who_may, scope_of, shown_page
from .costs_looking import Looking
from .costs_words import number_of

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Spreadsheets take what begins so for a formula (owasp.org/www-community/attacks/CSV_Injection).
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
NAME_WIDTH, FIGURE_WIDTH = 32, 14


class _Echo:
    """A file that gives back what is written to it, for the writer of CSV."""

    def write(self, text: str) -> str:
        return text


@for_those_who_may
def as_csv(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    found = _asked(request, now, cost_exports.MOST_CSV)
    if isinstance(found, HttpResponse):
        return found
    looking, scope, history = found
    rows = cost_exports.lines(
        scope=scope, span=looking.span, step=looking.shown_step, currency=history.currency, now=now
    )
    unpriced = cost_exports.not_priced(scope=scope, span=looking.span, now=now)
    parts = _csv(rows, unpriced, _heads(looking), get_language())
    answer = StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(looking, history)}.csv"'
    return answer


@for_those_who_may
def as_xlsx(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    found = _asked(request, now, cost_exports.MOST_XLSX)
    if isinstance(found, HttpResponse):
        return found
    looking, scope, history = found
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it once it is sent)
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        style = _Styles(book, history.currency)
        totals = book.add_worksheet(_("Totals"))
        rows = cost_exports.lines(
            scope=scope, span=looking.span, step=looking.shown_step, currency=history.currency, now=now
        )
        # The first sheet is written last: it says what the lines add up to.
        added = Adding(history.kind)
        lines = book.add_worksheet(_("Months") if looking.shown_step == MONTHS else _("Days"))
        _lines(lines, style, looking, added.passing(rows))
        _totals(totals, style, history, added)
        unpriced = cost_exports.not_priced(scope=scope, span=looking.span, now=now)
        if unpriced:
            _not_priced(book.add_worksheet(_("Not priced")), style, unpriced)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_file_name(looking, history)}.xlsx", content_type=XLSX)


def _asked(request: HttpRequest, now: datetime, most: int) -> tuple[Looking, Scope, History] | HttpResponse:
    """What the file is to hold; the page, which says why, where that is nothing or too much."""
    looking = Looking.of(request.GET, timezone.localdate(now))
    scope, unknown, _chosen = scope_of(request, looking)
    if looking.problem or unknown:
        return shown_page(request)
    history = cost_history.look(
        scope=scope, span=looking.span, kind=looking.by, step=looking.shown_step, now=now, currency=looking.currency
    )
    if not history.groups:
        return shown_page(request)
    step = looking.shown_step
    count = cost_exports.count(scope=scope, span=looking.span, step=step, currency=history.currency)
    if count > most:
        said = _("The file would have %(count)s lines; %(most)s are the most. Choose months or fewer environments.")
        return shown_page(request, said % {"count": f"{count:,}", "most": f"{most:,}"})
    return looking, scope, history


def _heads(looking: Looking) -> list[str]:
    first = _("Month from") if looking.shown_step == MONTHS else _("Day")
    return [first, *(_("Environment"), _("Team"), _("AWS account"), _("Currency")), *_sums(), *_facts()]


def _sums() -> list[str]:
    return [_("Estimate"), _("Always on"), _("Saved")]


def _facts() -> list[str]:
    return [_("Ran, hours"), _("Billed")]


def _csv(rows: Iterable[Line], unpriced: Iterable[NotPriced], heads: list[str], language: str | None) -> Iterator[str]:
    """The lines; then one without amounts for each environment that ran without a price, on the first of these days."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # by which Excel knows UTF-8
    with override(language):
        yield writer.writerow([*heads, _("Without a price, hours")])
    for one in rows:
        texts = [harmless(text) for text in (one.environment, one.team, one.account)]
        amounts = (f"{sums:f}" for sums in (one.estimate, one.always_on, one.saved))
        ran = "" if one.ran is None else f"{_hours(one.ran):f}"
        billed = "" if one.billed is None else f"{one.billed:f}"
        yield writer.writerow([one.day.isoformat(), *texts, one.currency, *amounts, ran, billed, ""])
    without: dict[str, tuple[date, int]] = {}
    for gap in unpriced:
        if gap.seconds and gap.first:
            first, seconds = without.get(gap.environment, (gap.first, 0))
            without[gap.environment] = min(first, gap.first), seconds + gap.seconds
    for name, (first, seconds) in without.items():
        yield writer.writerow([first.isoformat(), harmless(name), *[""] * 8, f"{_hours(seconds):f}"])


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(Decimal("0.0001"))


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


class _Styles:
    def __init__(self, book: Any, currency: str) -> None:
        try:
            places = get_currency_precision(currency) if currency else 2
        except UnknownCurrencyError:
            places = 2
        pattern = "#,##0" + ("." + "0" * places if places else "")
        self.currency = currency
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.money = book.add_format({"num_format": f'{pattern} "{currency}"'})
        self.hours = book.add_format({"num_format": "#,##0.00"})
        self.share = book.add_format({"num_format": "0%"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.bold = book.add_format({"bold": True, "top": 1})
        self.bold_money = book.add_format({"bold": True, "top": 1, "num_format": f'{pattern} "{currency}"'})
        self.bold_hours = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
        self.bold_share = book.add_format({"bold": True, "top": 1, "num_format": "0%"})


def _totals(sheet: Any, style: _Styles, history: History, added: Adding) -> None:
    """Each group with its sums, whatever their number, and all of them together."""
    kind = {"environment": _("Environment"), "team": _("Team"), "account": _("AWS account")}[history.kind]
    _head(sheet, style, [kind, *_sums(), _("Saved, share"), *_facts()], names=1)
    names = costs_table.named([key for key, _sums in history.groups])
    at = 0
    plain = (style.money, style.share, style.hours)
    for at, (key, sums) in enumerate(history.groups, 1):
        sheet.write_string(at, 0, names[key].name)
        _total(sheet, at, plain, sums, added.groups.get(key, Added()))
    sheet.write_string(at + 1, 0, _("All together"), style.bold)
    _total(sheet, at + 1, (style.bold_money, style.bold_share, style.bold_hours), history.whole, added.whole)


def _total(sheet: Any, row: int, styles: tuple[Any, Any, Any], sums: Sums, added: Added) -> None:
    money, share, hours = styles
    _amounts(sheet, row, 1, money, (sums.estimate, sums.always_on, sums.saved))
    if sums.share is not None:
        sheet.write_number(row, 4, float(sums.share), share)
    _ran_and_billed(sheet, row, 5, (hours, money), added)


def _ran_and_billed(sheet: Any, row: int, column: int, styles: tuple[Any, Any], said: Added | Line) -> None:
    """Empty where nobody knows."""
    if said.ran is not None:
        _amounts(sheet, row, column, styles[0], [_hours(said.ran)])
    if said.billed is not None:
        _amounts(sheet, row, column + 1, styles[1], [said.billed])


def _lines(sheet: Any, style: _Styles, looking: Looking, rows: Iterable[Line]) -> None:
    heads = _heads(looking)
    _head(sheet, style, heads, names=5)
    at = 0
    for at, one in enumerate(rows, 1):
        sheet.write_datetime(at, 0, _midnight(one.day), style.day)
        for column, text in enumerate((one.environment, one.team, one.account, one.currency), 1):
            sheet.write_string(at, column, text)
        _amounts(sheet, at, 5, style.money, (one.estimate, one.always_on, one.saved))
        _ran_and_billed(sheet, at, 8, (style.hours, style.money), one)
    sheet.autofilter(0, 0, at, len(heads) - 1)


def _not_priced(sheet: Any, style: _Styles, unpriced: Iterable[NotPriced]) -> None:
    """What is in no sum of the workbook, why, and how long it ran so."""
    heads = [_("Environment"), _("What"), _("Why"), _("Since"), _("Without a price, hours")]
    _head(sheet, style, heads, names=3)
    for at, one in enumerate(unpriced, 1):
        for column, text in enumerate((one.environment, in_language(one.what), in_language(one.why))):
            sheet.write_string(at, column, text)
        if one.first and one.seconds is not None:
            sheet.write_datetime(at, 3, _midnight(one.first), style.day)
            _amounts(sheet, at, 4, style.hours, [_hours(one.seconds)])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001


def _head(sheet: Any, style: _Styles, heads: list[str], *, names: int) -> None:
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(heads):
        sheet.set_column(column, column, NAME_WIDTH if column < names else FIGURE_WIDTH)
        sheet.write_string(0, column, text, style.head)


def _amounts(sheet: Any, row: int, column: int, style: Any, sums: Iterable[Decimal | int]) -> None:
    # A workbook has no other numbers than floating-point ones (ECMA-376): fifteen digits, more than a sum has.
    for at, one in enumerate(sums):
        sheet.write_number(row, column + at, number_of(one), style)


def _file_name(looking: Looking, history: History) -> str:
    """“daybreak-costs-2026-11-USD”, with both days where the span is no month or year."""
    span = looking.period if looking.period != "own" else f"{looking.span.first}-to-{looking.span.last}"
    return "-".join(part for part in ("daybreak-costs", span, history.currency) if part)
