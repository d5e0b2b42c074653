"""The board: what needs somebody, what is going on, and a row for each environment. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.services import boards, permissions
from environments.services.boards import Figures, Filters, Needing

from . import board_attention, board_costs, board_filters, board_rows, cards
from .board_attention import Line
from .board_costs import Spent
from .board_moment import Moment
from .board_rows import Row
from .displays import also, language

# A poll names the rows of one page; more are nobody's page.
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above the rows: what needs somebody and what is going on."""

    figures: Figures
    spent: Spent | None
    needing: int
    lines: list[Line]
    more: int
    upcoming: cards.Card | None
    upcoming_also: str
    moment: SafeString
    lines_seen: str
    tiles_seen: str


@dataclass(frozen=True, slots=True)
class Board:
    """The part above the rows, and the rows that were asked for, by the id of their environments."""

    above: Above
    rows: dict[int, Row]


@dataclass(frozen=True, slots=True)
class Listed:
    """Which environments stand on a page of those that were looked for: `ids`, in this order, of `matching` ones."""

    filters: Filters
    ids: tuple[int, ...]
    page: int
    matching: int

    @property
    def seen(self) -> str:
        """Changes when another row stands on the page, or another number beside it."""
        return board_rows.fingerprint((language(), self.ids, self.page, self.matching))

    @property
    def first(self) -> int:
        return (self.page - 1) * boards.PAGE + 1

    @property
    def last(self) -> int:
        return min(self.page * boards.PAGE, self.matching)

    @property
    def before(self) -> str:
        return "?" + board_filters.address(self.filters, self.page - 1) if self.page > 1 else ""

    @property
    def after(self) -> str:
        return "?" + board_filters.address(self.filters, self.page + 1) if self.last < self.matching else ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by django-unfold for the admin's index page."""
    now = timezone.now()
    needing = board_attention.found(request.user, now)
    listed = listed_for(request, needing)
    board = read(request, listed.ids, now, needing)
    filters = listed.filters
    there = bool(board.above.figures.total)
    return context | {
        "title": _("Board"),
        "above": board.above,
        **_list(request, listed, board),
        "filters": filters,
        "chips": board_filters.chips(filters, board.above.figures, board.above.needing),
        **(board_filters.fields(request, filters) if there else {}),
        "there": there,
        "may_add": request.user.has_perm("environments.add_environment"),
    }


def listed_for(request: HttpRequest, needing: Iterable[Needing]) -> Listed:
    """What the address looks for, and the page of it that it asks for, else the last there is; two queries."""
    filters = board_filters.read(request)
    found = boards.listed(request.user, filters, [one.environment_id for one in needing])
    matching = found.count()
    page = min(board_filters.page_of(request), max(1, -(-matching // boards.PAGE)))
    ids = found.values_list("pk", flat=True)[(page - 1) * boards.PAGE : page * boards.PAGE]
    return Listed(filters, tuple(ids), page, matching)


def _list(request: HttpRequest, listed: Listed, board: Board) -> dict[str, Any]:
    """The context of `environments/_board_list.html`."""
    return {
        "listed": listed,
        "rows": [board.rows[pk] for pk in listed.ids if pk in board.rows],
        "may_switch": request.user.has_perm(permissions.SWITCH),
    }


def read(request: HttpRequest, ids: Iterable[int], now: datetime, needing: list[Needing] | None = None) -> Board:
    """The part above and the rows of these environments, as far as the user sees them."""
    ids = list(ids)
    if needing is None:
        needing = board_attention.found(request.user, now)
    figures = boards.figures(request.user, now)
    urgent = needing[: board_attention.MOST]
    nearest = boards.upcoming(request.user, now)
    wanted = {*ids, *nearest, *(one.environment_id for one in urgent)}
    rows = board_rows.rows_of(request.user, wanted, now, may_switch=request.user.has_perm(permissions.SWITCH))
    lines = board_attention.lines(urgent, rows, now)
    more = len(needing) - len(urgent)
    upcoming = _nearest(rows)
    upcoming_also = also(upcoming.next_at, upcoming.zone, now) if upcoming else ""
    nearest_one = upcoming and (upcoming.environment.name, upcoming.next_at, upcoming.next_text, upcoming_also)
    spent = board_costs.spent(request.user, now)
    moment = Moment(request.user, now)
    shown = (language(), figures, spent, len(needing), nearest_one, moment.seen)
    above = Above(
        figures=figures,
        spent=spent,
        needing=len(needing),
        lines=lines,
        more=more,
        upcoming=upcoming,
        upcoming_also=upcoming_also,
        moment=moment.html,
        lines_seen=board_attention.seen(lines, more),
        tiles_seen=board_rows.fingerprint(shown),
    )
    return Board(above, {pk: rows[pk] for pk in ids if pk in rows})


@require_GET
def board_live(request: HttpRequest) -> HttpResponse:
    """What reads otherwise than the browser has it, as parts that take their places; 204 when nothing does.

    `rows` names the rows of the page with their fingerprints (“12.3f9a…,13.77c0…”), `lines` and `tiles` those of the
    parts above, `list` that of the list as a whole, together with the filters and the page of the board's address: a
    list that has gained, lost or moved a row is sent as a whole. Who names no `list` has none.
    """
    now, asked = timezone.now(), request.GET
    had = _had(asked.get("rows", ""))
    needing = board_attention.found(request.user, now)
    listed = listed_for(request, needing) if "list" in asked else None
    board = read(request, listed.ids if listed else had, now, needing)
    parts = changed(board, had, lines_seen=asked.get("lines", ""), tiles_seen=asked.get("tiles", ""))
    if listed and listed.seen != asked["list"]:
        parts |= {"renewed": [], "gone": [], "new_list": True}
    if not any(parts.values()):
        return HttpResponse(status=204)
    context = parts | {"above": board.above} | (_list(request, listed, board) if listed else {})
    return TemplateResponse(request, "environments/_board_changes.html", context)


def changed(board: Board, had: Mapping[int, str], *, lines_seen: str = "", tiles_seen: str = "") -> dict[str, Any]:
    """The context of `environments/_board_changes.html`; all of its values are empty when nothing reads anew."""
    return {
        "renewed": [row for pk, row in board.rows.items() if had.get(pk) != row.seen],
        "gone": [pk for pk in had if pk not in board.rows],
        "new_lines": board.above.lines_seen != lines_seen,
        "new_tiles": board.above.tiles_seen != tiles_seen,
    }


def _had(text: str) -> dict[int, str]:
    found = {}
    for part in text.split(",")[:MOST_ROWS]:
        pk, _dot, seen = part.partition(".")
        if pk.isascii() and pk.isdecimal() and len(pk) < 19:
            found[int(pk)] = seen
    return found


def _nearest(rows: Mapping[int, Row]) -> cards.Card | None:
    coming = [row.card for row in rows.values() if row.card.next_at and not row.card.current]
    return min(coming, key=lambda card: (card.next_at, card.environment.name), default=None)


live_view = admin.site.admin_view(board_live)
