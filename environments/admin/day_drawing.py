"""The bar of a day as a drawing: inline SVG, put together by hand.

A board has fifty of them and a week of the calendar 280, and a template takes longer for each than all else on its row.
Places are per cent, so a drawing is as wide as its place; colours are classes of plans.css.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from .day_bar import DayBar, Mark

TRACK = '<rect class="db-bar-track" x="0" y="3" width="100%" height="12" rx="3"/>'
SMALL, LABELLED = 18, 30
"""Heights in pixels: without labels, and with them."""


def drawing(bar: DayBar) -> SafeString:
    """An image with its words: as a whole, and for each piece."""
    head = f'<svg class="db-bar" role="img" aria-label="{escape(bar.text)}" width="100%" height="{LABELLED}">'
    pieces = [_piece(mark, _titled(mark.title)) for mark in bar.marks]
    ran = [_ran(mark, _titled(mark.title)) for mark in bar.ran]
    return _joined(head, TRACK, *pieces, *ran, _now(bar), _labels(bar), "</svg>")


def small(bar: DayBar, *, labels: bool) -> SafeString:
    """The same without words, for what says them itself; hours below it or not."""
    head = f'<svg class="db-bar calv-minibar" width="100%" height="{LABELLED if labels else SMALL}">'
    pieces = [_piece(mark, "") for mark in bar.marks]
    ran = [_ran(mark, "") for mark in bar.ran]
    return _joined(head, TRACK, *pieces, *ran, _now(bar), _labels(bar) if labels else "", "</svg>")


def _joined(*parts: str) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 - whatever people wrote is escaped in _titled and in drawing


def _titled(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""


def _piece(mark: Mark, title: str) -> str:
    if mark.kind == "off":
        return (
            f'<svg x="{mark.x}" y="3" width="{mark.width}" height="12">{title}'
            '<rect class="db-bar-off" width="100%" height="12"/>'
            '<line class="db-bar-hatch" x1="-12" x2="110%" y1="6" y2="6"/></svg>'
        )
    return f'<rect class="db-bar-{mark.kind}" x="{mark.x}" y="3" width="{mark.width}" height="12" rx="3">{title}</rect>'


def _ran(mark: Mark, title: str) -> str:
    return f'<rect class="db-bar-ran" x="{mark.x}" y="7" width="{mark.width}" height="4" rx="2">{title}</rect>'


def _now(bar: DayBar) -> str:
    return f'<line class="db-bar-now" x1="{bar.now}" x2="{bar.now}" y1="0" y2="18"/>' if bar.now else ""


def _labels(bar: DayBar) -> str:
    return "".join(
        f'<text class="db-bar-label" x="{label.x}" y="27" text-anchor="{label.anchor}">{label.text}</text>'
        for label in bar.labels
    )
