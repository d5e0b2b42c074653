"""Rows of the calendar as HTML: a figure for each day, or a bar.

A month of forty environments has 1,240 of them: put together by hand, for as templates they cost ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from environments.models import Environment

from .calendar_view_cells import Cell
from .day_drawing import small

Draw = Callable[[Iterable[Cell]], SafeString]


class Drawn:
    """Draws cells; those that several environments share are drawn once, and so must outlive it."""

    def __init__(self, draw: Callable[[Cell], str]) -> None:
        self._draw = draw
        self._known: dict[int, str] = {}

    def __call__(self, cells: Iterable[Cell]) -> SafeString:
        return mark_safe("".join([self._html(cell) for cell in cells]))  # noqa: S308 - each is escaped where it is drawn

    def _html(self, cell: Cell) -> str:
        found = self._known.get(id(cell))
        if found is None:
            found = self._known[id(cell)] = self._draw(cell)
        return found


def figures() -> Draw:
    """For the rows of a month."""
    return Drawn(_figure)


def bars(*, labels: bool) -> Draw:
    """For rows that have room for a bar each, hours below them (`labels`) or not."""
    return Drawn(lambda cell: _bar(cell, labels=labels))


def row(environment: Environment, zone: str, problem: str, cells: SafeString, columns: int) -> SafeString:
    """A row of the table: whose it is, in which zone its times are, and its cells, or why there are none."""
    slug = [environment.slug]
    missing = '<td class="calv-problem" colspan="{}"><p class="db-tone-failed">{}</p></td>'
    return format_html(
        '<tr data-url="{}"><th scope="row"><a class="db-link" href="{}">{}</a>'
        '<span class="db-muted">{} · {}</span></th>{}{}</tr>',
        reverse("environments:calendar_day", args=slug),
        reverse("environments:page", args=slug),
        environment.name,
        environment.team.name,
        zone,
        format_html(missing, columns, problem) if problem else "",
        cells,
    )


def _figure(cell: Cell) -> str:
    column = cell.column
    date = f'<i aria-hidden="true"><em>{escape(column.weekday)} </em>{column.number}</i>'
    return f'{_button(cell)}{date}<b aria-hidden="true">{cell.short}</b></button></td>'


def _bar(cell: Cell, *, labels: bool) -> str:
    column = cell.column
    spans = cell.spans or (_("left as it is") if cell.form == "any" else "–")
    muted = "" if cell.spans else " db-muted"
    parts = [
        f'{_button(cell)}<i aria-hidden="true">{escape(column.weekday)} {column.number}</i>',
        # The title of the button says the same.
        f'<span class="calv-wide" aria-hidden="true">{small(cell.bar, labels=labels)}',
        f'<span class="calv-spans{muted}">{escape(spans)}</span>' if cell.spans or not cell.notes else "",
        f'<span class="db-also">{escape(cell.also)}</span>' if cell.also else "",
        *(f'<span class="calv-note">{escape(note.words)}</span>' for note in cell.notes),
        "</span></button></td>",
    ]
    return "".join(parts)


def _button(cell: Cell) -> str:
    return (
        f'<td class="{cell.classes}"><button type="button" data-day="{cell.column.iso}" title="{escape(cell.title)}">'
    )
