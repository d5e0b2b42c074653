"""The chart of costs: stacked bars with the line of always on, that of the budget, and what is expected; as shapes of
an inline SVG whose widths are shares of its place and whose heights are pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from environments.services.cost_history import OTHERS, History, Named, Shown
from environments.services.cost_outlook import Budgeted, Rest
from environments.services.cost_sums import Key, Span, Sums

from . import costs_ahead
from .costs_shapes import HEIGHT, Bar, Chart, Expected, Later, Legend, Line, Part, paint, swatch
from .costs_words import bar_words, money, share, tick_words

LABELS: Final = 7
STEPS: Final = (1, 2, Decimal("2.5"), 5)
# A part of less than this is not seen, and one of this is.
LEAST_PX: Final = 1.0
MILLION: Final = 1_000_000


def chart(
    history: History,
    names: Mapping[Key, Named],
    addresses: Mapping[Key, str],
    *,
    today: date,
    now: datetime,
    rest: Rest,
    budget: Budgeted | None = None,
) -> Chart:
    """The shapes of a history. `rest`: what the days of the span that are still to come will cost."""
    bars, currency = history.bars, history.currency
    begun = [one for one in bars if one.first <= today or one.sums.always_on]
    spans = [Span(one.first, one.last) for one in bars]
    coming = costs_ahead.expected(spans, today, rest.estimate)
    since = [one for one in history.since if one.currency == currency]
    ahead = costs_ahead.always_on(spans, today, rest.always_on, now, since)
    allowed = [_allowed(budget, one) for one in bars]
    highest = max(
        max(one.sums.estimate + more, one.sums.always_on + later)
        for one, more, later in zip(bars, coming, ahead, strict=True)
    )
    highest = max(highest, MILLION // 100)
    highest = max([highest, *(one for one in allowed if one is not None and one < highest * 3)])
    step, top = _scale(highest)
    keys = [*history.coloured, *([OTHERS] if any(OTHERS in one.parts for one in bars) else [])]
    wide = Decimal(100) / max(1, len(bars))
    own_names = [_name(names, key) for key in keys]
    beside = [
        (
            money(more, currency) if more else "",
            money(most, currency) if most is not None else "",
            money(one.sums.always_on + later, currency) if later else "",
        )
        for one, more, most, later in zip(bars, coming, allowed, ahead, strict=True)
    ]
    shown = [
        _bar(one, at, wide, top, keys, own_names, history.step, currency, today, beside[at])
        for at, one in enumerate(begun)
    ]
    later = zip(bars[len(begun) :], beside[len(begun) :], strict=True)
    left = costs_ahead.left(today).days
    a_day = money(rest.estimate // left, currency) if left > 1 else ""
    expected = _expected(bars, coming, wide, top, history, a_day)
    return Chart(
        bars=tuple(shown),
        legend=tuple(
            Legend(swatch(colour), name, addresses.get(key, ""))
            for (colour, key), name in zip(_numbered(keys), own_names, strict=True)
        ),
        ticks=tuple(
            (_y(tick * step, top), money(int(tick * step), currency).replace(".00", ""))
            for tick in range(int(top / step) + 1)
        ),
        labels=_labels(bars, wide, history.step),
        always_on=_lines(
            [_had_it_run(one, more, today, alone=len(begun) == 1) for one, more in zip(bars, ahead, strict=True)],
            wide,
            top,
        ),
        budget=_lines(allowed, wide, top) if all(one is None or one <= top for one in allowed) else (),
        expected=tuple(expected),
        has_open=any(one.is_open for one in shown),
        later=tuple(Later(bar_words(one.first, one.last, history.step), *told) for one, told in later if any(told)),
        has_budget=any(one is not None for one in allowed),
        has_rest=any(ahead),
    )


def colour_of(history: History) -> dict[Key, int]:
    """The number of the colour and pattern of each coloured group; the others have 8 or, of nine, none."""
    return {key: at for at, key in _numbered(history.coloured)}


def _numbered(keys: Sequence[Key]) -> list[tuple[int, Key]]:
    return [(9 if key == OTHERS else at, key) for at, key in enumerate(keys)]


def _bar(
    one: Shown,
    at: int,
    wide: Decimal,
    top: Decimal,
    keys: list[Key],
    names: list[str],
    step: str,
    currency: str,
    today: date,
    beside: tuple[str, str, str],
) -> Bar:
    parts, below = [], 0
    for colour, key in _numbered(keys):
        sums = one.parts.get(key, Sums()).estimate
        if sums > 0:
            y, height = Decimal(_y(below + sums, top)), Decimal(HEIGHT) * sums / top
            parts.append(Part(paint(colour), f"{y:.2f}", f"{max(LEAST_PX, float(height)):.2f}"))
        below += sums
    days = bar_words(one.first, one.last, step)
    amounts = tuple(money(one.parts[key].estimate, currency) if key in one.parts else "" for key in keys)
    cost, always_on, saved = (money(n, currency) for n in (one.sums.estimate, one.sums.always_on, one.sums.saved))
    is_open = one.first <= today <= one.last
    told = _("%(days)s: %(cost)s; always on %(always)s, saved %(saved)s") % {
        "days": days + (f" ({_('so far')})" if is_open else ""),
        "cost": cost,
        "always": always_on,
        "saved": saved,
    }
    if beside[2]:
        told += ". " + _("Always on until its end: %(amount)s") % {"amount": beside[2]}
    each = [f"{name} {words}" for name, words in zip(names, amounts, strict=True) if words]
    return Bar(
        x=_percent(at * wide + wide * Decimal("0.14")),
        width=_percent(wide * Decimal("0.72")),
        middle=_percent(at * wide + wide / 2),
        words=days,
        told=". ".join([told, ", ".join(reversed(each))]) if len(each) > 1 else told,
        parts=tuple(parts),
        cost=cost,
        always_on=always_on,
        saved=saved,
        share=share(one.sums.share),
        amounts=amounts,
        top=_y(one.sums.estimate, top),
        is_open=is_open,
        expected=beside[0],
        allowed=beside[1],
        always_whole=beside[2],
    )


def _expected(
    bars: Sequence[Shown], coming: Sequence[int], wide: Decimal, top: Decimal, history: History, a_day: str
) -> Iterator[Expected]:
    """A block for neighbours of which the same is expected; on the bar that has begun, above what it has cost. `a_day`
    is said with it, unless there is one day left only: a plan may leave out some of them."""
    at = 0
    while at < len(bars):
        spent, more, end = bars[at].sums.estimate, coming[at], at + 1
        while not spent and end < len(bars) and coming[end] == more and not bars[end].sums.estimate:
            end += 1
        if more:
            y, below = Decimal(_y(spent + more, top)), Decimal(_y(spent, top))
            step = "week" if end - at > 1 else history.step
            words = _("Expected by the plan, %(days)s: %(cost)s") % {
                "days": bar_words(bars[at].first, bars[end - 1].last, step),
                "cost": money(sum(coming[at:end]), history.currency),
            }
            if a_day:
                words += "; " + _("about %(amount)s a day on average until the month’s end") % {"amount": a_day}
            yield Expected(
                x=_percent(at * wide + wide * Decimal("0.14")),
                width=_percent((end - at) * wide - wide * Decimal("0.28")),
                y=f"{y:.2f}",
                height=f"{below - y:.2f}",
                middle=_percent((at + end) * wide / 2),
                words=words,
            )
        at = end


def _lines(values: Sequence[int | None], wide: Decimal, top: Decimal) -> tuple[Line, ...]:
    """A line over the bars: level over each, and upright between two that differ."""
    found: list[Line] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        y, begin, end = _y(value, top), _percent(at * wide), _percent((at + 1) * wide)
        if found and found[-1].x2 == begin:
            last = found[-1]
            if last.y2 == y and last.x1 != last.x2:
                found[-1] = Line(last.x1, end, y, y)
                continue
            if last.y2 != y:
                found.append(Line(begin, begin, last.y2, y))
        found.append(Line(begin, end, y, y))
    return tuple(found)


def _labels(bars: Sequence[Shown], wide: Decimal, step: str) -> tuple[tuple[str, str, str], ...]:
    every = -(-len(bars) // LABELS)
    years = len({one.first.year for one in bars}) > 1
    found = []
    for at in range(0, len(bars), every):
        words = tick_words(bars[at].first, step, with_year=years)
        found.append(
            (_percent(at * wide + wide / 2), words, "middle" if 0 < at < len(bars) - 1 or every == 1 else "start")
        )
    return tuple(found)


def _had_it_run(one: Shown, ahead: int, today: date, *, alone: bool) -> int | None:
    """The height of the line of always on, over a bar that is not over with what is still `ahead` of it; where nobody
    knows that, none, for it would seem to fall."""
    if ahead:
        return one.sums.always_on + ahead
    return one.sums.always_on or None if alone or one.last < today else None


def _allowed(budget: Budgeted | None, one: Shown) -> int | None:
    sums = budget.over(Span(one.first, one.last)) if budget and budget.is_complete else None
    return None if sums is None else int(sums * MILLION)


def _scale(highest: int) -> tuple[Decimal, Decimal]:
    """The distance of the lines and the height of the axis: three to six lines at round amounts."""
    unit = 10 ** max(0, len(str(highest)) - 2)
    sizes = [int(unit * factor * step) for factor in (1, 10, 100) for step in STEPS]
    size = next(size for size in sizes if size * 5 >= highest)
    return Decimal(size), Decimal(-(-highest // size) * size)


def _name(names: Mapping[Key, Named], key: Key) -> str:
    return _("others") if key == OTHERS else names[key].name


def _y(millionths: Decimal | int, top: Decimal) -> str:
    return f"{HEIGHT - HEIGHT * Decimal(millionths) / top:.2f}"


def _percent(value: Decimal) -> str:
    return f"{value:.3f}%"
