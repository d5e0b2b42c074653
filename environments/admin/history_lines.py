"""The history as lines that people read: what was done at a moment, by whom, from where, and what can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from environments.models import DayException, Environment, Hold, Pause, Wish
from environments.services import plans
from environments.services.history import Change
from portal.history import MADE, REMOVED, Origin

from .exception_lines import days_words, kind_words
from .history_words import Words

# Their headlines say what was done, not to which environment: an item for each of their changes.
NAMELESS = (Hold, Pause)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was done. `undo` is what its button takes back (“exception” or “hold”), empty for none.

    `name` is the environment, where the headline and the page leave it open; `url` its page, for those who may see it.
    """

    headline: str
    details: Sequence[str] = ()
    undo: str = ""
    change_id: int = 0
    name: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was done at once: when (`also`: by the reader's own clock), by whom, through which door, from which
    address."""

    when: str
    also: str
    at: datetime
    who: str
    origin: str
    address: str
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody may take back on the page of an environment (that came with its plan): holds and exceptions of it
    and of its team, exceptions of its schedule."""

    environment: Environment
    its: bool
    schedules: bool


def moments(words: Words, reach: Reach | None = None, urls: Mapping[int, str] | None = None) -> list[Moment]:
    """The lines of a page of changes; what can be taken back has a button.

    On a page of everything (`urls`: the pages of environments that its reader sees) each says of which one it is.
    """
    together = [same for changes in words.page.moments for same in _by_hand(changes)]
    return [_moment(words, changes, reach, urls) for changes in together]


def _by_hand(changes: Sequence[Change]) -> list[list[Change]]:
    """What different people did at the same instant is not one's doing."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        row = change.row
        found.setdefault((row.history_user_id, row.history_origin, row.history_address), []).append(change)
    return list(found.values())


def _moment(words: Words, changes: Sequence[Change], reach: Reach | None, urls: Mapping[int, str] | None) -> Moment:
    row = changes[0].row
    origin = Origin(row.history_origin)
    made = Moment(
        when=words.at(row.history_date),
        also=words.also(row.history_date),
        at=row.history_date,
        who=words.person(row),
        origin=str(origin.label),
        address=row.history_address or "",
    )
    if origin is Origin.BEFORE:
        made.items.append(Item(_("Changes are kept from here on; what was there before is not told.")))
        return made
    special = {DayException: _exceptions, Hold: _holds, Pause: _pauses}
    for model, same in groupby(changes, key=lambda change: change.model):
        told = special.get(model)
        rows = list(same)
        items = told(words, rows, reach) if told else _things(words, rows)
        if urls is not None and model in NAMELESS:
            items = (_named(words, item, change, urls) for item, change in zip(items, rows, strict=True))
        made.items.extend(items)
    return made


def _named(words: Words, item: Item, change: Change, urls: Mapping[int, str]) -> Item:
    pk = change.row.environment_id
    return replace(item, name=words.page.name(Environment, pk), url=urls.get(pk, ""))


def _things(words: Words, changes: Sequence[Change]) -> Iterator[Item]:
    for change in changes:
        yield Item(words.headline(change), words.details(change))


def _fate(change: Change) -> str:
    """What became of something that is placed and ends."""
    row, before = change.row, change.before
    if row.history_type in {MADE, REMOVED}:
        return "made" if row.history_type == MADE else "deleted"
    was_open = before is None or before.ended_at is None
    if row.ended_at is not None and was_open:
        return "ended"
    return "back" if row.ended_at is None and not was_open else "changed"


def _exceptions(words: Words, changes: Sequence[Change], reach: Reach | None) -> Iterator[Item]:
    """One for what was placed or ended together."""
    forms = {
        "made": _("Exception placed for %(scope)s, %(days)s: %(kind)s"),
        "ended": _("Exception removed for %(scope)s, %(days)s: %(kind)s"),
        "replaced": _("Exception replaced for %(scope)s, %(days)s: %(kind)s"),
        "back": _("Exception brought back for %(scope)s, %(days)s: %(kind)s"),
        "deleted": _("Exception deleted for %(scope)s, %(days)s: %(kind)s"),
        "changed": _("Exception for %(scope)s, %(days)s: %(kind)s"),
    }

    def fate(change: Change) -> str:
        found = _fate(change)
        return "replaced" if found == "ended" and _is_replaced(change, changes) else found

    def together(change: Change) -> tuple[str, str]:
        return str(change.row.batch), fate(change)

    for (_batch, what), group in groupby(sorted(changes, key=together), key=together):
        rows = sorted(group, key=lambda change: (change.row.day, change.row.history_id))
        row = rows[0].row
        today = plans.today(words.zone, words.now)
        days = days_words([change.row.day for change in rows], today)
        kind = kind_words([change.row for change in rows])
        headline = forms[what] % {"scope": words.scope(row), "days": days, "kind": kind}
        details = words.details(rows[0]) if what == "changed" else [_("Reason: %(reason)s") % {"reason": row.reason}]
        undo = reach is not None and any(_can_take_back(change, reach, today) for change in rows)
        yield Item(headline, details, "exception" if undo else "", row.history_id)


def _is_replaced(change: Change, changes: Sequence[Change]) -> bool:
    """Whether another took its place as it ended: for the same environment (or team, or schedule), and the same day."""
    made = (other.row for other in changes if _fate(other) == "made" and other.row.id != change.row.id)
    row = change.row
    return any(one.created_at == row.ended_at and _place(one)[:4] == _place(row)[:4] for one in made)


def _can_take_back(change: Change, reach: Reach, today: date) -> bool:
    row, environment = change.row, reach.environment
    if not change.latest or row.history_type == REMOVED or row.day < today:
        return False
    if not (reach.schedules if row.schedule_id else reach.its):
        return False
    owners: list[Any] = [environment, environment.team, *([environment.schedule] if environment.schedule else [])]
    in_force = [one for owner in owners for one in owner.exceptions_in_force]
    if row.ended_at is None:
        return any(one.pk == row.id for one in in_force)
    return not any(_place(one) == _place(row) for one in in_force)


def _place(row: Any) -> tuple[Any, ...]:
    """What only one in force may have: holds and pauses, an environment; exceptions, a scope with a day and a kind."""
    return tuple(getattr(row, name, None) for name in ("environment_id", "team_id", "schedule_id", "day", "kind"))


def _holds(words: Words, changes: Sequence[Change], reach: Reach | None) -> Iterator[Item]:
    for change in changes:
        row, what = change.row, _fate(change)
        running = row.desired == Wish.RUNNING
        if what == "made":
            said = _kept(words, row, running=running)
        elif what == "ended" and _is_replaced(change, changes):
            said = _("Hold replaced: keep running") if running else _("Hold replaced: keep stopped")
        elif what == "ended" and row.ended_by_id:
            said = _("Hold released: keep running") if running else _("Hold released: keep stopped")
        elif what == "ended":
            said = _("Hold over: keep running") if running else _("Hold over: keep stopped")
        else:
            said = words.headline(change)
        details = words.details(change) if what == "changed" else [*_until(words, row, what), *_reason(row)]
        undo = reach is not None and reach.its and _hold_can(change, reach.environment, words.now)
        yield Item(said, details, "hold" if undo else "", row.history_id)


def _kept(words: Words, row: Any, *, running: bool) -> str:
    if row.until is None:
        return _("Kept running until released") if running else _("Kept stopped until released")
    said = _("Kept running until %(time)s") if running else _("Kept stopped until %(time)s")
    return said % {"time": words.at(row.until)}


def _hold_can(change: Change, environment: Environment, now: datetime) -> bool:
    row, holds = change.row, environment.open_holds  # type: ignore[attr-defined]
    open_ones = [hold for hold in holds if not (hold.until and hold.until <= now)]
    if not change.latest or row.history_type == REMOVED:
        return False
    if row.ended_at is None:
        return any(hold.pk == row.id for hold in open_ones)
    return bool(row.ended_by_id) and not open_ones and (row.until is None or row.until > now)


def _pauses(words: Words, changes: Sequence[Change], reach: Reach | None) -> Iterator[Item]:
    for change in changes:
        row, what = change.row, _fate(change)
        if what == "made":
            said = _("Schedule paused until %(time)s") % {"time": words.at(row.until)}
        elif what == "ended" and _is_replaced(change, changes):
            said = _("Pause replaced")
        elif what == "ended":
            said = _("Schedule resumed") if row.ended_by_id else _("Pause over: the schedule decides again")
        else:
            said = words.headline(change)
        yield Item(said, words.details(change) if what == "changed" else [*_until(words, row, what), *_reason(row)])


def _until(words: Words, row: Any, what: str) -> list[str]:
    """The end that a headline names, by the reader's own clock."""
    mine = words.also(row.until) if what == "made" and row.until else ""
    return [mine] if mine else []


def _reason(row: Any) -> list[str]:
    return [_("Reason: %(reason)s") % {"reason": row.reason}] if row.reason else []
